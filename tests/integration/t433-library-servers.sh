#!/bin/sh
# SPDX-License-Identifier: MIT
# A server and a bastion made with asyncssh, and made with libssh.  "# LIBRARY TYPE
# TRANSPORT" is the transport that auto chose for the bastion.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion otter bastion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
/usr/bin/python3 -c 'import asyncssh' 2>/dev/null || skip_all 'no asyncssh; run: ./install.sh --deps --for-ci'
cc -o libssh_server "$tests/integration/servers/libssh_server.c" -lssh 2>/dev/null ||
	skip_all 'no libssh; run: ./install.sh --deps --for-ci'

bastion=203.0.113.30 behind=my-awesome-app-otter
cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
cat >server.py <<'END'
import asyncio, sys, asyncssh
class Server(asyncssh.SSHServer):
    def connection_made(self, connection):
        print("connection", flush=True)
    def connection_requested(self, host, port, from_host, from_port):
        return True
# Not by process.redirect(): it loses the end of what the child prints, with plain ssh, too.
async def copy(read, write, drain):
    while data := await read(65536):
        write(data)
        await drain()
async def handle(process):
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_shell(process.command, stdin=pipe, stdout=pipe)
    async def up():
        await copy(process.stdin.read, child.stdin.write, child.stdin.drain)
        child.stdin.close()
    up = asyncio.ensure_future(up())
    await copy(child.stdout.read, process.stdout.write, process.stdout.drain)
    up.cancel()
    process.exit(await child.wait())
async def main():
    await asyncssh.create_server(Server, "", 22, server_host_keys=[sys.argv[1]], process_factory=handle,
                                 authorized_client_keys=sys.argv[2], encoding=None,
                                 reuse_address=True)
    await asyncio.get_running_loop().create_future()
asyncio.run(main())
END
listens() { on "$1" ss -Hltn 'sport = :22' | grep -q .; }
is_silent() { ! listens "$1"; }
start() { # LIBRARY HOST KEY  in the place of its sshd
	stop_sshd "$2"
	case $1 in
	asyncssh) _program="/usr/bin/python3 -W ignore $work/server.py" ;;
	libssh) _program=$work/libssh_server ;;
	esac
	# shellcheck disable=SC2086 # words
	"$sandbox/on" "$2" $_program "$work/$3" "$SANDBOX/hosts/$2/home/.ssh/authorized_keys" \
		>"$2.log" 2>&1 </dev/null &
	wait_up_to 40 listens "$2"
}
end() { # HOST
	on "$1" sh -c 'kill $(ss -Hltnp "sport = :22" | sed "s/.*pid=\([0-9]*\).*/\1/")'
	wait_for is_silent "$1"
	restart_sshd "$1"
}
cold() {
	cxssh gateway close "$bastion" >/dev/null 2>&1
	rm -rf "$HOME/.ssh/cxssh/known_hosts" "$HOME/.cache/cxssh/routes" "$HOME/.cache/cxssh/failed"
	sed -i '/^gateway-transport/d' "$HOME/.config/cxssh/config"
	firewall_reset lion
	cxssh sync >/dev/null
}
first() { cold && is "$2" quietly within 30 ssh "$1" hostname; }
at_once() { # HOST SERVER
	pids=
	for i in 1 2 3 4 5 6 7 8; do ssh "$1" hostname >"at-once.$i" & pids="$pids $!"; done
	for pid in $pids; do wait "$pid" || return 1; done
	is 8 sh -c "cat at-once.* | grep -cx $2"
}
both_ways() { ssh "$1" cat <big | cmp - big; }
head -c 2000000 /dev/urandom >big
ssh-keygen -q -t ed25519 -N '' -f ed25519
ssh-keygen -q -t ecdsa -b 384 -N '' -f ecdsa
ssh-keygen -q -t rsa -b 2048 -N '' -f rsa
for library in asyncssh libssh; do
	for type in ed25519 ecdsa rsa; do
		start "$library" lion "$type"
		it "$library with a key of type $type: ssh is the first client" first myapp-lion lion
		it "$library with a key of type $type: a second session" is lion quietly ssh myapp-lion hostname
		it "$library with a key of type $type: two megabytes go both ways" both_ways myapp-lion
		it "$library with a key of type $type: eight sessions at once" at_once myapp-lion lion
		end lion
		start "$library" bastion "$type"
		it "$library as bastion, key of type $type: ssh is the first client" first "$behind" otter
		it "$library as bastion, key of type $type: two megabytes go both ways" both_ways "$behind"
		it "$library as bastion, key of type $type: eight sessions at once" at_once "$behind" otter
		echo "# $library $type $(cxssh gateway list | grep -o -e libssh2 -e openssh | head -n 1), $(grep -c connection bastion.log) connections"
		end bastion
	done
done
cxssh gateway close "$bastion" >/dev/null 2>&1
it 'cxssh leaves no process behind' wait_for no_leftovers
done_testing

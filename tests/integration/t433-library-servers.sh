#!/bin/sh
# SPDX-License-Identifier: MIT
# A server and a bastion made with asyncssh.  "# asyncssh TYPE TRANSPORT" is the transport
# that auto chose for the bastion.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion otter bastion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
/usr/bin/python3 -c 'import asyncssh' 2>/dev/null || skip_all 'no asyncssh; run: ./install.sh --deps --for-ci'

bastion=203.0.113.30 behind=my-awesome-app-otter
cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
cat >server.py <<'END'
import asyncio, subprocess, sys, asyncssh
class Server(asyncssh.SSHServer):
    def connection_made(self, connection):
        print("connection", flush=True)
    def connection_requested(self, host, port, from_host, from_port):
        return True
async def handle(process):
    pipe = subprocess.PIPE
    child = subprocess.Popen(process.command, shell=True, stdin=pipe, stdout=pipe, stderr=pipe)
    await process.redirect(stdin=child.stdin, stdout=child.stdout, stderr=child.stderr)
    await process.stdout.drain()
    process.exit(await asyncio.get_running_loop().run_in_executor(None, child.wait))
async def main():
    await asyncssh.create_server(Server, "", 22, server_host_keys=[sys.argv[1]], process_factory=handle,
                                 authorized_client_keys=sys.argv[2], encoding=None)
    await asyncio.get_running_loop().create_future()
asyncio.run(main())
END
listens() { on "$1" ss -Hltn 'sport = :22' | grep -q .; }
asyncssh_on() { # HOST KEY  in the place of its sshd
	stop_sshd "$1"
	"$sandbox/on" "$1" /usr/bin/python3 -W ignore "$work/server.py" "$work/$2" \
		"$SANDBOX/hosts/$1/home/.ssh/authorized_keys" >"$1.log" 2>&1 </dev/null &
	wait_up_to 40 listens "$1"
}
end_asyncssh() { # HOST
	on "$1" sh -c 'kill $(ss -Hltnp "sport = :22" | sed "s/.*pid=\([0-9]*\).*/\1/")'
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
for type in ed25519 ecdsa rsa; do
	asyncssh_on lion "$type"
	it "asyncssh with a key of type $type: ssh is the first client" first myapp-lion lion
	it "asyncssh with a key of type $type: a second session" is lion quietly ssh myapp-lion hostname
	[ "$type" != ed25519 ] || it 'asyncssh: eight sessions at once' at_once myapp-lion lion
	end_asyncssh lion
	asyncssh_on bastion "$type"
	it "asyncssh as bastion, key of type $type: ssh is the first client" first "$behind" otter
	it "asyncssh as bastion, key of type $type: two megabytes go both ways" both_ways "$behind"
	it "asyncssh as bastion, key of type $type: eight sessions at once" at_once "$behind" otter
	echo "# asyncssh $type $(cxssh gateway list | grep -o -e libssh2 -e openssh | head -n 1), $(grep -c connection bastion.log) connections"
	end_asyncssh bastion
done
cxssh gateway close "$bastion" >/dev/null 2>&1
it 'cxssh leaves no process behind' wait_for no_leftovers
done_testing

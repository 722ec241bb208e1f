#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh listen: a listener for clients that run no ProxyCommand.
# shellcheck disable=SC1091,SC2154,SC2034,SC2016,SC2086 # lib.sh
SANDBOX_OPTIONS='--hosts "lion heron otter bastion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

cxssh sync --yes >/dev/null
cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key" >/dev/null
listen() { # NAME ARGUMENT...: in the background; its output is in NAME.out
	name=$1; shift
	cxssh listen "$@" >"$name.out" 2>"$name.err" &
	echo $! >"$name.pid"
	wait_for grep -q '^listening on' "$name.out" || { cat "$name.err" >&2; return 1; }
	port=$(sed -n 's/^listening on 127.0.0.1 port \([0-9]*\) .*/\1/p' "$name.out")
}
key() { sed -n 's/^key  *//p' lion.out; }
# A client that knows nothing but what was printed, and reads no configuration.
by_hand() { # PORT COMMAND...
	_port=$1; shift
	${exec-} ssh -F none -o BatchMode=yes -i "$(key)" -o IdentitiesOnly=yes -o "HostKeyAlias=${alias-myapp-lion}" \
		-o "UserKnownHostsFile=$HOME/.ssh/cxssh/known_hosts" -p "$_port" deploy@127.0.0.1 "$@"
}

it 'cxssh listen listens for a host that was never connected to' listen lion myapp-lion
it 'cxssh listen prints the user' grep -q '^user  *deploy$' lion.out
it 'cxssh listen prints the key, which is there' sh -c 'test -s "$(sed -n "s/^key  *//p" lion.out)"'
it 'ssh logs in by the listener' is lion by_hand "$port" hostname
printed_line() { # of known_hosts, without HostKeyAlias
	sed -n 's/^known_hosts  *//p' lion.out >known
	[ -s known ] && is lion ssh -F none -o BatchMode=yes -i "$(key)" -o IdentitiesOnly=yes -o UserKnownHostsFile="$work/known" \
		-o GlobalKnownHostsFile=none -p "$port" deploy@127.0.0.1 hostname
}
it 'the known_hosts line fits the listener' printed_line
as_printed() { is lion sh -c "$(sed -n 's/^ssh  *//p' lion.out | sed 's/^ssh/ssh -F none -o BatchMode=yes/') hostname"; }
it 'the printed ssh command line works as it is' as_printed
crowd() {
	pids=
	for _i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		by_hand "$port" "echo hello $_i" >"hello.$_i" & pids="$pids $!"
	done
	for _pid in $pids; do wait "$_pid" || return 1; done
	is 20 sh -c 'cat hello.* | grep -c hello'
}
it 'cxssh listen serves 20 clients at once' crowd
upload() {
	head -c 3000000 /dev/urandom >big
	by_hand "$port" 'cat >big.copy' <big && by_hand "$port" 'cat big.copy' >big.back && cmp big big.back
}
it 'cxssh listen passes three megabytes in both directions' upload
closed_lease() {
	sed -i 's/^lease-until=.*/lease-until=1/' "$HOME"/.cache/cxssh/routes/*; firewall_reset lion
	is lion by_hand "$port" hostname
}
it 'cxssh listen opens the firewall again for a later client' closed_lease
refuses_lease() {
	sed -i 's/^lease-until=.*/lease-until=1/' "$HOME"/.cache/cxssh/routes/*; firewall_reset lion
	fault 'POST * refuse-lease'
	fails_with 255 'cxssh: .*myapp-lion.*refused' by_hand "$port" hostname; _code=$?
	no_faults
	return "$_code"
}
it 'the client is told why there is no connection' refuses_lease
rm -rf "$HOME/.cache/cxssh/failed"
killed() {
	wait_for is lion by_hand "$port" hostname
	exec="exec"; by_hand "$port" 'sleep 60' & client=$!
	exec=
	wait_for sh -c 'pgrep -x cxssh-proxy >/dev/null'
	kill -KILL "$client"; wait "$client" 2>/dev/null
	wait_for sh -c '! pgrep -x cxssh-proxy >/dev/null' && is lion by_hand "$port" hostname
}
it 'a client that is killed leaves no process, and others are served' killed
foreign() { # another user of this machine
	timeout 10 setpriv --reuid=65534 --clear-groups bash -c "exec 3<>/dev/tcp/127.0.0.1/$port; cat <&3" >foreign.out
	grep -a -q "this listener is another user's" foreign.out && ! grep -a -q OpenSSH foreign.out
}
if setpriv --reuid=65534 --clear-groups true 2>/dev/null; then
	it 'cxssh listen refuses another user of this machine' foreign
fi
ipv6() { # a socket of IPv6 that connects to the IPv4 address
	/usr/bin/python3 -c "import socket
s=socket.socket(socket.AF_INET6); s.settimeout(10); s.connect(('::ffff:127.0.0.1',$port)); print(s.recv(20))" >v6.out
	grep -q SSH-2.0-OpenSSH v6.out
}
it 'cxssh listen knows its user behind a socket of IPv6, too' ipv6
it 'cxssh listen listens on the loopback address alone' sh -c "ss -Hltn 'sport = :$port' | grep -q '127.0.0.1:$port' && ! ss -Hltn 'sport = :$port' | grep -v 127.0.0.1"
taken() { fails_with 69 "cannot listen on 127.0.0.1 port $port: Address already in use" cxssh listen myapp-lion "$port"; }
it 'cxssh listen says that a port is taken' taken
ended() { # its sessions go on
	by_hand "$port" 'sleep 3; echo over' >slow.out & client=$!
	wait_for pgrep -x cxssh-proxy >/dev/null
	kill "$(cat lion.pid)"; wait "$(cat lion.pid)"; _code=$?
	wait "$client" && grep -q over slow.out && [ "$_code" = 0 ]
}
it 'SIGTERM ends it, and its session goes on' ended
no_listener() { ! by_hand "$port" true 2>/dev/null; }
it 'nothing listens after its end' no_listener

if command -v plink >/dev/null && command -v puttygen >/dev/null; then
	putty() {
		listen lion myapp-lion &&
			sh -c "$(sed -n 's/^PuTTY  *//p' lion.out | sed 's/ && .*//')" &&
			print=$(ssh-keygen -lf "$SANDBOX/hosts/lion/ssh_host_ed25519_key.pub" | cut -d' ' -f2) &&
			is lion plink -batch -P "$port" -i "$(key).ppk" -hostkey "$print" deploy@127.0.0.1 hostname
	}
	it 'plink logs in by the listener' putty
	kill "$(cat lion.pid)" 2>/dev/null
fi

it 'cxssh listen listens for a host behind a bastion' listen otter my-awesome-app-otter
through() { alias=my-awesome-app-otter; cp otter.out lion.out; is otter by_hand "$port" hostname; }
it 'ssh logs in through the bastion by the listener' through
alias=my-awesome-app-otter
it 'cxssh listen serves 20 clients at once through the bastion' crowd
it 'one login on the bastion serves all clients of a listener' is 1 logins bastion
kill "$(cat otter.pid)"; alias=myapp-lion
it 'cxssh listen listens for a role' listen web myapp-web
role() { alias=myapp-web; cp web.out lion.out; test -s lion.out && by_hand "$port" hostname | grep -qx -e lion -e heron; }
it 'a role leads to one of its servers' role
kill "$(cat web.pid)"; alias=myapp-lion

socket() { listen sock --socket "$work/s" myapp-lion; }
it 'cxssh listen listens on a Unix socket' socket
it 'the socket is for its owner alone' is 600 stat -c %a s
cat >over.py <<'END'
import socket, sys, threading, os
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
def up():
    while (b := os.read(0, 65536)): s.sendall(b)
    s.shutdown(socket.SHUT_WR)
threading.Thread(target=up, daemon=True).start()
while (b := s.recv(65536)): os.write(1, b)
END
over_socket() { is lion ssh -F none -o BatchMode=yes -i "$(key)" -o IdentitiesOnly=yes -o HostKeyAlias=myapp-lion \
	-o "UserKnownHostsFile=$HOME/.ssh/cxssh/known_hosts" -o "ProxyCommand=/usr/bin/python3 $work/over.py $work/s" deploy@x hostname; }
it 'ssh logs in by the Unix socket' over_socket
second() { fails_with 78 'cannot listen on .*/s: Address already in use' cxssh listen --socket "$work/s" myapp-lion; }
it 'cxssh listen does not take the socket of another listener away' second
it 'the first listener still works then' over_socket
kill "$(cat sock.pid)"; wait "$(cat sock.pid)"
it 'cxssh listen removes its socket at its end' test ! -e s
stale() { socket; kill -KILL "$(cat sock.pid)"; wait "$(cat sock.pid)" 2>/dev/null; [ -e s ] && socket && over_socket; }
it 'cxssh listen takes the place of a socket whose listener was killed' stale
kill "$(cat sock.pid)"; wait "$(cat sock.pid)"
echo mine >s
it 'cxssh listen does not replace a file' fails_with 78 'cannot listen on' cxssh listen --socket "$work/s" myapp-lion
it 'the file is as it was' is mine cat s
it 'cxssh listen ends when it is idle' prints '^listening on' within 10 cxssh listen --idle 1s myapp-lion
it 'cxssh listen says what is wrong with a time' fails_with 64 '--idle is a time' cxssh listen --idle x myapp-lion
it 'cxssh listen says what is wrong with a port' fails_with 64 'port' cxssh listen myapp-lion 70000
it 'cxssh listen knows no host of another name' fails_with 66 'no host' cxssh listen no-such-host
cxssh gateway close 203.0.113.30 >/dev/null
it 'cxssh listen leaves no process behind' wait_for no_leftovers
done_testing

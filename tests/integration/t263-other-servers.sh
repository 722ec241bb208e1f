#!/bin/sh
# SPDX-License-Identifier: MIT
# Servers and bastions that are no OpenSSH: dropbear and tinyssh.
# shellcheck disable=SC1091,SC2154,SC2034,SC2016,SC2029,SC2086 # lib.sh
SANDBOX_OPTIONS='--hosts "lion newt otter bastion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
PATH=$PATH:/usr/sbin
if ! command -v dropbear >/dev/null && ! command -v tinysshd >/dev/null; then
	skip_all 'neither dropbear nor tinysshd; run: ./install.sh --deps --for-clients'
fi

cxssh sync --yes >/dev/null
cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key" >/dev/null
cold() { # nothing is known of any host
	rm -rf "$HOME/.ssh/cxssh/known_hosts" "$HOME/.cache/cxssh/routes" "$HOME/.cache/cxssh/failed"
	sed -i '/^gateway-transport/d' "$HOME/.config/cxssh/config"
	cxssh gateway close 203.0.113.30 >/dev/null 2>&1
	firewall_reset lion; firewall_reset newt
	cxssh sync >/dev/null
}
dropbear_on() { # HOST TYPE [OPTION...] in the place of its sshd
	_on=$1 _type=$2; shift 2
	stop_sshd "$_on"
	rm -f "$SANDBOX/hosts/$_on/dropbear_key"
	dropbearkey -t "$_type" -f "$SANDBOX/hosts/$_on/dropbear_key" >/dev/null 2>&1
	"$sandbox/on" "$_on" dropbear -F -E -s -r "$SANDBOX/hosts/$_on/dropbear_key" -p 22 "$@" \
		-P "$SANDBOX/hosts/$_on/dropbear.pid" 2>"$_on.log" >/dev/null &
	dropbear=$!
	wait_for on "$_on" ss -Hltn 'sport = :22' | grep -q .
}
no_dropbear() { kill "$dropbear" 2>/dev/null; wait "$dropbear" 2>/dev/null; restart_sshd "$1"; }
first() { cold && is "$2" quietly within 30 ssh "$1" hostname; }
transport() { cxssh gateway list | grep -o -e libssh2 -e openssh | head -1; }

if command -v dropbear >/dev/null; then
	for type in ed25519 ecdsa rsa; do
		dropbear_on lion "$type"
		it "dropbear with a key of type $type: ssh is the first client" first myapp-lion lion
		it "dropbear with a key of type $type: a second session" is lion quietly ssh myapp-lion hostname
		it "dropbear with a key of type $type: prepare, then ssh" sh -c 'cxssh prepare myapp-lion && ssh myapp-lion true'
		no_dropbear lion
	done
	dropbear_on lion ed25519
	cold; ssh myapp-lion true
	copy() { head -c 2000000 /dev/urandom >big; scp -q -O big myapp-lion:big && ssh myapp-lion cat big | cmp - big; }
	it 'dropbear: two megabytes by scp and back' copy
	at_once() {
		pids=
		for _i in 1 2 3 4 5 6 7 8 9 10; do ssh myapp-lion "echo hi $_i" >"hi.$_i" & pids="$pids $!"; done
		for _pid in $pids; do wait "$_pid" || return 1; done
		is 10 sh -c 'cat hi.* | grep -c hi'
	}
	it 'dropbear: ten sessions at once' at_once
	no_dropbear lion
	changed() { fails_with 255 'IDENTIFICATION HAS CHANGED' ssh myapp-lion true; }
	it 'a server that changes from dropbear to OpenSSH with another key is refused' changed

	# As a bastion.
	for type in ed25519 ecdsa rsa; do
		dropbear_on bastion "$type"
		it "dropbear as bastion, key of type $type: ssh is the first client" first my-awesome-app-otter otter
		it "dropbear as bastion, key of type $type: the transport that auto chose" transport
		echo "# dropbear, $type: $(transport)"
		it "dropbear as bastion, key of type $type: a second session" is otter quietly ssh my-awesome-app-otter hostname
		no_dropbear bastion
	done
	for transport in libssh2 openssh; do
		dropbear_on bastion ed25519
		cold; echo "gateway-transport 203.0.113.30 = $transport" >>"$HOME/.config/cxssh/config"
		it "dropbear as bastion by $transport" is otter quietly within 30 ssh my-awesome-app-otter hostname
		over() { ssh my-awesome-app-otter 'cat >big' <big && ssh my-awesome-app-otter cat big | cmp - big; }
		it "dropbear as bastion by $transport: two megabytes in both directions" over
		through() {
			pids=
			for _i in 1 2 3 4 5 6 7 8; do ssh my-awesome-app-otter "echo hi $_i" >"through.$_i" & pids="$pids $!"; done
			for _pid in $pids; do wait "$_pid" || return 1; done
		}
		it "dropbear as bastion by $transport: eight sessions at once" through
		cxssh gateway close 203.0.113.30 >/dev/null
		no_dropbear bastion
	done
	dropbear_on bastion ed25519 -j
	cold
	forbidden() { fails_with 255 'cxssh: .*gateway 203.0.113.30' within 30 ssh my-awesome-app-otter true; }
	it 'dropbear as bastion that forbids forwarding: the reason is told' forbidden
	no_dropbear bastion
fi

# tinyssh has Ed25519 keys only, for host and user, one cipher, and no forwarding.
if command -v tinysshd >/dev/null && command -v tinysshd-makekey >/dev/null; then
	tinysshd-makekey "$work/tiny" >/dev/null 2>&1
	cat >inetd.py <<'END'
import os, socket, sys
listener = socket.socket(); listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("", 22)); listener.listen(50)
import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    client, _ = listener.accept()
    if os.fork() == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(client.fileno(), 0); os.dup2(client.fileno(), 1)
        os.execvp("tinysshd", ["tinysshd", "-v", sys.argv[1]])
    client.close()
END
	stop_sshd newt
	# It looks at the modes of all folders above authorized_keys; /tmp is anybody's.
	on newt mount --bind "$SANDBOX/hosts/newt/home" /mnt
	sed "s|$SANDBOX/hosts/newt/home|/mnt|" "$SANDBOX/hosts/newt/etc/passwd" >passwd.new
	cat passwd.new >"$SANDBOX/hosts/newt/etc/passwd"
	"$sandbox/on" newt /usr/bin/python3 "$work/inetd.py" "$work/tiny" 2>tiny.log & tiny=$!
	wait_for on newt ss -Hltn 'sport = :22' | grep -q .
	it 'tinyssh: ssh is the first client' first solo-newt newt
	it 'tinyssh: a second session' is newt quietly ssh solo-newt hostname
	it 'tinyssh: prepare, then ssh' sh -c 'cxssh prepare solo-newt && ssh solo-newt true'
	tiny_copy() { head -c 1000000 /dev/urandom >tiny.big; ssh solo-newt 'cat >tiny.big' <tiny.big && ssh solo-newt cat tiny.big | cmp - tiny.big; }
	it 'tinyssh: a megabyte in both directions' tiny_copy
	kill "$tiny" 2>/dev/null
	echo "# tinyssh: $(grep -c 'connection from' tiny.log) connections"
	restart_sshd newt
fi
cxssh gateway close 203.0.113.30 >/dev/null 2>&1
it 'cxssh leaves no process behind' wait_for no_leftovers
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# A bastion that asks for a second factor: what is missing is said, "cxssh gateway login"
# logs in on the terminal once, and all sessions share that login.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, brokers.sh
no_sandbox=1
needs_root=1
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/brokers.sh"

[ -e /etc/pam.d/sshd ] || skip_all 'sshd without PAM'
# Any answer will do: what counts is that there is a question.
printf 'auth required pam_exec.so expose_authtok quiet /bin/true\nauth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n' >pam
mount --bind pam /etc/pam.d/sshd || skip_all 'no mount here'

gw=$user@127.0.0.2
cxssh=$work/bin/cxssh
start_server 127.0.0.9 2222 greeting
start_server 127.0.0.9 7 echo
ssh-keygen -q -t ed25519 -N '' -f host.127.0.0.2
ssh-keygen -q -t ed25519 -N '' -f key
cat key.pub >authorized
# The first value of an option counts for sshd: these come before brokers.sh's.
start_factor_bastion() { # METHODS
	start_bastion 127.0.0.2 ed25519
	stop_bastion 127.0.0.2
	sed -i '/^UsePAM\|^KbdInteractive\|^PermitRoot\|^Password/d' sshd.127.0.0.2.conf
	printf 'PermitRootLogin yes\nUsePAM yes\nKbdInteractiveAuthentication yes\nAuthenticationMethods %s\n' "$1" \
		>>sshd.127.0.0.2.conf
	rm -f sshd.127.0.0.2.pid
	/usr/sbin/sshd -f "$work/sshd.127.0.0.2.conf" -E "$work/sshd.127.0.0.2.log"
	wait_for test -s sshd.127.0.0.2.pid
}
start_factor_bastion publickey,keyboard-interactive
behind "$gw" uid 127.0.0.9
mkdir -p "$HOME/.config/cxssh"
printf 'gateway-key 127.0.0.2 = %s\n' "$work/key" >"$HOME/.config/cxssh/config"
chmod 700 "$HOME/.config/cxssh"; chmod 600 "$HOME/.config/cxssh/config"
greets() { prints SSH-2.0-test "$drive" pipe "$gw" uid 2222; }
ends() { "$drive" close "$gw" >/dev/null 2>&1; wait_for no_broker "$gw"; }

serve "$gw" "$work/key" 1
it 'libssh2 says that a second factor is missing, and what to run' \
	fails_with 77 'second factor.*run: cxssh gateway login 127.0.0.2' "$drive" pipe "$gw" uid 2222
ends
serve "$gw" "$work/key" 0
it 'without a choice of transport a missing second factor is said, too' \
	fails_with 77 'second factor.*run: cxssh gateway login 127.0.0.2' "$drive" pipe "$gw" uid 2222
ends

login() { # types the answer on a terminal
	rm -f typed ended
	{ wait_for grep -q 'assword:' typed; echo answer; wait_up_to 10 test -e ended; } |
		script -qefc "'$cxssh' gateway login '$gw'; : >'$work/ended'" typed
}
it 'gateway login asks on the terminal' prints 'logged in on .*all sessions share this login' login
it 'sessions share that login' greets
it 'the broker uses OpenSSH' runs_by "$gw" openssh
logins=$(bastion_logins 127.0.0.2)
greets >/dev/null 2>&1 || :
it 'no further login is made' is "$logins" bastion_logins 127.0.0.2
ends
it 'the login outlives its broker' greets
# The terminal may close while the ssh that goes on has not left it yet.
pgrep -f '[.]login( |$)' | xargs kill -HUP
it 'the login outlives a hangup' greets
it 'the socket of a login is for its user alone' is 600 sh -c 'stat -c %a "$0"/cxssh/gw-*.login' "$runtime"
it 'gateway close ends broker and login' prints 'is closed' "$cxssh" gateway close 127.0.0.2
it 'after gateway close a second factor is missing again' \
	fails_with 77 'second factor.*run: cxssh gateway login 127.0.0.2' "$drive" pipe "$gw" uid 2222
ends

it 'gateway login works again' prints 'logged in on' login
mkfifo held
"$drive" pipe "$gw" uid 7 <held >held.out 2>&1 &
exec 8>held
echo word >&8
wait_for grep -q word held.out
kill_bastion 127.0.0.2
exec 8>&-
it 'a broker with a session ends when the connection is lost' wait_for no_broker "$gw"

# Other methods that need a person.
for methods in publickey,password password keyboard-interactive password,publickey; do
	start_factor_bastion "$methods"
	for transport in 1 2; do
		serve "$gw" "$work/key" "$transport"
		it "transport $transport: a bastion that asks for $methods is left to gateway login" \
			fails_with 77 'run: cxssh gateway login 127.0.0.2' "$drive" pipe "$gw" uid 2222
		ends
	done
	stop_bastion 127.0.0.2
done
done_testing

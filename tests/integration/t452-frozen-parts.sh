#!/bin/sh
# SPDX-License-Identifier: MIT
# What the broker needs for a further login stands still for 12 s under a live session:
# known_hosts, its lock and that of the configuration, the name server, ssh-agent.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, brokers.sh
no_sandbox=1
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/brokers.sh"

${CC:-cc} -shared -fPIC -D_GNU_SOURCE -o frozen_file.so "$tests/preload/frozen_file.c" -ldl ||
	skip_all 'no compiler'
start_server 127.0.0.9 2222 greeting
start_server 127.0.0.9 7 echo
lost=66
known_hosts=$HOME/.ssh/cxssh/known_hosts

# A broker with a login and a session; then FREEZE, and clients that need one more login.
session() { # GATEWAY KEY WHAT
	gw=$1
	behind "$gw" uid 127.0.0.9
	lost=$((lost + 1))
	behind "$gw" lost "127.0.0.$lost"
	silence "127.0.0.$lost"
	LD_PRELOAD=$work/frozen_file.so FROZEN_NAME=/known_hosts FROZEN_WHILE=$work/frozen \
		ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 serve "$gw" "$2" 1
	it "$3: the broker logs in" sh -c "'$drive' pipe '$gw' uid 2222 </dev/null | grep -q SSH-2.0-test"
}
another() { # runs for 12 s; the second login has begun
	"$drive" gap "$gw" uid 7 127.0.0.9 13 >gaps 2>&1 & pinging=$!
	wait_for grep -q open gaps
	"$drive" pipe "$gw" lost 22 </dev/null >lost.out 2>&1 &
	wait_for sh -c "ss -Htn state syn-sent dst 127.0.0.$lost | grep -q ." # the bastion tries
	"$drive" pipe "$gw" uid 2222 </dev/null >second.out 2>&1 & second=$!
	sleep 12
}
# The machine may have gaps of its own.
smooth() {
	wait "$pinging" || return 1
	awk '/^gap/ { good = $2 <= 500 + $4 } END { exit !good }' gaps
}
logins() { bastion_logins "$bastion"; }

bastion=127.0.0.2
start_bastion $bastion
session "$user@$bastion" "$work/key" 'known_hosts'
: >frozen
another
it 'a login that needs known_hosts waits while the file cannot be opened' is 1 logins
rm frozen
it 'the session has had no gap of 0.5 s while known_hosts could not be opened' smooth
echo "# $(tail -n 1 gaps)"
it 'the login is made when known_hosts can be opened' wait_for is 2 logins
"$drive" close "$gw"

bastion=127.0.0.3
start_bastion $bastion
session "$user@$bastion" "$work/key" 'its lock'
: >"$known_hosts" # the key has to be learnt again, for which the lock is needed
rm -f held free
mkdir -p "$HOME/.config/cxssh"
(
	exec 7>>"$known_hosts.lock" 8>>"$HOME/.config/cxssh/config.lock"
	flock 7 && flock 8 && : >held
	while [ ! -e free ]; do sleep 0.2; done
) &
wait_for test -e held
another
it 'a login that has to learn a key waits while known_hosts is locked' is 1 logins
: >free
it 'the session has had no gap of 0.5 s while known_hosts was locked' smooth
echo "# $(tail -n 1 gaps)"
logs_in() { "$drive" pipe "$gw" lost 22 </dev/null >lost.out 2>&1 & "$drive" pipe "$gw" uid 2222 </dev/null | grep -q SSH-2.0-test; }
it 'the broker serves when the lock is free' wait_for logs_in
"$drive" close "$gw"

bastion=127.0.0.4
cp /etc/hosts hosts
echo "$bastion bastion.test" >>/etc/hosts
start_bastion $bastion
session "$user@bastion.test" "$work/key" 'the name server'
# From now on the name has no address, and the name server answers nothing.
cat hosts >/etc/hosts
silence '{ 127.0.0.99, 127.0.0.69 }'
echo 'nameserver 127.0.0.99' >resolv && mount --bind resolv /etc/resolv.conf
another
wait "$second"
it 'another login is made while the name server is silent' grep -q SSH-2.0-test second.out
it 'two logins were made' is 2 logins
it 'the session has had no gap of 0.5 s while the name server was silent' smooth
echo "# $(tail -n 1 gaps)"
umount /etc/resolv.conf
"$drive" close "$gw"

start_confirming_agent
bastion=127.0.0.5
start_bastion $bastion
session "$user@$bastion" - 'a signature'
another
it 'a login waits while the agent does not sign' is 1 logins
it 'the agent was asked' test -e waiting
: >go
it 'the session has had no gap of 0.5 s while the agent did not sign' smooth
echo "# $(tail -n 1 gaps)"
it 'the login is made when the agent has signed' wait_for is 2 logins
"$drive" close "$gw"

bastion=127.0.0.6
start_bastion $bastion
session "$user@$bastion" - "the agent's list"
kill -STOP "$SSH_AGENT_PID"
another
it 'no login is made while the agent does not name its keys' is 1 logins
it 'the session has had no gap of 0.5 s while the agent did not name its keys' smooth
echo "# $(tail -n 1 gaps)"
kill -CONT "$SSH_AGENT_PID"
kill "$SSH_AGENT_PID"
"$drive" close "$gw"
done_testing

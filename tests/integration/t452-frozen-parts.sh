#!/bin/sh
# SPDX-License-Identifier: MIT
# What the broker could wait for stands still under a live session: the locks of
# known_hosts and of the configuration, and the name server.  t126 has ssh-agent.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, brokers.sh
no_sandbox=1
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/brokers.sh"

gw=$user@bastion.test
cp /etc/hosts hosts
echo '127.0.0.2 bastion.test' >>/etc/hosts
start_bastion 127.0.0.2
start_server 127.0.0.9 2222 greeting
start_server 127.0.0.9 7 echo
behind "$gw" uid 127.0.0.9
behind "$gw" lost 127.0.0.66
silence '{ 127.0.0.66, 127.0.0.67 }'
serve "$gw" "$work/key" 1
it 'the broker logs in on a bastion that has a name' wait_for sh -c "grep -q '^Accepted publickey' sshd.127.0.0.2.log"

# From now on the name has no address, and the name server answers nothing.
cat hosts >/etc/hosts
echo 'nameserver 127.0.0.67' >resolv && mount --bind resolv /etc/resolv.conf
mkdir -p "$HOME/.config/cxssh"
(
	exec 7>>"$HOME/.ssh/cxssh/known_hosts.lock" 8>>"$HOME/.config/cxssh/config.lock"
	flock 7 && flock 8 && : >held
	while [ ! -e free ]; do sleep 0.2; done
) &
wait_for test -e held
"$drive" ping "$gw" uid 7 1500 >gaps 2>&1 &
pinging=$!
"$drive" pipe "$gw" lost 22 </dev/null >lost.out 2>&1 &
wait_for sh -c "ss -Htn state syn-sent dst 127.0.0.66 | grep -q ." # the bastion tries
"$drive" pipe "$gw" uid 2222 </dev/null >second.out 2>&1
it 'another login is made while locks are held and the name server is silent' grep -q SSH-2.0-test second.out
it 'two logins were made' is 2 bastion_logins 127.0.0.2
wait "$pinging"
echo "# $(cat gaps)"
# The waits for a lock and for a name server are of 5 s.
it 'the session has had no gap of 2 s' awk '/^median/ { found = 1; exit !($6 < 2000000) } END { exit !found }' gaps
: >free
"$drive" close "$gw"
done_testing

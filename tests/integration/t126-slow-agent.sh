#!/bin/sh
# SPDX-License-Identifier: MIT
# An ssh-agent that takes long to sign (a touch, a confirmation) holds up the login that
# asked it, and no session of another login.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, brokers.sh
no_sandbox=1
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/brokers.sh"

gw=$user@127.0.0.2
start_bastion 127.0.0.2
start_server 127.0.0.9 2222 greeting
start_server 127.0.0.9 7 echo
behind "$gw" uid 127.0.0.9
behind "$gw" lost 127.0.0.66
silence 127.0.0.66

start_confirming_agent

serve "$gw" - 1
mkfifo in
"$drive" pipe "$gw" uid 7 <in >out.echo 2>&1 &
exec 9>in
echo one >&9
it 'a session over the first login carries bytes' wait_for grep -qx one out.echo

"$drive" pipe "$gw" lost 22 </dev/null >lost.out 2>&1 &
wait_for sh -c "ss -Htn state syn-sent dst 127.0.0.66 | grep -q ." # the bastion tries
"$drive" pipe "$gw" uid 2222 </dev/null >second.out 2>&1 &
second=$!
it 'a second login asks the agent' wait_up_to 10 test -e waiting
echo two >&9
it 'the session goes on while the agent has not signed' wait_for grep -qx two out.echo
it 'the broker answers meanwhile' runs_by "$gw" libssh2
it 'the second login still waits for the agent' [ ! -s second.out ]
: >go
wait "$second"
it 'the second login is made once the agent has signed' grep -q SSH-2.0-test second.out
it 'two logins were made' is 2 bastion_logins 127.0.0.2
exec 9>&-
"$drive" close "$gw"

# An agent that does not even name its keys.
gw=$user@127.0.0.3
start_bastion 127.0.0.3
behind "$gw" uid 127.0.0.9
behind "$gw" lost 127.0.0.67 # the first bastion may be trying the other address still
silence 127.0.0.67
serve "$gw" - 1
"$drive" pipe "$gw" uid 7 <in >out.echo 2>&1 &
exec 9>in
echo three >&9
it 'a session by another bastion carries bytes' wait_for grep -qx three out.echo
kill -STOP "$SSH_AGENT_PID"
"$drive" pipe "$gw" lost 22 </dev/null >lost.out 2>&1 &
wait_for sh -c "ss -Htn state syn-sent dst 127.0.0.67 | grep -q ."
gives_up() { grep -c 'ssh-agent did not answer in time' "$HOME/.cache/cxssh/log"; }
before=$(gives_up)
"$drive" pipe "$gw" uid 2222 </dev/null >second.out 2>&1 &
second=$!
it 'a second login connects to the bastion while ssh-agent hangs' \
	wait_for sh -c '[ "$(ss -Htn state established dst 127.0.0.3:22 | grep -c .)" -ge 2 ]'
echo four >&9
it 'the session goes on while ssh-agent does not name its keys' wait_for grep -qx four out.echo
it 'the second login is not given up yet' is "$before" gives_up
wait "$second"
it 'the second session, which has no login, is told so' grep -q '^gateway 127.0.0.3 is busy with other connections, try again$' second.out
kill -CONT "$SSH_AGENT_PID"
exec 9>&-
kill "$SSH_AGENT_PID"
"$drive" close "$gw"
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# A broker with two logins that have fallen silent, as after the second change of the
# network: the next channel opens on a third one.
# shellcheck disable=SC1091,SC2034,SC2154,SC2086 # lib.sh, brokers.sh
no_sandbox=1
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/brokers.sh"

gw=$user@127.0.0.2
start_bastion 127.0.0.2
start_server 127.0.0.9 22 greeting
start_server 127.0.0.9 7 echo
behind "$gw" uid 127.0.0.9
serve "$gw" "$work/key"
greets() { prints SSH-2.0-test "$drive" pipe "$gw" uid 22; }
held() { # NAME: a channel that stays, with a line that went through it and back
	mkfifo "$1"
	"$drive" pipe "$gw" uid 7 <"$1" >"$1.out" 2>&1 &
	case $1 in one) exec 6>one; echo through >&6 ;; *) exec 7>two; echo through >&7 ;; esac
	wait_for grep -q through "$1.out"
}
# The processes of the bastion's sessions.
sessions() { pgrep -P "$(cat sshd.127.0.0.2.pid)" | while read -r pid; do echo "$pid"; pgrep -P "$pid"; done; }
it 'the broker holds a channel on its first login' held one
first=$(sessions)
kill -STOP $first
it 'the broker holds a channel on a second login while the first is silent' held two 6>&-
kill -CONT $first
it 'the bastion has two logins' is 2 bastion_logins 127.0.0.2
it 'the broker opens a channel when both answer' greets
all=$(sessions)
kill -STOP $all
it 'the broker opens a channel when two logins are silent' greets
it 'the bastion has three logins then' is 3 bastion_logins 127.0.0.2
kill -CONT $all
exec 6>&- 7>&-
"$drive" close "$gw"
done_testing

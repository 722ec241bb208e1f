#!/bin/sh
# SPDX-License-Identifier: MIT
# What happens to sessions that run when their bastion is killed, and when the machine wakes
# up after a sleep.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "bastion otter" --lease-delay 100'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
behind_bastion
works() { is otter within 30 ssh "$name" hostname; }
it 'cxssh works before any accident' works

# A bastion that is killed under fifty sessions.
restart_sshd otter 'MaxStartups 200'
start_sessions() {
	n=0
	while [ "$n" -lt 50 ]; do
		( ssh "$name" 'echo up; exec sleep 600' >"up.$n" 2>"said.$n"; echo $? >"ended.$n" ) &
		n=$((n + 1))
		[ $((n % 10)) != 0 ] || wait_for up "$n" # or the machine is busy with their keys
	done
}
up() { [ "$(cat up.* | grep -c up)" = "$1" ]; }
all_up() { up 50; }
all_ended() { [ "$(cat ended.* 2>/dev/null | grep -c '')" = 50 ]; }
within_20() { # command... succeeds within 20 s
	for _try in 1 2 3 4; do wait_for "$@" && return; done
	return 1
}
start_sessions
it 'cxssh has fifty sessions' within_20 all_up
it 'cxssh carries fifty sessions over one login on the bastion' is 1 logins bastion
sessions_of_bastion=$(for s in $(sessions); do echo "$s"; pgrep -P "$s"; done)
stop_sshd bastion
# shellcheck disable=SC2086 # several
kill -KILL $sessions_of_bastion
it 'cxssh ends all of them when the bastion dies' wait_for all_ended
lost_all() { [ "$(sort -u ended.*)" = 255 ]; }
it "cxssh ends each session with the status of ssh for a lost connection" lost_all
each_says_one() { for n in said.*; do [ "$(wc -l <"$n")" -le 2 ] && [ -s "$n" ] || return 1; done; }
it 'cxssh lets each ssh say that the connection was lost' each_says_one
cat said.0 | sed 's/^/# /'
it 'cxssh ends the broker when the bastion dies' wait_for brokers_gone
it 'cxssh says so while the bastion is down' \
	fails_with 255 'cxssh: my-awesome-app-otter .*gateway 203.0.113.30 does not listen on port 22' ssh "$name" true
restart_sshd bastion
# A broker answers every client with its last failure for a second.
wait_for brokers_gone
it 'cxssh works as soon as it is back' works

# A sleep.  The broker is stopped, and wakes up in another hour.
make_clock
end_brokers
session() { # NAME: one that stays, and says what it hears
	mkfifo "$1"
	ssh -o ServerAliveInterval=0 "$name" 'echo up; exec cat' <"$1" >"$1.out" 2>"$1.err" &
	eval "$1=$!"
}
sleep_over() { clock_shows 0 "$1"; } # SECONDS
# Only the broker is connected to the bastion.
own_connection() { ss -Htn state established "dst $bastion" | sed -n 's/^.* 203.0.113.10:\([0-9]*\) .*/\1/p'; }
it 'cxssh starts a broker' by_clock works
session healthy
exec 7>healthy
it 'cxssh has a session' wait_for grep -q up healthy.out
before=$(logins bastion)
kill -STOP "$(broker)"; sleep_over 3600; kill -CONT "$(broker)"
sleep 3
echo still >&7
it 'cxssh keeps the login over a sleep that the bastion did not notice' wait_for grep -q still healthy.out
it 'cxssh has one login after a sleep that the bastion did not notice' is "$before" logins bastion
kill -STOP "$(broker)"; sleep_over 7200
on_way=$(own_connection)
it 'the connection of the broker has a port' test -n "$on_way"
nft -f - <<-RULES
	table inet forgotten {
		chain out { type filter hook output priority 0; tcp sport $on_way drop; }
		chain in { type filter hook input priority 0; tcp dport $on_way drop; }
	}
RULES
kill -CONT "$(broker)"
sleep 2.5
it 'cxssh makes a new login when the old one stays silent after a sleep' \
	is otter within 8 ssh "$name" hostname
it 'cxssh makes one new login when the old one stays silent after a sleep' is $((before + 1)) logins bastion
lost() { ! kill -0 "$healthy" 2>/dev/null; }
it 'cxssh ends what ran over the old one' within 15 tail --pid="$healthy" -f /dev/null
exec 7>&-
wait "$healthy"
it "cxssh ends a session over a silent login with the status of ssh" is 255 echo $?
nft delete table inet forgotten
it 'cxssh works after the silent login' works
done_testing

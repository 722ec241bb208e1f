#!/bin/sh
# SPDX-License-Identifier: MIT
# The laptop's network is cut under sessions that run, for a moment and for longer than
# TCP is patient with.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion bastion otter" --lease-delay 100'
test_timeout=300
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

trap '' PIPE # of a session that has ended
cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
session() { # NAME HOST OPTION...: says what it hears
	_name=$1 _to=$2; shift 2
	mkfifo "$_name"
	( ssh "$@" "$_to" 'echo up; exec cat' <"$_name" >"$_name.out" 2>"$_name.err"
		echo $? >"$_name.ended" ) &
}
session direct myapp-lion
exec 6>direct
session bastioned my-awesome-app-otter
exec 7>bastioned
for s in direct bastioned; do
	it "cxssh has a session: $s" wait_for grep -q up $s.out
done
lives() { # NAME WORD SECONDS: what was said is heard in time
	_times=0
	until grep -q "$2" "$1.out"; do
		_times=$((_times + 1))
		[ "$_times" -lt $(($3 * 10)) ] || return 1
		sleep 0.1
	done
}

# A moment, with something on its way.
cut_network
echo early >&6; echo early >&7
sleep 4
it 'cxssh tells a new session that there is no way' fails_with 255 'cxssh: ' within 15 ssh -n myapp-lion true
mend_network
it 'cxssh survives a moment without network' lives direct early 30
it 'a session through a bastion survives a moment without network' lives bastioned early 30
works() { got=$(within 30 ssh -n "$1" hostname) && [ "$got" = "$2" ]; }
it 'cxssh works for a new session' works myapp-lion lion
it 'cxssh works for a new session through a bastion' works my-awesome-app-otter otter

# Longer than the patience of some.
session impatient myapp-lion -o ServerAliveInterval=5 -o ServerAliveCountMax=2
exec 8>impatient
session impatient_too my-awesome-app-otter -o ServerAliveInterval=5 -o ServerAliveCountMax=2
exec 9>impatient_too
it 'cxssh has two more sessions' wait_for grep -q up impatient.out
it 'cxssh has a second impatient session through a bastion' wait_for grep -q up impatient_too.out
cut_network
it "a session ends where ssh's patience does" wait_up_to 40 test -s impatient.ended
wait_up_to 10 test -s impatient_too.ended
it "cxssh ends an impatient session with the status of ssh" grep -qx 255 impatient.ended
it "cxssh lets ssh say that the server does not respond" grep -qi 'not responding' impatient.err
it 'cxssh ends an impatient session through a bastion with the status of ssh' grep -qx 255 impatient_too.ended
mend_network
echo late >&6; echo late >&7
it 'cxssh survives half a minute where it lasts longer' lives direct late 40
it 'a patient session through a bastion survives half a minute without network' lives bastioned late 40
it 'cxssh keeps the patient session through a bastion the same' test ! -e bastioned.ended
exec 6>&- 7>&- 8>&- 9>&-
wait_for test -s direct.ended
it 'cxssh ends as it should' grep -qx 0 direct.ended
wait_for test -s bastioned.ended
it 'cxssh ends the session through a bastion as it should' grep -qx 0 bastioned.ended
it 'cxssh has logged in on the bastion at most twice' test "$(logins bastion)" -le 2
done_testing

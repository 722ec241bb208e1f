#!/bin/sh
# SPDX-License-Identifier: MIT
# A connection that the user gives up, by Ctrl-C or by ending ssh, while the API hangs.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion" --lease-delay 100'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

cxssh sync --yes >/dev/null
ssh myapp-lion true </dev/null
wait_up_to 10 helpers_gone
helper_runs() { pgrep -f 'bin/cxssh open' >/dev/null; }

for signal in INT TERM HUP; do
	ready_lease; fault 'POST * hang'
	timeout -s "$signal" 2 ssh myapp-lion true </dev/null >/dev/null 2>&1
	it "nothing goes on after SIG$signal to ssh and its ProxyCommand" wait_up_to 2 none_runs
	no_faults
done
# The terminal sends the signal to all of its foreground processes at once: ssh may end
# before its ProxyCommand.
interrupted() {
	mkfifo keys
	{ wait_for helper_runs; printf '\003'; sleep 1; } >keys &
	within 20 script -qec 'ssh myapp-lion true' /dev/null <keys >typescript
	rm keys
	[ "$(tr -d '\r\n' <typescript)" = '^C' ] || { cat typescript >&2; return 1; }
}
for try in 1 2 3 4 5; do
	ready_lease; fault 'POST * hang'
	it "Ctrl-C at an ssh that waits prints nothing, try $try" interrupted
	wait_up_to 2 none_runs
	no_faults
done
ready_lease; fault 'POST * hang'
ssh myapp-lion true </dev/null >/dev/null 2>&1 &
ssh=$!
wait_for helper_runs
kill -KILL "$ssh"
it 'nothing goes on when ssh alone is killed' wait_up_to 2 none_runs
no_faults
it 'the next try works at once' is lion within 6 ssh myapp-lion hostname
done_testing

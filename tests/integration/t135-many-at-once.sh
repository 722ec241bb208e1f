#!/bin/sh
# SPDX-License-Identifier: MIT
# Warm sessions at once, more than sshd lets log in together (MaxStartups 10:30:100).
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion" --lease-delay 100'
test_timeout=400
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

cxssh sync --yes >/dev/null
ssh myapp-lion true </dev/null
restart_sshd lion 'MaxStartups 10:30:100'
sed -i "s/^lease-made=.*/lease-made=$(($(date +%s) - 60))/" "$cache/routes/$lion"
rm -f "$cache"/busy/*
at_once() { # N sessions, all of which must work
	n=0 pids='' broken=0
	while [ "$n" -lt "$1" ]; do
		ssh myapp-lion true </dev/null 2>>many.err & pids="$pids $!"; n=$((n + 1))
	done
	for pid in $pids; do wait "$pid" || broken=$((broken + 1)); done
	[ "$broken" = 0 ] || { cat many.err >&2; echo "$broken of $1 broken" >&2; return 1; }
}
for many in 25 60; do
	rm -f "$cache"/busy/* many.err
	it "$many warm sessions at once all work" at_once "$many"
done
it 'no process is left after many sessions at once' wait_for no_leftovers
done_testing

# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# tap.sh - sourced by the tests that read the source and need nothing of lib.sh.
#
#   it 'SENTENCE' COMMAND...   a test: the command succeeds
#   says_nothing COMMAND...    succeeds where the command prints nothing
#   done_testing               ends the script

n=0 failed=0
it() {
	n=$((n + 1)); what=$1; shift
	if out=$("$@" 2>&1); then echo "ok $n - $what"; return; fi
	echo "$out" | sed 's/^/# /'
	echo "not ok $n - $what"
	failed=1
}
says_nothing() { out=$("$@" 2>&1); echo "$out"; [ -z "$out" ]; }
done_testing() { echo "1..$n"; exit "$failed"; }

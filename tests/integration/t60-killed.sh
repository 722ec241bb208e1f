#!/bin/sh
# SPDX-License-Identifier: MIT
# kill -9 at every system call: nothing of the user's is lost, nothing is half there,
# and the next run puts all right.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion newt" --lease-delay 0'
if [ -n "${EVERY-}" ]; then test_timeout=14400; else test_timeout=600; fi
. "$(dirname "$0")/../lib.sh"
every_class='--all --own' every_words='system calls'
. "$tests/integration/atcalls.sh"

# shellcheck disable=SC2086 # $next is a command
# Some runs have a call less: an address, a clock.
was_killed() { [ "$code" = 137 ] || { [ "$code" = 0 ] && [ "$(wc -l <list)" -lt "$n" ]; }; }
mended() { was_killed && nothing_is_hurt "$1" && ends_well "$1" $next && gives_back; }
survives() { # KIND STEP NEXT COMMAND...
	kind=$1 step=$2 next=$3; shift 3
	# shellcheck disable=SC2086 # as above
	it "'$*' is undisturbed ($kind)" stage "$kind" $next
	count_calls "$kind" "$@"
	it "'$*' is killed at $(number "$step"), and nothing is lost ($kind)" \
		at_every "$kind" "$step" kill '' mended "$@"
}
every_kind survives
done_testing

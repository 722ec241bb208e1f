#!/bin/sh
# SPDX-License-Identifier: MIT
# kill -9 at every system call of a sync that gives, keeps or gives up names: no name ever
# leads to another stack than before, unless that was asked for.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317 # lib.sh
SANDBOX_OPTIONS='--hosts "falcon" --lease-delay 0'
if [ -n "${EVERY-}" ]; then test_timeout=14400; else test_timeout=1200; fi
. "$(dirname "$0")/../lib.sh"
every_class='--all --own' every_words='system calls'
. "$tests/integration/atcalls.sh"
aliases=$HOME/.config/cxssh/aliases
staging=14aed771fa6f605a300ba3e5564ba1f4

# The names that ssh knows, each with the stack that it leads to: routes and the kept
# names agree, or a name leads nowhere.
leads() { sed -n 's/^\([a-z0-9-]*\) \([0-9a-f]*\)$/\1 \2/p' "$aliases" 2>/dev/null | sort; }
# Each line that was there is there again: lines are only added.
kept_all() {
	leads >now
	comm -23 "$1" now >lost
	[ ! -s lost ] || { echo 'names that were kept are lost, or lead elsewhere:'; cat lost; return 1; }
}
is_whole() { # the last line has its end
	[ ! -e "$aliases" ] || [ -z "$(tail -c 1 "$aliases")" ] || { echo 'half a file'; return 1; }
}
was_killed() { [ "$code" = 137 ] || { [ "$code" = 0 ] && [ "$(wc -l <list)" -lt "$n" ]; }; }
# What a sync that was not disturbed has at its end; the generated file too.
same_names() { leads >now; same 'other names than undisturbed' "$1.leads" now; }
mended() { # KIND; before the next sync and after it
	was_killed || { echo "not killed: exit status $code"; return 1; }
	is_whole && nothing_is_hurt "$1" || return 1
	[ "$1" = rename ] || kept_all "$1.before" || return 1
	ends_well "$1" $next && is_whole && same_names "$1"
}
survives() { # KIND STEP NEXT COMMAND...
	kind=$1 step=$2 next=$3; shift 3
	leads >"$kind.before"
	save "$kind" && $next >/dev/null 2>&1; leads >"$kind.leads"; restore "$kind"
	# shellcheck disable=SC2086 # $next is a command
	it "'$*' is undisturbed ($kind)" stage "$kind" $next
	count_calls "$kind" "$@"
	it "'$*' is killed at $(number "$step"), and no name leads elsewhere ($kind)" \
		at_every "$kind" "$step" kill '' mended "$@"
}

stacks shop
one() { change_fleet "/\"uid\":\"$staging\"/s/\"name\":\"shop\"/\"name\":\"other\"/"; }
one
cxssh sync --yes >/dev/null
save alone

# A second environment comes.
first_fleet
survives twin 1 'cxssh sync --yes' cxssh sync --yes

# The same, by a version that had no file of names before.
restore alone; rm -f "$aliases"
survives upgrade 4 'cxssh sync --yes' cxssh sync --yes

# The short names are given up.
restore alone; cxssh sync --yes >/dev/null
survives rename 4 'cxssh sync --rename --yes' cxssh sync --rename --yes
done_testing

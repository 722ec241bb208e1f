#!/bin/sh
# SPDX-License-Identifier: MIT
# pssh: one command on many servers.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs parallel-ssh
cat >reach <<'SH'
#!/bin/sh
parallel-ssh -i -H "$1" -t 15 cat name >"pssh.$$" 2>&1 && grep -v '\[SUCCESS\]' "pssh.$$"
status=$?; [ "$status" = 0 ] || cat "pssh.$$" >&2
exit "$status"
SH
battery pssh "$(version_of parallel-ssh --version)"
both() {
	parallel-ssh -i -H myapp-lion -H "$behind" -t 15 cat name >both
	grep -E '^(lion|otter)$' both | sort | tr '\n' ' '
}
cold
it 'one pssh reaches two cold servers' is 'lion otter ' both
done_testing

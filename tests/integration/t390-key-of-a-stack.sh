#!/bin/sh
# SPDX-License-Identifier: MIT
# The servers of a stack share their key: one that the API has no key of, such as one that
# is still being set up, hides it from none of the others, and uses it when it is there.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh
SANDBOX_OPTIONS='--hosts "lion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

no_keys() { # UID-LETTER COUNT: so many servers that have no key
	awk -v letter="$1" -v count="$2" 'BEGIN { for (n = 1; n <= count; n++) printf \
		"{\"uid\":\"%s%d\",\"name\":\"%s%d\",\"address\":\"203.0.113.%d\",\"user_name\":\"deploy\",\"server_roles\":[],\"_key_file\":null},\n",
		letter, n, letter, n, 150 + n % 90 }'
}
no_keys early 12 >early
names_key() { ssh -G "$1" 2>/dev/null | grep -q '^identityfile .*/cx_609b30031d56fd640ba7f43b1657495b$'; }
keyless() { ! names_key "$1"; }

change_fleet '/"name":"myapp"/r early'
cxssh sync --yes >/dev/null
it 'ssh reaches a server behind twelve in the list that have no key' is lion ssh myapp-lion hostname
it 'no key is named for a server that the API has no key of' keyless myapp-early1
first_fleet

# More than 200 servers: one of a stack is asked for, and one more where that has none.
rm -r "$HOME/.cache/cxssh" "$HOME/.ssh/cxssh" "$HOME"/.ssh/cx_*
no_keys late 200 >late
change_fleet '/"name":"Bulk"/r late'
cxssh sync --yes >/dev/null
it 'ssh reaches a server of a large account whose first server has no key' is lion ssh myapp-lion hostname
first_fleet

# A stack that is being set up has no key at all yet.
rm -r "$HOME/.cache/cxssh" "$HOME/.ssh/cxssh" "$HOME"/.ssh/cx_*
change_fleet '/"name":"lion"\|"name":"heron"\|"name":"tiger"/s/"_key_file":"[^"]*"/"_key_file":null/'
cxssh sync --yes >/dev/null
it 'no key is named for a stack that has none yet' keyless myapp-lion
first_fleet
cxssh sync >/dev/null
it 'the next sync learns that the stack has a key' is lion ssh myapp-lion hostname
done_testing

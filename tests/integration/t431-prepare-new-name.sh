#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh prepare HOST for a name that is newer than the last sync: asyncssh, paramiko and
# others know no Match with exec, and need the block of the name itself.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

ours=$HOME/.ssh/cxssh
cxssh sync --yes >/dev/null
without_lion() { change_fleet '/"name":"lion"/d'; cxssh sync >/dev/null; first_fleet; }
has_block() { grep -q "^Host $1\$" "$ours/config"; }
without_lion
cp "$HOME/.ssh/config" users.before
it 'a new name has no block' fails_with 1 '' has_block myapp-lion
it 'prepare makes a new name ready' prints '^myapp-lion is ready' cxssh prepare myapp-lion
it 'a new name has its block when prepare is done' has_block myapp-lion
it 'prepare leaves ~/.ssh/config as it is' cmp users.before "$HOME/.ssh/config"
by_block() { ssh -F "$ours/config" myapp-lion hostname; }
it 'a client that reads that file alone reaches the server' is lion by_block
lists() { api_calls 'GET /api/3/stacks.json'; }
before=$(lists)
it 'prepare of a name that has its block succeeds' cxssh prepare myapp-lion
it 'prepare of a name that has its block fetches no list of stacks' is "$before" lists

without_lion
it 'prepare writes the block of a new name again within the minute' cxssh prepare myapp-lion
it 'a second new name within a minute has its block, too' has_block myapp-lion

without_lion
echo 'auto-sync = no' >>"$HOME/.config/cxssh/config"
it 'with auto-sync = no prepare says what is left to do' \
	fails_with 0 'myapp-lion has no block .*; run: cxssh sync' cxssh prepare myapp-lion
it 'with auto-sync = no prepare writes no block' fails_with 1 '' has_block myapp-lion
sed -i '/^auto-sync/d' "$HOME/.config/cxssh/config"

without_lion
cxssh sync --remove >/dev/null
it 'after sync --remove prepare succeeds' cxssh prepare myapp-lion
it 'after sync --remove prepare writes no block' test ! -e "$ours/config"
done_testing

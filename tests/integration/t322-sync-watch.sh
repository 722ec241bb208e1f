#!/bin/sh
# SPDX-License-Identifier: MIT
# sync --watch; a sync that was refused is told; several at once fetch once.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317,SC2016,SC2088 # lib.sh
SANDBOX_OPTIONS='--hosts "lion heron" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

ours=$HOME/.ssh/cxssh/config
cache=$HOME/.cache/cxssh
fetches() { api_calls 'GET /api/3/stacks.json'; }

# Refused.
cxssh sync --yes >/dev/null
it 'list says nothing of a sync that was not refused' sh -c '! cxssh list 2>&1 | grep refused'
change_fleet '/"name":"Ant/{/}]}$/!d}'
it 'a sync that takes many hosts away is refused' fails_with 75 'does not name' cxssh sync
cxssh list >/dev/null 2>listed
it 'list says that the last sync was refused' grep -qE '^cxssh: the last sync was refused: the API does not name [0-9]+ of [0-9]+ hosts any more; nothing was written; run: cxssh sync$' listed
it 'list still prints the hosts' prints bulk-ant5 cxssh list
cxssh doctor >checked 2>&1
it 'doctor says that the last sync was refused' grep -q 'the last one was refused: the API does not name' checked
rm -f "$cache"/autosync-times
first_fleet
cxssh sync >/dev/null
it 'list says nothing of it after the next sync' sh -c '! cxssh list 2>&1 | grep refused'
change_fleet '/"name":"Ant/{/}]}$/!d}'
it 'a sync in the background is refused, too' fails_with 75 '' cxssh sync --quiet
it 'list says that a sync in the background was refused' sh -c 'cxssh list 2>&1 | grep -q "the last sync was refused"'
first_fleet
cxssh sync >/dev/null

# --watch.
has_said() { grep -q "$@" watched; }
cxssh sync --watch --yes >watched 2>&1 & watch=$!
# It blocks SIGHUP, the lowest bit of the mask, before its first sync.
it 'sync --watch starts' wait_for grep -q '^SigBlk:.*[13579bdf]$' "/proc/$watch/status"
change_fleet 's/"name":"shark"/"name":"zebra"/'
kill -HUP "$watch"
it 'sync --watch syncs on SIGHUP' wait_for has_said -x 'new: myapp-zebra'
it 'sync --watch writes the new host' has_block myapp-zebra
it 'another sync works beside it' within 30 cxssh sync
fault 'GET /stacks.json*' status 403 times=1
kill -HUP "$watch"
it 'sync --watch tells why a sync failed' wait_for has_said '^cxssh: '
no_faults; first_fleet
kill -HUP "$watch"
it 'sync --watch goes on after a failure' wait_for has_said -x 'new: myapp-shark'
kill -TERM "$watch"
ends() { wait "$watch"; }
it 'SIGTERM ends sync --watch without an error' ends
it 'sync --watch goes with no --dry-run' fails_with 64 '--watch goes with --stack, --yes and --inline' cxssh sync --watch --dry-run

# Two syncs, a refresh and 50 connections at once.
ssh -o BatchMode=yes myapp-lion true 2>/dev/null
rm -f "$cache"/autosync-times "$cache"/inventory.json
cp "$ours" config.before
fault 'GET /stacks.json*' slow 3000
before=$(fetches)
cxssh sync --yes >first 2>&1 & all=$!
cxssh sync --yes >second 2>&1 & all="$all $!"
cxssh sync --quiet & all="$all $!"
i=0 sessions=
while [ $i -lt 50 ]; do
	ssh -o BatchMode=yes myapp-lion echo yes >"said.$i" 2>"err.$i" & sessions="$sessions $!"
	i=$((i + 1))
done
# shellcheck disable=SC2086 # several
wait $all $sessions
it 'fifty connections at the time of two syncs and a refresh succeed' is 50 sh -c 'cat said.* | grep -cx yes'
it 'two syncs, a refresh and 50 connections at once fetch the stacks once' is 1 echo "$(($(fetches) - before))"
it 'the syncs at once succeed' sh -c 'grep -q "servers and" first && grep -q "servers and" second'
it 'the hosts are whole then' cmp config.before "$ours"
it 'the inventory is whole then' prints '95 servers' cxssh list bulk
no_faults
it 'no draft of a file is left' is '' find "$HOME/.ssh" "$cache" "$HOME/.config/cxssh" -name '.*cxssh-*'

done_testing

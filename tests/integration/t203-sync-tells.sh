#!/bin/sh
# SPDX-License-Identifier: MIT
# sync tells what it changes, and asks before it takes many hosts away.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317,SC2016,SC2088 # lib.sh
SANDBOX_OPTIONS='--hosts lion --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

ours=$HOME/.ssh/cxssh/config
cache=$HOME/.cache/cxssh
says_nothing_of_changes() { cxssh sync --yes >said && ! grep -E '^(new|gone|changed|left out)' said >&2; }
it 'the first sync tells no changes' says_nothing_of_changes
it 'a sync without changes tells none' says_nothing_of_changes
change_fleet 's/"name":"shark"/"name":"zebra"/;/"name":"heron"/s/203\.0\.113\.22/203.0.113.23/;/"name":"tiger"/s/\["web"\]/["web","db"]/'
cxssh sync >told
it 'sync tells a new host' grep -qx 'new: myapp-zebra' told
it 'sync tells a host that is gone' grep -qx 'gone: myapp-shark' told
it 'sync tells what has changed of a server' grep -q '^changed: .*myapp-heron (address)' told
it 'sync tells a role that has other servers' grep -q '^changed: .*myapp-db (its servers)' told
change_fleet 's/"name":"Ant\(9\|10\)"/"name":"Bee\1"/'
cxssh sync >told
it 'sync tells hosts by the numbers in their names' grep -qx 'new: .*bulk-bee9, bulk-bee10.*' told
it 'sync tells hosts that are gone likewise' grep -qx 'gone: .*bulk-ant9, bulk-ant10.*' told
cxssh sync --stack myapp >told
it 'sync tells how many hosts --stack has left out' grep -qE '^left out, because other stacks were named: [0-9]+ hosts$' told
it 'hosts that --stack leaves out are not told as gone' sh -c '! grep "^gone" told'
cxssh sync >/dev/null

# The stack with most of the servers vanishes.
cp "$ours" before && cp "$cache/inventory.json" inventory.before
change_fleet '/"name":"Ant/{/}]}$/!d}'
it 'without a terminal sync does not remove many hosts' fails_with 75 'does not name .* of .* hosts any more; nothing was written; run: cxssh sync --yes' cxssh sync
it 'a sync that is refused writes no file' sh -c 'cmp before "$1" && cmp inventory.before "$2"' sh "$ours" "$cache/inventory.json"
it 'sync --quiet does not remove many hosts' fails_with 75 '' cxssh sync --quiet
it 'sync --quiet then writes no file' sh -c 'cmp before "$1" && cmp inventory.before "$2"' sh "$ours" "$cache/inventory.json"
if command -v script >/dev/null; then
	: >shown
	mkfifo typing
	script -qefc 'cxssh sync' shown <typing >/dev/null 2>&1 & script=$!
	exec 6>typing
	it 'on a terminal sync asks' wait_for grep -q 'Remove them?' shown
	it 'another command needs no lock meanwhile' within 10 cxssh list
	printf 'n\n' >&6
	wait "$script"; code=$?
	exec 6>&-
	it 'the answer no ends sync with a failure' is 75 echo "$code"
	it 'the answer no leaves the file' cmp before "$ours"
fi
it '--yes removes many hosts' cxssh sync --yes
it 'the hosts are gone then' sh -c '! cmp before "$1"' sh "$ours"

done_testing

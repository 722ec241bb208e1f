#!/bin/sh
# SPDX-License-Identifier: MIT
# A block whose server was replaced, or whose role has moved.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317,SC2016,SC2088 # lib.sh
SANDBOX_OPTIONS='--hosts "lion heron" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

old=9ae1611c97a92c90fac60c884e1d8240
new=11aa22bb33cc44dd55ee66ff77889900
third=22aa22bb33cc44dd55ee66ff77889900
stack=609b30031d56fd640ba7f43b1657495b
known=$HOME/.ssh/cxssh/known_hosts
cache=$HOME/.cache/cxssh
log=$cache/log
key_known_as() { ssh-keygen -F "$1" -f "$known" | grep -v '^#' | cut -d ' ' -f 2-3 | sort -u; }
is_key_of() { is "$(key_of "$1")" key_known_as "$2"; }
aged() { touch -d '3 minutes ago' "$cache/inventory.json"; rm -rf "$cache/checked"; }
has_block_of() { grep -q "cxssh-proxy $1 " "$HOME/.ssh/cxssh/config"; }

cxssh sync --yes >/dev/null
no_background
it 'a server is reached' reaches lion myapp-lion
it 'the key of a server is known under its uid' is_key_of lion "cxssh-$old"

# lion becomes another machine, which is where heron was.
replace() { # OLD-UID NEW-UID
	change_fleet "/\"name\":\"lion\"/{s/$1/$2/g;s/203\.0\.113\.2[12]/203.0.113.22/g;s/\"_host\":\"lion\"/\"_host\":\"heron\"/}"
}
replace "$old" "$new"
firewall_reset lion
it 'a server that was replaced is reached under the block of the old one' reaches heron myapp-lion
it 'the block is still that of the old server' has_block_of "$old"
it 'the old name has the key of the new server' is_key_of heron "cxssh-$old"
it 'the new name has its key' is_key_of heron "cxssh-$new"
it 'the alias has the key of the new server' is_key_of heron myapp-lion
it 'no name of its key stands twice in known_hosts' is '' sh -c \
	"cut -d ' ' -f 1 '$known' | while read -r names; do echo \"\$names\" | tr ',' '\\n' | sort | uniq -d; done"
it 'the log says that the old key was dropped' grep -q "myapp-lion: server $old is gone, its alias leads to server $new now; the host key of the old one is dropped" "$log"
rm -f "$cache/routes/$old"
it 'a server that was replaced is reached without a route, too' reaches heron myapp-lion
rm -f "$cache/autosync-started"
it 'a connection writes the block in the background' reaches heron myapp-lion
it 'the block leads to the new server then' wait_for has_block_of "$new"
it 'the server is reached by its own block' reaches heron myapp-lion
no_background

# Without an answer of the API, nothing is dropped.
replace "$new" "$third"
cp "$known" known.before
firewall_reset heron
fault 'GET /stacks*' status 500
it 'when the API does not answer, the host is not reached' fails_with 255 '' within 30 ssh -o BatchMode=yes myapp-lion true
it 'no host key changes without an answer of the API' cmp "$known" known.before
no_faults
# A key that is revoked stays refused.
printf '@revoked * %s\n' "$(key_of heron)" >>"$known"
it 'a new server with a revoked key is refused' fails_with 255 '' within 30 ssh -o BatchMode=yes myapp-lion true
it 'a revoked key is learnt under no name' sh -c '! grep -v "^@" "$1" | grep -F "$2" | grep -q "cxssh-$3"' sh "$known" "$(key_of heron)" "$third"
sed -i '/^@revoked/d' "$known"
first_fleet # where the uid of lion is lion's again
cxssh sync >/dev/null
cxssh hostkey forget myapp-lion >/dev/null

# A role moves while both servers are alive.
it 'a role is reached' reaches heron myapp-db
change_fleet 's/"server_roles":\["web","db"\]/"server_roles":["web"]/;s/\["web","app","worker"\]/["web","app","db"]/'
aged
it 'a role that has moved is reached where it is now' reaches lion myapp-db
it 'the name of a role that has moved has the key of that server' is_key_of lion "cxssh-$stack.db"
calls() { api_calls 'GET /api/3/stacks/.*servers.json'; }
n=$(calls)
it 'within a minute it is not asked for again' reaches lion myapp-db
it 'a role that was asked for within a minute costs no call' is "$n" calls
fault 'GET /stacks*' hang
aged
it 'when the API hangs, the role is reached as before' reaches lion myapp-db
no_faults
printf '{"response":[],"count":0,"pagination":null}' >none.json
fault 'GET /stacks*' body "$work/none.json"
aged
it 'when the API names no server any more, the role is reached as before' reaches lion myapp-db
no_faults

done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# Servers and roles that moved after the API was asked for the last time.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317 # lib.sh
SANDBOX_OPTIONS='--hosts "lion heron bastion otter badger" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
cache=$HOME/.cache/cxssh
otter=my-awesome-app-otter
old=a5e18de726ec7cc7e787b4fe0b138b37
new=a5e18de726ec7cc7e787b4fe0b138b99
# The machine itself, and what the API says of it.
moves() { # HOST FROM TO
	on "$1" ip address flush dev eth0
	on "$1" ip address add "$3/24" dev eth0
	change_fleet "s/\"$2\"/\"$3\"/g"
}
silent() { on bastion nft "add table ip silent; add chain ip silent out { type filter hook output priority 0; }; add rule ip silent out ip daddr $1 drop"; }
cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key" >/dev/null
cxssh sync --yes >/dev/null
no_background
it 'a server behind a bastion is reached' reaches otter $otter
moves otter 10.10.0.21 10.10.0.23
it 'a server behind a bastion that has another address is reached' reaches otter $otter
moves otter 10.10.0.23 10.10.0.24
silent 10.10.0.23
rm -rf "$cache/looked"
it 'a server behind a bastion whose old address is silent is reached' reaches otter $otter
moves otter 10.10.0.24 10.10.0.25
change_fleet "s/$old/$new/g"
silent 10.10.0.24
rm -rf "$cache/looked"
it 'a server behind a bastion that was replaced is reached' reaches otter $otter

# Nothing was known of it but an old address, and no key.
moves badger 10.10.0.22 10.10.0.26
it 'a server behind a bastion that was never reached is found at its new address' reaches badger my-awesome-app-badger
moves badger 10.10.0.26 10.10.0.27
rm -rf "$cache/looked"
it 'a role behind a bastion is found at the new address of its server' reaches badger my-awesome-app-db
calls() { api_calls 'GET /api/3/stacks/.*servers.json'; }
on badger ip link set eth0 down
silent 10.10.0.27
rm -rf "$cache/looked"
it 'a server that is down behind a bastion is not reached' fails_with 255 'cannot reach\|in time' ssh -o BatchMode=yes my-awesome-app-badger true
n=$(calls)
touch "$cache/looked"/*
it 'the next connection says the same' fails_with 255 'cannot reach\|in time' ssh -o BatchMode=yes my-awesome-app-badger true
it 'within ten seconds it is not looked up again' is "$n" calls

# A first connection that fails names the host in the command that helps.
it 'a host that was never reached is named by the command that helps' \
	fails_with 255 'run: cxssh doctor myapp-tiger' ssh -o BatchMode=yes myapp-tiger true

# Within a minute of the last sync.
cxssh sync >/dev/null
no_background
it 'a role is reached' reaches heron myapp-db
change_fleet 's/"server_roles":\["web","db"\]/"server_roles":["web"]/;s/\["web","app","worker"\]/["web","app","db"]/'
stop_sshd heron
it 'a role that has moved is reached where its old server refuses connections' reaches lion myapp-db
restart_sshd heron
change_fleet 's/"server_roles":\["web"\],"stack_uid":"609b/"server_roles":["web","db"],"stack_uid":"609b/;s/\["web","app","db"\]/["web","app"]/'
cxssh sync >/dev/null
no_background
rm -rf "$cache/looked"
it 'the role is back' reaches heron myapp-db
change_fleet 's/"server_roles":\["web","db"\]/"server_roles":["web"]/;s/\["web","app"\]/["web","app","db"]/'
on heron nft 'insert rule inet firewall input tcp dport 22 drop'
it 'a role that has moved is reached where its old server is silent' reaches lion myapp-db
done_testing

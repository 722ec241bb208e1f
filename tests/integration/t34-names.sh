#!/bin/sh
# SPDX-License-Identifier: MIT
# Servers and bastions whose addresses are names, and name servers that do not answer.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion heron bastion otter" --minute-ms 1000'
. "$(dirname "$0")/../lib.sh"

caller=$CXSSH_BUILD/tests/integration/fdpass_caller
lion=9ae1611c97a92c90fac60c884e1d8240
cache=$HOME/.cache/cxssh
hosts() { printf '%s lion.example.test\n%s bastion.example.test\n' "$1" "$2" | cat hosts - >/etc/hosts; }
cp /etc/hosts hosts
hosts 203.0.113.21 203.0.113.30
change_fleet 's/"203.0.113.21"/"lion.example.test"/; s/"203.0.113.30"/"bastion.example.test"/'
cxssh gateway key bastion.example.test "$SANDBOX/bastion_key"
it 'cxssh writes a configuration' cxssh sync --yes

ssh_works() { is lion quietly within 30 ssh myapp-lion hostname; }
gateway_works() { is otter quietly within 30 ssh my-awesome-app-otter hostname; }
close_gateway() { cxssh gateway close bastion.example.test && wait_for no_leftovers; }
it 'cxssh reaches a server by the name of its address' ssh_works
it 'cxssh reaches a server by the name of its address again' ssh_works
it 'cxssh opens one lease for a server with a name' is 1 api_calls 'POST .*/firewalls'
it 'cxssh reaches one through a bastion by its name' gateway_works
it 'cxssh reaches a server through a bastion with a name again' gateway_works
it 'cxssh closes the connection to it by that name' close_gateway

# A name server that does not answer: the system alone asks for half a minute.
cp hosts /etc/hosts
echo 'hosts: files dns' >>/etc/nsswitch.conf
sed -i '/^hosts: files$/d' /etc/nsswitch.conf
printf 'nameserver %s\n' 203.0.113.99 203.0.113.98 203.0.113.97 >/etc/resolv.conf
gives_up() { # PATTERN TARGET
	"$caller" $((30 * patience)) cxssh-proxy "$2" 22 >measured 2>said
	read -r status _ came <measured
	is "69 nothing" echo "$status $came" && prints "$1" cat said && is 1 grep -c '' said
}
it 'cxssh gives up in time when no name server answers' \
	gives_up 'myapp-lion: the address lion.example.test cannot be resolved' "$lion"
it 'cxssh gives up in time when no name server answers' test "$(cut -d ' ' -f 2 measured)" -lt $((30000 * patience))
it 'cxssh leaves nothing running when no name server answers' wait_for no_leftovers
it 'cxssh goes on to the next server of a role' is heron quietly within 30 ssh myapp-web hostname
otter=a5e18de726ec7cc7e787b4fe0b138b37
it 'cxssh gives up in time for the name of a bastion' \
	gives_up 'gateway bastion.example.test: the address .* cannot be resolved' "$otter"
it 'cxssh gives up in time for the name of a bastion' test "$(cut -d ' ' -f 2 measured)" -lt $((30000 * patience))
it 'cxssh leaves nothing running when it gives up for a bastion' wait_up_to 10 no_leftovers

# A name server that is late: its answer still counts.
hosts 203.0.113.21 203.0.113.30
it 'cxssh works again when the name is known' ssh_works
it 'cxssh works through the bastion when its name is known again' gateway_works
cp hosts /etc/hosts
again() { is otter quietly within 30 ssh my-awesome-app-otter hostname; }
it 'cxssh goes on through a bastion where it is logged in' again
it 'cxssh closes it' close_gateway
hosts 203.0.113.77 203.0.113.30
moved() { hosts 203.0.113.21 203.0.113.30 && ssh_works; }
it 'cxssh finds a server whose name has a new address' moved
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# IPv6: servers and bastions that have only such an address, an API that has only one, and
# a client without IPv4.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317 # functions are called through it()
SANDBOX_OPTIONS='--hosts "lion otter bastion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

has() { # ADDRESS DEVICE HOST
	on "$3" ip -6 address add "$1/64" dev "$2" nodad
}
ip -6 address add 2001:db8::10/64 dev eth0 nodad 2>/dev/null || skip_all 'no IPv6'
has 2001:db8::5 eth0 api
has 2001:db8::21 eth0 lion
has 2001:db8::30 eth0 bastion
has 2001:db8:1::1 eth1 bastion
has 2001:db8:1::21 eth0 otter
# As on a server whose own firewall lets IPv6 in: a lease of the API opens IPv4 alone.
on lion nft insert rule inet firewall input ip6 saddr 2001:db8::/64 accept
on otter nft insert rule inet firewall input ip6 saddr 2001:db8:1::1 accept
change_fleet 's/"203\.0\.113\.21"/"2001:db8::21"/; s/"10\.10\.0\.21"/"2001:db8:1::21"/; s/"203\.0\.113\.30"/"2001:db8::30"/'

cxssh sync --yes >/dev/null
it 'list shows the address of a server with IPv6' prints '2001:db8::21' cxssh list lion
it 'ssh reaches a server that has only IPv6' is lion ssh myapp-lion hostname
it 'gateway key takes the address of a bastion with IPv6' \
	cxssh gateway key 2001:db8::30 "$SANDBOX/bastion_key"
it 'ssh reaches a server with IPv6 through a bastion with IPv6' \
	is otter ssh my-awesome-app-otter hostname
cxssh gateway close 2001:db8::30 >/dev/null
echo 'gateway-transport 2001:db8::30 = openssh' >>"$HOME/.config/cxssh/config"
it "ssh reaches it by OpenSSH's client, too" is otter ssh my-awesome-app-otter hostname
it 'show finds a server by its IPv6 address' prints 'host *myapp-lion' cxssh show 2001:db8::21

# The address that AUTO stands for is the one of IPv4.
kill "$(cat "$SANDBOX/api.pid")"
wait_for no_api
SANDBOX_LISTEN='[2001:db8::5]:443' "$sandbox/start-api" || echo 'Bail out! no API'
sed 's/^203\.0\.113\.5 /2001:db8::5 /' /etc/hosts >hosts
mount --bind hosts /etc/hosts
echo 'from-ip = 203.0.113.10' >>"$HOME/.config/cxssh/config"
it 'an API that has only IPv6 is called where from-ip is set' cxssh sync
sed -i '/^from-ip/d' "$HOME/.config/cxssh/config"
ip -4 address flush dev eth0
it 'a client without IPv4 calls it for AUTO, too' cxssh sync
rm -r "$HOME/.cache/cxssh" "$HOME/.ssh/cxssh/known_hosts" "$HOME/.ssh"/cx_*
it 'a first sync works without IPv4' cxssh sync --yes
it 'a first ssh works without IPv4' is lion ssh myapp-lion hostname
it 'a server behind a bastion is reached without IPv4' is otter ssh my-awesome-app-otter hostname
it 'doctor finds nothing wrong without IPv4' cxssh doctor myapp-lion
done_testing

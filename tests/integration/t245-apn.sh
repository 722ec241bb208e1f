#!/bin/sh
# SPDX-License-Identifier: MIT
# Application Private Networks: a server by NAME.apn, without a lease, and without the
# network as ever.
# shellcheck disable=SC1091,SC2154,SC2034,SC2016,SC2317 # lib.sh
SANDBOX_OPTIONS='--hosts "lion heron" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
mkdir -p "$HOME/.config/cxssh"
config=$HOME/.config/cxssh/config

# lion is in the private network; its firewall is closed otherwise.
on lion ip address add 172.16.10.45/32 dev lo
on lion nft insert rule inet firewall input ip daddr 172.16.10.45 tcp dport 22 accept
ip route add 172.16.10.45/32 via 203.0.113.21
network_up() { echo '172.16.10.45 lion.apn heron.apn' >>/etc/hosts; }
network_down() { sed '/apn/d' /etc/hosts >hosts && cat hosts >/etc/hosts; }
leases_asked() { api_calls 'POST .*firewalls'; }
cold() { rm -rf "$HOME/.cache/cxssh/routes" "$HOME/.ssh/cxssh/known_hosts" "$HOME"/.ssh/cx_*; }

echo 'apn myapp = yes' >"$config"
network_up
cxssh sync --yes >/dev/null
it 'a cold session goes by the private network' is lion quietly within 10 ssh myapp-lion hostname
it 'a warm session goes by the private network' is lion quietly within 10 ssh myapp-lion hostname
it 'no lease was asked for' is 0 leases_asked
it 'the sessions came by the private address' sh -c "'$sandbox/on' lion true; grep -c 'port [0-9]* on 172.16.10.45' '$SANDBOX/hosts/lion/sshd.log' | grep -qx '[2-9]'"
it 'the firewall stays closed' firewall_closed lion
it 'show has the name in the private network' prints '^private net  *lion.apn$' cxssh show myapp-lion
it 'prepare opens no lease' sh -c 'rm -rf "$HOME/.ssh/cxssh/known_hosts"; cxssh prepare myapp-lion >/dev/null'
it 'no lease was asked for by prepare' is 0 leases_asked

# Without the network.
network_down
it 'without the network the session goes as ever' is lion quietly within 10 ssh myapp-lion hostname
it 'a lease was asked for then' is 1 leases_asked
cold
it 'a cold session without the network goes as ever' is lion quietly within 15 ssh myapp-lion hostname
network_up
on lion nft flush chain inet firewall input
on lion nft add rule inet firewall input iif lo accept
on lion nft add rule inet firewall input ct state established,related accept
on lion nft add rule inet firewall input jump leases
cold
it 'a private address that is silent is left after a moment' is lion quietly within 20 ssh myapp-lion hostname

# Configuration.
network_down
printf 'apn = yes\napn myapp = no\n' >"$config"
cxssh sync --yes >/dev/null
it 'a stack may be left out' sh -c '! cxssh show myapp-lion | grep -q "private net"'
it 'other stacks are not left out' prints '^private net  *newt.apn$' cxssh show solo-newt
printf 'apn = maybe\n' >"$config"
it 'another word is an error' fails_with 78 'apn: must be yes or no' cxssh list
done_testing

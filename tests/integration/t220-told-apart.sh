#!/bin/sh
# SPDX-License-Identifier: MIT
# Causes of silence that look alike from the client are told apart, each in one line that
# names the host and the command that helps.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion heron bastion otter" --lease-delay 100'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

cxssh sync --yes >/dev/null
ssh myapp-lion true </dev/null
ssh myapp-heron true </dev/null
settled() { sed -i "s/^lease-made=.*/lease-made=$(($(date +%s) - 120))/" "$cache"/routes/*; }
line() { # PATTERN: the whole reason of a session to lion
	fails_with 255 "cxssh: myapp-lion (203.0.113.2[1-9])$1.\{0,1\}\$" within 20 ssh myapp-lion true
}

settled; meets lion 22 drop
it 'a silent server is said to be down when its sibling has answered' \
	line ' does not answer on port 22: it seems to be down, myapp-heron of its stack answers; run: cxssh doctor myapp-lion'
wait_for helpers_gone; settled
it 'a silent port that no lease opens is said so, though a sibling has answered' \
	fails_with 255 'cxssh: myapp-lion (203.0.113.21) does not answer on port 2222: what ssh opens in the firewall is port 22; run: cxssh lease -p 2222 myapp-lion' \
	within 20 ssh -p 2222 myapp-lion true
sed -i '/myapp-heron/d' "$cache/log"
wait_for helpers_gone; settled
it 'without that, silence is only named' \
	line ' does not answer on port 22; run: cxssh doctor myapp-lion'
meets_nothing lion
wait_for helpers_gone; settled; meets lion 22 'reject with icmp type admin-prohibited'
it 'a firewall that rejects packets is told from one that drops them' \
	line ' does not answer on port 22: a router or firewall says that it cannot be reached; run: cxssh doctor myapp-lion'
meets_nothing lion

# To the API the laptop leaves by another address than to the servers, as with a VPN.
wait_for helpers_gone; settled; firewall_reset lion
api_down; api_up # it forgets the rules that there were
ip address add 203.0.113.77/24 dev eth0
ip route add 203.0.113.5/32 dev eth0 src 203.0.113.77
it 'a firewall that was opened for another address is said so, with both addresses' \
	line ' does not answer on port 22; its firewall lets in 203.0.113.77 (as the API sees it), this computer has 203.0.113.10; run: cxssh doctor myapp-lion'
ip route del 203.0.113.5/32; ip address del 203.0.113.77/24 dev eth0

wait_for helpers_gone; settled; open_firewall lion; stop_sshd lion
asked=$(api_calls POST)
it 'a host on which nothing listens is told at once' \
	line ' does not answer on port 22: nothing listens there; run: cxssh doctor myapp-lion'
it 'no lease is asked for then' is "$asked" api_calls POST
restart_sshd lion

# The server has moved, and another machine that refuses has its address.
wait_for helpers_gone; settled; open_firewall heron
sed -i 's/^address=203.0.113.21$/address=203.0.113.5/' "$cache/routes/$lion"
it 'where nothing listens any more, the API is asked for the new address' \
	is lion within 20 ssh myapp-lion hostname

wait_for helpers_gone; ready_lease; api_down
it 'an API that refuses connections is soon final' \
	line ': no lease: app.cloud66.test: no connection: nothing listens there; run: cxssh doctor myapp-lion'
api_up
wait_for helpers_gone; ready_lease; fault 'POST * status 429 retry-after=252'
it 'a throttled API is named with the time it asks for' \
	line ': no lease: app.cloud66.test: too many calls, try again in 4 min 12 s'
no_faults
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
ssh my-awesome-app-otter true </dev/null; end_brokers
wait_for helpers_gone; ready_lease; ip link set eth0 down
it 'no network at all is said so' \
	line ': no lease: app.cloud66.test: \(no connection\|its name has no address\): this computer has no network; run: cxssh doctor myapp-lion'
it 'no network at all is said so where a bastion is on the way' \
	fails_with 255 'cxssh: my-awesome-app-otter (10.10.0.21): this computer has no network; run: cxssh doctor my-awesome-app-otter' within 20 ssh my-awesome-app-otter true
ip link set eth0 up; laptop_moves 203.0.113.10
wait_for helpers_gone; ready_lease
it 'ssh works again' is lion within 20 ssh myapp-lion hostname
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# What fails for some seconds after a laptop wakes: names, routes, the API.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion" --lease-delay 100'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

works() { is lion within 25 ssh myapp-lion hostname; }
# Programs that start slowly, under the sanitizers, leave less of the proxy's 8.8 s.
down_s=3; [ "$patience" = 1 ] || down_s=2
cxssh sync --yes >/dev/null
ssh myapp-lion true </dev/null

ready_lease; wait_up_to 10 helpers_gone; api_down
( sleep "$down_s"; api_up ) >/dev/null 2>&1 & soon=$!
it 'an API that is down for some seconds is waited for' works
wait "$soon"
ready_lease; wait_up_to 10 helpers_gone; fault 'POST * status 500'
( sleep "$down_s"; no_faults ) >/dev/null 2>&1 & soon=$!
it 'an API that answers 500 for some seconds is waited for' works
wait "$soon"
ready_lease; wait_up_to 10 helpers_gone; ip link set eth0 down
( sleep "$down_s"; ip link set eth0 up; laptop_moves 203.0.113.10 ) >/dev/null 2>&1 & soon=$!
it 'a network that is down for some seconds is waited for' works
wait "$soon"
ready_inventory; wait_up_to 10 helpers_gone; api_down
( sleep "$down_s"; api_up ) >/dev/null 2>&1 & soon=$!
it 'the first connection of all waits for the API, too' works
wait "$soon"

wait_up_to 10 helpers_gone; cp /etc/hosts hosts; route address lion.example.test
( sleep "$down_s"; echo '203.0.113.21 lion.example.test' >>/etc/hosts ) >/dev/null 2>&1 & soon=$!
it 'a name that is not resolved for some seconds is waited for' works
wait "$soon"
cp hosts /etc/hosts; route address 203.0.113.21

ready_lease; wait_up_to 10 helpers_gone; fault 'POST * status 401'
asked=$(api_calls POST)
it 'a token that is not accepted is final' fails_with 77 'the token is not accepted' \
	within 60 cxssh-proxy "$lion" 22
it 'a token that is not accepted is not tried twice' is $((asked + 1)) api_calls POST
done_testing

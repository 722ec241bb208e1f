#!/bin/sh
# SPDX-License-Identifier: MIT
# A lease that takes longer than a client waits: the user is told, and on a terminal ssh
# waits for it.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion" --lease-delay 100'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

cxssh sync --yes >/dev/null
ssh myapp-lion true </dev/null
ready_lease
fault 'POST * lease-delay 3600000'
it 'without a terminal ssh is told that the firewall is still being opened' \
	fails_with 255 'myapp-lion: the firewall is still being opened; try again' within 30 ssh myapp-lion true
it 'a client that takes bytes is told that the firewall is still being opened' \
	fails_with 69 'the firewall is still being opened' within 30 cxssh-proxy "$lion" 22
wait_up_to 20 helpers_gone
no_faults; rm -rf "$cache/failed"

ready_lease
asked=$(api_calls POST)
fault 'POST * lease-delay 14000'
on_terminal() {
	within 60 script -qec 'ssh myapp-lion hostname' /dev/null >typescript </dev/null
}
it 'ssh on a terminal waits for a slow lease' on_terminal
it 'ssh on a terminal works when the lease is there' grep -q lion typescript
it 'the user is told what ssh waits for' \
	grep -q 'cxssh: waiting for the firewall to be opened (5 s)' typescript
it 'one lease was asked for by all connections' is $((asked + 1)) api_calls POST
no_faults
it 'ssh says nothing when the lease is there' quietly ssh myapp-lion true
done_testing

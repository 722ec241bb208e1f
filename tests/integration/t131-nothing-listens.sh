#!/bin/sh
# SPDX-License-Identifier: MIT
# A server on which nothing listens, on one port or at all.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion heron" --lease-delay 100'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

hostname_of() { is "$1" within "$2" ssh "$3" hostname; }
cxssh sync --yes >/dev/null
ssh myapp-lion true </dev/null
ssh myapp-heron true </dev/null
ssh myapp-web true </dev/null
settled() { sed -i "s/^lease-made=.*/lease-made=$(($(date +%s) - 60))/" "$cache"/routes/*; }

settled; stop_sshd lion; forget_sshd_log heron
asked=$(api_calls POST)
it 'a server on which nothing listens is given up at once' \
	fails_with 69 'does not answer on port 22: nothing listens there' within 8 cxssh-proxy "$lion" 22
it 'no lease is asked for it' is "$asked" api_calls POST
it 'a role goes on to its next server at once' hostname_of heron 8 myapp-web
it 'the role remembers that' test -e "$cache/down/$lion"
restart_sshd lion; rm -f "$cache"/down/*

settled
it 'another port of a role refuses' fails_with 255 'cxssh: ' within 20 ssh -p 2222 myapp-web true
it 'port 22 of the role leads to its first server as before' hostname_of lion 12 myapp-web
done_testing

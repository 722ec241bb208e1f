#!/bin/sh
# SPDX-License-Identifier: MIT
# An empty account, and a broker that is stopped, are said so in words.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "bastion otter" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
ssh my-awesome-app-otter true </dev/null
it 'a broker that serves is listed with its transport' prints "$bastion .* libssh2 .* so far" cxssh gateway list
pkill -STOP -f 'bin/cxssh gateway'
it 'a broker that is stopped is listed so, with what helps' \
	prints "$bastion .* stopped  *does not answer; run: cxssh gateway close $bastion" within 20 cxssh gateway list
pkill -CONT -f 'bin/cxssh gateway'
echo '[]' >empty; fault "GET /stacks.json* body $work/empty"
it 'an account without servers is said so' prints '^0 servers and 0 roles in ~/.ssh/cxssh/config: the account has no server$' cxssh sync --yes
no_faults
done_testing

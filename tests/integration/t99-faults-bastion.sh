#!/bin/sh
# SPDX-License-Identifier: MIT
# What happens when a bastion cannot be reached, or cannot reach the server behind it.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "bastion otter" --lease-delay 100'
test_timeout=300
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
behind_bastion
it 'cxssh works before any fault' works_again
try_rows bastion channel
done_testing

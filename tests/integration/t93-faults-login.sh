#!/bin/sh
# SPDX-License-Identifier: MIT
# What happens when the login on a bastion fails.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "bastion otter" --lease-delay 100'
test_timeout=600
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
behind_bastion
it 'cxssh works before any fault' works_again
try_rows login

# A bastion that ends each connection after the login.
end_brokers
half_bad bastion cut 2000
: >~/.cache/cxssh/log
it 'cxssh gives up on a bastion that ends the connection after each login' \
	fails_with 255 'the connection to it was lost' ssh -T "$name" true
few_logins() { is 2 grep -c 'logged in on gateway' ~/.cache/cxssh/log; }
it 'cxssh logs in twice on a bastion that drops each login' few_logins
good bastion
it 'cxssh works again' works_again
done_testing

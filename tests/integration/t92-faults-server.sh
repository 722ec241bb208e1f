#!/bin/sh
# SPDX-License-Identifier: MIT
# What happens when a server cannot be reached, or fails while its host key is learnt.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion otter" --lease-delay 100'
test_timeout=300
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

cxssh sync --yes >/dev/null
it 'cxssh works before any fault' works_again
try_rows connect hostkey handover
done_testing

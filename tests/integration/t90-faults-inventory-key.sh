#!/bin/sh
# SPDX-License-Identifier: MIT
# What happens when the API fails while a server is looked up, or its key is fetched.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts lion --lease-delay 100'
test_timeout=600
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

cxssh sync --yes >/dev/null
it 'cxssh works before any fault' works_again
try_rows inventory key
done_testing

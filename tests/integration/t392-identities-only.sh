#!/bin/sh
# SPDX-License-Identifier: MIT
# A user who has IdentitiesOnly yes for all hosts overrides nothing of a host that the API
# has no key of: its block says nothing about that.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh
SANDBOX_OPTIONS='--hosts "newt" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

mkdir -p "$HOME/.config/cxssh" && echo 'stacks = Solo' >"$HOME/.config/cxssh/config"
printf 'Host *\n  IdentitiesOnly yes\n' >"$HOME/.ssh/config"
cxssh sync --yes >/dev/null
silently() { "$@" 2>complaint && [ ! -s complaint ] || { cat complaint >&2; return 1; }; }
it "sync is silent about IdentitiesOnly of the user's for a host without a key" silently cxssh sync
it 'sync --check, too, and finds nothing wrong' silently cxssh sync --check
it 'ssh reaches that host' is newt ssh solo-newt hostname
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# A sync that the API keeps waiting holds the lock of the inventory; commands that only read
# it do not wait.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317 # functions are called through it()
SANDBOX_OPTIONS='--hosts lion --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

cxssh sync --yes >/dev/null
flock "$HOME/.cache/cxssh/lock/inventory" sleep 200 &
is_held() { ! flock -n "$HOME/.cache/cxssh/lock/inventory" true; }
wait_for is_held
it 'cxssh list does not wait for a sync' within 5 cxssh list
it 'cxssh show does not wait for a sync' within 5 cxssh show myapp-lion
it 'the first ssh to a host does not wait for a sync' is lion within 9 ssh myapp-lion hostname
rm "$HOME/.ssh"/cx_*
it 'an ssh without the server key does not wait for a sync' is lion within 9 ssh myapp-lion hostname
it 'the lock is held still' is_held
mkfifo_lock() { rm -f "$HOME/.cache/cxssh/lock/inventory" && mkfifo "$HOME/.cache/cxssh/lock/inventory"; }
mkfifo_lock
it 'a FIFO in the place of a lock stops nothing' within 20 cxssh sync --yes
done_testing

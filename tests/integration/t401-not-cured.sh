#!/bin/sh
# SPDX-License-Identifier: MIT
# What cxssh cannot cure, as the man page says it: SIGCHLD that is ignored, and a
# ProxyCommand of the user's own with a generated host.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317 # functions are called through it()
SANDBOX_OPTIONS='--hosts lion --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

cxssh sync --yes >/dev/null
it 'ssh reaches a server' is lion ssh myapp-lion hostname

childless() { env --ignore-signal=CHLD "$@"; }
env --ignore-signal=CHLD true 2>/dev/null || skip_all 'this env ignores no signal'
it 'ssh says with SIGCHLD ignored what the man page says' \
	fails_with 255 "Couldn't wait for child" childless ssh myapp-lion hostname
it 'sync works with SIGCHLD ignored' childless cxssh sync
it 'sync --check works with SIGCHLD ignored' childless cxssh sync --check
it 'list works with SIGCHLD ignored' prints myapp-lion childless cxssh list
childless cxssh doctor >said || : # the API may be slow to answer
it 'doctor warns of SIGCHLD' grep -q "^warn *sigchld .*Couldn't wait for child" said
it 'doctor says what helps against SIGCHLD that is ignored' \
	grep -q 'start ssh from a program that does not ignore SIGCHLD' said
it 'doctor asks ssh with SIGCHLD ignored' grep -q '^pass *settings ' said
it 'doctor asks the shell with SIGCHLD ignored' grep -q '^pass *shell ' said
it 'doctor says nothing of SIGCHLD otherwise' sh -c '! cxssh doctor | grep -i sigchld'
it 'cxssh ssh reaches the server all the same' is lion childless cxssh ssh myapp-lion hostname

# Any other ProxyCommand passes no descriptor.
nc="sh -c 'exec 3<>/dev/null; exec cat'"
it 'ssh says with a ProxyCommand of the user what the man page says' \
	fails_with 255 'mm_receive_fd' ssh -o "ProxyCommand=$nc </dev/null" myapp-lion hostname
by_hand="$CXSSH_BIN/cxssh-proxy $(ssh -G myapp-lion | sed -n 's/^hostkeyalias cxssh-//p')"
it 'ssh works with a ProxyCommand and ProxyUseFdpass=no' \
	is lion ssh -o "ProxyCommand=$by_hand" -o ProxyUseFdpass=no myapp-lion hostname
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# Standard output that is full or closed, and programs that are started without the
# descriptors 0 to 2.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317 # functions are called through it()
SANDBOX_OPTIONS='--hosts lion --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

cxssh sync --yes >/dev/null
ssh myapp-lion true </dev/null # for why
full() { "$@" >/dev/full; }
closed() { "$@" >&-; }
for command in list 'list --json' 'list --ansible' 'show myapp-lion' help '--version' 'sync --help' doctor why 'why --log' \
	whoami 'key list' 'hostkey list' 'completion bash' 'prepare myapp-lion'; do
	# shellcheck disable=SC2086 # words
	it "cxssh $command fails with 74 when standard output is full" \
		fails_with 74 'standard output cannot be written' full cxssh $command
done
it 'cxssh list fails with 74 when standard output is closed' \
	fails_with 74 'standard output cannot be written' closed cxssh list
it 'cxssh list prints one error line when standard output is full' \
	is 1 sh -c 'cxssh list 2>&1 >/dev/full | wc -l'
it 'cxssh list says nothing when the reader of its output has gone' is '' sh -c 'cxssh list 2>said | :; cat said'
it 'cxssh sync works where SIGCHLD was ignored' quietly env --ignore-signal=CHLD cxssh sync --yes
stack=$(cxssh list --json | sed -n 's/.*"uid": *"\(9ae1611c[0-9a-f]*\)".*/\1/p' | head -n 1)
it 'cxssh open, which prints nothing, works without standard output' closed cxssh open "$stack"
change_fleet 's/"lion"/"puma"/'
it 'cxssh sync --dry-run prints what would change' prints myapp-puma cxssh sync --dry-run
it 'cxssh sync --dry-run fails when standard output is full' \
	fails_with 74 'standard output' full cxssh sync --dry-run

# The first file that such a program opens would get the number of standard error.
cp -r "$HOME/.cache/cxssh" before
written() { # FILE...: does one of them hold what belongs on standard error?
	grep -rl 'cxssh: ' "$HOME/.cache/cxssh" "$HOME/.config/cxssh" "$HOME/.ssh" 2>/dev/null
}
it 'cxssh writes no error into a file without standard error' \
	is '' sh -c 'CXDEBUG=1 cxssh show nothing-there 2>&-; CXDEBUG=1 cxssh lease myapp-lion 2>&- >&-; :'
it 'no file has the text of an error' is '' written
it 'cxssh-proxy writes no error into a file without standard error' \
	fails_with 66 '' sh -c "exec '$CXSSH_BUILD/bin/cxssh-proxy' 0123456789abcdef 22 2>&-"
it 'no file has the text of an error after that' is '' written
done_testing

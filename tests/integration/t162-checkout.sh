#!/bin/sh
# SPDX-License-Identifier: MIT
# Neither the owner and the path of the checkout nor the machine's /etc/ssh matter to
# the sandbox.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2016 # expanded elsewhere
no_sandbox=1
. "$(dirname "$0")/../lib.sh"

tree="$work/a b's é"
mkdir -p "$tree/build/plain/tests" "$tree/tests"
cp -R "$sandbox" "$tree/tests" && cp -R "$CXSSH_BUILD/bin" "$CXSSH_BUILD/share" "$tree/build/plain" &&
	cp "$CXSSH_BUILD/tests/sandbox-api" "$tree/build/plain/tests"
in_tree() { # COMMAND...
	env -u SANDBOX_API -u CXSSH_BIN CXSSH_BUILD="$tree/build/plain" \
		"$tree/tests/sandbox/sandbox" --hosts lion "$@"
}
session='cxssh sync --yes >/dev/null && ssh myapp-lion hostname'
it 'the sandbox runs in a checkout with blanks, quotes and letters in its path' \
	is lion in_tree sh -c "$session"
if [ "$(id -u)" = 0 ]; then
	chown -R 12345:12345 "$tree"
	it 'the sandbox runs in a checkout of another user' is lion in_tree sh -c "$session"
fi

# A fresh Debian has no package with this file.
[ ! -e /etc/protocols ] || mount --bind /dev/null /etc/protocols
it 'the sandbox runs where /etc/protocols names nothing' is lion in_tree sh -c "$session"

# Debian 13 has a file of root's there, which in a user namespace belongs to an unknown user.
mkdir -p machine/ssh_config.d
echo 'Include /etc/ssh/ssh_config.d/*.conf' >machine/ssh_config
echo 'Include /nowhere' >machine/ssh_config.d/20-bad.conf
chmod 666 machine/ssh_config.d/20-bad.conf
rm /etc/ssh/ssh_config && ln -s "$work/machine/ssh_config" /etc/ssh
mount --bind machine/ssh_config.d /etc/ssh/ssh_config.d
it 'an ssh_config of the machine can be one that ssh refuses' fails_with 255 'Bad owner or permissions' \
	ssh -G elsewhere
it 'the laptop has an ssh_config of its own' in_tree ssh -G elsewhere
it 'every file in /etc/ssh of the laptop belongs to its user' is '' \
	in_tree sh -c 'find /etc/ssh ! -type l ! -uid "$(id -u)"'
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# Messages name files below the home folder by "~/"; a JSON document ends with a line.
# shellcheck disable=SC1091,SC2034,SC2088,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts lion --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

says() { # STATUS PATTERN COMMAND...: on either stream, without the path of the home folder
	_status=$1 _words=$2; shift 2
	"$@" >whole 2>&1; _got=$?
	cat whole >&2
	[ "$_got" = "$_status" ] && grep -q -- "$_words" whole && ! grep -qF "$HOME" whole
}
in_lines() { # COMMAND... prints text whose last byte ends a line
	"$@" >whole && [ "$(tail -c 1 whole | od -An -tx1 | tr -d ' ')" = 0a ]
}
cxssh sync --yes >/dev/null
config=$HOME/.config/cxssh/config
mkdir -p "${config%/*}"; chmod 700 "$HOME/.config" "${config%/*}"
it 'doctor names home and configuration by ~' says 0 'only you can write ~ and ~/.ssh' cxssh doctor lion
it 'doctor says in minutes how old the generated file is' grep -q 'hosts, written [0-9]* s ago\|hosts, written [0-9]* minutes* ago' whole
echo 'leese-minutes = 3' >"$config"
it 'an error in the configuration names it by ~' says 78 '^cxssh: ~/.config/cxssh/config: line 1: ' cxssh list
it 'doctor names it so, too' says 1 '^fail *config *~/.config/cxssh/config: line 1: ' cxssh doctor
it 'why names it so' says 78 '~/.config/cxssh/config' cxssh why
rm "$config"
token=$HOME/.cloud66/cx.json
it 'whoami names the token by ~' says 77 '~/.cloud66/cx.json' sh -c 'mv "$1" token.was; cxssh whoami' - "$token"
mv token.was "$token"; chmod 600 "$token"
chmod 777 "$HOME/.ssh"
it 'a folder that others can write is named by ~, and so is what helps' \
	says 78 '~/.ssh: must be a folder that only you can write; run: chmod go-w ~/.ssh' cxssh list
ready_lease
it 'ssh is told the same' says 255 'chmod go-w ~/.ssh' ssh myapp-lion true
chmod 700 "$HOME/.ssh"
echo 'leese-minutes = 3' >"$config"
home=$HOME
other() { HOME=/tmp cxssh list 2>said; grep -qF "$home/.config/cxssh/config" said; }
it 'with another HOME, where ~ is another folder, the whole path is given' other
rm "$config"

ssh myapp-lion true </dev/null
it 'list --json ends with a whole line' in_lines cxssh list --json
it 'why --json ends with a whole line' in_lines cxssh why --json lion
it 'doctor --json ends with a whole line' in_lines cxssh doctor --json
done_testing

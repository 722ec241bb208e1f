#!/bin/sh
# SPDX-License-Identifier: MIT
# XDG_CONFIG_HOME and CXSSH_KEYS set by a shell's startup file alone: IDEs and services start ssh without them.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317 # functions are called through it()
SANDBOX_OPTIONS='--hosts "otter bastion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

unset XDG_CONFIG_HOME
link=$HOME/.ssh/cxssh/xdg-config
in_shell() { XDG_CONFIG_HOME=$work/xdg "$@"; }
in_shell cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key"
it 'the bastion key is in the folder of XDG_CONFIG_HOME' grep -q '^gateway-key' "$work/xdg/cxssh/config"
it 'sync works with XDG_CONFIG_HOME' in_shell cxssh sync --yes
it 'a program without the variable finds the bastion key of that folder' is otter ssh my-awesome-app-otter hostname
it 'a sync without the variable keeps the folder' cxssh sync --yes
it 'the link leads to it still' is "$work/xdg/cxssh" readlink "$link"
cp -r "$work/xdg" "$work/other"
it 'a sync with another folder remembers that one' env XDG_CONFIG_HOME="$work/other" cxssh sync --yes
it 'the link leads to the other folder' is "$work/other/cxssh" readlink "$link"
rm -r "$work/other"
it 'a folder that has gone does not count' cxssh sync --yes
it 'a sync with the usual folder removes the link' env XDG_CONFIG_HOME="$HOME/.config" cxssh sync --yes
it 'no link is there then' test ! -L "$link"
in_shell cxssh sync --yes >/dev/null
it 'sync --remove works' in_shell cxssh sync --remove
it 'sync --remove removes the link' test ! -L "$link"

# The same for the key of the configuration that decides which files are generated.
warned() { "$@" && grep -q 'warning: CXSSH_KEYS alone says keys = ' "$work/err"; }
it 'sync warns of keys = agent by a variable alone' warned env CXSSH_KEYS=agent cxssh sync --yes
mkdir -p "$HOME/.config/cxssh" && echo 'keys = agent' >"$HOME/.config/cxssh/config"
it 'sync does not warn of keys = agent by the file' sh -c '! cxssh sync 2>&1 | grep CXSSH_KEYS'
it 'sync does not warn where both say the same' sh -c '! CXSSH_KEYS=agent cxssh sync 2>&1 | grep CXSSH_KEYS'
it 'sync warns of keys = file by a variable alone' warned env CXSSH_KEYS=file cxssh sync
done_testing

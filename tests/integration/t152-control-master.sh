#!/bin/sh
# SPDX-License-Identifier: MIT
# control-master = yes with a home folder that is too long for the path of a socket.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

# The home folder moves to a long path; ssh and cxssh read it from /etc/passwd.
long=$SANDBOX/a-home-folder-with-a-rather-long-name/and-one-more-below-it
mkdir -p "$(dirname "$long")" && cp -a "$HOME" "$long" || exit 1
sed "s|:$HOME:|:$long:|" /etc/passwd >passwd && mount --bind passwd /etc/passwd
HOME=$long; export HOME
mkdir -p "$HOME/.config/cxssh"
printf 'stacks = myapp\ncontrol-master = yes\n' >"$HOME/.config/cxssh/config"
control_path() { ssh -G myapp-lion | sed -n 's/^controlpath //p'; }
is_in() { # FOLDER
	case $(control_path) in "$1"/*) ;; *) control_path >&2; return 1 ;; esac
}

it 'sync refuses control-master where no folder is short enough' \
	fails_with 78 'control-master = yes: .* is too long for the path of a socket' env -u XDG_RUNTIME_DIR cxssh sync --yes
run=$(mktemp -d /tmp/run.XXXXXX); chmod 700 "$run"
XDG_RUNTIME_DIR=$run; export XDG_RUNTIME_DIR
it 'sync takes XDG_RUNTIME_DIR for the sockets where the home folder is too long' cxssh sync --yes
it 'ssh puts the socket into XDG_RUNTIME_DIR' is_in "$run"
it 'ssh opens a session with a control master' ssh -T -o BatchMode=yes myapp-lion true
it 'ssh shares the connection of the control master' ssh -O check myapp-lion
ssh -O exit myapp-lion 2>/dev/null
umount /etc/passwd
HOME=$SANDBOX/home
mkdir -p "$HOME/.config/cxssh"; cp "$long/.config/cxssh/config" "$HOME/.config/cxssh/config"
cxssh sync --yes >/dev/null
it 'ssh puts the socket into ~/.ssh/cxssh where the home folder is short' is_in "$HOME/.ssh/cxssh"
rm -rf "$run"

done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# Installed by links (Homebrew, stow, nix), and below a path that ssh_config cannot carry.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

generated=$HOME/.ssh/cxssh/config
mkdir -p "$HOME/.config/cxssh" && echo 'stacks = myapp' >"$HOME/.config/cxssh/config"
installed() { # FOLDER: the programs and templates, as make install puts them
	mkdir -p "$1/bin" "$1/share/cxssh" &&
		cp "$CXSSH_BIN/cxssh" "$CXSSH_BIN/cxssh-proxy" "$1/bin/" &&
		cp -R "$tests/../ssh_config.d" "$1/share/cxssh/"
}
proxy() { sed -n 's/^ *ProxyCommand \([^ ]*\) .*/\1/p' "$generated" | sort -u; }
logs_in() { ssh -T -o BatchMode=yes myapp-lion true; }
before=$PATH

# Homebrew: the version is in the path, and a link leads there.
installed "$work/brew/Cellar/cxssh/0.1" || exit 1
mkdir -p brew/bin
for program in cxssh cxssh-proxy; do ln -s "../Cellar/cxssh/0.1/bin/$program" brew/bin/; done
PATH=$work/brew/bin:/usr/bin:/bin:/usr/sbin:/sbin
it 'sync works from a program that is reached by a link' "$work/brew/bin/cxssh" sync --yes
it 'the ProxyCommand names the link in PATH' is "$work/brew/bin/cxssh-proxy" proxy
it 'ssh reaches a host by the link' logs_in
mv brew/Cellar/cxssh/0.1 brew/Cellar/cxssh/0.2
for program in cxssh cxssh-proxy; do ln -sf "../Cellar/cxssh/0.2/bin/$program" brew/bin/; done
it 'ssh reaches a host after an upgrade, without another sync' logs_in
PATH=/usr/bin:/bin:/usr/sbin:/sbin
it 'sync in the background, where PATH lacks the folder of the link, works' "$work/brew/bin/cxssh" sync
it 'the ProxyCommand still names the link' is "$work/brew/bin/cxssh-proxy" proxy
cp -R brew/Cellar/cxssh/0.2 brew/Cellar/cxssh/0.3
it 'sync by another copy of the programs works' "$work/brew/Cellar/cxssh/0.3/bin/cxssh" sync
it 'the ProxyCommand names that copy' is "$work/brew/Cellar/cxssh/0.3/bin/cxssh-proxy" proxy
rm -r brew/Cellar/cxssh/0.3
it 'sync names the program itself where no link in PATH leads to it' "$work/brew/bin/cxssh" sync
it 'the ProxyCommand names the program itself' is "$work/brew/Cellar/cxssh/0.2/bin/cxssh-proxy" proxy
it 'sync --remove removes all of it' "$work/brew/bin/cxssh" sync --remove

# A link to the folder of a version (nix, /opt/NAME/current).
installed "$work/opt/0.1" && ln -s 0.1 opt/current || exit 1
PATH=$work/opt/current/bin:/usr/bin:/bin:/usr/sbin:/sbin
it 'sync works from a folder in PATH that is reached by a link' cxssh sync --yes
it 'the ProxyCommand names the folder in PATH' is "$work/opt/current/bin/cxssh-proxy" proxy
mv opt/0.1 opt/0.2 && ln -sfn 0.2 opt/current
it 'ssh reaches a host after the link leads to another version' logs_in
PATH=/usr/bin:/bin:/usr/sbin:/sbin
"$work/opt/current/bin/cxssh" sync --remove >/dev/null

# A prefix with a space and a letter beyond ASCII.
odd="$work/my äpps"
installed "$odd" || exit 1
it 'sync works below a path that ssh_config cannot carry' "$odd/bin/cxssh" sync --yes
it 'the ProxyCommand names a link beside the generated file' is "$HOME/.ssh/cxssh/cxssh-proxy" proxy
it 'the link leads to the program' is "$odd/bin/cxssh-proxy" readlink "$HOME/.ssh/cxssh/cxssh-proxy"
it 'ssh reaches a host by that link' logs_in
it 'sync has nothing new to write the second time' prints 'nothing new' "$odd/bin/cxssh" sync
rm "$HOME/.ssh/cxssh/cxssh-proxy"
it 'sync makes the link again' sh -c '"$1" sync >/dev/null && test -x "$2"' sh "$odd/bin/cxssh" "$HOME/.ssh/cxssh/cxssh-proxy"
it 'sync --remove removes the link' "$odd/bin/cxssh" sync --remove
it 'no link is left' test ! -L "$HOME/.ssh/cxssh/cxssh-proxy"
PATH=$before

done_testing

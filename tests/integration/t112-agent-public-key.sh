#!/bin/sh
# SPDX-License-Identifier: MIT
# keys = agent beside an ssh that loads FILE.pub before it starts the proxy (OpenSSH
# 10.5), and beside an IdentityAgent of the user's.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh
SANDBOX_OPTIONS='--hosts lion'
. "$(dirname "$0")/../lib.sh"
command -v ssh-agent >/dev/null || skip_all 'needs ssh-agent'
mkdir -p "$HOME/.config/cxssh"
echo 'keys = agent' >"$HOME/.config/cxssh/config"
eval "$(ssh-agent -a "$SANDBOX/agent")" >/dev/null
stack=609b30031d56fd640ba7f43b1657495b
pub=$HOME/.ssh/cx_$stack.pub
generated=$HOME/.ssh/cxssh/config
works() { is lion quietly within 20 ssh myapp-lion hostname; }
# Every IdentityFile that the configuration names is a file.
names_no_missing_file() {
	sed -n 's,^ *IdentityFile ~/,,p' "$generated" "$HOME/.ssh/cxssh/new" | sort -u >named
	while read -r file; do
		[ -f "$HOME/$file" ] || { echo "$file is missing" >&2; return 1; }
	done <named
}
in_agent() { ssh-add -l 2>/dev/null | grep -c " cx_$stack" || :; }

it 'cxssh writes a configuration' cxssh sync --yes
it 'names no IdentityFile that is missing' names_no_missing_file
it "names the stack's FILE.pub" grep -q "IdentityFile ~/.ssh/cx_$stack.pub\$" "$generated"
it 'cxssh writes the public half before the first connection' grep -q '^ssh-rsa ' "$pub"
it 'cxssh puts no key into the agent at sync' is 0 in_agent
it 'cxssh lists the key as not in ssh-agent' prints "cx_$stack.pub  *not in ssh-agent" cxssh key list
# What an ssh does that has loaded FILE.pub before it starts the proxy: the file of before
# the first connection must be that of the key which the agent gets.
cp "$pub" early
it 'cxssh connects' works
same() { cut -d' ' -f2 early >one; cut -d' ' -f2 "$pub" >two; cmp one two; }
it 'cxssh wrote the public half of the very key that the agent gets' same
it 'cxssh reads as before: sync --check finds nothing to do' cxssh sync --check

# Where the file is missing, it is not named.
it 'cxssh removes the key' cxssh key remove myapp-lion
it 'names no IdentityFile that is missing after the key was removed' names_no_missing_file
it 'cxssh connects without the file' works
it "names the stack's FILE.pub again" grep -q "IdentityFile ~/.ssh/cx_$stack.pub\$" "$generated"
rm -f "$pub"; fault 'GET */servers/*' status 500
it 'cxssh writes a configuration where the API gives no key' cxssh sync
it 'names no IdentityFile that is missing where the API gives no key' names_no_missing_file
no_faults
it 'cxssh connects when the API gives the key again' works

# The agent that gets the key is the one that ssh asks.
ssh-agent -a "$SANDBOX/other" >other.env
printf 'Host *\n  IdentityAgent %s\n' "$SANDBOX/other" >>"$HOME/.ssh/config"
asked() { ssh -G myapp-lion | grep -qix 'identityagent SSH_AUTH_SOCK'; }
it 'cxssh has ssh ask the agent that has the key, not the IdentityAgent of the user' asked
it 'cxssh connects beside an IdentityAgent of the user' works
# A line above the Include wins over the generated one.
cp "$HOME/.ssh/config" below
printf 'IdentityAgent "%s"\n' "$SANDBOX/an other" | cat - below >"$HOME/.ssh/config"
names_line() { # COMMAND...
	"$@" && grep -qF "warning: ~/.ssh/config:1: IdentityAgent $SANDBOX/an other applies to myapp-" "$work/err"
}
it 'sync names an IdentityAgent above the Include, whose agent gets no key' names_line cxssh sync
it 'sync --check names an IdentityAgent above the Include' names_line cxssh sync --check
it 'doctor names an IdentityAgent above the Include' \
	sh -c 'cxssh doctor | grep -q "^warn  *settings .*:1: IdentityAgent "'
cp below "$HOME/.ssh/config"
it 'sync says nothing of an IdentityAgent below the Include' sh -c '! cxssh sync 2>&1 | grep IdentityAgent'
sed -i 's/^keys = agent//' "$HOME/.config/cxssh/config"
it 'cxssh writes a configuration with keys in files' cxssh sync
it "cxssh leaves the user's IdentityAgent in force for keys in files" \
	sh -c "ssh -G myapp-lion | grep -qix 'identityagent $SANDBOX/other'"
it 'cxssh keeps FILE.pub while the agent may have the key' test -f "$pub"
touch -d '1 minute ago' "$pub"
it 'cxssh writes a configuration when the agent has removed the key' cxssh sync
it 'cxssh removes FILE.pub beside a key in a file' test ! -e "$pub"
it 'cxssh connects with the key in a file' works
cp early "$pub"; sed -i 's/ cxssh$/ me@here/' "$pub"; touch -d '1 minute ago' "$pub"
it 'cxssh writes a configuration beside a FILE.pub of the user' cxssh sync
it 'cxssh keeps a FILE.pub that cxssh did not write' test -f "$pub"
sh -c '. ./other.env; kill "$SSH_AGENT_PID"' >/dev/null
kill "$SSH_AGENT_PID"
it 'cxssh leaves no process' wait_for no_leftovers
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# Files that ssh warns about or refuses, and what a killed sync leaves: the user's
# files are as they were.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion newt" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
generated=$HOME/.ssh/cxssh/config
theirs=$HOME/.ssh/config
sees_ours() { ssh -G myapp-lion 2>/dev/null | grep -q '^proxycommand .*/cxssh-proxy '; }

all_there_is() { find "$HOME" | sort; }
all_there_is >first
it 'without a change there is nothing to take back' cxssh sync --remove
it 'no file or folder is made when there is nothing to be taken back' is "$(cat first)" all_there_is

printf 'Host *\n  RSAAuthentication yes\n  User me\n' >old && cp old "$theirs"
it 'ssh warns about a line of the user' sh -c "ssh -G elsewhere 2>&1 >/dev/null | grep -q 'line 2: Unsupported option'"
it 'sync adds its line although ssh warns of a line of the user' cxssh sync --yes
it 'ssh sees the hosts although it warns of a line of the user' sees_ours
it 'sync --remove takes its line out although ssh warns' cxssh sync --remove
it 'sync --remove gives the file that ssh warns of back byte for byte' cmp old "$theirs"
it 'sync --inline writes a block although ssh warns' cxssh sync --inline --yes
it 'ssh sees the hosts of the block although it warns' sees_ours
it 'sync --remove takes the block out although ssh warns' cxssh sync --remove
it 'sync --remove gives the file with a block that ssh warns of back' cmp old "$theirs"

printf 'Host *\n  HashKnownHosts no\n' >mine
refused() { # COMMAND that spoils the generated file
	cp mine "$theirs" && cxssh sync --yes >/dev/null && "$@" && ! ssh -G elsewhere
}
spoil() { echo '  Prot 22' >>"$generated"; }
for how in 'chmod 666' spoil; do
	# shellcheck disable=SC2086 # two words
	it "ssh refuses the generated file ($how)" refused $how "$generated"
	it "the generated file that ssh refuses ($how) can be taken back" cxssh sync --remove
	it "the file of the user is back byte for byte ($how)" cmp mine "$theirs"
done
cp mine "$theirs"; cxssh sync --yes >/dev/null; echo '  Prot 22' >>"$theirs"
it "what is wrong in the user's own lines is the user's to mend" fails_with 78 'must be mended first' cxssh sync --remove

cp mine "$theirs"; cxssh sync --yes >/dev/null
mkdir -p "$HOME/.config/cxssh"; echo 'no-such-key = 1' >"$HOME/.config/cxssh/config"
it 'a setting that cxssh does not know' fails_with 78 'no-such-key' cxssh sync --yes
said() { cxssh sync --remove && grep -q '^cxssh: warning: .*no-such-key' "$work/err"; }
it 'a setting that cxssh does not know is a warning for sync --remove' said
it 'the file of the user is back byte for byte with that setting' cmp mine "$theirs"
rm "$HOME/.config/cxssh/config"

# A sync that is killed while it gives way to an editor leaves the editor's text in a draft.
cp mine "$theirs"; cxssh sync --yes >/dev/null
draft=$HOME/.ssh/.config.cxssh-Ab3dEf
after_a_kill() { # FILE that it left, COMMAND...
	cp "$1" "$draft"; shift
	"$@" >/dev/null 2>complaint && [ ! -e "$draft" ]
}
{ cat "$theirs"; echo '# added by an editor'; } >newest
grep -v '^Include' newest >newest.before
it 'drafts of a killed sync are swept' after_a_kill "$theirs" cxssh sync
it 'a draft of a killed sync whose content is in place is swept' after_a_kill mine cxssh sync
it 'nothing is said of a draft whose content is in place' test ! -s complaint
it 'a draft whose content is in place is not kept' test ! -e "$theirs.cxssh-rescued"
it 'what it left that is nowhere else is kept' after_a_kill newest cxssh sync
it 'a change that is nowhere else is kept as cxssh-rescued' cmp newest "$theirs.cxssh-rescued"
it 'a change that is kept is told in one line' is 'cxssh: warning: a cxssh was killed while another program changed ~/.ssh/config; that change is in ~/.ssh/config.cxssh-rescued' cat complaint
it 'a second change is kept beside the first' after_a_kill newest.before cxssh sync --remove
it 'a second change is kept under a name of its own' cmp newest.before "$theirs.cxssh-rescued-2"
said_once() { cxssh sync >/dev/null 2>complaint && [ ! -s complaint ]; }
it 'a change that is kept is told once' said_once

# A file that is short enough to be read, but not with the block in it.
yes '################################################################' | head -c 16776000 >large
cp large "$theirs"
it 'a block that makes the file too long to be read back is not written' \
	fails_with 78 'would become longer than' cxssh sync --inline --yes
it 'the file is as it was when a block would make it too long' cmp large "$theirs"

done_testing

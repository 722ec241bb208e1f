#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh sync --dry-run shows its changes by the system's diff.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

mkdir -p "$HOME/.config/cxssh" && echo 'stacks = myapp' >"$HOME/.config/cxssh/config"

# The change from what is there makes what sync then writes, also in a large file.
makes_what_sync_writes() {
	rm -rf patched; mkdir -p patched; cp -a "$HOME/.ssh" patched/
	cxssh sync --dry-run >change || return
	(cd patched && patch -s -p1 <../change) || return
	cxssh sync --yes >/dev/null || return
	cmp patched/.ssh/cxssh/config "$HOME/.ssh/cxssh/config"
	cmp patched/.ssh/config "$HOME/.ssh/config"
}
command -v patch >/dev/null || skip_all 'no patch'
it 'patch turns the dry run of a first sync into what sync writes' makes_what_sync_writes
i=0
while [ $i -lt 3000 ]; do
	i=$((i + 1))
	printf 'Host gone-%d\n  HostName gone-%d\n' $i $i
done >>"$HOME/.ssh/cxssh/config"
it 'patch turns the dry run of a change of 6000 lines into what sync writes' makes_what_sync_writes
it 'the dry run of no change prints nothing' is '' cxssh sync --dry-run

without_diff() { # COMMAND...
	diff=$(command -v diff)
	mount --bind /dev/null "$diff"
	"$@"; _rc=$?
	umount "$diff"
	return "$_rc"
}
echo '# old' >>"$HOME/.ssh/cxssh/config"
it 'the dry run without diff says that the file would change' \
	prints '^~/.ssh/cxssh/config would change; diff, .* is not installed$' without_diff cxssh sync --dry-run

done_testing

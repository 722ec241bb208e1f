#!/bin/sh
# SPDX-License-Identifier: MIT
# sync --inline: a block in the user's file, in the place of the Include line.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

theirs=$HOME/.ssh/config
mkdir -p "$HOME/.config/cxssh" && echo 'stacks = myapp' >"$HOME/.config/cxssh/config"
printf 'Host own\n  User me\n' >"$theirs"; cp "$theirs" mine
cxssh sync --yes >/dev/null
it 'sync puts an Include line first' is 'Include cxssh/config' head -n 1 "$theirs"
it 'sync --inline replaces the line by a block' cxssh sync --inline --yes
it 'the line is gone with the block' sh -c "! grep -q '^Include' '$theirs'"
it 'the block has the hosts' grep -qx 'Host myapp-lion' "$theirs"
it 'the block says by its own words how it came there' grep -q '^# BEGIN cxssh (written by cxssh sync --inline' "$theirs"
it 'the block does not call the file of the user a generated one' \
	sh -c "! grep -qi 'writes this file anew\|do not edit' '$theirs'"
it 'sync --check is content with the block' cxssh sync --check
it 'sync renews the block and adds no line' sh -c "cxssh sync >/dev/null && ! grep -q '^Include' '$theirs'"
it 'ssh reaches a host by the block' ssh -T -o BatchMode=yes myapp-lion true
it 'sync --remove takes the block out' cxssh sync --remove
it 'sync --remove leaves the file byte for byte' cmp mine "$theirs"
sed -i '1i Include cxssh/config' "$theirs"; cp "$theirs" by_hand
it 'sync --inline leaves an Include line that the user wrote' \
	sh -c "cxssh sync --inline --yes >/dev/null && grep -qx 'Include cxssh/config' '$theirs'"

done_testing

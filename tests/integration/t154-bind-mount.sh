#!/bin/sh
# SPDX-License-Identifier: MIT
# ~/.ssh/config is a bind mount, as "docker run -v" makes one: it cannot be renamed.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

theirs=$HOME/.ssh/config
mkdir -p "$HOME/.config/cxssh" && echo 'stacks = myapp' >"$HOME/.config/cxssh/config"
printf 'Host own\n  User me\n' >"$theirs"; cp "$theirs" mine; cp "$theirs" outside
mount --bind outside "$theirs" || skip_all 'no bind mounts here'
no_drafts() { ! find "$HOME/.ssh" -name '.*.cxssh-*' | grep .; }

it 'sync adds its line to a bind mount' cxssh sync --yes
it 'the file outside has the line' is 'Include cxssh/config' head -n 1 outside
it 'sync leaves no temporary file beside the mount' no_drafts
it 'ssh reaches a host' ssh -T -o BatchMode=yes myapp-lion true
it 'sync --inline writes a block into a bind mount' cxssh sync --inline --yes
it 'the file outside has the block' grep -qx 'Host myapp-lion' outside
it 'sync --remove takes it out of a bind mount' cxssh sync --remove
it 'the file outside is as it was' cmp mine outside
: >outside
it 'sync adds its line to an empty bind mount' cxssh sync --yes
it 'sync --remove leaves an empty file' sh -c "cxssh sync --remove >/dev/null && [ ! -s outside ]"
umount "$theirs"

# A disk without space for the new content.
cp mine "$theirs"
mkdir small && mount -t tmpfs -o size=16k small small && cp mine small/config
dd if=/dev/zero of=small/full bs=4k 2>/dev/null
head -c 4090 /dev/zero | tr '\0' '#' >>small/config 2>/dev/null; cp small/config before
mount --bind small/config "$theirs"
it 'sync says that there is no space for a bind mount' fails_with 78 'No space left' cxssh sync --yes
it 'the file on the full disk is as it was' cmp before small/config
umount "$theirs"; umount small

done_testing

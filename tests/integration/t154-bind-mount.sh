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

# Other files that "docker run -v" may bring.
mount_it() { cp -p "$1" "$2" && mount --bind "$2" "$1"; }
cxssh sync --yes >/dev/null
ssh -T -o BatchMode=yes myapp-lion true
token=$HOME/.cloud66/cx.json known=$HOME/.ssh/cxssh/known_hosts generated=$HOME/.ssh/cxssh/config
mount_it "$token" token; mount_it "$known" known; mount_it "$generated" generated
: >known
it 'a host key is learnt into a known_hosts that is a mount' ssh -T -o BatchMode=yes myapp-lion true
it 'the known_hosts outside has it' grep -q '^cxssh-' known
change_fleet 's/"lion"/"puma"/'
it 'sync writes a generated file that is a mount' cxssh sync
it 'the generated file outside has the new host' grep -qx 'Host myapp-puma' generated
first_fleet
cxssh sync >/dev/null
it 'the generated file outside is as long as before' grep -qx 'Host myapp-lion' generated
sed 's/"clients":/"expired_tokens":["old-token"],"refresh_tokens":["renew-me"],"clients":/' \
	"$SANDBOX/fleet.json" >fleet.new && mv fleet.new "$SANDBOX/fleet.json"
printf '{"AccessToken":"old-token","RefreshToken":"renew-me","Expiry":"2020-01-01T00:00:00Z","Extra":null}' >token
it 'a token in a mount is renewed' cxssh sync
it 'the token outside is the new one' sh -c '! grep -q old-token token && grep -q AccessToken token'
it 'the token outside is for its user alone' is 600 stat -c %a token
it 'sync leaves no temporary file beside these mounts' no_drafts
it 'no temporary file is beside the token' is '' find "$HOME/.cloud66" -name '.*.cxssh-*'
umount "$token"; umount "$known"; umount "$generated"

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

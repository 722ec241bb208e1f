#!/bin/sh
# SPDX-License-Identifier: MIT
# sshfs, which runs ssh as its transport.
# shellcheck disable=SC1091,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs sshfs
[ -e /dev/fuse ] || skip_all 'no /dev/fuse here'
mkdir -p mnt
mounted() { sshfs myapp-lion:/tmp mnt && fusermount3 -u mnt 2>/dev/null || fusermount -u mnt; }
it 'sshfs mounts a folder' mounted
break_lease
# In the background sshfs closes the stderr of its ssh.
it 'sshfs -f shows the reason' shows_reason sshfs -f myapp-lion:/tmp mnt
mend_lease
it 'sshfs works again' mounted
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# sshfs, which runs ssh as its transport.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs sshfs
[ -e /dev/fuse ] || skip_all 'no /dev/fuse here'
# In the background sshfs closes the stderr of its ssh; with -f it stays.
cat >reach <<'SH'
#!/bin/sh
mkdir "mount.$$"
sshfs "$1:" "mount.$$" && cat "mount.$$/name"
status=$?
fusermount3 -u "mount.$$" 2>/dev/null || fusermount -u "mount.$$" 2>/dev/null
exit "$status"
SH
shows=why
battery sshfs "$(version_of sh -c 'sshfs --version | grep ^SSHFS')"
cold; mkdir empty
break_lease
it 'sshfs -f shows the reason' shows_reason sshfs -f myapp-lion: empty
done_testing

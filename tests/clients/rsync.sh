#!/bin/sh
# SPDX-License-Identifier: MIT
# rsync over ssh.
# shellcheck disable=SC1091,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs rsync
cat >reach <<'SH'
#!/bin/sh
rsync "$1:name" "name.$$" && cat "name.$$"
SH
battery rsync "$(version_of rsync --version)"

cold
it 'rsync --rsh with options' rsync --rsh='ssh -C -o BatchMode=yes' "$behind:name" by-rsh
it 'rsync by RSYNC_RSH' env RSYNC_RSH='ssh -4 -c aes128-gcm@openssh.com' rsync myapp-lion:name by-rsync-rsh
it 'rsync --rsh and RSYNC_RSH have copied' is 'otter lion' sh -c 'echo $(cat by-rsh by-rsync-rsh)'
done_testing

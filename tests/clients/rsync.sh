#!/bin/sh
# SPDX-License-Identifier: MIT
# rsync over ssh.
# shellcheck disable=SC1091,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs rsync
echo content >file
it 'rsync copies a file' rsync file myapp-lion:/tmp/file
break_lease
it 'rsync shows the reason' shows_reason rsync file myapp-lion:/tmp/file
mend_lease
it 'rsync works again' rsync file myapp-lion:/tmp/file
done_testing

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
done_testing

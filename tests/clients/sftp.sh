#!/bin/sh
# SPDX-License-Identifier: MIT
# sftp, with commands from a file.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
cat >reach <<'SH'
#!/bin/sh
echo "get name name.$$" | sftp -b - "$1" >&2 && cat "name.$$"
SH
battery sftp "$(version_of ssh -V)"
done_testing

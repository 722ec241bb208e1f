#!/bin/sh
# SPDX-License-Identifier: MIT
# rdiff-backup, whose other end is rdiff-backup on the server.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs rdiff-backup
cat >reach <<'SH'
#!/bin/sh
mkdir "tree.$$" && echo content >"tree.$$/file"
rdiff-backup backup "tree.$$" "$1::tree.$$" >&2 || exit
for server in lion otter; do
	[ ! -s "$SANDBOX/hosts/$server/home/tree.$$/file" ] || echo "$server"
done
SH
battery rdiff-backup "$(version_of rdiff-backup --version)"
done_testing

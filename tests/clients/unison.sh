#!/bin/sh
# SPDX-License-Identifier: MIT
# Unison, whose other end is unison on the server.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs unison
cat >reach <<'SH'
#!/bin/sh
mkdir "tree.$$" && echo content >"tree.$$/file"
UNISON=$PWD/unison.$$ unison -batch -ui text "tree.$$" "ssh://$1/tree.$$" >&2 || exit
for server in lion otter; do
	[ ! -s "$SANDBOX/hosts/$server/home/tree.$$/file" ] || echo "$server"
done
SH
battery Unison "$(version_of unison -version)"
done_testing

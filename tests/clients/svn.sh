#!/bin/sh
# SPDX-License-Identifier: MIT
# Subversion by svn+ssh, which runs ssh -q.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs svn svnadmin
for server in lion otter; do
	svnadmin create "$SANDBOX/hosts/$server/home/repository"
	echo "$server" >name.first; svn -q import name.first "file://$SANDBOX/hosts/$server/home/repository/name" -m first
	[ "$(id -u)" != 0 ] || chown -R "$SANDBOX_UID" "$SANDBOX/hosts/$server/home/repository"
done
cat >reach <<'SH'
#!/bin/sh
case $1 in *otter) server=otter ;; *) server=lion ;; esac
exec svn --non-interactive cat "svn+ssh://$1$SANDBOX/hosts/$server/home/repository/name"
SH
shows=why
battery Subversion "$(version_of svn --version)"
done_testing

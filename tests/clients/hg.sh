#!/bin/sh
# SPDX-License-Identifier: MIT
# Mercurial over ssh.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs hg
hg init repository && echo content >repository/file
hg -R repository commit -q -A -u tester -m first
for server in lion otter; do cp -r repository "$SANDBOX/hosts/$server/home/$server"; done
cat >reach <<'SH'
#!/bin/sh
case $1 in *otter) server=otter ;; *) server=lion ;; esac
hg clone -q "ssh://$1/$server" "clone.$$" && [ -s "clone.$$/file" ] && echo "$server"
SH
battery Mercurial "$(version_of hg --version)"
done_testing

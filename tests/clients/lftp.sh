#!/bin/sh
# SPDX-License-Identifier: MIT
# lftp by sftp://, which runs ssh on a terminal of its own.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs lftp
user=$(ssh -G myapp-lion | sed -n 's/^user //p')
cat >reach <<SH
#!/bin/sh
lftp -d -c "set net:max-retries 1; set net:timeout 15; open sftp://$user:x@\$1; get name -o name.\$\$" >lftp.\$\$ 2>&1 &&
	exec cat name.\$\$
cat lftp.\$\$ >&2; exit 1
SH
battery lftp "$(version_of lftp --version)"
mirror() { lftp -c "set net:timeout 15; open sftp://$user:x@myapp-lion; mirror -P 4 many copies"; }
mkdir "$SANDBOX/hosts/lion/home/many"
for number in 1 2 3 4 5 6 7 8; do echo "$number" >"$SANDBOX/hosts/lion/home/many/$number"; done
cold
it 'lftp mirrors a folder by four connections at once' mirror
it 'all files have come' is 8 sh -c 'ls copies | wc -l'
done_testing

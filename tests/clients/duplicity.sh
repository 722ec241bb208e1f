#!/bin/sh
# SPDX-License-Identifier: MIT
# duplicity by its back ends that run sftp, on a terminal of its own, and rsync.  The one
# of sftp:// is paramiko without a ProxyCommand.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs duplicity
needs_python pexpect
cat >reach <<'SH'
#!/bin/sh
case $1 in *otter) server=otter ;; *) server=lion ;; esac
mkdir "tree.$$" && echo content >"tree.$$/file"
saved=$SANDBOX/hosts/$server/home/saved.$$
mkdir "$saved" && chmod 777 "$saved" # its rsync wants the folder
duplicity full --no-encryption --archive-dir "$PWD/archive.$$" --num-retries 1 \
	--name "$$" "tree.$$" "${scheme:-pexpect+sftp}://$1/saved.$$" >&2 || exit
ls "$saved" | grep -q manifest && echo "$server"
SH
shows=why remark='by `pexpect+sftp://` and `rsync://`; its `sftp://` runs no ProxyCommand'
battery duplicity "$(version_of duplicity --version)"
export scheme=rsync
for host in myapp-lion "$behind"; do
	it "duplicity by rsync is the very first client to $host" cold_reaches "$host"
done
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# rclone, whose own client (of Go) runs no ProxyCommand, over cxssh listen.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs rclone
# Go's client asks for a key of ECDSA first, and takes no other from known_hosts: the
# server's key of ECDSA, as the user would have it from ssh-keyscan.
cat >reach <<'SH'
#!/bin/sh
. "${0%reach}listening"
case $1 in *otter) server=otter ;; *) server=lion ;; esac
echo "[127.0.0.1]:$port $(cat "known.$server")" >"known.$$"
rclone --contimeout 15s --timeout 15s --retries 1 --low-level-retries 1 \
	cat ":sftp,host=127.0.0.1,port=$port,user=$user,key_file=\"$key\",known_hosts_file=\"$PWD/known.$$\":name"
SH
for server in lion otter; do key_of "$server" ecdsa >"known.$server"; done
listening
remark='over `cxssh listen`; asks for a host key of ECDSA'
battery rclone "$(version_of rclone version)"
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# restic by sftp, which runs ssh.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs restic
export RESTIC_PASSWORD=word RESTIC_CACHE_DIR="$work/cache"
cat >reach <<'SH'
#!/bin/sh
echo content >"saved.$$"
restic -q -r "sftp:$1:repository.$$" init && restic -q -r "sftp:$1:repository.$$" backup "saved.$$" || exit
for server in lion otter; do
	[ ! -d "$SANDBOX/hosts/$server/home/repository.$$/snapshots" ] || echo "$server"
done
SH
# restic prints what ssh said only where it came before the connection was closed.
shows=why remark='prints the reason now and then'
battery restic "$(version_of restic version)"
done_testing

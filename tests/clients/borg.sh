#!/bin/sh
# SPDX-License-Identifier: MIT
# BorgBackup, whose other end is borg on the server.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs borg
export BORG_BASE_DIR="$work/borg" BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes BORG_SELFTEST=disabled
cat >reach <<'SH'
#!/bin/sh
echo content >"saved.$$"
borg init -e none "$1:repository.$$" && borg create "$1:repository.$$::first" "saved.$$" || exit
for server in lion otter; do
	[ ! -d "$SANDBOX/hosts/$server/home/repository.$$" ] || echo "$server"
done
SH
# borg prints what ssh said only where it came before the connection was closed.
shows=why remark='prints the reason now and then'
battery BorgBackup "$(version_of borg --version)"
done_testing

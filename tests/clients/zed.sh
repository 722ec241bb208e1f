#!/bin/sh
# SPDX-License-Identifier: MIT
# Zed's master: ready when ssh closes its stdout, then sessions over its socket.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
askpass
cat >reach <<'SH'
#!/bin/sh
mkfifo "out.$$"
ssh -N -o ControlPersist=no -o ControlMaster=yes -o ControlPath="$PWD/zed.$$" "$1" \
	</dev/null >"out.$$" 2>"err.$$" &
master=$!
timeout 17 cat "out.$$"
ssh -o ControlMaster=no -o ControlPath="$PWD/zed.$$" -O check "$1" 2>/dev/null || {
	kill $master 2>/dev/null; cat "err.$$" >&2; exit 1; }
ssh -o ControlMaster=no -o ControlPath="$PWD/zed.$$" "$1" cat name
status=$?
kill $master; wait $master 2>/dev/null
exit "$status"
SH
remark='its way to use ssh; its list of hosts needs `cxssh sync --inline`'
battery Zed "$(version_of ssh -V)"
it 'Zed never asks by askpass' nothing_asked
done_testing

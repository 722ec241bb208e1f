#!/bin/sh
# SPDX-License-Identifier: MIT
# A disk that is full, a home that is read-only, a limit to the size of files: one line
# says so, nothing is half there, and with space again all goes on.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion newt" --lease-delay 0'
test_timeout=300
. "$(dirname "$0")/../lib.sh"
EVERY=''
. "$tests/integration/atcalls.sh"

# The home moves to a disk of its own, small.
cp -a "$HOME" "$work/home.first"
new_disk() { # OPTIONS
	! mountpoint -q "$HOME" || umount "$HOME" || return 1
	mount -t tmpfs -o "mode=700,$1" small "$HOME" && cp -a "$work/home.first/." "$HOME"
}
said_so() { # what was tried has ended with $code
	[ "$code" = 0 ] && return
	[ "$code" -ge 64 ] && [ "$code" -lt 79 ] || { echo "exit status $code"; return 1; }
	[ "$(grep -c . complaint)" = 1 ] && grep -q "^cxssh: .*$1" complaint || {
		echo "not one line of '$1':"; cat complaint; return 1; }
}
# The space that KIND needs is found by trying: it fails until there is enough.
until_it_fits() { # MOST REASON LIMIT_DISK COMMAND...
	most=$1 reason=$2 limit_disk=$3; shift 3
	failures=0 left=-1
	while [ "$left" -lt "$most" ]; do
		left=$((left + 1))
		"$limit_disk" "$left" || return 1
		"$@" >said 2>complaint; code=$?
		{ said_so "$reason" && nothing_is_hurt first; } >why 2>&1 || {
			echo "with space for $left:" >&2; cat why >&2; return 1; }
		[ "$code" != 0 ] || break
		failures=$((failures + 1))
	done
	echo "$failures failures before it fits"
	[ "$code" = 0 ] && [ "$failures" -gt 2 ]
}

new_disk size=2m
it 'cxssh makes a disk with enough space' stage first cxssh sync --yes
pages_left() { # so many pages of 4 KiB; the log's one is counted
	new_disk size=2m && restore first || return 1
	head -c 3m /dev/zero >"$HOME/ballast" 2>/dev/null
	truncate -s "$(($(stat -c %s "$HOME/ballast") / 4096 * 4096 - $1 * 4096))" "$HOME/ballast"
}
it 'a full disk is said, whatever space is left' \
	until_it_fits 40 'No space left on device' pages_left cxssh sync --yes
rm -f "$HOME/ballast"
it 'sync has all right with space again' ends_well first cxssh sync --yes
it 'sync --remove gives all back with space again' gives_back
inodes_left() {
	new_disk size=2m,nr_inodes=200 && restore first || return 1
	n=0
	while touch "$HOME/.b$n" 2>/dev/null; do n=$((n + 1)); done
	while [ "$((n -= 1))" -ge 0 ] && [ "$1" -gt 0 ]; do rm "$HOME/.b$n"; set -- $(($1 - 1)); done
}
it 'a disk that takes no more files is said' \
	until_it_fits 60 'No space left on device' inodes_left cxssh sync --yes
rm -f "$HOME"/.b*
it 'sync has all right with files to spare again' ends_well first cxssh sync --yes

full_remove() {
	restore first && cxssh sync --yes >/dev/null && head -c 3m /dev/zero >"$HOME/ballast" 2>/dev/null
	cxssh sync --remove >said 2>complaint; code=$?
	said_so 'No space left on device' && one_of "$theirs" first.theirs original
}
it 'a full disk that keeps the line from being taken out is said' full_remove
rm -f "$HOME/ballast"
it 'sync --remove takes its line out with space again' gives_back

# What is there already works from a disk on which nothing can be written.
stacks 'myapp, My Awesome App'
cxssh sync --yes >/dev/null; it 'cxssh connects with a full disk' ssh -T -o BatchMode=yes myapp-lion true
head -c 3m /dev/zero >"$HOME/ballast" 2>/dev/null
it 'cxssh connects from a full disk' ssh -T -o BatchMode=yes myapp-lion true
rm "$HOME/ballast"
mount -o remount,ro "$HOME"
it 'cxssh connects from a read-only home' ssh -T -o BatchMode=yes myapp-lion true
read_only() { # COMMAND...
	fingerprint >before
	"$@" >said 2>complaint; code=$?
	[ "$code" = 78 ] && said_so 'Read-only file system' && fingerprint | cmp before -
}
it 'cxssh says that it cannot write into a read-only home' read_only cxssh sync --yes
it 'sync --remove says that the home is read-only' read_only cxssh sync --remove
it 'gateway key says that the home is read-only' read_only cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key"
mount -o remount,rw "$HOME"
it 'sync works when the home can be written again' cxssh sync --yes
# A login that is to be renewed, where its refresh token is good for once.
change_fleet 's/"clients":/"rotate_refresh_tokens":true,"expired_tokens":["old-token"],"refresh_tokens":["renew-me"],"clients":/'
(umask 077 && printf '{"AccessToken":"old-token","RefreshToken":"renew-me","Expiry":"2020-01-01T00:00:00Z","Extra":null}' \
	>"$HOME/.cloud66/cx.json")
head -c 3m /dev/zero >"$HOME/ballast" 2>/dev/null
full_renewal() { cxssh sync >said 2>complaint; code=$?; [ "$code" = 78 ] && said_so 'No space left on device'; }
it 'a full disk keeps a login from being renewed' full_renewal
rm "$HOME/ballast"
it 'a login is renewed with space again' cxssh sync
umount "$HOME"
stacks solo

# A limit to the size of files ends no process of cxssh; the message goes to a pipe.
limit_left() { restore nothing; limit=$1; }
limited_sync() {
	{ sh -c "ulimit -f $limit; exec cxssh sync --yes" 2>&1 >/dev/null; echo "exit $?"; } | cat >both
	sed '/^exit /d' both >&2
	return "$(sed -n 's/^exit //p' both)"
}
save nothing
it 'cxssh is undisturbed' stage first cxssh sync --yes
it 'a limit to the size of files is said' until_it_fits 40 'File too large' limit_left limited_sync
it 'sync has all right without a limit to the size of files' ends_well first cxssh sync --yes

# Folders that cannot be written, by a process without root's powers.
closed() { # FOLDER REASON
	restore first
	mkdir -p "$1"; chmod 500 "$1"
	plainly cxssh sync --yes >said 2>complaint; code=$?
	chmod 700 "$1"
	[ "$code" = 78 ] && said_so "$2" && nothing_is_hurt first
}
it 'cxssh says that ~/.ssh cannot be written' closed "$HOME/.ssh" 'is read-only'
it 'cxssh says that ~/.ssh/cxssh cannot be written' closed "$HOME/.ssh/cxssh" 'access denied'
it 'cxssh says that ~/.cache cannot be written' closed "$HOME/.cache" 'access denied'
it 'cxssh says that its folder of routes cannot be written' closed "$HOME/.cache/cxssh/routes" 'access denied'
restore first; cxssh sync --yes >/dev/null
it 'sync has all right when its folders can be written again' ends_well first cxssh sync --yes
done_testing

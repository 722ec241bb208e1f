#!/bin/sh
# SPDX-License-Identifier: MIT
# What ssh -G says of hosts of the user's own is the same to the byte before and after.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317,SC2016,SC2088 # lib.sh
SANDBOX_OPTIONS='--hosts lion'
. "$(dirname "$0")/../lib.sh"

users=$HOME/.ssh/config
mkdir -p "$HOME/.ssh"
# Fifty: with and without HostName, dots, patterns, the same prefix, known to /etc/hosts.
names() {
	seq -f 'host%g' 10
	seq -f 'host%g.example.com' 10
	seq -f 'myapp-mine%g' 10
	seq -f 'myapp-there%g' 8
	seq -f 'myapp-x%g.example.com' 5
	seq -f '203.0.113.%g' 5
	echo myapp; echo MyApp-There3
}
seq -f '203.0.113.77 myapp-there%g' 8 >>/etc/hosts
blocks() {
	for n in 1 2 3 4 5; do
		printf 'Host host%d\n  HostName 203.0.113.%d\n  User me%d\n' $n $n $n
		printf 'Host myapp-mine%d\n  HostName inner%d.example.com\n  Port 22%02d\n' $n $n $n
		printf 'Host myapp-there%d\n  User there%d\n  LocalForward 80%02d localhost:80\n' $n $n $n
	done
	for n in 6 7 8 9 10; do printf 'Host myapp-mine%d\n  HostName 10.0.0.%d\n' $n $n; done
	printf 'Host *.example.com\n  ProxyJump jump.example.net\n'
	printf 'Match host 203.0.113.3 exec "true"\n  Compression yes\n'
}
settings() { for name in $(names); do echo "== $name"; ssh -G "$name" 2>&1; done; }
it 'fifty hosts are compared' is 50 sh -c 'echo "$1" | grep -c .' sh "$(names)"
same() { # the blocks, then all that a user may write below or above
	"$@" >"$users" && settings >before && cxssh sync --yes >/dev/null 2>&1 || return
	settings >after
	diff before after >&2 && cxssh sync --remove >/dev/null && "$@" | cmp - "$users"
}
plain() { blocks; }
with_stars() { blocks; printf 'Host *\n  User everybody\n  IdentityFile ~/.ssh/work\n  SendEnv FOO\n'; }
stars_first() { printf 'Host *\n  ServerAliveInterval 7\n\n'; blocks; }
without_newline() { blocks; printf 'Host last\n  User x'; }
crlf() { blocks | sed 's/$/\r/'; }
it 'all settings stay in a file with blocks' same plain
it 'all settings stay with "Host *" below the blocks' same with_stars
it 'all settings stay with "Host *" above the blocks' same stars_first
it 'all settings stay in a file without a newline at its end' same without_newline
it 'all settings stay in a file with carriage returns' same crlf
blocks >"$users"
cxssh sync --yes >/dev/null 2>&1
settings >before
change_fleet 's/"lion"/"puma"/'
cxssh sync --yes >/dev/null 2>&1
settings >after
it 'all settings stay when the fleet changes' cmp before after
done_testing

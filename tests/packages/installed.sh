#!/bin/sh
# SPDX-License-Identifier: MIT
# The package that is installed: used, upgraded to $NEWER while a broker runs, removed.
# It changes the system: tests/packages/fresh starts it on one that is thrown away.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317,SC2016 # functions are called through it(); expanded there
[ -n "${NEWER-}" ] || { echo '1..0 # SKIP only tests/packages/fresh starts it'; exit 0; }
SANDBOX_OPTIONS='--hosts "lion bastion otter" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
PATH=/usr/bin:/bin:/usr/sbin:/sbin
unset CXSSH_BIN

# dpkg wants the machine's own users and groups, not the laptop's.
dpkg_outside() {
	unshare --mount sh -c 'mount --rbind /run/machine/etc /etc && exec dpkg "$@"' sh "$@"
}
dpkg -L cxssh | while read -r file; do [ -d "$file" ] || echo "$file"; done >package.files
it 'the package has brought the program that runs' is /usr/bin/cxssh command -v cxssh
table=$tests/../src/bastion/libssh2.patched
patched=$(dpkg-query -W -f '${Version}\n' 'libssh2-1*' | sort -u | awk 'NR == FNR { v[$1] = 1; next } $1 in v' "$table" -)
depends() { dpkg-query -W -f '${Depends}\n' cxssh; }
if [ -n "$patched" ]; then
	it 'the package needs a libssh2 as patched as that of its build' sh -c 'echo "$1" | grep -qF "(>= $2)"' sh "$(depends)" "$patched"
else
	it 'the package needs no libssh2 with patches where that of its build has none' sh -c '! echo "$1" | grep "libssh2[^,]*+deb"' sh "$(depends)"
fi
it 'sync writes the hosts' cxssh sync --yes
it 'the hosts name the proxy of the package' grep -q '^  ProxyCommand /usr/bin/cxssh-proxy ' "$HOME/.ssh/cxssh/config"
it 'ssh reaches a server' is lion ssh -n myapp-web hostname
it 'the key of a bastion is taken' cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key"
it 'ssh reaches a server behind the bastion' is otter ssh -n my-awesome-app-otter hostname

# An upgrade while a session uses the broker.
mkfifo hold
ssh my-awesome-app-otter 'echo begun; cat; echo whole' <hold >session 2>session.err &
session=$!
exec 8>hold
wait_for grep -q begun session
broker=$(pgrep -f 'cxssh gateway')
old=$(cxssh --version | head -n 1)
it 'a broker runs' test -n "$broker"
it 'the package is upgraded while it runs' dpkg_outside -i "$NEWER"
other_version() { [ "$(cxssh --version | head -n 1)" != "$old" ]; }
it 'the newer version is there' other_version
it 'the broker was not stopped by the upgrade' kill -0 $broker
it 'ssh reaches a server after the upgrade' is lion ssh -n myapp-lion hostname
it 'ssh reaches a server behind the bastion after the upgrade' is otter ssh -n my-awesome-app-otter hostname
echo through >&8
exec 8>&-
wait "$session" # not for all: lib.sh has a child that watches the clock
it 'the session from before the upgrade was whole' is 'begun through whole' sh -c 'echo $(cat session)'
broker_gone() { ! kill -0 $broker 2>/dev/null; }
it 'the broker of the old version ends after its last session' wait_for broker_gone

it 'sync --remove takes the hosts back' cxssh sync --remove
it 'the package is removed' dpkg_outside -r cxssh
left() { while read -r file; do [ ! -e "$file" ] || echo "$file"; done <package.files; }
it 'no file of the package is left' is '' left
it 'no folder of the package is left' test ! -e /usr/share/cxssh
it 'no program of cxssh runs any more' wait_for no_leftovers
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# Keys and home folders whose paths have spaces and letters beyond ASCII.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317 # functions are called through it()
SANDBOX_OPTIONS='--hosts "lion otter bastion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

key="$work/Müllers key/my kéy"
mkdir -p "$work/Müllers key" && cp "$SANDBOX/bastion_key" "$key" && chmod 600 "$key"
it 'gateway key takes a path with spaces and letters beyond ASCII' cxssh gateway key 203.0.113.30 "$key"
cxssh sync --yes >/dev/null
it 'libssh2 logs in on the bastion with that key' is otter ssh my-awesome-app-otter hostname
cxssh gateway close 203.0.113.30 >/dev/null
echo 'gateway-transport 203.0.113.30 = openssh' >>"$HOME/.config/cxssh/config"
it 'OpenSSH logs in on the bastion with that key' is otter ssh my-awesome-app-otter hostname
cp "$key" "$work/50%key" && chmod 600 "$work/50%key"
it 'gateway key names the path that it refuses, and why' \
	fails_with 78 "the path of the key, $work/50%key, has a control character or one of" \
	cxssh gateway key 203.0.113.30 "$work/50%key"
it 'gateway key shows letters beyond ASCII in the path of a file that is missing' \
	fails_with 78 'Müllers key/none' cxssh gateway key 203.0.113.30 "$work/Müllers key/none"

# A home folder with a letter beyond ASCII.
home=$SANDBOX/josé
cp -a "$HOME" "$home"
sed "s|:$HOME:|:$home:|" /etc/passwd >"$work/passwd"
mount --bind "$work/passwd" /etc/passwd || { echo 'Bail out! no mount'; exit 1; }
HOME=$home; export HOME
rm -rf "$home/.ssh/cxssh" "$home/.ssh"/cx_*
it 'sync works in a home folder with a letter beyond ASCII' cxssh sync --yes
it 'the configuration is in that folder' test -s "$home/.ssh/cxssh/config"
it 'ssh reaches a server from such a home folder' is lion ssh myapp-lion hostname
done_testing

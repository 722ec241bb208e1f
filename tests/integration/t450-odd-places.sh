#!/bin/sh
# SPDX-License-Identifier: MIT
# Sessions without /proc, with a read-only home folder, and with a runtime folder in which
# no file can be made.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317 # functions are called through it()
# shellcheck disable=SC2016 # expanded elsewhere
SANDBOX_OPTIONS='--hosts "lion otter bastion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

bastion=203.0.113.30
cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
afresh() { cxssh gateway close "$bastion" >/dev/null 2>&1; rm -rf "$HOME/.cache/cxssh/failed"; : >"$HOME/.ssh/cxssh/known_hosts"; }
without_proc() { unshare --mount sh -c 'mount -t tmpfs none /proc && exec "$@"' sh "$@"; }
if [ "$patience" = 1 ]; then # LeakSanitizer needs /proc
	it 'a server is reached for the first time where /proc is not mounted' \
		is lion quietly without_proc timeout 20 ssh -o BatchMode=yes myapp-lion hostname
	it 'a server behind a bastion is reached for the first time where /proc is not mounted' \
		is otter quietly without_proc timeout 20 ssh -o BatchMode=yes my-awesome-app-otter hostname
	it 'a server behind a bastion is reached again where /proc is not mounted' \
		is otter quietly without_proc timeout 20 ssh -o BatchMode=yes my-awesome-app-otter hostname
fi
ssh -o BatchMode=yes my-awesome-app-otter true

afresh
mkdir -m 500 closed
XDG_RUNTIME_DIR=$work/closed; export XDG_RUNTIME_DIR
it 'a server behind a bastion is reached where no file can be made in XDG_RUNTIME_DIR' \
	is otter quietly plainly timeout 20 ssh -o BatchMode=yes my-awesome-app-otter hostname
plainly cxssh gateway close "$bastion" >/dev/null
unset XDG_RUNTIME_DIR

# A /tmp of this test alone, with the sandbox in it.
mount --rbind "$SANDBOX" /mnt && mount -t tmpfs none /tmp && mkdir -p "$SANDBOX" &&
	mount --rbind /mnt "$SANDBOX"
mount --bind "$HOME" "$HOME" && mount -o remount,bind,ro "$HOME" || { echo 'Bail out! no mount'; exit 1; }
it 'a server behind a bastion is reached where the home folder is read-only' \
	is otter quietly within 20 ssh -o BatchMode=yes my-awesome-app-otter hostname
it 'the broker is found where the home folder is read-only' prints "$bastion" cxssh gateway list
it 'the broker is ended where the home folder is read-only' cxssh gateway close "$bastion"
it 'cxssh leaves no process behind' wait_for no_leftovers
done_testing

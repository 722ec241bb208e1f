#!/bin/sh
# SPDX-License-Identifier: MIT
# A token file that others can read: a mistake where its mode can be changed, and usual where
# it cannot, as for a secret that is mounted into a container.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317 # functions are called through it()
SANDBOX_OPTIONS='--hosts lion --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

token=$HOME/.cloud66/cx.json
chmod 644 "$token"
it 'a token that others can read is refused where its mode can be changed' \
	fails_with 78 "others can read your token; run: chmod 600 ~/.cloud66/${token##*/}" cxssh sync --yes
mount --bind "$token" "$token" && mount -o remount,bind,ro "$token" || { echo 'Bail out! no mount'; exit 1; }
it 'the mode of a mounted token cannot be changed' fails_with 1 '' chmod 600 "$token"
one_warning() { "$@" && [ "$(grep -c 'warning: .*cx.json: others can read your token' "$work/err")" = 1 ]; }
it 'sync works with a mounted token, with one warning' one_warning cxssh sync --yes
it 'ssh works with a mounted token, silently' is lion quietly ssh myapp-lion hostname
umount "$token"; chmod 600 "$token"
it 'sync does not warn when only the user can read the token' is '' sh -c 'cxssh sync --yes 2>&1 >/dev/null'
done_testing

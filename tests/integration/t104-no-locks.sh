#!/bin/sh
# SPDX-License-Identifier: MIT
# A home folder on a file system without flock(2), and one without any locks.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317 # functions are called through it()
SANDBOX_OPTIONS='--hosts "lion otter bastion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

${CC:-cc} -shared -fPIC -D_GNU_SOURCE -o "$work/no_locks.so" "$tests/preload/no_locks.c" -ldl ||
	{ echo 'Bail out! no shared object'; exit 1; }
ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0
without() { # flock|all COMMAND...
	_kind=$1; shift
	NO_LOCKS=$_kind LD_PRELOAD=$work/no_locks.so "$@"
}
no_warning() { "$@" && ! grep -q 'no locks' "$work/err"; }
one_warning() { "$@" && [ "$(grep -c 'warning: this file system has no locks' "$work/err")" = 1 ]; }

it 'sync works without flock' no_warning without flock cxssh sync --yes
it 'ssh works without flock' is lion without flock ssh myapp-lion hostname
rm -rf "$HOME/.cache/cxssh" "$HOME/.ssh/cxssh"
it 'sync works without any locks, with one warning' one_warning without all cxssh sync --yes
it 'ssh works without any locks, silently' is lion quietly without all ssh myapp-lion hostname
cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key"
it 'a server behind a bastion is reached without any locks' is otter without all ssh my-awesome-app-otter hostname
it 'the log has a warning' grep -q 'warning: this file system has no locks' "$HOME/.cache/cxssh/log"
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# The sandbox in a plain chroot, whose root folder is no mount.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
no_sandbox=1
needs_root=1
. "$(dirname "$0")/../lib.sh"

mkdir root && for entry in /*; do
	if [ -L "$entry" ]; then
		cp -P "$entry" root
	elif [ "$entry" = /tmp ]; then
		mkdir -m 1777 root/tmp
	elif [ -d "$entry" ]; then
		mkdir "root$entry" && mount --rbind "$entry" "root$entry"
	fi
done
top=$(cd "$tests/.." && pwd -P)
mkdir -p "root$top" && { [ -e "root$top/tests" ] || mount --rbind "$top" "root$top"; }
in_chroot() { chroot root env -u SANDBOX TMPDIR=/tmp "$@"; }
it 'no mount namespace can be made in the chroot as it is' fails_with 1 '' in_chroot unshare --mount true
it 'a host of the sandbox starts in a chroot' is lion \
	in_chroot "$sandbox/sandbox" --no-api --hosts lion "$sandbox/on" lion hostname
it 'a session works in a chroot' is lion in_chroot "$sandbox/sandbox" --hosts lion \
	sh -c 'cxssh sync --yes >/dev/null && ssh myapp-lion hostname'
it 'the sandbox leaves no mount in the chroot' is '' sh -c 'grep " $PWD/root/tmp/" /proc/self/mountinfo | grep -v " $PWD/root$0 " || :' "$top"
done_testing

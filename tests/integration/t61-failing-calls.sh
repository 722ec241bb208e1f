#!/bin/sh
# SPDX-License-Identifier: MIT
# A system call fails, any of them: all is right, or one line says why not; nothing is
# half there, and the next run puts all right.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion newt" --lease-delay 0'
if [ -n "${EVERY-}" ]; then test_timeout=14400; else test_timeout=600; fi
. "$(dirname "$0")/../lib.sh"
every_class='--files --own' every_words='calls about files'
. "$tests/integration/atcalls.sh"

# A draft that could not be removed is swept by the next run.
as_undisturbed() { # KIND
	find "$HOME/.ssh" "$HOME/.cache" "$HOME/.config" -type f -name '.*.cxssh-??????' -delete
	fingerprint >end.now
	same 'it says that all went well, but' "$1.end" end.now
}
one_line() {
	# Before main() the loader reports the failure, not cxssh.
	[ "$code" != 127 ] || ! grep -q 'while loading shared libraries' complaint || return 0
	[ "$code" -lt 79 ] && [ "$code" -ge 64 ] || { echo 'crashed, or hung'; return 1; }
	# --remove warns of a configuration that cannot be read, and goes on.
	! grep -qv '^cxssh: ' complaint && [ "$(grep -c . complaint)" -le 2 ] &&
		[ "$(grep -vc '^cxssh: warning: ' complaint)" = 1 ] ||
		{ echo 'not one line:'; cat complaint; return 1; }
}
# shellcheck disable=SC2086 # $next is a command
said_or_right() {
	nothing_is_hurt "$1" || return 1
	if [ "$code" = 0 ]; then
		[ "$1" = unopened ] || as_undisturbed "$1" || return 1
	else
		one_line || return 1
	fi
	ends_well "$1" $next && gives_back
}
survives() { # KIND STEP NEXT COMMAND...
	kind=$1 step=$2 next=$3; shift 3
	# shellcheck disable=SC2086 # as above
	it "'$*' is undisturbed ($kind)" stage "$kind" $next
	count_calls "$kind" "$@"
	if [ -n "${EVERY-}" ]; then
		for errors in EIO 'ENOSPC EACCES EINTR EMFILE ENOMEM EROFS EDQUOT'; do
			it "'$*' fares well with $errors at $(number) ($kind)" \
				at_every "$kind" 1 fail "$errors" said_or_right "$@"
		done
	else
		it "'$*' fares well with an error at $(number $((step * 2))) ($kind)" \
			at_every "$kind" $((step * 2)) fail 'ENOSPC EIO EACCES EINTR EROFS' said_or_right "$@"
	fi
	it "'$*' fares well when all calls fail from there on, at $(number $((step * 5))) ($kind)" \
		at_every "$kind" $((step * 5)) failing 'ENOSPC EIO EROFS' said_or_right "$@"
}
every_kind survives

# The copy of what was there before the first edit is never written over.
copy_is_kept() {
	restore nothing; cxssh sync --yes >/dev/null || return 1
	echo '# more' >>"$theirs"; cp "$theirs.cxssh-backup" copy
	"$at" --files --own fail @config.cxssh-backup EMFILE cxssh sync --inline --yes 2>complaint
	[ $? = 78 ] && grep -q 'config\.cxssh-backup: Too many open files' complaint &&
		cmp copy "$theirs.cxssh-backup"
}
printf 'Host own\n' >"$theirs"; rm -f "$theirs.cxssh-backup"; save nothing
it 'a copy that cannot be looked at is not written over' copy_is_kept
done_testing

# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # lib.sh
# atcalls.sh - sourced by the tests in which something happens to cxssh at its Nth
# system call (atcall.c), for every N.
#
# Calls that change something on a disk are enough to see every state that a disk can
# be left in.  EVERY=1 takes more and leaves no N out, and ONLY='first opened' is for
# some kinds of every_kind only.  Set before:
#
#   every_class, every_words   the options of atcall then, and what such calls are called
#
#   stage KIND COMMAND...      from ~/.ssh, ~/.cache and ~/.config as they are: runs
#                              COMMAND undisturbed, remembers how it ends, and goes back
#   at_every KIND STEP ACTION ERRNO CHECK COMMAND...
#                              at each STEPth N the ACTION of atcall; then CHECK, a
#                              command, says on stderr what does not hold
#   number [STEP]              prints at how many of how many calls, in words
#   restore KIND               the state as stage found it
#
# Checks to be made of:
#   nothing_is_hurt KIND        ~/.ssh/config and the generated file are as before or as
#                              after, to the byte and the mode; ssh takes them, and sees
#                              nothing else for a foreign host
#   ends_well KIND COMMAND...  COMMAND succeeds, and all is as undisturbed: every name,
#                              mode, owner, link and content
#   gives_back                 sync --remove succeeds and gives the user's file back
at=$CXSSH_BUILD/tests/integration/atcall
[ -x "$at" ] || skip_all "$at is not built"
"$at" count true || skip_all 'no seccomp user notification here (Linux 5.6)'
if [ -n "${EVERY-}" ]; then class=$every_class words=$every_words
else class='' words='calls that change files'; fi
generated=$HOME/.ssh/cxssh/config
theirs=$HOME/.ssh/config

stacks() { mkdir -p "$HOME/.config/cxssh" && echo "stacks = $1" >"$HOME/.config/cxssh/config"; }
# The files of the user: a configuration, and others with names like temporary files
# of cxssh, which no sweep may remove.
printf 'Host own\n  User me\n' >"$theirs"; chmod 640 "$theirs"
mkdir -m 700 "$HOME/.ssh/cxssh" "$HOME/.cache"
for name in .config.backup .config.swp .config.cxssh-notes config.cxssh-backups cxssh/.mine; do
	echo "a file of the user's" >"$HOME/.ssh/$name"
done
mkdir "$HOME/.ssh/.config.cxssh-folder"
ln -s ../nowhere "$HOME/.ssh/.config.cxssh-a_link"
stacks solo
cp "$theirs" original
ssh -T -G elsewhere.example.com >foreign

save() { rm -rf "$1.kind"; mkdir "$1.kind" && cp -a "$HOME/.ssh" "$HOME/.cache" "$HOME/.config" "$1.kind"; }
restore() {
	rm -rf "$HOME/.ssh" "$HOME/.cache" "$HOME/.config"
	cp -a "$1.kind/.ssh" "$1.kind/.cache" "$1.kind/.config" "$HOME"
}
# All but locks, the log, what failed just now, and the times of leases.
fingerprint() {
	cd "$HOME" || return
	find .ssh .cache .config ! -path '.cache/cxssh/l*' ! -path '.cache/cxssh/failed*' \
		! -name '*.lock' -printf '%p %y %m %u %l\n' | sort
	find .ssh .cache .config -type f ! -path '.cache/cxssh/l*' ! -path '.cache/cxssh/failed*' \
		! -name '*.lock' ! -name '*cx_*' -size +0 | sort |
		xargs awk 'FNR == 1 { print FILENAME } !/^lease-(made|until)=/'
	find .ssh -type f -name '*cx_*' -exec cksum {} +
	cd "$work" || return
}
stage() { # KIND COMMAND...
	kind=$1; shift
	save "$kind" && fingerprint >"$kind.begin" && "$@" >said || return 1
	cp "$theirs" "$kind.theirs" 2>/dev/null || rm -f "$kind.theirs"
	cp "$generated" "$kind.generated" 2>/dev/null || rm -f "$kind.generated"
	fingerprint >"$kind.end"
	restore "$kind"
	! cmp -s "$kind.begin" "$kind.end"
}
# shellcheck disable=SC2086 # $class is options, or none
count_calls() { # KIND COMMAND... leaves their number in $most
	restore "$1"; shift
	"$at" $class -o list count "$@" >/dev/null 2>&1
	most=$(wc -l <list)
}
number() { # [STEP]; after count_calls
	if [ -n "${EVERY-}" ] || [ "${1-1}" = 1 ]; then echo "each of its $most $words"
	elif [ "$1" -lt "$most" ]; then echo "one in $1 of its $most $words"
	else echo "one of its $most $words"; fi
}
# shellcheck disable=SC2086 # as above
at_every() { # KIND STEP ACTION ERRNO... CHECK COMMAND...
	kind=$1 step=$2 action=$3 errors=$4 check=$5; shift 5
	[ -z "${EVERY-}" ] || step=1
	[ "$step" -le "$most" ] || step=$most
	[ "$most" -gt 0 ] || { echo 'no call to happen at' >&2; return 1; }
	n=0 wrong=0
	while [ $((n + step)) -le "$most" ]; do
		n=$((n + step))
		errno=${errors%% *}
		[ -z "$errno" ] || errors="${errors#* } $errno" # they take turns
		restore "$kind"
		timeout -k 1 30 "$at" $class -o list "$action" "$n" $errno "$@" >said 2>complaint </dev/null
		code=$?
		"$check" "$kind" >why 2>&1 && continue
		{ echo "$action $errno at call $n ($(sed -n "${n}s/[^ ]* [^ ]* //p" list)): exit status $code"
		sed 's/^/  /' complaint why; } >&2
		wrong=$((wrong + 1))
		[ "$wrong" -lt 10 ] || return 1
	done
	[ "$wrong" = 0 ]
}

same() { # WHAT FILE FILE
	cmp -s "$2" "$3" && return
	echo "$1:"; diff "$2" "$3"; return 1
}
one_of() { # FILE AS_BEFORE AS_AFTER; a state may also be that there is none
	for _as in "$2" "$3"; do
		if [ -e "$1" ] && [ -e "$_as" ]; then ! cmp -s "$1" "$_as" || return 0; fi
		[ -e "$1" ] || [ -e "$_as" ] || return 0
	done
	echo "$1 is neither as before nor as after:"; cat "$1"; return 1
}
foreign_is_as_ever() {
	ssh -T -G elsewhere.example.com >foreign.now || { echo 'ssh refuses the configuration'; return 1; }
	same 'settings of a foreign host' foreign foreign.now
}
nothing_is_hurt() { # KIND
	one_of "$theirs" "$1.kind/.ssh/config" "$1.theirs" &&
		one_of "$generated" "$1.kind/.ssh/cxssh/config" "$1.generated" && foreign_is_as_ever || return 1
	[ ! -e original ] || [ "$(stat -c '%a %U' "$theirs")" = "640 $(id -un)" ] || {
		echo 'another mode or owner'; stat "$theirs"; return 1; }
}
ends_well() { # KIND COMMAND...
	end=$1.end; shift
	"$@" >again 2>&1 || { echo "the next one failed: $(cat again)"; return 1; }
	fingerprint >end.now
	same 'not as when nothing happens' "$end" end.now
}
gives_back() {
	cxssh sync --remove >again 2>&1 || { echo "--remove failed: $(cat again)"; return 1; }
	[ ! -e "$generated" ] || { echo "$generated is still there"; return 1; }
	if [ -e original ]; then same 'not given back' original "$theirs"
	else [ ! -e "$theirs" ] || { echo 'a file is left where there was none'; return 1; }; fi
}

kind() { # KIND...: all, or those in ONLY
	case " ${ONLY-$1} " in *" $1 "*) "$each" "$@" ;; esac
}
# The kinds, and what each is about; $lion is to be opened.
lion=9ae1611c97a92c90fac60c884e1d8240
open_lion() { cxssh open "$lion" && ssh -T -o BatchMode=yes myapp-lion true && cxssh sync; }
key_and_sync() { cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key" && cxssh sync; }
forget_and_sync() { cxssh hostkey forget myapp-lion; cxssh sync; } # once is enough
every_kind() { # FUNCTION, called as: FUNCTION KIND STEP NEXT COMMAND...
	each=$1
	save nothing
	kind first 1 'cxssh sync --yes' cxssh sync --yes

	restore nothing; stacks myapp; cxssh sync --yes >/dev/null; stacks solo
	kind changed 1 'cxssh sync --yes' cxssh sync --yes

	restore nothing; cxssh sync --yes >/dev/null
	kind synced 1 'cxssh sync --remove' cxssh sync --remove

	restore nothing; cxssh sync >/dev/null
	kind bare 1 'cxssh sync --inline --yes' cxssh sync --inline --yes

	restore nothing; cxssh sync --inline --yes >/dev/null
	kind inline 1 'cxssh sync --remove' cxssh sync --remove

	restore nothing; stacks myapp; cxssh sync --yes >/dev/null
	kind unopened 1 open_lion cxssh open "$lion"

	restore nothing; stacks myapp; cxssh sync --yes >/dev/null; open_lion >/dev/null
	kind opened 1 forget_and_sync cxssh hostkey forget myapp-lion

	restore nothing; stacks 'My Awesome App'; cxssh sync --yes >/dev/null
	kind gateway 1 key_and_sync cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key"

	# Where there was no file, there is none again.
	rm original; restore nothing; rm "$theirs"; save nothing
	kind none 4 'cxssh sync --yes' cxssh sync --yes

	restore nothing; cxssh sync --yes >/dev/null
	kind made 1 'cxssh sync --remove' cxssh sync --remove

	restore nothing; cxssh sync --inline --yes >/dev/null
	kind madeinline 1 'cxssh sync --remove' cxssh sync --remove
}

#!/bin/sh
# SPDX-License-Identifier: MIT
# The man pages have every command, option, key, variable, file and exit status that the
# program has, and no other; and mandoc finds nothing in them.
# shellcheck disable=SC1091,SC2317 # tap.sh; functions are called through it()
set -u
LC_ALL=C; export LC_ALL
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/tap.sh"
: "${CXSSH_BUILD:=$root/build/plain}"
man=$root/src/man
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ---- what the pages have ----

# The lines of "cxssh help --list" without its sentences, out of cxssh(1).
page_commands() {
	awk '
	/^\.Sh / { inside = $2 == "COMMANDS" || $2 == "OPTIONS"; command = "*" }
	inside && /^\.It Ic / {
		command = $3
		for (i = 4; $i ~ /^[a-z]/; i++) command = command " " $i
		print "command\t" command
	}
	inside && /^\.It Fl / {
		letter = "-"; name = value = ""
		for (i = 2; i <= NF; i++) {
			if ($i == "Fl" && $(i + 1) ~ /^-/) name = "-" $(i + 1)
			else if ($i == "Fl") letter = "-" $(i + 1)
			else if ($i == "Ar") value = $(i + 1)
		}
		print "option\t" command "\t" letter "\t" name "\t" value
	}' "$1" | sort
}
page_keys() { sed -n 's/^\.It Cm \([a-z-]*\)/\1/p' "$1" | sed 's/ Ar NAME/ NAME/' | sort; }
page_variables() { sed -n 's/^\.It Ev //p' "$1" | sed 's/ No .*//' | tr -s ' ,' '\n' | sort -u; }
page_statuses() { sed -n 's/^\.It \([0-9][0-9]*\)$/\1/p' "$1" | sort -n; }
page_files() {
	sed -n '/^\.Sh FILES/,/^\.Sh EXIT/s/^\.It Pa //p' "$1" | tr -s ' ,' '\n' | sed 's/STACK.*/*/' | sort
}

# ---- what the program has ----

commands() {
	"$CXSSH_BUILD/bin/cxssh" help --list |
		awk -F'\t' '$1 == "command" { print $1 "\t" $2 } $1 == "option" { print }' | sort
}
keys() {
	awk -F'[",]' '/ settings\[\] = \{/ { inside = 1 } /^};/ { inside = 0 }
		inside && /^\t\{ "/ { print $2 ($4 ~ /GATEWAY_/ ? " NAME" : "") }' \
		"$root/src/runtime/config.c" | sort
}
# ASAN_OPTIONS is for builds with sanitizers; a key of the configuration stands for all.
variables() {
	{
		grep -rhoE 'getenv\("[A-Z]+"|"[A-Z][A-Z0-9]*_[A-Z_]*[A-Z]"' "$root/src" --include='*.c' |
			sed 's/.*("//; s/"//g' | grep -vx 'ASAN_OPTIONS'
		printf '%s\n' CXSSH_PROFILE CXSSH_LEASE_MINUTES
	} | sort -u
}
statuses() {
	{
		echo 1 # cxssh sync --check
		for name in $(sed -n '/ statuses\[\] = {/,/};/p' "$root/src/base/error.c" | grep -o 'EX_[A-Z]*'); do
			sed -n "s/^#define[[:space:]]*${name}[[:space:]]*\([0-9]*\).*/\1/p" /usr/include/sysexits.h
		done
	} | sort -nu
}
# Each literal name of a file, up to where it differs from file to file; locks and the
# folders themselves are left out.
files() {
	grep -rhoE 'paths_(cache|ssh|config|run|in_home)\("[^"]+"' "$root/src" --include='*.c' |
		sed -e 's,^paths_cache(",~/.cache/cxssh/,' -e 's,^paths_ssh(",~/.ssh/,' \
			-e 's,^paths_config(",~/.config/cxssh/,' -e 's,^paths_run(",$XDG_RUNTIME_DIR/cxssh/,' \
			-e 's,^paths_in_home(",~/,' -e 's,"$,,' -e '/\.lock$/d' |
		sed -e 's,/%.*,/,' -e 's,%.*,*,' -e '/cxssh\/\.*$/d' -e '/\.ssh\/*\.*$/d' -e '/ssh\/cxssh$/d' \
			-e '/^~\/$/d' | sort -u
}

# ---- compared ----

same() { # WHAT PAGE: "page_WHAT PAGE" prints what "WHAT" prints
	"$1" >"$work/program"
	"page_$1" "$man/$2" >"$work/page"
	[ "$(wc -l <"$work/program")" -ge 5 ] || { echo "the program has too few $1"; return 1; }
	diff "$work/program" "$work/page" && return
	echo "< only the program has it; > only the page has it"
	return 1
}
# A file is named itself, or by its folder.
files_are_named() {
	page_files "$man/cxssh.1" >"$work/page"
	[ "$(files | wc -l)" -ge 10 ] || { echo 'the program has too few files'; return 1; }
	files | while read -r file; do
		folder=$file
		while [ "$folder" != '~' ] && [ "$folder" != "${folder%/*}" ]; do
			grep -qxF -e "$folder" -e "$folder/" "$work/page" && continue 2
			folder=${folder%/*}
		done
		echo "$file"
	done >"$work/missing"
	[ ! -s "$work/missing" ] || { echo 'not in FILES:'; cat "$work/missing"; return 1; }
}
# What is not installed here, or not yet, cannot be found.
lints() {
	command -v mandoc >/dev/null || { echo 'no mandoc'; return 1; }
	found=$(for page in "$man"/*.[15]; do mandoc -Tlint "$page" 2>/dev/null; done |
		grep -v 'referenced manual not found')
	[ -z "$found" ] || { echo "$found"; return 1; }
}
finds_planted() {
	cat >"$work/planted.1" <<-'END'
		.Sh COMMANDS
		.It Ic key refresh Ar HOST
		.It Fl s , Fl -stack Ar NAME
		.It Fl -json
		.Sh FILES
		.It Fl -no
	END
	[ "$(page_commands "$work/planted.1" | tr '\t' ' ' | sed 's/ $//')" = 'command key refresh
option key refresh - --json
option key refresh -s --stack NAME' ]
}

it 'cxssh(1) has each command and option that cxssh has, and no other' same commands cxssh.1
it 'cxssh.conf(5) has each key of the configuration, and no other' same keys cxssh.conf.5
it 'cxssh(1) has each variable of the environment that is read, and no other' same variables cxssh.1
it 'cxssh(1) has each exit status, and no other' same statuses cxssh.1
it 'cxssh(1) names each file that cxssh makes or reads' files_are_named
if command -v mandoc >/dev/null || [ -n "${NO_SKIP-}" ]; then
	it 'mandoc finds nothing in the man pages' lints
else
	n=$((n + 1)); echo "ok $n - mandoc finds nothing in the man pages # SKIP no mandoc"
fi
it 'an option of a page is read with its command, letter and value' finds_planted
done_testing

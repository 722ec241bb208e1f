#!/bin/sh
# SPDX-License-Identifier: MIT
# Whatever a comment cites can be followed: "openssh.md A.3" is the section "A.3" of
# src/doc/openssh.md, a link in a page leads to a file, and src/README.md is a true map.
# shellcheck disable=SC1091,SC2317 # tap.sh; functions are called through it()
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/tap.sh"

# citations FILE... - each citation, a line: PAGE SECTION, or PAGE alone.  One that goes on
# in the comment's next line is found, too, and of "3.3 to 3.5" both ends.
citations() {
	section='([A-Z]\.[0-9]+|[A-Z][0-9]*|[0-9]+(\.[0-9]+)*)'
	cat "$@" | sed 's,^[[:space:]]*\(\*\|//\|#\),,' | tr -s ' \t\n' ' ' |
		grep -oE "[A-Za-z0-9_-]+\.md(,? ((and|to) )?$section\b)*" |
		sed -e 's/,/ /g' -e 's/ and / /g' -e 's/ to / /g' |
		awk '{ if (NF == 1) print; for (i = 2; i <= NF; i++) print $1, $i }' | sort -u
}
# unfound PAGES FILE... - what FILEs cite and the folder PAGES does not have
unfound() {
	pages=$1; shift
	citations "$@" | while read -r page section; do
		case $page in README.md | CHANGELOG.md) continue ;; esac
		if [ ! -f "$pages/$page" ]; then echo "no page $page"
		elif [ -n "$section" ] && ! grep -qE "^##+ ${section%.}\.? " "$pages/$page"; then
			echo "no section $section in $page"
		fi
	done
}
# dead_links FILE.md... - relative links that lead to no file
dead_links() {
	for file; do
		grep -oE '\]\([^)#]+' "$file" | sed 's/^..//' | grep -v '^[a-z]*:' |
			while read -r link; do
				[ -e "$(dirname "$file")/$link" ] || echo "$file: no $link"
			done
	done
}

sources_cite_pages() {
	cd "$root" || return
	# shellcheck disable=SC2046 # no name here has a space
	says_nothing unfound src/doc $(find src tests ssh_config.d -type f \
		\( -name '*.[ch]' -o -name '*.sh' -o -name '*.conf' -o -path 'tests/sandbox/*' \) \
		! -name citations.sh)
}
links_lead_somewhere() {
	cd "$root" || return
	# shellcheck disable=SC2046
	says_nothing dead_links $(find . -name '*.md' ! -path './build/*' ! -path './.git/*')
}
# off_the_map FOLDER - where FOLDER/README.md, the map of FOLDER, is not as FOLDER is: a module
# that does not exist, a folder without its row, or with another layer than in LAYERS
off_the_map() {
	grep -oE '`[a-z0-9]+/[a-z0-9]+`' "$1/README.md" | tr -d '`' | sort -u |
		while read -r module; do
			[ -e "$1/$module.c" ] || [ -e "$1/$module.h" ] || echo "no module $module"
		done
	sed -n 's/^layer  *\([a-z0-9]*\)  *\([0-9]*\)$/\1 \2/p' "$1/LAYERS" |
		while read -r folder layer; do
			grep -q "^| $layer | \`$folder\` |" "$1/README.md" ||
				echo "no row for layer $layer, folder $folder"
		done
}
map_is_true() { says_nothing off_the_map "$root/src"; }
# The check is checked.
finds_planted() {
	folder=$(mktemp -d)
	mkdir "$folder/doc"
	printf '%s\n' '# T' '## A. x' '### A.1 y' '## 2. z' '### C6. w' >"$folder/doc/a.md"
	printf '%s\n' '/* (a.md A.1, 2) and a.md C6; see' ' * b.md */' ' * a.md A.1 to' \
		' * A.9 and a.md, C7' ' */' >"$folder/x.c"
	found=$(unfound "$folder/doc" "$folder/x.c")
	printf '%s\n' '[x](doc/a.md) [y](doc/c.md#z) [z](https://d/e)' >"$folder/r.md"
	links=$(dead_links "$folder/r.md")
	printf '%s\n' 'layer a 0' 'layer b 1' >"$folder/LAYERS"
	printf '%s\n' '| 0 | `a` | x | |' 'first `a/b`, then `a/c`' >"$folder/README.md"
	mkdir "$folder/a"; : >"$folder/a/b.c"
	map=$(off_the_map "$folder")
	rm -rf "$folder"
	printf '%s\n' "$found" "$links" "$map"
	[ "$found" = 'no section A.9 in a.md
no section C7 in a.md
no page b.md' ] && [ "$links" = "$folder/r.md: no doc/c.md" ] && [ "$map" = 'no module a/c
no row for layer 1, folder b' ]
}

it 'each citation in a comment names a page of src/doc and a section of it' sources_cite_pages
it 'each link in a page leads to a file' links_lead_somewhere
it 'each module and folder on the map of src exists, and no folder is missing' map_is_true
it 'a citation, a link or a row of the map that leads nowhere is found' finds_planted
done_testing

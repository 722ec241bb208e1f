#!/bin/sh
# SPDX-License-Identifier: MIT
# Functions that are too easy to use wrongly have no place in src/, and files that a test
# or a slip has left there none at the top level; each file names its licence.
# shellcheck disable=SC1091,SC2317 # tap.sh; functions are called through it()
set -u
tests=$(cd "$(dirname "$0")" && pwd)
. "$tests/tap.sh"
words='strcpy strcat strncpy strncat sprintf vsprintf gets strtok strtok_r
atoi atol atof mktemp tmpnam system popen gmtime localtime ctime alloca'
pattern=$(echo "$words" | tr -s ' \n' '||' | sed 's/|$//')

# calls FOLDER... - each call of a banned function, outside of comments
calls() {
	find "$@" -name '*.[ch]' -exec grep -HnE "(^|[^[:alnum:]_])($pattern)[[:space:]]*\(" {} + |
		grep -vE '^[^:]*:[0-9]*:[[:space:]]*(/?\*|//)'
}
# The check is checked: a planted call is found, what only looks like one is not.
finds_planted() {
	folder=$(mktemp -d)
	printf '%s\n' 'n = snprintf(a, 2, "x");' ' * never system() here' >"$folder/good.c"
	printf '%s\n' 'n = sprintf (a, "x");' >"$folder/bad.c"
	found=$(calls "$folder")
	rm -rf "$folder"
	[ "$found" = "$folder/bad.c:1:n = sprintf (a, \"x\");" ]
}

# stray - what is committed at the top level, and not one of its names
stray() {
	git -C "$tests/.." ls-tree --name-only HEAD 2>/dev/null |
		grep -vxE '\.[a-z-]+|LICENSE|Makefile|README\.md|install\.sh|src|ssh_config\.d|tests'
}

# unlicensed - what is committed and does not name its licence; forms and Debian's own files
# have their syntax, and a corpus is bytes
unlicensed() {
	git -C "$tests/.." grep -L 'SPDX-License-Identifier: MIT' -- . ':!LICENSE' ':!tests/fuzz/corpus' \
		':!.github/ISSUE_TEMPLATE' ':!.github/PULL*' ':!src/packaging/debian' 2>/dev/null
}

it 'src calls no banned function' says_nothing calls "$tests/../src"
it 'a planted call of a banned function is found' finds_planted
it 'the top level has its own files only' says_nothing stray
it 'each file names its licence' says_nothing unlicensed
done_testing

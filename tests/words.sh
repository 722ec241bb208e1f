#!/bin/sh
# SPDX-License-Identifier: MIT
# The words of src and of the tests: no name that no man page knows, no "he" for a program,
# no two modules of one name, and no sentence of a test that needs the one before it.
# shellcheck disable=SC1091,SC2317 # tap.sh; functions are called through it()
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/tap.sh"

# A word alone; and these as a part of a name, too.
words='knock|knocks|knocked|knocking|lane|lanes|roster|rosters|asker|askers|talks'
words="$words|switchboard|seat|seats|survey|heir|heirs|spokesman|somebody|whoever|he|him"
words="$words|whom|his|door|doors|rooms|house"
parts='wish|whose_'

# forbidden FOLDER... - each line with such a word; corpora are bytes, and words.sh has the list
forbidden() {
	grep -rniwE --exclude-dir=corpus --exclude=words.sh "$words" "$@"
	grep -rniE --exclude-dir=corpus --exclude=words.sh "$parts" "$@"
}
# first_person FOLDER... - each line of a module with a "we", whose subject is no program
first_person() { grep -rnwE 'we|us|our|ours' --include='*.[ch]' "$@" | grep -v us-ascii; }
# namesakes FOLDER - each name that two modules have
namesakes() { find "$1" -name '*.[ch]' | sed 's,.*/,,' | sort | uniq -d; }
# fragments FILE... - sentences that begin in the middle of another
middle='\.\.\.|and |nor |which |whose |it |its |also |then '
fragments() { grep -nE "(^|[[:space:]])it [\"']($middle)" "$@"; }
# subjectless FILE... - sentences that begin with what is done, not with what does it
verbs='can|still|never|is|was|has|does|works|says|takes|refuses|leaves|keeps|writes|shows|knows|makes|ends|gives|asks'
verbs="$verbs|connects|lists|serves|opens|finds|adds|lets|fetches|tells|needs|prints|waits|starts|fails"
subjectless() { grep -nE "(^|[[:space:]])it [\"']($verbs) " "$@"; }
# The last argument of ok() and is_str().
unit_fragments() { grep -nE "^[^/]*\"($middle)[^\"]*\"(, [^\"]*)?\);\$" "$@"; }

# The check is checked: a planted fault is found, what only looks like one is not.
finds_planted() {
	folder=$(mktemp -d)
	mkdir "$folder/a" "$folder/b"
	printf '/* %s */\n' 'he waits' >"$folder/a/one.c"
	printf 'int dial_wish;\n' >"$folder/b/one.c"
	printf 'the planes of a heiress\n/* our file */\n' >"$folder/b/two.c"
	printf "it '... and %s' true\nit 'works %s' true\nit 'a host works' true\n" here there >"$folder/t.sh"
	printf '\tok(1, "and so it %s");\n\tok(1, "an item");\n' is >"$folder/t.c"
	found=$(forbidden "$folder/a" "$folder/b" | wc -l; first_person "$folder" | wc -l; namesakes "$folder"
		fragments "$folder/t.sh" | wc -l; subjectless "$folder/t.sh" | wc -l; unit_fragments "$folder/t.c" | wc -l)
	rm -rf "$folder"
	[ "$(echo $found)" = '2 1 one.c 1 1 1' ] || { echo "$found"; return 1; }
}
it 'src has no forbidden word' says_nothing forbidden "$root/src"
it 'tests, Makefile and .ci have no forbidden word' \
	says_nothing forbidden "$root/tests" "$root/Makefile" "$root/.ci"
it 'README, install.sh, templates and .github have no forbidden word' says_nothing forbidden \
	--exclude='CONTRIBUTING.*' "$root/README.md" "$root/install.sh" "$root/ssh_config.d" "$root/.github"
it 'no sentence of src says "we" or "our"' says_nothing first_person "$root/src"
it 'no two modules of src have one name' says_nothing namesakes "$root/src"
it 'each sentence of an integration test stands alone' \
	says_nothing fragments "$root"/tests/integration/*.sh
it 'each sentence of an integration test has a subject' \
	says_nothing subjectless "$root"/tests/integration/*.sh
it 'each sentence of a unit test stands alone' says_nothing unit_fragments "$root"/tests/unit/*.c
it 'the check finds planted words, names and sentences' finds_planted
done_testing

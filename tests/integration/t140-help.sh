#!/bin/sh
# SPDX-License-Identifier: MIT
# Every command explains itself, and a usage error is one line that names its cause.
# shellcheck disable=SC2016,SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2086 # the name of a command, of one or two words
no_sandbox=1
. "$(dirname "$0")/../lib.sh"

cxssh help --list >list
commands=$(awk -F'\t' '$1 == "command" { gsub(" ", "_", $2); print $2 }' list)

# Exit status 0, nothing on stderr, a usage line, the options and two examples.
explains() { # COMMAND WORDS...
	command=$1; shift
	quietly "$@" >text || return
	grep -q "^usage: cxssh $command" text || { echo 'no usage line' >&2; return 1; }
	awk -F'\t' -v c="$command" '$1 == "option" && ($2 == c || $2 == "*") { print $4 }' list >names
	while read -r name; do
		grep -q -e " $name\( \|$\)" text || { echo "no $name" >&2; return 1; }
	done <names
	[ "$(sed -n '/^Examples:/,$p' text | grep -c '^  cxssh ')" = 2 ] || { echo 'not two examples' >&2; return 1; }
	! grep -n '.\{80\}\| $' text >&2
}
same() { quietly "$@" >other && cmp text other; }
it 'the list has all commands' [ "$(echo "$commands" | wc -l)" -ge 20 ]
for name in $commands; do
	command=$(echo "$name" | tr _ ' ')
	it "cxssh $command --help explains the command" explains "$command" cxssh $command --help
	it "cxssh $command -h does, too" same cxssh $command -h
	it "cxssh help $command does, too" same cxssh help $command
done
it 'help of all commands names each of them' sh -c 'cxssh -h >all; cxssh --help | cmp - all && cxssh help | cmp - all'
for name in $(echo "$commands" | grep -v _); do
	it "cxssh --help lists $name" grep -q "^  $name " all
done
it 'help works with a broken configuration' sh -c \
	'mkdir -p ~/.config/cxssh; echo x >~/.config/cxssh/config; cxssh sync --help; code=$?; rm ~/.config/cxssh/config; exit $code'
it 'the version names the libraries' prints '^json-c/[0-9]' cxssh --version
it 'the version begins with the program' prints '^cxssh [0-9]' cxssh --version
it 'the version says what brokers are confined by' prints '^confinement of brokers: ' cxssh --version

one_line() { # STATUS PATTERN COMMAND...
	fails_with "$@" || return
	[ "$(grep -c '' "$work/err")" = 1 ] || { echo 'not one line' >&2; return 1; }
}
it 'a command is missing' fails_with 64 '^usage: cxssh COMMAND' cxssh
it 'an unknown option is named' one_line 64 '^cxssh: sync: no option --frob; run: cxssh sync --help$' cxssh sync --frob
it 'an unknown option before the command is named' one_line 64 '^cxssh: no option --frob; run: cxssh help$' cxssh --frob sync
it 'an option without its value is named' one_line 64 '^cxssh: sync: --stack needs a value' cxssh sync --stack
it 'a short option without its value is named' one_line 64 '^cxssh: lease: --port needs a value' cxssh lease -p
it 'an option with a value that it does not take is named' one_line 64 '^cxssh: sync: --yes takes no value' cxssh sync --yes=no
it 'a missing operand is named' one_line 64 '^cxssh: show: HOST is missing' cxssh show
it 'an operand too many is named' one_line 64 '^cxssh: show: one word too many: b' cxssh show a b
it 'a word behind -- is an operand' one_line 64 'show: one word too many: --help' cxssh show -- a --help
it 'an unknown subcommand is named' one_line 64 '^cxssh: key: no subcommand frob' cxssh key frob
it 'bytes for a terminal are not repeated' one_line 64 'no option --?\[31m' cxssh sync "$(printf -- '--\033[31m')"
it 'a near command is suggested' one_line 64 '^cxssh: no command lsit; run: cxssh list$' cxssh lsit
it 'no command is suggested where none is near' one_line 64 '^cxssh: no command doughnut; run: cxssh help$' cxssh doughnut
for words in 'servers:cxssh list' 'stacks:cxssh list' 'gateways:cxssh gateway list' 'version:cxssh --version' \
	'ssh-config:cxssh key upload' 'containers:cxssh run --help' 'redeploy:cx redeploy'; do
	it "the toolbelt's ${words%%:*} answers with what replaces it" \
		one_line 64 "^cxssh: no command ${words%%:*}; run: ${words#*:}" cxssh "${words%%:*}"
done

done_testing

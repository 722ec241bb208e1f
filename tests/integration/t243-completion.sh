#!/bin/sh
# SPDX-License-Identifier: MIT
# Completion in the real shells, with the names of the last sync.
# shellcheck disable=SC1091,SC2154,SC2034,SC2016,SC2317 # lib.sh
SANDBOX_OPTIONS='--hosts lion'
. "$(dirname "$0")/../lib.sh"
mkdir -p "$HOME/.cloud66"

# What cxssh says, for all shells.
words() { cxssh complete -- "$@" | cut -f 1 | tr '\n' ' '; }
it 'before a sync there are no hosts' is '' words show myapp-
cxssh sync --yes >/dev/null
: >"$SANDBOX/api/requests.log"
it 'commands are completed' is 'show ssh ' sh -c 'cxssh complete -- s | cut -f 1 | grep -x "s[hs][a-z]*" | sort | tr "\n" " "'
it 'internal commands are not offered' sh -c '! cxssh complete -- "" | grep -q "^open\|^complete	"'
it 'a command is explained' sh -c 'cxssh complete -- sho | grep -q "^show	everything about one host$"'
it 'hosts are completed' is 'myapp-heron ' words show myapp-h
it 'hosts are completed in any case' is 'myapp-heron ' words show MYAPP-H
it 'roles are hosts, too' is 'myapp-web ' words ssh myapp-we
it 'with a stack, its own names are completed' is 'lion ' words ssh -s myapp l
it 'with a stack and an environment, the names of that stack are completed' is 'wolf ' words ssh -s shop -e staging wo
it 'the environment may stand before the stack' is 'wolf ' words ssh --environment staging --stack shop wo
it 'the stack may stand behind =' is 'wolf ' words ssh --stack=shop -e=staging wo
it 'the stack may be given by its uid' is 'wolf ' words ssh -s 14aed771fa6f605a300ba3e5564ba1f4 wo
it 'hosts stand in the order of names' is 'myapp-app myapp-db myapp-heron myapp-lion myapp-shark myapp-tiger myapp-web myapp-worker ' words show myapp-
it 'with a stack, its roles are completed' is 'web ' words run -s myapp --role we
it 'stacks are completed' is 'My Awesome App ' words list --stack my\ a
it 'environments are completed' is 'staging ' words ssh -e st
it 'options are completed' is '--role ' words list --ro
it 'a value of an option behind = is completed' is 'healthy ' words list --health = hea
it 'subcommands are completed' is 'list login ' words gateway l
it 'services are completed' is 'postgresql ' words tunnel myapp-lion po
it 'bastions are completed' is '203.0.113.30 ' words gateway key 203
it 'files are left to the shell' is ':files ' words upload myapp-lion x
it '--profile before the command does not matter' is 'myapp-heron ' words --profile default show myapp-h
it 'the names of commands are completed for help' is 'whoami why ' words help wh
it 'nothing is offered for a command that is not there' is '' words nosuch my
it 'completion asks no API' is 0 api_calls ''
it 'another shell is an error' fails_with 64 'SHELL is bash, zsh or fish' cxssh completion csh

# bash, fish: what they find; bash and zsh on a terminal.
bash_finds() { # WORDS...: the last one is completed
	bash --norc -c 'eval "$(cxssh completion bash)"; COMP_WORDS=(cxssh "$@"); COMP_CWORD=$#
		_cxssh; printf "%s " "${COMPREPLY[@]}"' bash "$@"
}
it 'bash finds a host' is 'myapp-heron ' bash_finds show myapp-h
it 'bash quotes a name with blanks' is 'My\ Awesome\ App ' bash_finds list -s 'My\ A'
it 'bash completes a name with blanks behind a quote' is 'My Awesome App ' bash_finds list -s '"My A'
it 'bash knows a name between quotes on the line' is 'Otter ' bash_finds ssh -s "'My Awesome App'" O
it 'bash knows a quoted name on the line' is 'Otter ' bash_finds ssh -s 'My\ Awesome\ App' O
fish_finds() { fish --no-config -c 'cxssh completion fish | source; complete -C $argv[1]' "$1" | cut -f 1 | tr '\n' ' '; }
it 'fish finds a host' is 'myapp-heron ' fish_finds 'cxssh show myapp-h'
it 'fish finds an option' is '--health ' fish_finds 'cxssh list --hea'
it 'fish finds the servers of a stack with blanks' is 'Otter ' fish_finds "cxssh ssh -s 'My Awesome App' O"
it 'fish finds files' sh -c ": >afile; fish --no-config -c 'cxssh completion fish | source; complete -C \"cxssh upload myapp-lion af\"' | grep -q ^afile"
# type SHELL-COMMAND SETUP LINE: what a user types, with ^I for Tab, on a terminal
type_to() {
	rm -f typed shown; mkfifo typed; exec 3<>typed
	script -qefc "$1" typescript <typed >/dev/null 2>&1 & pid=$!
	printf '%s\n' "$2; echo read''y" >&3
	wait_for grep -aq ready typescript || { cat typescript >&2; return 1; }
	printf '%b' "$3" >&3
	wait_for test -s shown; code=$?
	printf 'exit\n' >&3
	[ "$code" = 0 ] || kill "$pid" # it may wait for a quote
	wait "$pid"; exec 3>&-
	cat shown typescript >&2
	return "$code"
}
completes() { # SHELL-COMMAND SETUP
	type_to "$1" "$2" 'cxssh show myapp-hero\t >shown\n' && grep -q '^host  *myapp-heron$' shown
}
it 'bash completes what is typed' completes 'bash --norc -i' 'eval "$(cxssh completion bash)"'
quoted() { type_to 'bash --norc -i' 'eval "$(cxssh completion bash)"' 'cxssh list -s "My Aw\t >shown\n' && grep -q '^My Awesome App ' shown; }
it 'bash completes a name with blanks that begins with a quote' quoted
it 'zsh completes what is typed' completes 'zsh -f -i' \
	'autoload -U compinit; compinit -u -D; eval "$(cxssh completion zsh)"'
installed() { # zsh, with the file in its path
	mkdir -p functions && cxssh completion zsh >functions/_cxssh
	completes 'zsh -f -i' "fpath=($work/functions \$fpath); autoload -U compinit; compinit -u -D"
}
it 'zsh completes with the installed file' installed
option() {
	type_to 'zsh -f -i' "fpath=($work/functions \$fpath); autoload -U compinit; compinit -u -D" \
		'cxssh list --heal\thealthy solo >shown\n' && grep -q 'solo-newt' shown
}
it 'zsh completes the name of an option' option
done_testing

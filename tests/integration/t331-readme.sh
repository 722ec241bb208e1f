#!/bin/sh
# SPDX-License-Identifier: MIT
# Every command that README.md and the page for users of the toolbelt print, run as it is
# printed; what follows a line with "$ " is what that command prints.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317,SC2016 # functions are called through it(); expanded there
SANDBOX_OPTIONS='--hosts "lion heron bastion otter" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

top=$(cd "$tests/.." && pwd)
readme=$top/README.md
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES WERROR DESTDIR
PREFIX=$work/prefix; export PREFIX
case $CXSSH_BUILD in */sanitize) SANITIZE=1; export SANITIZE ;; *) unset SANITIZE ;; esac
make -n -C "$top" all | grep -q -e ' -o build/' -e '^cp ' &&
	skip_all 'the build is older than its source; run: make'

# What the commands expect to be there.
cp "$SANDBOX/bastion_key" "$HOME/.ssh/bastion"
mkdir there && cd there || exit 1
echo 'select 1;' >dump.sql

# indented FILE - the lines of its code blocks, without their indentation; a block ends with "--"
indented() {
	awk '/^    / { for (; blank > 0; blank--) print ""; inside = 1; print substr($0, 5); next }
		inside && /^$/ { blank++; next }
		inside { inside = blank = 0; print "--" }
		END { if (inside) print "--" }' "$1"
}
# transcripts FILE - each command with "$ " becomes N.command and what follows N.output
transcripts() {
	indented "$1" | awk '
		/^\$ / { n++; open = 1; sub(/^\$ /, ""); print >(n ".command"); printf "" >(n ".output"); next }
		$0 == "--" { open = 0; next }
		open { print >(n ".output") }
		END { print n + 0 }'
}
as_printed() { # FILE: run it; a path of the home folder is ~, what ran at once comes in any order
	sh "$1" >said 2>&1 </dev/null || { echo "exit status $?" >&2; cat said >&2; return 1; }
	sed "s,$HOME,~,g" said | case $(cat "$1") in *' run '*) sort ;; *) cat ;; esac >said.shown
	case $(cat "$1") in *' run '*) sort "${1%.command}.output" ;; *) cat "${1%.command}.output" ;; esac >wanted
	diff wanted said.shown >&2
}
run_transcripts() { # FILE LEAST
	n=0 last=$(transcripts "$1")
	it "$(basename "$1") prints the output of $2 commands or more" test "$last" -ge "$2"
	while [ "$n" -lt "$last" ]; do
		n=$((n + 1))
		it "$(basename "$1"): $(cat $n.command)" as_printed $n.command
	done
	rm -f ./*.command ./*.output
}
run_transcripts "$readme" 6

# Commands without an output.  Two stand in one line with some blanks between them.
commands() { # FILE
	indented "$1" | awk '
		/^\$ |──/ { skip = 1 } # a transcript, the drawing
		$0 == "--" { skip = 0; next }
		skip { next }
		{ sub(/ +# .*/, ""); n = split($0, part, /   +/); for (i = 1; i <= n; i++) print part[i] }'
}
# Those that install packages on a fresh system are run there, by tests/systems/run.
in_top() { (cd "$top" && sh -c "$1" </dev/null); }
elsewhere() { grep -qF -- "$1" "$tests/systems/run"; }
quick() { sh -c "$1" </dev/null; }
ssh myapp-lion git init --quiet --bare repo </dev/null
on lion mount -t tmpfs -o "mode=755,uid=$(ssh myapp-lion id -u </dev/null)" none /srv
commands "$readme" >plain
it 'README.md prints commands without their output' test "$(grep -c '' plain)" -ge 8
it 'README.md has the two commands for a fresh machine in its first 25 lines' is 2 sh -c \
	'head -n 25 "$1" | grep -c "^    ./install.sh --deps && make \(demo\|check\)  *#"' sh "$readme"
while read -r command <&9; do
	case $command in
	*'&& make'*) it "README.md: $command (by tests/systems/run)" elsewhere "$command" ;;
	./install.sh*) it "README.md: $command" in_top "$command" ;;
	*) it "README.md: $command" quick "$command" ;;
	esac
done 9<plain
it 'README.md installs a program that runs' "$PREFIX/bin/cxssh" --version

# Commands within sentences and tables, of an example host.
spans() { # FILE
	grep -v '^    ' "$1" | grep -o '`[^`]*`' | tr -d '`' | grep -E '^(cxssh|make|ssh|rm|CXDEBUG=1) ' | sort -u
}
example() { # COMMAND: with a host, an address and a file
	case $1 in
	*'gateway key'*) set -- "$(echo "$1" | sed 's/ADDRESS/203.0.113.30/; s,FILE,~/.ssh/bastion,')" ;;
	esac
	echo "$1" | sed 's/ADDRESS/203.0.113.10/; s/HOST/myapp-lion/'
}
ends_or_waits() { timeout 5 sh -c "$1" </dev/null; _got=$?; [ "$_got" = 0 ] || [ "$_got" = 124 ]; }
with_token() { echo "$SANDBOX_TOKEN" | sh -c "$1"; }
is_target() { make -n -C "$top" "$1" >/dev/null; }
page_spans() { # FILE
	spans "$1" >spans
	while read -r command <&9; do
		what="$(basename "$1"): $command"
		case $command in
		'make '*) it "$what" is_target "${command#make }" ;;
		'cxssh listen'*) it "$what" ends_or_waits "$(example "$command")" ;;
		*--token) it "$what" with_token "$command" ;;
		'cxssh login') it "$what (by t260-login-browser)" test -x "$tests/integration/t260-login-browser.sh" ;;
		'cxssh gateway login'*) it "$what (by t125-second-factor)" test -x "$tests/integration/t125-second-factor.sh" ;;
		'cxssh ssh'*) it "$what (by t142-toolbelt-ways and t242-tunnel)" grep -q 'cxssh ssh' "$tests/integration/t142-toolbelt-ways.sh" ;;
		*) it "$what" quick "$(example "$command")" ;;
		esac
	done 9<spans
}
page_spans "$readme"

run_transcripts "$top/src/doc/toolbelt.md" 3
page_spans "$top/src/doc/toolbelt.md"
commands "$top/src/doc/toolbelt.md" >plain
while read -r command <&9; do
	case $command in
	*'completion bash'*) it "toolbelt.md: $command" bash -c "$command" ;;
	*) it "toolbelt.md: $command" quick "$command" ;;
	esac
done 9<plain

# Without a run of the battery its table writes what is there.
cp "$readme" readme && cp "$top/src/doc/clients.md" clients && : >rows
it 'the table of clients in README.md is the one that the battery wrote' sh -c \
	"\"$top/tests/clients/write-table\" rows clients readme && cmp readme \"$readme\" && cmp clients \"$top/src/doc/clients.md\""
it 'README.md has 130 lines at most' test "$(grep -c '' "$readme")" -le 130
it 'README.md names the version of the Makefile' grep -q \
	"^Version $(sed -n 's/^VERSION *:= *//p' "$top/Makefile" | sed 's/\./\\./g')," "$readme"
done_testing

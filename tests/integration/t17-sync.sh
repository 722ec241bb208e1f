#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh sync: what it writes, what it leaves alone, and what it takes back.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2016,SC2088 # expanded elsewhere
SANDBOX_OPTIONS='--hosts "lion newt" --lease-delay 100'
. "$(dirname "$0")/../lib.sh"

generated=$HOME/.ssh/cxssh/config
theirs=$HOME/.ssh/config
value() { ssh -G "$1" | sed -n "s/^$2 //p"; }
mode() { stat -c %a "$1"; }
hosts() { sed -n 's/^Host //p' "$generated"; }
stamps() { find "$HOME/.ssh" "$HOME/.cache/cxssh/routes" ! -name '*.lock' -printf '%p %T@ %i\n' | sort; }

# Looking only.
find "$HOME/.ssh" | sort >before
it 'cxssh shows what it would do' sh -c "cxssh sync --dry-run >'$work/diff'"
it 'cxssh shows additions to both files in a dry run' is 2 grep -c '^+++ ~/.ssh/' diff
it 'cxssh shows the Include line in a dry run' grep -qx '+Include cxssh/config' diff
it 'cxssh shows the hosts in a dry run' grep -qx '+Host myapp-lion' diff
it 'cxssh writes nothing in a dry run' sh -c "find '$HOME/.ssh' | sort | cmp - before"
it 'cxssh says that it is not up to date' fails_with 1 '' cxssh sync --check
it 'cxssh says what to do when it is not up to date' prints 'run: cxssh sync' sh -c 'cxssh sync --check || :'
if command -v patch >/dev/null; then
	mkdir -p patched/.ssh/cxssh
	it 'cxssh shows a diff that patch takes' sh -c "cd patched && patch -s -p1 <../diff"
fi

# Without a terminal the line is shown, not added.
it 'cxssh asks nothing without a terminal' prints 'run: cxssh sync --yes' cxssh sync
it 'cxssh shows the Include line where there is no terminal to ask on' prints '^+Include cxssh/config' cxssh sync
it 'cxssh adds no Include line where there is no terminal to ask on' test ! -e "$theirs"
it 'cxssh writes the hosts where there is no terminal to ask on' test -s "$generated"
if command -v patch >/dev/null; then
	it 'cxssh writes what the patch of the dry run had' cmp "$generated" patched/.ssh/cxssh/config
fi
it 'cxssh counts them' prints '^104 servers and 11 roles' cxssh sync
it 'cxssh writes for its owner alone' is 600 mode "$generated"
it 'cxssh keeps its files in a folder for the owner alone' is 700 mode "$HOME/.ssh/cxssh"
it 'cxssh makes a known_hosts for the owner alone' is 600 mode "$HOME/.ssh/cxssh/known_hosts"
it 'cxssh adds the line when told' prints 'added "Include cxssh/config"' cxssh sync --yes
it 'cxssh adds the Include line as the first, and two at the end' \
	is "$(printf 'Include cxssh/config\nHost *\nInclude cxssh/new')" cat "$theirs"
it 'cxssh writes a new ~/.ssh/config for its owner alone' is 600 mode "$theirs"
it 'cxssh is up to date then' cxssh sync --check
it 'cxssh has nothing to show then' is '' cxssh sync --dry-run
stamps >before
it 'cxssh changes nothing the second time' prints 'nothing new' cxssh sync --yes
unchanged() { stamps | diff before - >&2; }
it 'cxssh leaves the times of all files the second time' unchanged

# What is in it.
it 'cxssh has every server of four pages' is 95 sh -c "grep -c '^Host bulk-ant[0-9]*$' '$generated'"
it 'cxssh has each once' is '' sh -c "sed -n 's/^Host //p' '$generated' | sort | uniq -d"
environments() { hosts | grep '^shop' | sort | tr '\n' ' '; }
it 'cxssh tells two environments apart' is \
	'shop-production-falcon shop-production-web shop-staging-db shop-staging-web shop-staging-wolf ' environments
it 'cxssh has names that a shell and ssh take' sh -c "! sed -n 's/^Host //p' '$generated' | grep -v '^[a-z0-9][a-z0-9.-]*$'"
it 'cxssh takes the address of none' sh -c "! grep -F 203.0.113 '$generated'"
it 'cxssh sets HostName to the name' is myapp-lion value myapp-lion hostname
it 'cxssh has the key of the toolbelt' is '~/.ssh/cx_609b30031d56fd640ba7f43b1657495b' \
	value myapp-lion identityfile
it 'cxssh has personal keys under a name of their own' is '~/.ssh/cx_14aed771fa6f605a300ba3e5564ba1f4_pkey' \
	value shop-staging-wolf identityfile
it 'cxssh has no key where the API has none' sh -c "
	sed -n '/^Host solo-newt$/,/^$/p' '$generated' | grep -c Identit | grep -qx 0"
it "cxssh works with the user's own key where the API has none" is newt quietly within 30 ssh solo-newt hostname
it 'cxssh works with the key of the user for a role' is newt quietly within 30 ssh solo-web hostname
own_identity() { CXSSH_IDENTITY=$HOME/.ssh/id_ed25519 cxssh sync >/dev/null && value solo-newt identityfile; }
it 'cxssh works with the key that is set where the API has none' is '~/.ssh/id_ed25519' own_identity
cxssh sync >/dev/null
it 'cxssh parses by itself' sh -c "ssh -G -F '$generated' myapp-lion >/dev/null"
it 'cxssh leaves other hosts alone' is '' sh -c "
	ssh -G -F '$theirs' github.com >with; ssh -G -F /dev/null github.com >without; diff without with"

# The user's own settings.
printf '%s\n' '# mine' 'Host *' '  User me' '  Port 2222' '  HostName %h.corp' >mine
cp mine "$theirs"
cxssh sync --yes >/dev/null
it 'cxssh comes before what is meant for all' is deploy value myapp-lion user
it 'cxssh puts its port before the one that is meant for all' is 22 value myapp-lion port
it 'cxssh leaves settings for all in force for other hosts' is me value other.example.com user
it 'cxssh leaves the rest of the file as it was' sh -c "tail -n +2 '$theirs' | head -n -2 | cmp - mine"
printf '%s\n' 'Host myapp-lion' '  User root' 'Host *' >above && cat above "$theirs" >both
cp both "$theirs"
it 'cxssh lets the user decide for one host above it' is root value myapp-lion user
it 'cxssh finds its Include line below a block of the user' quietly cxssh sync
it 'cxssh adds no second Include line' cmp both "$theirs"

# A Host block of the user with the alias of a server.
warned() { cxssh sync "$@" 2>&1 >/dev/null | sed 's/the generated host \([^ ]*\) now wins over this one; .* above "\(.*\)", .*/\1 \2/'; }
printf '%s\n' 'Include cxssh/config' 'Host lion myapp-lion' '  User root' 'Host myapp-* !myapp-lion' >"$theirs"
it 'cxssh says when it takes a host over' is 'cxssh: warning: ~/.ssh/config:2: myapp-lion Include cxssh/config' warned
it 'cxssh says how the user gets a host back' prints 'put it above .*, with a line "Host \*" between$' sh -c 'cxssh sync 2>&1'
{ echo 'Host bulk-ant1 bulk-ant2 bulk-ant3'; echo 'Host bulk-ant4 bulk-ant5 bulk-ant6 bulk-ant7'; } >>"$theirs"
it 'cxssh says of many hosts taken over only the first ones' is 'cxssh: warning: ... and over 3 more' sh -c 'cxssh sync 2>&1 >/dev/null | tail -n 1'
it 'cxssh says of many hosts taken over in six lines' is 6 sh -c 'cxssh sync 2>&1 >/dev/null | wc -l'
printf '%s\n' 'Host myapp-lion' '  User root' >"$theirs"
it 'cxssh warns of no host before it takes one over' quietly cxssh sync
by_block() { warned --inline --yes | sed 's/:[0-9]*:/:/'; }
it 'cxssh warns of a host taken over by a block, too' is 'cxssh: warning: ~/.ssh/config: myapp-lion # BEGIN cxssh' by_block
it 'cxssh warns of no host of its own block' is 1 sh -c 'cxssh sync 2>&1 >/dev/null | wc -l'
cp both "$theirs"

# The line that the user took out stays out; the one that the user wrote stays in.
cp mine "$theirs"
it 'cxssh does not put back what was taken out' prints 'does not include' cxssh sync
it 'cxssh leaves the file as it is when the Include line was taken out' cmp mine "$theirs"
for line in 'Include ~/.ssh/cxssh/config' "Include $generated" 'include "cxssh/c*"' 'Include a b cxssh/config'; do
	{ echo "$line"; cat mine; } >"$theirs"; cp "$theirs" own
	it "cxssh knows the line of the user: ${line%"$generated"}" quietly cxssh sync --yes
	it 'cxssh adds no Include line beside the line of the user' cmp own "$theirs"
done
it 'cxssh does not take out the line of the user' prints 'a line of your own' cxssh sync --remove
it 'cxssh leaves the file with the line of the user as it is' cmp own "$theirs"
{ cat mine; echo 'Include cxssh/config'; } >"$theirs"
sed -i 's/^Host \*/Host nobody/' "$theirs"
cp "$theirs" own
it 'cxssh says when the line stands where it does not work' prints 'in line 6 of ~/.ssh/config stands below' \
	cxssh sync
it 'cxssh adds no line beside one that does not work, unless it may ask' cmp own "$theirs"

# And back, byte for byte.
there_and_back() { # FILE is given back as it was; its kind is checked by the caller
	rm -rf "$HOME/.ssh/cxssh"
	cp "$1" "$theirs" && cxssh sync --yes >/dev/null && ! cmp -s "$1" "$theirs" &&
		is deploy value myapp-lion user && cxssh sync --remove >/dev/null && cmp "$1" "$theirs" &&
		[ ! -e "$generated" ]
}
it 'cxssh gives the file back' there_and_back mine
printf 'Host a\r\n  User b\r\n' >crlf
it 'cxssh gives a file with CRLF back' there_and_back crlf
printf 'Host a\n  User b' >open_end
it 'cxssh gives a file without a final newline back' there_and_back open_end
: >empty
it 'cxssh gives an empty file back' there_and_back empty
printf '\357\273\277# mark\nHost a\n' >bom
bom_back() { cp bom "$theirs" && cxssh sync --yes >/dev/null 2>&1; cxssh sync --remove >/dev/null; cmp bom "$theirs"; }
it 'cxssh gives a file with a byte order mark back' bom_back
rm -f "$theirs"
it 'cxssh leaves no lock when it has given a file back' is '' find "$HOME/.ssh" "$HOME/.cloud66" -name '*lock'
none() { cxssh sync --yes >/dev/null && [ -s "$theirs" ] && cxssh sync --remove >/dev/null && [ ! -e "$theirs" ]; }
it 'cxssh takes the file away where there was none before' none
mkdir dotfiles && cp mine dotfiles/config && chmod 640 dotfiles/config && ln -s "$work/dotfiles/config" "$theirs"
cxssh sync --yes >/dev/null
it 'cxssh writes through a link' grep -q Include dotfiles/config
it 'cxssh leaves the link a link when it writes through it' test -L "$theirs"
it 'cxssh keeps the mode of the file at the end of a link' is 640 mode dotfiles/config
cxssh sync --remove >/dev/null
it 'cxssh gives the file at the end of a link back' cmp mine dotfiles/config
it 'cxssh leaves the link a link when it gives the file back' test -L "$theirs"
rm "$theirs"
cp mine "$theirs"

# A file that ssh does not take is not touched.
printf 'Hots x\n' >wrong && cp wrong "$theirs"
it 'cxssh refuses to edit what ssh does not take' fails_with 78 'config' cxssh sync --yes
it 'cxssh leaves a file that ssh does not take as it is' cmp wrong "$theirs"
cp mine "$theirs"

# A block in the file itself, for programs that follow no Include.
it 'cxssh misses a block that is wanted' fails_with 1 '' cxssh sync --check --inline
it 'cxssh shows the block that is wanted in a dry run' prints '^+# BEGIN cxssh' cxssh sync --dry-run --inline
it 'cxssh shows no Include line when a block is wanted' sh -c 'cxssh sync --dry-run --inline | grep -c "^+Include" | grep -qx 0'
it 'cxssh writes no block unasked' prints 'run: cxssh sync --inline --yes' cxssh sync --inline
it 'cxssh leaves the file without a block unasked' cmp mine "$theirs"
it 'cxssh writes a block' cxssh sync --inline --yes
it 'cxssh writes a block with the hosts' grep -qx 'Host myapp-lion' "$theirs"
it 'cxssh writes no Include line beside a block' sh -c "! grep -q '^Include' '$theirs'"
it 'cxssh writes a block that ssh reads' is deploy sh -c "ssh -G -F '$theirs' myapp-lion | sed -n 's/^user //p'"
it 'cxssh writes a block that changes no other host' is me value other.example.com user
cp "$theirs" inline
it 'cxssh takes a second sync --inline' cxssh sync --inline --yes
it 'cxssh writes a block once' cmp inline "$theirs"
it 'cxssh is up to date with it' cxssh sync --check
block() { sed -n '/^# BEGIN cxssh/,/^# END cxssh/s/^Host //p' "$theirs" | tr '\n' ' '; }
it 'cxssh keeps a block up to date' prints 'wrote the hosts into' cxssh sync --stack solo
it 'cxssh has the hosts of the one stack in the block' is 'solo-newt solo-web * ' block
it 'cxssh changes no byte around the block' sh -c "sed '/^# BEGIN cxssh/,/^# END cxssh/d' '$theirs' | cmp - mine"
cp inline "$theirs"
it 'cxssh sees that a block is not up to date' fails_with 1 '' cxssh sync --check --stack solo
it 'cxssh says which file with a block is not up to date' prints '^~/.ssh/config is not' sh -c 'cxssh sync --check --stack solo || :'
it 'cxssh shows in a dry run how the block would change' prints '^-Host myapp-lion' cxssh sync --dry-run --stack solo
it 'cxssh takes a block for the line' cxssh sync --yes
it 'cxssh adds no Include line to a file with a block' cmp inline "$theirs"
it 'cxssh takes a block out' cxssh sync --remove
it 'cxssh gives a file with a block back byte for byte' cmp mine "$theirs"
sed '/^# END cxssh/d' inline >torn && cp torn "$theirs"
it 'cxssh repairs no torn block' fails_with 78 'line 1' cxssh sync --inline --yes
it 'cxssh repairs no torn block on a plain sync' fails_with 78 'line 1' cxssh sync
it 'cxssh leaves a file with a torn block as it is' cmp torn "$theirs"
cp mine "$theirs"

# Some stacks only.
it 'cxssh writes one stack only' prints '^1 server and 1 role in' cxssh sync --stack solo
it 'cxssh has only the hosts of one stack' is 'solo-newt solo-web ' sh -c "sed -n 's/^Host //p' '$generated' | tr '\n' ' '"
it 'cxssh writes two stacks' prints '^3 servers and 5 roles\|^3 servers' cxssh sync --stack solo --stack shop
one_of_two() { cxssh sync --stack 7977c25f3a28b625d22b17cf06cd9f41 >/dev/null; hosts | tr '\n' ' '; }
it 'names the hosts of two stacks as among all' is 'shop-production-falcon shop-production-web ' one_of_two
cached() { cxssh list --json | sed -n 's/.*"host": *"\(shop[^"]*\)".*/\1/p' | sort | tr '\n' ' '; }
it 'cxssh has the hosts of two stacks in the cache' is 'shop-production-falcon shop-production-web ' cached
mkdir -p "$HOME/.config/cxssh" && echo 'stacks = Solo, myapp' >"$HOME/.config/cxssh/config"
it 'cxssh writes the stacks of the configuration' prints '^5 servers and 5 roles' cxssh sync
rm "$HOME/.config/cxssh/config"
cxssh sync >/dev/null
cp "$generated" all
it 'cxssh knows no other stack' fails_with 66 "^cxssh: no stack is called Myap; run: cxssh sync --stack 'myapp'$" \
	cxssh sync --stack Myap
it 'cxssh keeps the generated file when a stack is not known' cmp all "$generated"
it 'cxssh names the stacks that there are where none is like it' \
	fails_with 66 '^cxssh: no stack is called zebra; there is: .*myapp.*shop' cxssh sync --stack zebra
it 'cxssh names them, too, where the configuration has the name' \
	fails_with 66 '^cxssh: no stack is called zebra; there is: [^;]*$' env CXSSH_STACKS=zebra cxssh sync
it 'cxssh warns of one that is not there among others' fails_with 0 'warning: no stack is called Myap' \
	cxssh sync --stack Myap --stack solo
cxssh sync >/dev/null

# The fleet changes.
hosts | sort >names
change_fleet '/"name":"lion"/{p;s/9ae1611c97a92c90fac60c884e1d8240/0f0f0f0f/;s/"name":"lion"/"name":"Bear 2"/;s/"lion"/null/;s/203.0.113.21/203.0.113.97/}'
it 'cxssh sees that it is not up to date' fails_with 1 '' cxssh sync --check
it 'cxssh shows the new host' prints '^+Host myapp-bear-2$' cxssh sync --dry-run
it 'cxssh adds it' prints '^105 servers' cxssh sync
added() { hosts | sort | comm -13 names -; }
it 'cxssh changes no other alias when a server is added' is myapp-bear-2 added
first_fleet
change_fleet '/"name":"heron"/s/"name":"heron"/"name":"Lion"/'
alike() { cxssh sync >/dev/null; hosts | grep '^myapp-lion' | tr '\n' ' '; }
it 'cxssh tells two stacks with similar names apart' is 'myapp-lion-9ae161 myapp-lion-6453e4 ' alike
first_fleet
cxssh sync >/dev/null
it 'cxssh gives the old names back' cmp all "$generated"
fault 'GET /stacks/7977c25f3a28b625d22b17cf06cd9f41/servers* status 500'
it 'cxssh writes nothing when a part is missing' fails_with 69 'servers of stack shop' cxssh sync
it 'cxssh keeps the generated file when a part is missing' cmp all "$generated"
no_faults
two_at_once() { cxssh sync >/dev/null & other=$!; cxssh sync >/dev/null && wait "$other" && cmp all "$generated"; }
it 'cxssh is not disturbed by another one' two_at_once

# A person is asked.
command -v script >/dev/null || done_testing
mkfifo answers
ask() { # ANSWER ; what the terminal shows is in shown
	rm -f shown "$HOME/.ssh/cxssh/state"; : >shown
	script -qefc 'cxssh sync' shown <answers >/dev/null 2>&1 &
	script=$!
	exec 6>answers
	wait_for grep -q 'Put these lines into' shown
	printf '%s\n' "$1" >&6
	wait "$script"; code=$?
	exec 6>&-
	return "$code"
}
it 'cxssh asks a person' ask n
it 'cxssh takes no for an answer and leaves the file' cmp mine "$theirs"
it 'cxssh shows the Include line before it asks' grep -q '+Include cxssh/config' shown
not_again() { within 30 script -qefc 'cxssh sync' shown </dev/null >/dev/null; ! grep -q 'Put these lines into' shown; }
it 'cxssh does not ask again after a no' not_again
it 'cxssh takes yes' ask y
it 'cxssh adds the Include line after a yes' is 'Include cxssh/config' head -n 1 "$theirs"
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# sync --remove gives every odd file of a user back, byte for byte.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317,SC2016 # lib.sh
SANDBOX_OPTIONS='--hosts ""'
. "$(dirname "$0")/../lib.sh"
theirs=$HOME/.ssh/config
# In and out again, twice, with both ways of being included.
back() { # WHAT  a file is in $work/odd
	for way in '' --inline; do
		rm -rf "$HOME/.ssh/cxssh"; cp odd "$theirs"; chmod 600 "$theirs"
		it "a file with $1 is taken ($way)" sh -c "cxssh sync --yes $way >/dev/null && cxssh sync --yes $way >/dev/null"
		it "the names work with a file with $1 ($way)" sh -c 'ssh -G myapp-lion | grep -q "^proxycommand .*cxssh-proxy"'
		it "a file with $1 comes back byte for byte ($way)" sh -c 'cxssh sync --remove >/dev/null && cmp "$1" "$2"' sh odd "$theirs"
	done
}
printf 'Host a\n  User me' >odd; back 'no newline at its end'
printf 'Host a\r\n  User me\r\n' >odd; back 'CRLF'
printf 'Host a\r\n  User me' >odd; back 'CRLF and no newline at its end'
printf '\n\n\n' >odd; back 'nothing but empty lines'
printf '# only a comment' >odd; back 'a comment alone'
printf '# before\n\n\t# indented\nInclude other\n# behind\nHost *\n  User me\n\n\n' >odd; back 'comments around an Include'
printf 'Include cxssh/configs\nInclude "cxssh/confi"\nHost a\n' >odd; back 'Includes of nearly the same name'
printf 'Match all\n  User me\n' >odd; back 'a Match block at its end'
printf 'Host *\n  User me\nHost *\n' >odd; back 'a Host line that is its last'
printf 'Host *\n    Include cxssh/newer\n' >odd; back 'an Include under Host * at its end'
printf 'Host a\n  User me\n \t \n' >odd; back 'blanks at its end'
# A byte order mark is an error of ssh, which is the user's to mend.
printf '\357\273\277' >odd; cp odd "$theirs"
it 'a file with nothing but a byte order mark is refused, with what ssh says' fails_with 78 'must be mended first: ssh says' cxssh sync --yes
it 'a file with nothing but a byte order mark is left as it was' cmp odd "$theirs"
printf '\357\273\277Host a\n  User me\n' >odd; cp odd "$theirs"
cxssh sync --yes >said 2>&1
it 'a file with a byte order mark is left as it was, or given back' sh -c 'cxssh sync --remove >/dev/null 2>&1; cmp odd "$1"' sh "$theirs"

# Links.
rm -f "$theirs"; mkdir -p "$HOME/dotfiles"
printf 'Host a\n  User me' >odd; cp odd "$HOME/dotfiles/ssh config"; ln -s '../dotfiles/ssh config' "$theirs"
it 'a link is followed' cxssh sync --yes
it 'the link is still one' test -L "$theirs"
it 'the names work through a link' sh -c 'ssh -G myapp-lion | grep -q "^proxycommand .*cxssh-proxy"'
it 'the file behind the link comes back byte for byte' sh -c 'cxssh sync --remove >/dev/null && cmp odd "$1"' sh "$HOME/dotfiles/ssh config"
it 'the link is still one afterwards' test -L "$theirs"
ln "$HOME/dotfiles/ssh config" "$HOME/dotfiles/second"
cxssh sync --yes >said 2>&1; code=$?
it 'a file with two names ends well, or is refused with a reason' test "$code" = 0 -o -s said
it 'a file with two names comes back' sh -c 'cxssh sync --remove >/dev/null; cmp odd "$1"' sh "$HOME/dotfiles/ssh config"

# What the user wrote between the two places meanwhile stays.
rm -f "$theirs"; printf 'Host a\n  User me\n' >"$theirs"; chmod 600 "$theirs"
cxssh sync --yes >/dev/null
printf 'Host b\n  User you' >>"$theirs"
sed -i 's/User me/User us/' "$theirs"
cxssh sync --remove >/dev/null
printf 'Host a\n  User us\nHost b\n  User you' >wanted
it 'lines that were added behind ours stay, without ours' cmp wanted "$theirs"
done_testing

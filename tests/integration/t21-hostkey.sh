#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh hostkey: what is known, what is forgotten, and all that stays.  The real ssh
# judges each time whether the key is still believed.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2016,SC2088,SC2129 # expanded elsewhere
SANDBOX_OPTIONS='--hosts "lion heron falcon bastion otter" --lease-delay 100'
. "$(dirname "$0")/../lib.sh"

stack=609b30031d56fd640ba7f43b1657495b
lion=9ae1611c97a92c90fac60c884e1d8240
heron=6453e47af3d11e8cf5572f523305d260
known=$HOME/.ssh/cxssh/known_hosts
theirs=$HOME/.ssh/known_hosts
print_of() { ssh-keygen -lf "$SANDBOX/hosts/$1/ssh_host_${2-ed25519}_key.pub" | cut -d ' ' -f 2; }
works() { is "$2" quietly within 10 ssh "$1" hostname; } # ALIAS HOST
reach() { within 10 ssh "$1" true 2>complaint; code=$?; cat complaint >&2; return "$code"; }
changed() { fails_with 255 'REMOTE HOST IDENTIFICATION HAS CHANGED' reach "$1"; }
says() { # PATTERN command...: on stdout, and nothing on stderr
	_says=$1; shift
	quietly "$@" >spoken || return 1
	grep -q -e "$_says" spoken || { cat spoken >&2; return 1; }
}
mkdir -p "$HOME/.config/cxssh"
echo "gateway-key 203.0.113.30 = $SANDBOX/bastion_key" >"$HOME/.config/cxssh/config"
cxssh sync --yes >/dev/null

# Nothing known yet.
it 'cxssh says that nothing is known yet' says 'no host key is known yet' cxssh hostkey list
it 'cxssh says that nothing is known of one host yet' says 'no host key of myapp-lion is known yet' cxssh hostkey list myapp-lion
it 'cxssh forgets nothing then' says '^no host key of myapp-lion was known$' cxssh hostkey forget myapp-lion
it 'cxssh makes no known_hosts when it has nothing to forget' test ! -s "$known"
it 'cxssh knows no other host' fails_with 66 'no host nosuch; run: cxssh list' cxssh hostkey forget nosuch
for words in '' 'list a b' 'forget' 'forget a b' 'forget -x' 'wrong'; do
	# shellcheck disable=SC2086 # a list of words
	it "cxssh says how it is called: cxssh hostkey $words" fails_with 64 '^cxssh: hostkey.*; run: cxssh hostkey.* --help$' \
		cxssh hostkey $words
done

# What is known.
it 'cxssh learns a server' works myapp-lion lion
it 'cxssh learns a server under its role' works myapp-app lion
it 'cxssh learns a second server' works myapp-heron heron
it 'cxssh learns a second server of the role under another role' works myapp-db heron
it 'cxssh learns a server behind a bastion' works my-awesome-app-otter otter
row() { printf '%s %s %s%s' "$1" ssh-ed25519 "$(print_of "$2")" "${3-}"; }
listed() { cxssh hostkey list "$@" | sed 1d | tr -s ' '; } # without the heading
it 'cxssh lists what it knows, with fingerprints as ssh-keygen prints them' is "$(
	row 203.0.113.30 bastion ' bastion'; echo; row my-awesome-app-otter otter
	echo; row myapp-heron heron; echo; row myapp-lion lion)" listed
it 'cxssh lists one' is "$(row myapp-lion lion)" listed myapp-lion
it 'cxssh lists a server by its uid' is "$(row myapp-lion lion)" listed "$lion"
it 'cxssh lists each server of a role' is "$(row myapp-heron heron)" listed myapp-db
it 'cxssh lists a bastion by its address' is "$(row 203.0.113.30 bastion ' bastion')" listed 203.0.113.30
it 'cxssh lists a bastion by its name' is "$(row 203.0.113.30 bastion ' bastion')" listed bastion1

# A server with a new key.
lion_was=$(print_of lion)
heron_line=$(grep myapp-heron "$known")
new_host_keys lion
it 'cxssh lets ssh refuse a changed key' changed myapp-lion
it 'cxssh lets ssh refuse a changed key under the role' changed myapp-app
it 'names the way out of a changed key in cxssh why' says 'run: cxssh hostkey forget myapp-lion ' cxssh why myapp-lion
it 'cxssh forgets the old key' says "^ssh-ed25519 $lion_was of myapp-lion is forgotten$" \
	cxssh hostkey forget myapp-lion
it 'cxssh says that the next connection learns the key' grep -q '^the next connection learns the key' spoken
it 'cxssh forgets a key under each of its names' is '' grep -e "$lion" -e myapp-lion -e '\.app' "$known"
it 'cxssh leaves the line of another server of the role as it was' is "$heron_line" grep myapp-heron "$known"
it 'cxssh leaves the lines of other hosts' is 3 grep -c '' "$known"
it 'cxssh learns the new key after the old one is forgotten' works myapp-lion lion
it 'cxssh works by the role with the new key' works myapp-app lion
it 'cxssh knows only the new key' is "$(row myapp-lion lion)" listed myapp-lion
new_host_keys heron
it 'cxssh forgets by the uid' says 'of myapp-heron is forgotten' cxssh hostkey forget "$heron"
it 'cxssh works again after it has forgotten by the uid' works myapp-heron heron
new_host_keys lion
new_host_keys heron
it 'cxssh forgets all servers of a role by its name' says 'of myapp-lion is forgotten' cxssh hostkey forget myapp-web
it 'cxssh says of each server of the role that its key is forgotten' grep -q 'of myapp-heron is forgotten' spoken
it 'cxssh works again with the first server of a forgotten role' works myapp-web lion
it 'cxssh works again with the second server of a forgotten role' works myapp-heron heron
api_down
new_host_keys lion
it 'cxssh needs no API' says 'of myapp-lion is forgotten' cxssh hostkey forget myapp-lion
api_up
it 'cxssh works after it has forgotten without an API' works myapp-lion lion

# The same for a bastion.
bastion_was=$(print_of bastion)
new_host_keys bastion
cxssh gateway close 203.0.113.30 >/dev/null
logins=$(logins bastion)
it 'cxssh refuses a bastion whose key changed' fails_with 255 'the host key of 203.0.113.30 is not the one in ~/.ssh/cxssh/known_hosts; if you expected this change, run: cxssh hostkey forget 203.0.113.30' \
	reach my-awesome-app-otter
it 'cxssh refuses a bastion whose key changed in one line' is 1 grep -c 'cxssh: ' complaint
it 'cxssh does not log in at a bastion whose key changed' is "$logins" logins bastion
remedy=$(sed -n 's/^.*cxssh: .*, run: //p' complaint | tr -d '\r')
it 'cxssh forgets it by that very command' says "^ssh-ed25519 $bastion_was of 203.0.113.30 is forgotten$" \
	sh -c "$remedy"
it 'cxssh learns the key of the bastion anew' works my-awesome-app-otter otter
it 'cxssh forgets it by its name in the account' says 'of 203.0.113.30 is forgotten' cxssh hostkey forget bastion1
new_host_keys bastion
it 'cxssh ends an idle login when it forgets a bastion, and learns anew' works my-awesome-app-otter otter
it 'cxssh forgets a bastion by user and address' says 'of 203.0.113.30 is forgotten' cxssh hostkey forget jump@203.0.113.30
it 'cxssh says when no key of a bastion was known' says 'no host key of 203.0.113.30 was known' cxssh hostkey forget jump@203.0.113.30

# All else in the file stays as it is.
cat >hand <<-FILE
	# by hand:	keep,  myapp-lion

	zoo.example.com,*.zoo $(key_of heron ecdsa) zoo keeper
	@revoked cxssh-nobody $(key_of lion ecdsa)
	@cert-authority *.example.com $(key_of bastion)
	|1|YWJj|ZGVm $(key_of heron)
	 half a line
	myapp-lionel,cxssh-$lion.x $(key_of falcon)
FILE
printf 'windows.example.com %s\r\n' "$(key_of lion)" >>hand
cp hand "$known"
it 'cxssh learns beside lines by hand' works myapp-lion lion
it 'cxssh learns behind the role beside lines by hand' works myapp-app lion
printf 'mine %s no newline' "$(key_of heron)" >>"$known"
sed 1d "$known" | grep -v "^cxssh-$lion" >rest
it 'cxssh forgets among lines by hand' says 'of myapp-lion is forgotten' cxssh hostkey forget myapp-lion
it 'cxssh leaves each byte of the lines by hand' sh -c "head -n 1 hand | cat - rest | cmp - '$known'"
it 'cxssh says when no key of a server was known' says 'no host key of myapp-lion was known' cxssh hostkey forget myapp-lion
it 'cxssh leaves each byte of the lines by hand the second time' sh -c "head -n 1 hand | cat - rest | cmp - '$known'"
it 'cxssh keeps known_hosts for its owner alone' is 600 stat -c %a "$known"
echo "cxssh-$lion,myapp-lion,mybox.example.com $(key_of lion) note" >"$known"
cxssh hostkey forget myapp-lion >/dev/null
it 'cxssh leaves a name by hand its key' is "mybox.example.com $(key_of lion) note" cat "$known"
echo "cxssh-$stack.app $(key_of lion)" >"$known"
echo "cxssh-$stack.app $(key_of falcon)" >>"$known"
echo "cxssh-$lion $(key_of lion)" >>"$known"
echo "cxssh-$heron,cxssh-$stack.web $(key_of lion)" >>"$known"
cxssh hostkey forget myapp-lion >/dev/null
it 'cxssh takes its key, and no other, from the name of a role alone' is "cxssh-$stack.app $(key_of falcon)
cxssh-$heron,cxssh-$stack.web $(key_of lion)" cat "$known"
{ echo "cxssh-$lion,myapp-lion,cxssh-$stack.app $(key_of lion)"
	echo "cxssh-$heron,myapp-heron $(key_of heron)"; } >"$known"
ssh-keygen -q -H -f "$known" >/dev/null 2>&1; rm -f "$known.old"
it 'cxssh works with a hashed file' works myapp-lion lion
it 'cxssh learns into a line of its own in a hashed file' grep -q "^cxssh-$lion,myapp-lion " "$known"
sed -i "/^cxssh-$lion/d" "$known"
it 'cxssh says that it is there hashed' says '^myapp-lion  *ssh-ed25519 .*under a hashed name$' cxssh hostkey list myapp-lion
it 'cxssh forgets hashed names' says 'of myapp-lion is forgotten' cxssh hostkey forget myapp-lion
gone() { ! ssh-keygen -F "$1" -f "$known" >/dev/null; }
it 'cxssh forgets the hashed uid of the server' gone "cxssh-$lion"
it 'cxssh forgets the hashed alias of the server' gone myapp-lion
it 'cxssh forgets the hashed name of the role' gone "cxssh-$stack.app"
it 'cxssh leaves the hashed names of other hosts' ssh-keygen -F myapp-heron -f "$known"
it 'cxssh works with the other hosts of a hashed file' works myapp-heron heron
echo "@revoked * $(key_of lion)" >"$known"
it 'cxssh says that a revoked key stays refused' says "^ssh-ed25519 $(print_of lion) stays refused: it is marked @revoked" \
	cxssh hostkey forget myapp-lion
it 'cxssh lists a revoked key' says '^\*  *ssh-ed25519 .*  @revoked$' cxssh hostkey list
it 'cxssh refuses a revoked key after forget' fails_with 255 'the host key of myapp-lion is marked @revoked in ~/.ssh/cxssh/known_hosts' \
	reach myapp-lion
echo "cxssh-9* $(key_of heron)" >"$known"
it 'cxssh says that a pattern stays' says 'with a pattern, which stays' cxssh hostkey forget myapp-lion
it 'cxssh refuses another key than that of the pattern' fails_with 255 'is not the one in ~/.ssh/cxssh/known_hosts' \
	reach myapp-lion
: >"$known"
echo "203.0.113.21 $(key_of heron)" >"$theirs"
it "cxssh says that the user's own file decides next" says '~/.ssh/known_hosts has a key for 203.0.113.21' \
	cxssh hostkey forget myapp-lion
rm "$theirs"
printf 'a\0b\n' >"$known"
it 'cxssh touches no file with a NUL' fails_with 78 'known_hosts: has a NUL byte' cxssh hostkey forget myapp-lion
it 'cxssh believes no key of a file with a NUL' fails_with 255 'has a NUL byte' reach myapp-lion
{ printf 'evil\033[2J,\233x ssh-\033rsa AAAA\n'; echo "* ssh-rsa $(head -c 70000 /dev/zero | tr '\0' A)"; } >"$known"
list_bytes() { cxssh hostkey list >listed && ! LC_ALL=C grep -n '[^ -~]' listed; }
it 'cxssh shows no byte of a file but plain text' list_bytes
: >"$known"

# A server replaced: same name, new uid, new key.
it 'cxssh learns the old one' works myapp-lion lion
it 'cxssh learns the old server of an alias under the role' works myapp-app lion
old_key=$(key_of lion)
new_host_keys lion
change_fleet "s/$lion/0000000000000000000000000000f00d/"
it 'cxssh syncs the new one' quietly cxssh sync
it 'cxssh works at once by the same name with the new key' works myapp-lion lion
it 'cxssh works by the role with the key of the new server' works myapp-app lion
it 'cxssh gives the alias to the new server only' is 1 grep -c '[ ,]myapp-lion[ ,]' "$known"
it 'cxssh keeps the key of the old uid' is "cxssh-$lion $old_key" grep "^cxssh-$lion" "$known"
it 'cxssh lists the old one as gone' says "^$lion  *ssh-ed25519 .*  not in the fleet$" cxssh hostkey list
it 'cxssh forgets one that is gone, by its uid' says "of $lion is forgotten" cxssh hostkey forget "$lion"
first_fleet
cxssh sync >/dev/null
it 'cxssh calls the first one by its name again' works myapp-lion lion

# A role does not take the key of a server that left it.
role=cxssh-$stack.db
rm -f "$known"
it 'cxssh learns a server for its role' works myapp-db heron
it 'cxssh learns a server under the name of the role' grep -q "$role" "$known"
change_fleet '/"name":"lion"/s/"worker"/"worker","db"/; /"name":"heron"/s/,"db"//'
it 'cxssh hears that another has the role now' quietly cxssh sync
it 'cxssh has no key of the former first server under the role' fails_with 1 '' grep -q "$role" "$known"
it 'cxssh keeps the names of the server that left the role' grep -q "^cxssh-$heron,myapp-heron " "$known"
it 'cxssh still connects to the server that left the role' works myapp-heron heron
it 'cxssh reaches the other server by the role' works myapp-db lion
first_fleet
cxssh sync >/dev/null
it 'cxssh reaches the first server by the role again' works myapp-db heron
it 'cxssh has no key of the server between under the role' fails_with 1 '' \
	sh -c "grep '$(key_of lion)' '$known' | grep -q '$role'"
echo "cxssh-$stack.db $(key_of lion) by hand" >>"$known"
cxssh sync >/dev/null
it 'cxssh leaves the name of a role by hand alone' grep -q 'by hand$' "$known"

# A name that looks like a uid's is no name for a key.
rm -f "$known"
change_fleet "/\"environment\":\"production\"/s/\"name\":\"shop\"/\"name\":\"cxssh\"/; s/\"name\":\"falcon\"/\"name\":\"$lion\"/"
cxssh sync >/dev/null
it 'cxssh has a host that is called as another is known' grep -qx "Host cxssh-$lion" "$HOME/.ssh/cxssh/config"
it 'cxssh connects to it' works "cxssh-$lion" falcon
it 'cxssh keeps the key of such a server under its own uid' grep -q \
	"^cxssh-f3cef7ad1a94ba8fbaec66eb06b16be0[, ].*$(key_of falcon)" "$known"
it 'cxssh keeps no key under a name that looks like the uid of another' fails_with 1 '' \
	grep -q "cxssh-$lion" "$known"
it 'cxssh learns the other server with that name as ever' works myapp-lion lion
first_fleet
done_testing

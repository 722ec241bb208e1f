#!/bin/sh
# SPDX-License-Identifier: MIT
# What is wrong is said in one line that names it: unknown hosts, no login, an API
# that is down, slow or wrong, broken caches, full disks, and hostile names.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2016 # expanded elsewhere
SANDBOX_OPTIONS='--hosts "lion heron" --lease-delay 100'
. "$(dirname "$0")/../lib.sh"

stack=609b30031d56fd640ba7f43b1657495b
lion=9ae1611c97a92c90fac60c884e1d8240
cache=$HOME/.cache/cxssh
works() { is lion quietly within 30 ssh myapp-lion hostname; }
harmless() { # FILE: plain text that no client takes for something else (clients.md P6)
	! LC_ALL=C grep -n '[^ -~]' "$1" >&2 || return 1
	! grep -n -i 'password\|passphrase\|passcode\|\bPIN\b\|\botp\b' "$1" >&2 || return 1
	! grep -n -e 'Permission denied' -e 'Connection refused' -e 'Connection closed' \
		-e 'Host key verification failed' -e 'Name or service not known' \
		-e 'Received signal' -e 'Connection established' -e 'closed by remote host\.' \
		-e 'Operation timed out' -e 'No more authentication methods' \
		-e 'command not found' -e 'No such file or directory' -e 'Traceback' "$1" >&2 || return 1
	! grep -n '[]%#$>]$' "$1" >&2
}
complains() { # STATUS PATTERN command... : with one line on stderr, nothing on stdout
	want=$1 pattern=$2; shift 2
	"$@" >bytes 2>complaint </dev/null; got=$?
	[ "$got" = "$want" ] || { cat complaint >&2; echo "exit status $got, not $want" >&2; return 1; }
	[ ! -s bytes ] || { echo 'something on stdout' >&2; return 1; }
	[ "$(grep -c '' complaint)" = 1 ] || { cat complaint >&2; echo 'not one line' >&2; return 1; }
	[ "$(wc -c <complaint)" -lt 1000 ] || { echo 'a long line' >&2; return 1; }
	grep -q -- "^cxssh: .*$pattern" complaint || { cat complaint >&2; return 1; }
	harmless complaint
}
afresh() { # command... with an empty cache of its own
	rm -rf fresh
	XDG_CACHE_HOME=$PWD/fresh "$@"
}
proxy() { within 12 cxssh-proxy "$@"; }
seconds() { # FILE command... ; how long it took goes to FILE
	started=$(date +%s) file=$1; shift
	"$@"; code=$?
	echo $(($(date +%s) - started)) >"$file"
	return "$code"
}

# Slow ones go on in the background: an API that hangs, and a port that does not answer.
fault 'GET /stacks.json* hang times=1'
seconds hang.s complains 69 'no answer in the time allowed' afresh proxy myapp-lion 22 2>hang.err >/dev/null &
hang=$!
asked() { [ "$(api_calls 'GET /api/3/stacks.json')" = 1 ]; }
wait_for asked
no_faults
it 'cxssh writes the hosts' quietly cxssh sync --yes
it 'cxssh connects before anything is broken' works
mkdir port && (cd port && seconds ../port.s complains 69 \
	'myapp-lion (203.0.113.21) does not answer on port 2222: what ssh opens in the firewall is port 22; run: cxssh lease -p 2222 myapp-lion$' proxy "$lion" 2222 2>../port.err) >/dev/null &
port=$!
cd "$work" || exit 1
mkdir here && cd here || exit 1

# Unknown names.
it 'cxssh knows no other host' complains 66 'no host nosuch' proxy nosuch 22
it 'names the nearest host for an unknown one' complains 66 'no host myapp-lino; nearest: myapp-lion' proxy myapp-lino 22
it 'names the nearest role for an unknown one' complains 66 'nearest: .*myapp-web' proxy myapp-wep 22
it 'names the command that lists all hosts for an unknown one' complains 66 'run: cxssh list$' proxy myapp-lino 22
it 'names the nearest host to cxssh show' complains 66 'no host myapp-lino; nearest: myapp-lion' cxssh show myapp-lino
it 'names the nearest host to cxssh ssh' complains 66 'no host myapp-lino; nearest: myapp-lion' cxssh ssh myapp-lino
it 'names the nearest host to cxssh lease' complains 66 'nearest: myapp-lion' cxssh lease myapp-lino
it 'cxssh knows no unknown word for cxssh list' complains 66 'no server is like this' cxssh list nosuch
it 'names the nearest host to cxssh key refresh' complains 66 'nearest: myapp-lion' cxssh key refresh myapp-lino
for name in '../../../etc/passwd' '..' '.' '' '-oProxyCommand=x' 'a b' "$(printf 'a\nb')" \
	"$(printf '\033[2Ja')" '$(touch pwned)' "$(head -c 5000 /dev/zero | tr '\0' a)"; do
	it "cxssh takes no target like $(printf %.12s "$name" | tr -c ' -~' '?')" \
		complains 64 'not the name of a target' proxy "$name" 22
done

# Usage.
says_usage() { fails_with 64 '^cxssh: ' one_line_of "$@"; }
one_line_of() {
	"$@" 2>complaint; code=$?
	cat complaint >&2
	[ "$(grep -c '' complaint)" = 1 ] && return "$code"
}
for words in '' 'lion 22 more' 'lion 0' 'lion 65536' 'lion 22x' 'lion -1'; do
	# shellcheck disable=SC2086 # a list of words
	it "cxssh says how it is called: cxssh-proxy $words" complains 64 'usage:\|port' proxy $words
done
it 'names the nearest command for a misspelt one' complains 64 'no command snyc; run: cxssh sync$' cxssh snyc
it 'names no command where none is near' complains 64 'no command frobnicate; run: cxssh help$' cxssh frobnicate
for words in 'sync --wrong' 'sync more' 'sync --check --remove' 'sync --stack' 'list --wrong' \
	'show' 'show a b' 'show --wrong' 'ssh' 'ssh --wrong x' 'lease' 'lease --wrong' 'lease a b' 'key' \
	'key wrong' 'key refresh' 'gateway wrong' 'login' 'login --wrong' 'open' 'open --wrong x' \
	'open --within=x y'; do
	# shellcheck disable=SC2086 # a list of words
	it "cxssh says how it is called: cxssh $words" says_usage cxssh $words
done

# Configuration.
mkdir -p "$HOME/.config/cxssh"
config() { printf '%s\n' "$1" >"$HOME/.config/cxssh/config"; shift; "$@"; }
it 'names a wrong key, and the nearest' \
	config 'lease-minute = 5' complains 78 'config: line 1: unknown key "lease-minute"; nearest is "lease-minutes"' \
	cxssh list
it 'names a wrong value' config 'lease-minutes = 500' complains 78 'line 1: lease-minutes: ' cxssh list
it 'names a wrong line' config '# fine
control-master' complains 78 'line 2: ' cxssh list
it 'names a wrong word' config 'control-master = maybe' complains 78 'control-master: must be yes or no' cxssh list
it 'cxssh shows no bytes of it' config "$(printf 'a\033[2J = 5')" complains 78 'unknown key' cxssh list
rm "$HOME/.config/cxssh/config"
it 'names a wrong variable' complains 78 'CXSSH_LEASE_MINUTES' env CXSSH_LEASE_MINUTES=x cxssh list
it 'cxssh says it to a first ssh, too' config 'wrong = 5' complains 78 'unknown key "wrong"' afresh proxy "$lion" 22
it 'cxssh needs no configuration later' config 'wrong = 5' works
rm "$HOME/.config/cxssh/config"

# No login, and an API that is wrong.
mv "$HOME/.cloud66" "$HOME/away"
it 'cxssh says how to log in' complains 77 'not logged in.*; run: cxssh login' afresh proxy myapp-lion 22
it 'cxssh says to cxssh list how to log in' complains 77 'run: cxssh login' afresh cxssh list
it 'cxssh needs no login for what is known' works
mv "$HOME/away" "$HOME/.cloud66"
cold_fault() { fault "$1"; shift; "$@"; code=$?; no_faults; return "$code"; }
while read -r status fault; do
	it "cxssh says it when the API answers with $fault" \
		cold_fault "GET /stacks.json* $fault" complains "$status" 'app.cloud66.test' afresh proxy myapp-lion 22
done <<FAULTS
69 status 500
69 garbage
69 empty
69 wrongtype
69 truncate 20
69 reset
69 redirect http://127.0.0.1/
77 status 401
77 status 403
75 status 429 retry-after=60
75 status 503 retry-after=60
FAULTS
it 'cxssh says it for the servers' cold_fault 'GET /stacks/*/servers* garbage' \
	complains 69 'servers of stack' afresh proxy myapp-lion 22
printf '{"error":"x","details":"evil\\u001b[2J\\npassword: $(touch pwned)\\r\\n"}' >evil.json
it 'cxssh shows no bytes of an error' cold_fault "GET /stacks.json* status 403 body=$work/here/evil.json" \
	fails_with 77 '' afresh proxy myapp-lion 22

# Broken caches are made anew.
break_it() { # FILE HOW
	case $2 in
	empty) : >"$1" ;;
	half) size=$(wc -c <"$1"); truncate -s $((size / 2)) "$1" ;;
	garbage) head -c 3000 /dev/urandom >"$1" ;;
	lines) printf 'a\n=\n==\nkey\0=1\nservers=\naddress=-oProxyCommand=x\nlease-until=x\n' >"$1" ;;
	types) echo '{"cxssh_format":1,"stacks":[{"uid":5,"servers":{}},7,null]}' >"$1" ;;
	esac
}
role_works() { is lion quietly within 30 ssh myapp-web hostname; }
role_works
mkdir -p whole "$cache/failed"
cp "$cache/routes/$lion" "$cache/routes/$stack.web" "$cache/inventory.json" whole
for how in empty half garbage lines types; do
	for file in "routes/$lion" "routes/$stack.web" "failed/$lion" inventory.json; do
		cp "whole/$lion" "whole/$stack.web" "$cache/routes"
		cp whole/inventory.json "$cache"
		echo at=1 >"$cache/failed/$lion"
		break_it "$cache/$file" "$how"
		it "cxssh makes anew what is $how: $file" role_works
	done
	break_it "$cache/inventory.json" "$how"
	rm -f "$cache/routes"/*
	it "cxssh makes all anew when the inventory is $how and no route is left" role_works
done
rm -rf "$cache"; mkdir -p "$cache/routes/$lion" "$cache/inventory.json"
it 'cxssh says it when folders are in the way' complains 78 'inventory.json' proxy "$lion" 22
rm -rf "$cache"
it 'cxssh makes all anew when the cache is gone' works
rm -f "$cache/log"; mkdir "$cache/log"
it 'cxssh works without a log' works
rmdir "$cache/log"

# No API at all.
wait "$hang"; hung=$?
api_down
it 'cxssh works without an API' works
it 'cxssh says that the API is down' seconds ../down.s complains 69 'app.cloud66.test.*no connection' \
	afresh proxy myapp-lion 22
it 'cxssh ends in time when the API is down' test "$(cat ../down.s)" -le $((30 * patience))
it 'cxssh says to cxssh list that the API is down' complains 69 'no connection' afresh cxssh list
api_up

# Disks.
key=$HOME/.ssh/cx_$stack
small() { # SIZE FOLDER command... with that folder on a small disk of its own
	size=$1 folder=$2; shift 2
	cp -a "$folder" "$work/copy" && mount -t tmpfs -o "size=$size,mode=700" none "$folder" || return 99
	cp -a "$work/copy/." "$folder" 2>/dev/null
	"$@"; code=$?
	rm -rf "$work/after"; cp -a "$folder" "$work/after"
	umount "$folder"; rm -rf "$work/copy"
	return "$code"
}
fill() { head -c 9000000 /dev/zero >"$1/filler" 2>/dev/null; shift; "$@"; }
sealed() { # FOLDER command... with that folder read-only
	folder=$1; shift
	mount --bind "$folder" "$folder" && mount -o remount,bind,ro "$folder" || return 99
	"$@"; code=$?
	umount "$folder"
	return "$code"
}
if mkdir try && mount -t tmpfs none try 2>/dev/null && umount try; then
	it 'cxssh works on when the cache is on a full disk' small 1m "$cache" fill "$cache" works
	it 'cxssh works on when the home is read-only' sealed "$HOME" works
	cp -a "$HOME/.ssh/cxssh" kept
	rm -f "$key"
	it 'cxssh says that it cannot write the key' complains 78 'cx_609b' small 1m "$HOME/.ssh" fill "$HOME/.ssh" proxy "$lion" 22
	it 'cxssh leaves no half of a key that it cannot write' test ! -e "$work/after/cx_$stack"
	it 'cxssh leaves no temporary file of a key that it cannot write' is '' sh -c "find '$work/after' -name '*cx_*.*' -o -name '.cx*'"
	it 'cxssh changes nothing else when it cannot write a key' sh -c "diff -r kept '$work/after/cxssh'"
	it 'cxssh says that it may not write the key' complains 78 'cx_609b.*Read-only' sealed "$HOME/.ssh" proxy "$lion" 22
	it 'cxssh fetches it when it can' works
	rm -rf "$cache"
	it 'cxssh says that it cannot write its cache' complains 78 '.cache/cxssh.*Read-only' sealed "$HOME" proxy "$lion" 22
	it 'cxssh makes it when it can' works
	full_sync() { rm -f "$HOME/.ssh/cxssh/config"; cp kept/config "$HOME/.ssh/cxssh/config"
		sed -i 1d "$HOME/.ssh/cxssh/config"; cp "$HOME/.ssh/cxssh/config" shorter
		small 70k "$HOME/.ssh" fill "$HOME/.ssh" complains 78 'cxssh/config' cxssh sync; }
	it 'cxssh says that it cannot write the hosts' full_sync
	it 'cxssh keeps the hosts that it has when it cannot write the new ones' cmp shorter "$work/after/cxssh/config"
	cxssh sync >/dev/null
fi
may_not() { mv "$cache" "$HOME/.cache/gone"; chmod 500 "$HOME/.cache"
	complains 78 '.cache/cxssh' plainly timeout 12 cxssh-proxy "$lion" 22; code=$?
	chmod 700 "$HOME/.cache"; mv "$HOME/.cache/gone" "$cache"; return "$code"; }
it 'cxssh says that it may not make its cache' may_not
chmod 666 "$key"
it 'cxssh lets ssh say that a key is open to all' fails_with 255 'UNPROTECTED PRIVATE KEY' ssh -o BatchMode=yes myapp-lion true
chmod 600 "$key"

# Hostile names, among good ones.
cxssh sync >/dev/null
sed -n 's/^Host //p' "$HOME/.ssh/cxssh/config" | sort >good
ssh -G -F "$HOME/.ssh/config" github.com >github 2>/dev/null
server() { # JSON-MEMBERS that replace those of a good server
	printf '{"uid":"%s","name":"Cat%d","address":"203.0.113.21","user_name":"deploy",' \
		"$(printf 'c%03d' "$number")" "$number"
	printf '"server_roles":["web"],"stack_uid":"%s","health_state":3,%s,"_key_file":null},\n' "$stack" "$1"
	number=$((number + 1))
}
strings() { # FIELD: all that a text must not be
	for text in 'a\nHost *\n  ProxyCommand touch pwned' '$(touch pwned)' '-oProxyCommand=touch' \
		'\u001b]0;pwned\u0007' 'a\"b'; do
		server "\"$1\":\"$text\""
	done
	for value in '17' '["a"]' 'null' '""'; do server "\"$1\":$value"; done
}
more_strings() { # FIELD
	for text in 'a\r\nb' '%h' '`touch pwned`' 'a;touch pwned' 'a\u0000b' '\u009b2J' 'caf\u00e9' 'a\tb' \
		'{{alias}}' '\u202e'; do
		server "\"$1\":\"$text\""
	done
}
number=100
{
	for field in uid name address user_name; do strings "$field"; done
	more_strings name
	server '"uid":"../../../../pwned"'
	server '"stack_uid":"../../pwned"'
	server '"address":"203.0.113.21 -oProxyCommand=x"'
	server '"user_name":"deploy\n  LocalCommand x"'
	server '"has_deploy_gateway":true,"deploy_gateway_address":"-oProxyCommand=x","deploy_gateway_user_name":"jump"'
	server '"has_deploy_gateway":true,"deploy_gateway_address":"203.0.113.30","deploy_gateway_user_name":"a\nb"'
	server '"has_deploy_gateway":true'
	printf '17,null,"text",[],{},\n'
	head -c 1000000 /dev/zero | tr '\0' x >long
	server "\"name\":\"$(cat long)\""
	server "\"uid\":\"$(cat long)\""
} >servers
# Three that are odd, but good; and one of more_strings is, whose name ends with an accent.
number=500
{
	server '"name":"../../etc/Passwd","server_roles":"web"'
	server '"name":"Dot . Cat","server_roles":["w\neb",17,null,"-x","../x","$(x)","db"]'
	server '"name":"'"$(head -c 100 /dev/zero | tr '\0' y)"'","server_roles":[]'
} >>servers
cp "$SANDBOX/fleet.json" fleet.good
cat >stacks <<'JSON'
{"uid":"../x","name":"a"},{"uid":"s1","name":"b\nHost *"},{"uid":"s2","name":17},{"uid":"s3","name":"-x"},
{"uid":"s4","name":"c","environment":"$(touch pwned)","servers":[]},17,null,
{"uid":"s5","name":"Fine","environment":null,"git":null,"servers":[]},
JSON
sed -e '/"name":"tiger"/{' -e 'r servers' -e '}' -e '/"stacks":\[/r stacks' fleet.good >fleet.new
mv fleet.new "$SANDBOX/fleet.json"
hostile() { within 30 cxssh sync >hostile.out 2>hostile.err; }
it 'cxssh takes what is good of a hostile fleet' hostile
it 'cxssh warns of what it skips in a hostile fleet' grep -q '^cxssh: warning: skipped ' hostile.err
warned() { [ "$(grep -c "its $1 is missing or not allowed" hostile.err)" -ge "$2" ]; }
for field in uid name user_name; do it "cxssh warns of each bad $field" warned "$field" 9; done
it 'cxssh warns of each bad address' warned address 7
it 'cxssh warns of addresses that are null or empty' is 2 grep -c 'the API names no address for it yet' hostile.err
it 'cxssh warns of each bad gateway' warned 'deploy gateway' 3
it 'cxssh warns of each bad stack' grep -q '^cxssh: warning: skipped a stack' hostile.err
plain() { ! LC_ALL=C grep -n '[^ -~]' "$1" >&2 && ! grep -n 'pwned\|touch\|ProxyCommand=' "$1" >&2; }
it 'cxssh prints no hostile byte on stderr' plain hostile.err
it 'cxssh prints no hostile byte on stdout' plain hostile.out
names() { sed -n 's/^Host //p' "$HOME/.ssh/cxssh/config" | sort; }
names >now
it 'cxssh writes all good hosts of a hostile fleet' is '' comm -23 good now
it 'cxssh writes but the odd ones more' is "$(printf 'myapp-%s\n' cafe dot-cat etc-passwd yyyyyyyyyyyyyyyyyyyyyyyyyyy-c5029b)" \
	sh -c 'comm -13 good now | grep ^myapp'
it 'cxssh writes only aliases of the allowed letters for a hostile fleet' sh -c "! grep -v '^[a-z0-9][a-z0-9.-]\{0,39\}$' now"
it 'cxssh writes only keywords of its own for a hostile fleet' is '' sh -c "
	sed 's/^ *//;/^#/d;/^$/d' '$HOME/.ssh/cxssh/config' | cut -d ' ' -f 1 | sort -u | grep -v -x -e Host \
	-e HostName -e HostKeyAlias -e User -e Port -e IdentityFile -e IdentitiesOnly -e UserKnownHostsFile \
	-e StrictHostKeyChecking -e UpdateHostKeys -e 'ServerAlive.*' -e ProxyUseFdpass -e ProxyCommand"
it 'cxssh writes only short lines of plain text for a hostile fleet' sh -c "! LC_ALL=C grep -n '[^ -~]\|.\{200\}' '$HOME/.ssh/cxssh/config'"
same_elsewhere() { ssh -G -F "$HOME/.ssh/config" github.com 2>/dev/null | diff github -; }
it 'cxssh changes nothing for any other host' same_elsewhere
it 'cxssh has routes for what it wrote only' sh -c "! ls -A '$cache/routes' | grep -v '^[0-9a-zA-Z._-]*$'"
it 'cxssh has written nowhere else' is '' find "$SANDBOX" / -xdev -maxdepth 3 -name '*pwned*'
it 'cxssh connects to a good host of a hostile fleet' works
it 'cxssh shows no byte in the list' sh -c 'cxssh list >list && ! LC_ALL=C grep -n "[^ -~]" list'
it 'cxssh shows no byte in JSON' sh -c 'cxssh list --json >list && ! LC_ALL=C grep -n "[^ -~]" list'
it 'cxssh shows no byte in the log' sh -c "! LC_ALL=C grep -n '[^ -~]' '$cache/log'"
cp fleet.good "$SANDBOX/fleet.json"
cxssh sync >/dev/null
it 'cxssh is as before when they are gone' is '' sh -c "
	sed -n 's/^Host //p' '$HOME/.ssh/cxssh/config' | sort | diff - good"

# The slow ones.
cd "$work" || exit 1
said_that_it_hangs() { cat hang.err >&2; [ "$hung" = 0 ]; }
it 'cxssh says that the API hangs' said_that_it_hangs
it 'cxssh ends in time when the API hangs' test "$(cat hang.s)" -le $((30 * patience))
wait "$port"; status=$?
it 'cxssh says that a port does not answer' test "$status" = 0
it 'cxssh ends in time when a port does not answer' test "$(cat port.s)" -le $((30 * patience))
done_testing

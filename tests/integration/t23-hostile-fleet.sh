#!/bin/sh
# SPDX-License-Identifier: MIT
# Whatever the API says of a fleet, nothing of it becomes a directive, a path, an argument
# or an escape sequence, and the good hosts beside it work.  PAYLOADS x FIELDS.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2016 # expanded elsewhere
SANDBOX_OPTIONS='--hosts "lion heron" --lease-delay 100'
test_timeout=600
. "$(dirname "$0")/../lib.sh"

stack=609b30031d56fd640ba7f43b1657495b
lion=9ae1611c97a92c90fac60c884e1d8240
generated=$HOME/.ssh/cxssh/config
cache=$HOME/.cache/cxssh
works() { is lion quietly within 30 ssh myapp-lion hostname; }
mkdir here && cd here || exit 1

# As JSON has them, one a line.
cat >payloads <<'JSON'
"a\nHost *\n  ProxyCommand touch pwned"
"a\r\nHost evil\r\n"
"\n"
"a\"; touch pwned #"
"'; touch pwned; '"
"a' & touch pwned & 'b"
"c & touch pwned & d"
"%h"
"%%"
"%d/x"
"$(touch pwned)"
"`touch pwned`"
"$HOME"
"${IFS}x"
"-oProxyCommand=touch pwned"
"-F/dev/null"
"--"
"-"
"../../../../pwned"
"..\\..\\pwned"
"/etc/passwd"
".."
"."
"~root/x"
"a\u0000b"
"\u0000"
"\u001b[2J"
"\u001b]0;pwned\u0007"
"\u001b]52;c;cHduZWQ=\u0007"
"\u001bP+q\u001b\\"
"\u009b31m"
"\u0007\u0008\u007f"
"a\tb"
"a\u000bb\u000cc"
"\u0085\u2028\u2029"
"caf\u00e9"
"\u202epwned"
"\u2066x\u2069"
"\u200bx\ufeff"
"\u0430pple"
"\uff0e\uff0e\uff0fx"
"\ud83d\ude00"
"a b"
" a"
"a "
""
"{{alias}}"
"{{proxy}} {{target}}"
"*"
"!*"
"?"
"a,b"
"a;b"
"a|b>c"
"a\\b"
"#a"
"@revoked"
"=x"
"[::1]:22"
"203.0.113.21:22"
"fe80::1%eth0"
"203.0.113.21 -oProxyCommand=x"
"Match all"
"Include /etc/passwd"
"cxssh-9ae1611c97a92c90fac60c884e1d8240"
17
-1
0
9223372036854775807
99999999999999999999
1e999
1.5
true
false
null
[]
{}
["web"]
{"a":"b"}
[[[[[[]]]]]]
JSON
head -c 1000000 /dev/zero | tr '\0' x | sed 's/.*/"&"/' >million
cat million >>payloads

# A server, or a stack, that is good but for one member, which wins over the one before.
with() { # LETTER MEMBER WHOLE: WHOLE with MEMBER at @, # for a number, ~ for each payload
	awk -v at="$1" -v member="$2" -v whole="$3" '
	function put(text,    part, n, i) { # no sprintf: the buffer of mawk is shorter than a million
		n = split(text, part, "~")
		for (i = 1; i <= n; i++) { gsub(/#/, at substr(1000 + NR, 2), part[i])
			if (i > 1) printf "%s", $0
			printf "%s", part[i] }
	}
	{ n = split(whole, half, "@"); put(half[1]); put(member); put(half[2]); print "," }' payloads
}
server() { with "$1" "$2" '{"uid":"#","name":"Bad#","address":"203.0.113.22","user_name":"deploy","server_roles":["web"],"stack_uid":"'"$stack"'","health_state":3,"_key_file":null,@}'; }
gateway='"has_deploy_gateway":true,"deploy_gateway_address"'
{
	server a '"uid":~'
	server b '"name":~'
	server c '"address":~'
	server d '"user_name":~'
	server e '"stack_uid":~'
	server f '"server_roles":~'
	server g '"server_roles":[~,"web"]'
	server h "$gateway:~,\"deploy_gateway_user_name\":\"jump\""
	server i "$gateway:\"203.0.113.30\",\"deploy_gateway_user_name\":~"
	server j '"has_deploy_gateway":~'
	server k '"personal_key":~'
	server l '"health_state":~'
	server m '"ext_ipv4":~'
	server n '"dns_record":~'
} >servers
stack_of() { with "$1" "$2" '{"uid":"s#","name":"Stack#","environment":"x","servers":[{"uid":"of#","name":"Of","address":"203.0.113.22","user_name":"deploy","server_roles":["r"],"stack_uid":"s#"}],@}'; }
{
	stack_of o '"uid":~'
	stack_of p '"name":~'
	stack_of q '"environment":~'
	stack_of r '"git":~,"git_branch":~'
} >stacks
echo '17,null,"text",[],{},' >>servers
echo '17,null,"text",[],{},' >>stacks

# Stand-ins of the programs that cxssh starts write down their arguments, one a line.
mkdir bin
for program in ssh ssh-keygen ssh-keyscan; do
	cat >bin/$program <<-SH
		#!/bin/sh
		for word in $program "\$@"; do printf '%s\n' "\$word" >>'$work/argv'; done
		exec $(command -v $program) "\$@"
	SH
	chmod +x bin/$program
done

cxssh sync --yes >/dev/null
works
sed -n 's/^Host //p' "$generated" | sort >good
ssh -G -F "$HOME/.ssh/config" github.com >github 2>/dev/null
ssh -G -F "$HOME/.ssh/config" 203.0.113.21 >address 2>/dev/null
cp "$SANDBOX/fleet.json" fleet.good
sed -e '/"name":"tiger"/{' -e 'r servers' -e '}' -e '/"stacks":\[/r stacks' fleet.good >fleet.new
cp fleet.new "$SANDBOX/fleet.json.new" && mv "$SANDBOX/fleet.json.new" "$SANDBOX/fleet.json"

# ---- what must hold, whatever was served ----

grammar() { # every line of the generated file is one of these
	LC_ALL=C awk -v proxy="$(dirname "$(command -v cxssh)")/cxssh-proxy" '
	function bad() { print FILENAME ":" FNR ": " substr($0, 1, 200); failed = 1 }
	/[^ -~]/ || length > 200 { bad(); next }
	/^(#.*)?$/ { next }
	/^Host [a-z0-9][a-z0-9.-]*$/ { host = $2; if (length(host) > 40 || (host in seen)) bad(); seen[host] = 1; next }
	host == "" { bad(); next }
	$0 == "  HostName " host { next }
	/^  HostKeyAlias cxssh-[a-z0-9_-]+(\.[a-z0-9_-]+)?$/ { next }
	/^  User [A-Za-z0-9_][A-Za-z0-9_.-]*$/ { next }
	/^  IdentityFile ~\/\.ssh\/cx_[A-Za-z0-9_-]+$/ { next }
	/^  (Port 22|IdentitiesOnly yes|StrictHostKeyChecking yes|UpdateHostKeys no|ProxyUseFdpass yes)$/ { next }
	$0 == "  UserKnownHostsFile ~/.ssh/cxssh/known_hosts" { next }
	/^  ServerAlive(Interval 15|CountMax 3)$/ { next }
	$1 == "ProxyCommand" && $2 == proxy && $3 ~ /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/ && $4 == "%p" && NF == 4 { next }
	{ bad() }
	END { exit failed }' "$generated" >&2
}
plain() { # FILE...: not a byte but text, and nothing of what was planted
	! LC_ALL=C grep -n '[^ -~]' "$@" >&2 && ! grep -n 'pwned\|ProxyCommand=\|passwd\|xxxxxxxxxx' "$@" >&2
}
text() { ! LC_ALL=C grep -n '[^ -~]' "$@" >&2; } # ... where what is allowed as a name may stand
tree() { # only names that cxssh gives
	find "$HOME" -mindepth 1 | sed "s|^$HOME/||" | LC_ALL=C grep -v -x \
		-e '\.ssh' -e '\.ssh/config' -e '\.ssh/known_hosts' -e '\.ssh/id_ed25519\(\.pub\)\{0,1\}' \
		-e '\.ssh/\.cxssh[a-z.-]*' -e '\.ssh/cxssh' -e '\.ssh/cxssh/\(config\|new\|known_hosts\|state\|[a-z_]*\.lock\|key-[A-Za-z0-9_-]*\.lock\)' \
		-e '\.ssh/cx_[A-Za-z0-9_-]*' -e '\.cloud66\(/[a-z_.]*json\)\{0,1\}' -e '\.config\(/cxssh\(/config\|/aliases\)\{0,1\}\)\{0,1\}' \
		-e '\.cache\(/cxssh\)\{0,1\}' -e '\.cache/cxssh/\(log\(\.1\|\.old\)\{0,1\}\|inventory\.json\|profile\|routes\|lock\|failed\|run\|marks\|busy\|down\|looked\|missing\|recent\|names\|checked\|lease-times\|refused\|autosync[a-z-]*\)' \
		-e '\.cache/cxssh/[a-z]*/[A-Za-z0-9_][A-Za-z0-9_.:-]*' >&2
	[ $? = 1 ] && [ "$(find "$SANDBOX" /tmp /root / -xdev -maxdepth 2 -name '*pwned*' | head -n 1)" = '' ]
}
arguments() { LC_ALL=C grep -v -x -e '[A-Za-z0-9_./=,:@%|+~-]*' argv >&2; [ $? = 1 ] && plain argv; }
elsewhere() {
	ssh -G -F "$HOME/.ssh/config" github.com 2>/dev/null | diff github - >&2 &&
		ssh -G -F "$HOME/.ssh/config" 203.0.113.21 2>/dev/null | diff address - >&2
}
names() { sed -n 's/^Host //p' "$generated" | sort; }
still_there() { names >now; is '' comm -23 good now; }
sync_all() { rm -f "$work/argv"; within 120 env PATH="$work/here/bin:$PATH" cxssh sync >out.sync 2>err.sync; }

it 'cxssh takes what is good of a hostile fleet' sync_all
cp "$work/argv" argv
it 'cxssh writes lines of its own grammar only for a hostile fleet' grammar
it 'cxssh keeps all good hosts of a hostile fleet' still_there
it 'cxssh changes nothing for other hosts with a hostile fleet' elsewhere
it 'cxssh prints plain text on stdout for a hostile fleet' text out.sync
new_names() { # lines of the file for names that come later
	text "$HOME/.ssh/cxssh/new" && ! grep -v -e '^#' -e '^$' -e '^Match host [a-z0-9-]*-\*,!\*\.\*\(,![a-z0-9-]*\)* originalhost [a-z0-9-]*-\*,!\*\.\* exec "[^"]*/cxssh-proxy --claims %h"$' \
		-e '^  \(User\|IdentityFile\|IdentitiesOnly\|UserKnownHostsFile\|StrictHostKeyChecking\|UpdateHostKeys\|ServerAliveInterval\|ProxyUseFdpass\) [A-Za-z0-9_~/.-]*$' \
		-e '^  ProxyCommand /[^ ]*/cxssh-proxy %h %p$' "$HOME/.ssh/cxssh/new" >&2
}
it 'cxssh writes lines of its own grammar only for names that come later' new_names
it 'cxssh prints plain text on stderr for a hostile fleet' plain err.sync
it 'cxssh fetches every stack of a hostile fleet' test "$(api_calls "GET /api/3/stacks/")" -gt 200
it 'names the fields of a hostile fleet that it skips' sh -c 'for f in uid name address user_name stack_uid "deploy gateway" environment; do
	grep -q "its $f is missing or not allowed" err.sync || grep -q "skipped more than these" err.sync || exit 1; done'
it 'cxssh warns once of each bad server of a hostile fleet' is '' sh -c 'grep -o "server Bad[a-z0-9]*" err.sync | sort | uniq -d'
it 'cxssh warns of a hostile fleet in at most 110 lines' test "$(grep -c '' err.sync)" -le 110
it 'cxssh starts programs with plain arguments for a hostile fleet' arguments
it 'cxssh makes no file outside its own folders for a hostile fleet' tree
log_is_plain() { plain "$cache/log"; }
it 'cxssh logs plain text for a hostile fleet' log_is_plain
routes() { # each line of each route is of a known key and plain
	cat "$cache"/routes/* | LC_ALL=C grep -v -x '[a-z-]*=[A-Za-z0-9_.:@/~ -]*' >&2
	[ $? = 1 ]
}
it 'cxssh writes routes of plain lines only for a hostile fleet' routes
it 'cxssh still connects to a good server of a hostile fleet' works
it 'cxssh still connects to a server of a role of a hostile fleet' is lion quietly within 30 ssh myapp-app hostname
it 'cxssh lists them as plain text' sh -c 'cxssh list >list 2>&1'
it 'cxssh lists plain text for a hostile fleet' text list
it 'cxssh lists them as JSON' sh -c 'cxssh list --json >list.json'
json_plain() { ! LC_ALL=C grep -n '[^ -~]' list.json >&2; }
it 'cxssh lists plain ASCII as JSON for a hostile fleet' json_plain
show_all() { # show each host that was not there before
	names | comm -13 good - >new
	[ -s new ] || return 1
	while read -r name; do cxssh show "$name" >>shown 2>&1 || return 1; done <new
	text shown
}
it 'cxssh shows each of the odd ones in plain text' show_all
open_some() {
	# shellcheck disable=SC2013 # names have no blanks
	for name in $(sed -n '1~40p' new); do
		{ within 12 ssh -o BatchMode=yes "$name" true 2>&1 | tr -d '\r' >"opened.$name"; } &
		waited="${waited-} $!"
	done
	# shellcheck disable=SC2086 # a list
	wait $waited
	text opened.*
}
it 'cxssh opens some of them, and says nothing but plain text' open_some
why() { cxssh why >shown 2>&1; text shown; }
it 'cxssh explains it in plain text' why
host_keys() { cxssh hostkey list >shown 2>&1; plain shown; }
it 'cxssh lists host keys in plain text' host_keys
not_taken() { # cxssh's words: refused as a name, and without a byte of it
	cxssh "$@" >shown 2>&1
	case $? in 64 | 66) plain_but_name shown ;; *) cat shown >&2; return 1 ;; esac
}
plain_but_name() { ! LC_ALL=C grep -n '[^ -~]' "$1" >&2; }
it 'cxssh forgets nothing by a hostile name' fails_with 66 '' cxssh hostkey forget '../../x'
for name in '$(touch pwned)' "$(printf 'a\033[2J')" '*' '-oX'; do
	it "cxssh takes no such name: $(printf %.8s "$name" | tr -c ' -~' '?')" not_taken hostkey forget "$name"
	it "cxssh takes no such name for a connection: $(printf %.8s "$name" | tr -c ' -~' '?')" not_taken open "$name"
done
while read -r name; do
	not_taken open "$name" || echo "$name" >>taken
	case $name in [0-9nft]*) continue ;; esac # could be the name of a role
	not_taken open --as="$name" "$lion" || echo "--as $name" >>taken
done <payloads
it 'cxssh takes no payload as a target' sh -c '! cat taken >&2'

# A hint is there to be copied into a shell.
quoted() { fails_with 66 "no stack is called a' & touch pwned & 'c; there is: " cxssh sync --stack "a' & touch pwned & 'c"; }
it 'names no stack to copy whose name has a quote' quoted
it 'proposes no command where no name is near' fails_with 1 '' grep '; run: cxssh sync' "$work/err"
hint() { fails_with 66 '' cxssh sync --stack 'c & touch pwnd & d'; }
it 'cxssh knows no such stack' hint
cp "$work/err" unknown
it 'names the nearest stack to one that it does not know' grep -q '; run: cxssh ' unknown
copied() { # into a shell, and run there
	sed -n 's/.*; run: //p' unknown >proposed
	{ cat proposed; echo wait; } | sh >/dev/null 2>&1
	[ ! -e pwned ] && [ ! -e "$HOME/pwned" ]
}
it 'names the nearest stack in a form that is safe to copy' copied
same_for_list() { fails_with 66 '' cxssh list "a' & touch pwned & 'c"; }
it 'cxssh knows no such stack to list' same_for_list
cp "$work/err" unknown
it 'names the nearest stack to list in a form that is safe to copy' copied

cp fleet.good "$SANDBOX/fleet.json.new" && mv "$SANDBOX/fleet.json.new" "$SANDBOX/fleet.json"
it 'cxssh takes the bad servers out again when the user says yes' cxssh sync --yes
gone() { names | diff good - >&2; }
it 'cxssh has the same aliases when the bad servers are gone' gone
it 'cxssh has no route of the bad servers when they are gone' is '' sh -c "ls '$cache/routes' | grep -x '[a-n][0-9][0-9][0-9]\|of.*\|s[o-r].*'"

# A uid that looks like a name of cxssh's own.
for name in inventory known_hosts token; do
	sed "s/$lion/$name/g" fleet.good >"$SANDBOX/fleet.json.new" && mv "$SANDBOX/fleet.json.new" "$SANDBOX/fleet.json"
	cxssh sync >/dev/null
	it "cxssh reaches a server whose uid is $name" works
done
cp fleet.good "$SANDBOX/fleet.json.new" && mv "$SANDBOX/fleet.json.new" "$SANDBOX/fleet.json"
cxssh sync >/dev/null

# ---- documents that only bytes can say ----

solo=e1d96311ab8d3ae68bcf8f31b11bd7fb
grep -v '^solo' good >good.others
served() { # GLOB FILE: sync gets these bytes, ends as it should, and does no harm
	no_faults
	fault "GET $1 body $work/here/$2"
	within 60 cxssh sync >out.sync 2>err.sync; code=$?
	no_faults
	case $code in 0 | 66 | 69 | 75) ;; *) echo "status $code" >&2; cat err.sync >&2; return 1 ;; esac
	[ "$(grep -c '' err.sync)" -le 110 ] && plain out.sync err.sync && grammar && tree && elsewhere || return 1
	[ "$code" != 75 ] || { grep -q '^cxssh: the API does not name [0-9]* of [0-9]* hosts any more; nothing was written' err.sync; return; }
	[ "$code" = 0 ] || [ "$(grep -c '^cxssh: \(list of stacks\|servers of stack [A-Za-z]*\): app.cloud66.test: ' err.sync)" = 1 ] || {
		cat err.sync >&2; return 1; }
}
others_stay() { names | comm -13 - good.others >lost; [ ! -s lost ] || { cat lost >&2; return 1; }; }
pages='"pagination":{"previous":null,"next":null,"current":1,"per_page":30,"count":1,"pages":1}'
good_one="{\"uid\":\"$lion\",\"name\":\"lion\",\"address\":\"203.0.113.21\",\"user_name\":\"deploy\",\"server_roles\":[\"web\"],\"stack_uid\":\"$stack\",\"health_state\":3}"
deep() { head -c "$1" /dev/zero | tr '\0' "$2"; }
{ deep 10000 '['; deep 10000 ']'; } >deep.list
{ printf '{"response":'; cat deep.list; printf '}'; } >deep.response
{ printf '{"a":%.0s' 1 2 3 4 5 6 7 8 9; deep 100000 '['; } >deep.open
printf '{"response":[{"uid":"\377\376","name":"\303\050"}],%s}' "$pages" >utf8.bad
printf '{"response":[{"uid":"a\0b"}],%s}' "$pages" >nul.raw
printf '{"response":[{"uid":"a\nb"}],%s}' "$pages" >newline.raw
printf '{"response":[{"uid":"s1","uid":"../x","name":"a","name":"b\\nHost *"}],%s}' "$pages" >duplicate.keys
printf '{"response":{"length":5},%s}' "$pages" >object
printf '{"response":"[]"}' >string
printf '{"response":null}' >null
printf '{"response":[1e999,-0,1E400,NaN]}' >numbers
printf '\357\273\277{"response":[]}' >bom
printf '{"response":[]}{"response":[]}' >two
printf '{"response":[],"response":[{"uid":"../y","name":"\\u001b[2J"}]}' >two.members
printf "{'response':[]}" >single.quotes
printf '{"response":[],"pagination":{"pages":"\\u001b[2J","next":"-1"}}' >pages.text
printf '{"response":[' >half
head -c 200000 /dev/urandom >noise
for document in deep.list deep.response deep.open utf8.bad nul.raw newline.raw duplicate.keys object string null \
	numbers bom two two.members single.quotes pages.text half noise million; do
	it "cxssh survives servers like $document" served "/stacks/$solo/servers.json*" $document
	it "cxssh keeps the hosts of other stacks with servers like $document" others_stay
	it "cxssh survives stacks like $document" served '/stacks.json*' $document
	cxssh sync >/dev/null
done
it 'cxssh is as before when they are gone' gone

# Pages that lie.
page() { printf '{"response":[%s],"pagination":{"previous":null,%s}}' "$good_one" "$1"; }
page '"next":2,"current":1,"per_page":30,"count":1,"pages":1' >next.same
page '"next":1,"current":0,"per_page":30,"count":1,"pages":1' >next.first
page '"next":3,"current":1,"per_page":1,"count":1,"pages":-5' >negative
page '"next":9223372036854775807,"current":9223372036854775806,"pages":9223372036854775807' >huge
page '"next":"2","current":"1","pages":"3"' >text
page '"next":null,"current":1,"pages":2000' >thousands
page '"next":2,"current":-9223372036854775808,"pages":null' >minimum
for document in next.same next.first negative huge text thousands minimum; do
	it "cxssh comes to an end with pages like $document" served "/stacks/$solo/servers.json*" $document
	it "cxssh keeps the hosts of other stacks with pages like $document" others_stay
	[ "$(api_calls "GET /api/3/stacks/$solo/servers.json")" -lt 30000 ] || exit 1
done

# A hundred thousand.
many() { # HOW: of different uids, or all of one
	awk -v how="$1" -v stack="$solo" -v pages="$pages" 'BEGIN {
		printf "{\"response\":["
		for (i = 0; i < 100000; i++)
			printf "%s{\"uid\":\"m%s\",\"name\":\"M%d\",\"address\":\"203.0.113.22\",\"user_name\":\"deploy\",\"server_roles\":[\"web\"],\"stack_uid\":\"%s\"}",
				i ? "," : "", how == "same" ? "x" : i, i, stack
		printf "],%s}", pages }'
}
many same >same.uid
bad_many() { awk 'BEGIN { printf "{\"response\":["; for (i = 0; i < 100000; i++) printf "%s{\"uid\":\"../%d\"}", i ? "," : "", i; printf "]}" }'; }
bad_many >all.bad
it 'cxssh takes one server a hundred thousand times for one' served "/stacks/$solo/servers.json*" same.uid
it 'cxssh keeps the hosts of other stacks with one server a hundred thousand times' others_stay
it 'cxssh writes a server that was listed a hundred thousand times once' is 1 grep -c '^Host solo-m' "$generated"
it 'cxssh skips a hundred thousand bad ones' served "/stacks/$solo/servers.json*" all.bad
it 'cxssh warns of a hundred thousand bad servers in at most 110 lines' test "$(grep -c '' err.sync)" -le 110
it 'cxssh keeps the hosts of other stacks with a hundred thousand bad servers' others_stay
cxssh sync >/dev/null

# Roles, each of which becomes a host and a file.
own_roles() { awk -v stack="$solo" 'BEGIN {
	printf "{\"response\":["
	for (i = 0; i < 2000; i++) {
		printf "%s{\"uid\":\"m%d\",\"name\":\"M%d\",\"address\":\"203.0.113.22\",\"user_name\":\"deploy\",\"stack_uid\":\"%s\",\"server_roles\":[\"web\"", i ? "," : "", i, i, stack
		for (k = 0; k < 60; k++) printf ",\"r%d-%d\"", i, k
		printf "]}" }
	printf "]}" }'; }
own_roles >own.roles
it 'cxssh comes to an end with a hundred thousand roles' served "/stacks/$solo/servers.json*" own.roles
it 'cxssh keeps the hosts of other stacks with a hundred thousand roles' others_stay
it 'cxssh has the first of a hundred thousand roles' grep -q '^Host solo-web$' "$generated"
few_routes() { [ "$(find "$cache/routes" -name "$solo.*" | grep -c .)" -le 512 ]; }
it 'cxssh makes no file for each of a hundred thousand roles' few_routes
it 'cxssh warns that a stack has too many roles' grep -q '^cxssh: warning: skipped roles of stack Solo: there are too many$' err.sync
cxssh sync --yes >/dev/null

# Two servers with one uid: the first one counts, every time.
twin="{\"uid\":\"$lion\",\"name\":\"imposter\",\"address\":\"203.0.113.22\",\"user_name\":\"evil\",\"server_roles\":[\"web\",\"db\"],\"stack_uid\":\"$stack\",\"health_state\":3}"
heron="{\"uid\":\"6453e47af3d11e8cf5572f523305d260\",\"name\":\"heron\",\"address\":\"203.0.113.22\",\"user_name\":\"deploy\",\"server_roles\":[\"web\",\"db\"],\"stack_uid\":\"$stack\",\"health_state\":3}"
printf '{"response":[%s,%s,%s],%s}' "$good_one" "$twin" "$heron" "$pages" >twins
it 'cxssh takes the first of two servers with one uid' served "/stacks/$stack/servers.json*" twins
it 'cxssh connects to the first of two servers with one uid' works
it 'cxssh has the address of the first of two servers with one uid' grep -qx 'address=203.0.113.21' "$cache/routes/$lion"
it 'cxssh has the user of the first of two servers with one uid' is deploy sh -c "ssh -G myapp-lion | sed -n 's/^user //p'"
it 'cxssh warns of the second of two servers with one uid' grep -q '^cxssh: warning: skipped server imposter of stack myapp: its uid is that of another$' err.sync
it 'cxssh writes no host for the second of two servers with one uid' fails_with 1 '' grep -q imposter "$generated"
cxssh sync --yes >/dev/null
it 'cxssh is as before when they are gone' gone
done_testing

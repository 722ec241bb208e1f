#!/bin/sh
# SPDX-License-Identifier: MIT
# What stands around the API's documents: status lines, headers, error texts, redirects,
# waiting times, encodings; and what stands in the files, the environment and the command
# line of cxssh.  Always one line of plain text, in time, and the token goes nowhere else.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2016 # expanded elsewhere
no_sandbox=1
test_timeout=400
. "$(dirname "$0")/../lib.sh"

server=$CXSSH_BUILD/tests/integration/say_bytes
[ -x "$server" ] || skip_all "$server is not built"
PATH=$CXSSH_BIN:$PATH; export PATH
cloud=$HOME/.cloud66
log=$HOME/.cache/cxssh/log
mkdir here && cd here || exit 1
for port in 8001 8002; do
	"$server" $port "$work/here/answer.$port" "$work/here/requests.$port" >ready.$port &
done
wait_for grep -q ready ready.8001
wait_for grep -q ready ready.8002
printf 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]' >answer.8002

profile() { # MEMBERS
	umask 077
	mkdir -p "$cloud"
	printf '{"last_profile":"default","profiles":{"default":{"base_url":"http://127.0.0.1:8001","client_id":"",
		"client_secret":"","organization":"","name":"default","token_file":"cx.json"%s}}}' "$1" >"$cloud/cxprofiles.json"
}
token() { # JSON string
	umask 077
	printf '{"AccessToken":%s,"RefreshToken":"","Expiry":"0001-01-01T00:00:00Z","Extra":null}' "$1" >"$cloud/cx.json"
}
profile ''
token '"planted-token"'

one_line() { # FILE: of plain text, short, and without what was planted
	if [ "$(grep -c '' "$1")" != 1 ] || [ "$(wc -c <"$1")" -ge 700 ]; then
		wc "$1" >&2; return 1
	fi
	! LC_ALL=C grep -n '[^ -~]' "$1" >&2 && ! grep -n 'planted-token' "$1" >&2
}
log_is_plain() { [ ! -e "$log" ] || { ! LC_ALL=C grep -n '[^ -~]' "$log" >&2 && ! grep -n 'planted-token' "$log" >&2; }; }
refused() { # STATUSES command...: one line and one of these statuses, in time
	statuses=$1; shift
	rm -rf "$HOME/.cache/cxssh/inventory.json" "$HOME/.cache/cxssh/failed"
	within 25 "$@" </dev/null >out.said 2>err.said; code=$?
	case " $statuses " in *" $code "*) ;; *) echo "status $code" >&2; head -c 600 err.said >&2; return 1 ;; esac
	one_line err.said && log_is_plain
}
says() { # FORMAT: the bytes of the next answers
	# shellcheck disable=SC2059 # a format it is
	printf "$1" >answer.8001
}
elsewhere() { [ ! -s requests.8002 ]; }
only_once() { ! grep -i '^x-evil' requests.8001 >&2; }
zeros() { head -c "$1" /dev/zero | tr '\0' "$2"; }
empty() { printf 'Content-Length: 2\r\n\r\n[]'; }

# --- heads ---
while IFS='|' read -r kind answer; do
	says "$answer"
	it "cxssh survives $kind, where ssh asks" refused '66 69 75 77 78' cxssh-proxy nosuch 22
	# A person's command may wait for a minute, and does where the API asks for it.
	case $kind in
	'a wait '*) ;;
	*) it "cxssh survives $kind, where cxssh list asks" refused '66 69 75 77 78' cxssh list ;;
	esac
done <<'ANSWERS'
no answer at all|
half a status line|HTTP/1.
no HTTP|\033[2J\033]0;pwned\007\r\n\r\n
a status that is no number|HTTP/1.1 \033[2J OK\r\nContent-Length: 2\r\n\r\n[]
a status out of range|HTTP/1.1 99999999999 OK\r\nContent-Length: 2\r\n\r\n[]
a negative length|HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n[]
a length out of range|HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n[]
two lengths|HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 20\r\n\r\n[]
a huge length|HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n[]
chunks without a size|HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n
a chunk that is too large|HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n[]\r\n
a chunk of less than nothing|HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n[]\r\n
an encoding that there is not|HTTP/1.1 200 OK\r\nTransfer-Encoding: \033[2J\r\n\r\n[]
gzip that is none|HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]
a header without an end|HTTP/1.1 200 OK\r\nX-A: b
a NUL in a header|HTTP/1.1 500 OK\r\nX-Cloud66-Warning: a\000b\r\nContent-Length: 2\r\n\r\n[]
a redirect|HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:8002/\r\nContent-Length: 0\r\n\r\n
a redirect to a file|HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n
a redirect to a command|HTTP/1.1 307 Moved\r\nLocation: -oProxyCommand=$(touch pwned)\r\nContent-Length: 0\r\n\r\n
a redirect to an escape sequence|HTTP/1.1 308 Moved\r\nLocation: http://\033[2J\007/\r\nContent-Length: 0\r\n\r\n
another protocol|HTTP/1.1 101 Switching\r\nUpgrade: evil\r\n\r\n\001\002
a login that is asked for|HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="\033[2Jpassword:"\r\nContent-Length: 0\r\n\r\n
a proxy that asks|HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n
a wait of less than nothing|HTTP/1.1 429 No\r\nRetry-After: -5\r\nContent-Length: 0\r\n\r\n
a wait of ages|HTTP/1.1 429 No\r\nRetry-After: 99999999999999999999\r\nContent-Length: 0\r\n\r\n
a wait for an escape sequence|HTTP/1.1 429 No\r\nRetry-After: \033[2J\r\nContent-Length: 0\r\n\r\n
a wait until the end of days|HTTP/1.1 503 No\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\nContent-Length: 0\r\n\r\n
ANSWERS
it 'cxssh follows no redirect of a hostile answer' elsewhere
it 'cxssh warns in plain text of what the API warns of' says 'HTTP/1.1 500 No\r\nX-Cloud66-Warning: \033[2Jpwned\007 \303\251\r\nContent-Length: 2\r\n\r\n[]'
it 'cxssh warns in plain text in the log of what the API warns of' refused 69 cxssh list
# The API puts whole log lines into a header: "cxssh why" tells them from the proxy's.
connection='x cxssh-proxy[9] z +1ms connected to lion;id handed to ssh'
explained() { # by the last proxy's line, without a command from the API
	cxssh why --log >shown 2>&1 && ! grep 'run: cxssh hostkey' shown >&2 &&
		tail -n 1 shown | grep -q 'cxssh-proxy\[[0-9]*\] nosuch +[0-9]*ms failed: '
}
refused '66 69' cxssh-proxy nosuch 22
says "HTTP/1.1 500 No\r\nX-Cloud66-Warning: $connection\r\nContent-Length: 2\r\n\r\n[]"
refused 69 cxssh list
it 'cxssh explains with cxssh why a warning that is no connection' explained
explained_in_a_long_log() {
	mv "$log" log.short && { zeros 70000000 x; echo; cat log.short; } >"$log" &&
		chmod 600 "$log" && CXSSH_LOG_SIZE=1073741824 && export CXSSH_LOG_SIZE && explained; code=$?
	unset CXSSH_LOG_SIZE
	mv log.short "$log" && return "$code"
}
it 'cxssh explains with cxssh why however long the log is' explained_in_a_long_log

# --- heads and bodies of a size ---
big() { # HOW
	case $1 in
	'a header of 1 MB') printf 'HTTP/1.1 500 No\r\nX-Cloud66-Warning: '; zeros 1000000 w; printf '\r\n'; empty ;;
	'ten thousand headers') printf 'HTTP/1.1 500 No\r\n'; yes 'X-A: b' | head -n 10000 | sed 's/$/\r/'; empty ;;
	'a status line of 1 MB') printf 'HTTP/1.1 500 '; zeros 1000000 s; printf '\r\n'; empty ;;
	'a thousand answers before the answer') yes 'HTTP/1.1 100 Continue' | head -n 1000 | sed 's/$/\r\n\r/'; printf 'HTTP/1.1 500 No\r\n'; empty ;;
	'a body without an end') printf 'HTTP/1.1 200 OK\r\n\r\n'; zeros 60000000 ' ' ;;
	'a body that unpacks without an end') printf 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n'; zeros 200000000 ' ' | gzip -c ;;
	'an error of 1 MB') printf 'HTTP/1.1 403 No\r\n\r\n{"error":"x","details":"'; zeros 1000000 e; printf '"}' ;;
	esac
}
for how in 'a header of 1 MB' 'ten thousand headers' 'a status line of 1 MB' 'a thousand answers before the answer' \
	'a body without an end' 'a body that unpacks without an end' 'an error of 1 MB'; do
	big "$how" >answer.8001
	it "cxssh survives $how" refused '69 77' cxssh list
done

# --- few bytes that are much in memory ---
packed() { printf 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n'; gzip -c; }
objects() { printf '{"response":['; yes '{},' | head -n "$1" | tr -d '\n'; printf '0]}'; }
small() { # command...: never has more than so much memory
	"$@" >out.said 2>err.said & pid=$!
	most=0 looks=0
	while now=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null) && [ -n "$now" ] &&
		[ "$((looks += 1))" -lt 400 ] && [ "$now" -lt 600000 ]; do
		most=$now; sleep 0.05
	done
	kill "$pid" 2>/dev/null; wait "$pid"
	[ -z "$now" ] && [ "$most" -gt 0 ] || { echo "$now KB" >&2; return 1; }
}
objects 10000000 | packed >answer.8001
it 'cxssh refuses ten million objects in thirty thousand bytes' refused 69 cxssh list
it 'cxssh says that an answer is too large' grep -q ': the answer is too large; run: cxssh doctor$' err.said
it 'cxssh refuses too large an answer without having it in memory' small cxssh list
printf '{"response":[{"uid":"s1","name":"Packed","servers":[]}]}' | packed >answer.8001
unpacked() { rm -rf "$HOME/.cache/cxssh/inventory.json" "$HOME/.cache/cxssh/failed"; cxssh list; }
it 'cxssh takes a packed answer that is not large' unpacked

# --- error texts ---
while read -r text; do
	for status in 400 403 404 422 500; do
		printf 'HTTP/1.1 %s No\r\n\r\n{"error":"x","details":%s}' "$status" "$text" >answer.8001
		refused '66 69 77' cxssh list || { echo "$status $text" >>bad; continue; }
		[ "$status" = 403 ] || continue
		refused '66 69 77' cxssh-proxy nosuch 22 || { echo "proxy $status $text" >>bad; continue; }
		! grep -i 'password\|passphrase\|Permission denied' err.said || echo "words $status $text" >>bad
	done
done <<'TEXTS'
"a\nb\r\nc"
"\u001b[2J\u001b]0;pwned\u0007"
"\u009b31m\u202e\u0085"
"a\u0000b"
"%s%n%x"
"$(touch pwned)`touch pwned`"
"x; run: touch pwned"
"password: "
"Permission denied (publickey)."
"caf\u00e9 \ud83d\ude00"
17
["a"]
{"a":{"b":"c"}}
null
TEXTS
it 'cxssh shows error texts as plain text in one line, and the proxy none with words that clients act upon' sh -c '! cat bad >&2'
deep() { printf 'HTTP/1.1 403 No\r\n\r\n'; zeros 100000 '['; }
deep >answer.8001
it 'cxssh survives an error that is nested deep' refused 77 cxssh list

# --- the files that cxssh reads ---
says 'HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n[]'
while read -r text; do
	token "$text"
	refused '69 77 78' cxssh list || echo "$text" >>bad.tokens
done <<'TOKENS'
"a\r\nX-Evil: 1"
"a\nX-Evil: 1"
"\u0000"
"a\u0000b"
"\u001b[2J"
"caf\u00e9"
""
" "
17
null
["a"]
{"a":"b"}
TOKENS
token "\"$(zeros 1000000 t)\""
refused '69 77 78' cxssh list || echo long >>bad.tokens
for text in '' '[' '[]' 'null' '"x"' '{"AccessToken":"a"' "$(zeros 100000 '[')" "$(printf '\377\376')"; do
	printf '%s' "$text" >"$cloud/cx.json"
	refused '69 77 78' cxssh list || echo "file $(printf %.20s "$text")" >>bad.tokens
done
it 'cxssh survives token files of all kinds' sh -c '! cat bad.tokens >&2'
it 'cxssh makes one header of each of these token files at most' only_once
token '"planted-token"'
while read -r member; do
	profile ",$member"
	refused '66 69 77 78' cxssh list || echo "$member" >>bad.profiles
done <<'MEMBERS'
"base_url":"file:///etc/passwd"
"base_url":"http://127.0.0.1:8001/\r\nX-Evil: 1"
"base_url":"http://evil@127.0.0.1:8001"
"base_url":"http://example.com"
"base_url":"http://127.0.0.1:8001/../x"
"base_url":"\u001b[2J"
"base_url":"-oX"
"base_url":17
"base_url":""
"token_file":"../../pwned"
"token_file":"/etc/passwd"
"token_file":".."
"token_file":"-x"
"token_file":"\u001b[2J"
"token_file":"a\u0000b"
"token_file":17
"organization":"\u001b[2J"
"organization":"a\r\nX-Evil: 1"
"organization":17
"client_id":"\u0000"
"name":"\u001b[2J\n"
MEMBERS
it 'cxssh survives profiles of all kinds' sh -c '! cat bad.profiles >&2'
it 'cxssh makes one header of each of these profiles at most' only_once
profile ''
for text in '' '[' '{"profiles":[]}' '{"profiles":{"default":17}}' '{"last_profile":"\u001b[2J","profiles":{"\u001b[2Jx":{}}}' \
	"$(zeros 100000 '[')"; do
	printf '%s' "$text" >"$cloud/cxprofiles.json"
	refused '66 69 77 78' cxssh list || printf '%.30s\n' "$text" >>bad.files
done
it 'cxssh survives profile files of all kinds' sh -c '! cat bad.files >&2'
profile ''

# --- environment and command line ---
long=$(zeros 120000 a)
escape=$(printf '\033[2J')
while read -r name; do
	for value in "$escape" '../../x' '-oX' "$(printf 'a\nb')" "$long" '$(touch pwned)' ''; do
		refused '0 66 69 75 77 78' env "$name=$value" cxssh list ||
			echo "$name=$(printf %.10s "$value" | tr -c ' -~' '?')" >>bad.environment
	done
done <<'NAMES'
CXSSH_PROFILE
CXSSH_STACKS
CXSSH_IDENTITY
CXSSH_LEASE_MINUTES
CXSSH_FROM_IP
CXSSH_LOG_SIZE
CXSSH_BASE_URL
CLOUD66_TOKEN
CXTOKEN
LANG
TERM
NAMES
it 'cxssh survives an environment of all kinds, in one line' sh -c '! cat bad.environment >&2'
it 'cxssh makes one header of each of these environments at most' only_once
for target in "$long" "$escape" "$(printf 'caf\303\251')" "$(printf 'a\rb')" '.' '-' '--help' '%h' '*' '~' 'a/b' 'a b' 'a,b'; do
	refused 64 cxssh-proxy "$target" 22 || echo "target $(printf %.10s "$target" | tr -c ' -~' '?')" >>bad.words
done
for port in "$long" "$escape" '' ' ' '+22' '22 ' '022x' '0x16' '22.0' '1e1' '-0' '4294967318' '99999999999999999999'; do
	refused 64 cxssh-proxy nosuch "$port" || echo "port $(printf %.10s "$port" | tr -c ' -~' '?')" >>bad.words
done
for command in list show ssh 'hostkey forget' 'hostkey list' lease why 'key refresh' 'gateway close' 'sync --stack'; do
	for word in "$long" "$escape" "$(printf 'a\nb')" '../../x'; do
		# shellcheck disable=SC2086 # two words
		refused '64 66 69 77' cxssh $command "$word" ||
			echo "$command $(printf %.10s "$word" | tr -c ' -~' '?')" >>bad.words
	done
done
it 'cxssh takes no such words on its command lines, and says so in one line' sh -c '! cat bad.words >&2'
it 'cxssh follows no redirect in all these answers' elsewhere
it 'cxssh has made no file by any of it' sh -c "! find '$SANDBOX' / -xdev -maxdepth 4 -name '*pwned*' 2>/dev/null | grep . >&2"
nothing_else() {
	find "$HOME" -mindepth 1 | sed "s|^$HOME/||" | LC_ALL=C grep -v -x -e '\.ssh\(/.*\)\{0,1\}' \
		-e '\.cloud66\(/cx\.json\|/cxprofiles\.json\|/[a-z.]*lock\)\{0,1\}' \
		-e '\.c[a-z]*\(/cxssh\(/[a-z]*\(/[A-Za-z0-9_.-]*\)\{0,1\}\)\{0,1\}\)\{0,1\}' >&2
	[ $? = 1 ]
}
it 'cxssh makes no name of a file by any of these answers' nothing_else
done_testing

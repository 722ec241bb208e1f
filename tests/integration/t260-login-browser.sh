#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh login in the browser; curl is the browser, which follows the redirects.
# shellcheck disable=SC1091,SC2154,SC2034,SC2016 # lib.sh
SANDBOX_OPTIONS='--hosts lion --no-login --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
command -v curl >/dev/null || skip_all 'no curl'

cloud=$HOME/.cloud66
listener=http://127.0.0.1:34543
unset DISPLAY WAYLAND_DISPLAY BROWSER
CXSSH_BASE_URL=$SANDBOX_BASE_URL; export CXSSH_BASE_URL
# A browser: BROWSER runs it with the address, and it keeps what it was shown.
cat >browser <<'END'
#!/bin/sh
echo "$1" >"$SANDBOX/work/address"
[ ! -e "$SANDBOX/work/idle" ] || exit 0
curl -sL -o "$SANDBOX/work/page.new" "$1" && mv "$SANDBOX/work/page.new" "$SANDBOX/work/page"
END
chmod +x browser
client() { CXSSH_CLIENT_ID=sandbox-client CXSSH_CLIENT_SECRET=sandbox-secret "$@"; }
in_browser() { rm -f page; BROWSER=$work/browser client within 30 cxssh login "$@"; }
begin() { # a login whose browser does nothing, in the background
	: >idle; rm -f address
	BROWSER=$work/browser client timeout 60 cxssh login >login.out 2>login.err & login=$!
	wait_for test -s address
}
ends() { # STATUS PATTERN
	wait "$login"; _got=$?
	rm -f idle; cat login.out login.err >&2
	[ "$_got" = "$1" ] && grep -q -- "$2" login.out login.err
}
state() { sed 's/.*[?&]state=\([^&]*\).*/\1/' address; }
get() { curl -s -o page -w '%{http_code}' "$@"; } # prints the status

it 'cxssh says that a client is missing, and how to log in without one' \
	fails_with 78 'profile default has no client_id to log in with in a browser; run: cxssh login --token' cxssh login
it 'cxssh logs in by the browser' prints "^logged in to $SANDBOX_BASE_URL\$" in_browser
it 'cxssh says afterwards which scopes the login has' prints '^scopes  *public redeploy jobs users admin' in_browser
it 'cxssh says afterwards which accounts the login sees' prints '^account  *Acme' in_browser
it 'cxssh says the next command' prints '^next: cxssh sync$' in_browser
it 'cxssh shows the browser a page that may be closed' sh -c \
	'i=0; until grep -q "cxssh is logged in.  This page may be closed" page || [ $i = 50 ]; do i=$((i + 1)); sleep 0.1; done; cat page; [ $i != 50 ]'
it 'cxssh asks with a state and a challenge' grep -q 'state=[0-9a-f]\{32\}&code_challenge=[A-Za-z0-9_-]\{43\}&code_challenge_method=S256$' address
it 'cxssh asks to be sent back to the one address that is registered' grep -q 'redirect_uri=http%3A%2F%2F127.0.0.1%3A34543&' address
it 'cxssh keeps the token for its owner alone' is 600 stat -c %a "$cloud/cx.json"
it 'cxssh works then' quietly cxssh sync --yes
it 'whoami says the scopes' prints '^scopes  *public redeploy' cxssh whoami
it 'cxssh keeps the client in the profile, for renewals' grep -q '"client_id":"*.*sandbox-client' "$cloud/cxprofiles.json"
it 'the file with the secret of a client is its owner'"'"'s alone' is 600 stat -c %a "$cloud/cxprofiles.json"
it 'cxssh logs in again with the client of the profile' env BROWSER="$work/browser" timeout 30 cxssh login
expire() { sed -i 's/"Expiry":"[^"]*"/"Expiry":"2020-01-01T00:00:00Z"/' "$cloud/cx.json"; }
renewed() { expire && cxssh whoami >&2 && ! grep -q 2020-01-01 "$cloud/cx.json"; }
it 'cxssh renews the token of a login in the browser' renewed
it 'cxssh has the scopes after a renewal, too' prints '^scopes  *public redeploy' cxssh whoami
no_secret() { ! grep -rF sandbox-secret "$HOME/.cache/cxssh" >&2; }
it 'cxssh writes no secret of the client into its log' no_secret

reported() {
	mkdir -p "$HOME/.config/cxssh" && printf 'client-id = x\nclient-secret = very-secret\n' >>"$HOME/.config/cxssh/config"
	cxssh doctor --report "$work/report" >&2
	sed -i '/^client-/d' "$HOME/.config/cxssh/config"
	grep -q '^client-secret = (not shown)$' report && ! grep very-secret report >&2
}
it 'a bug report has no secret of the client' reported

# Requests that are not the browser's.
foreign() {
	begin
	is 400 get "$listener/?code=x" && is 400 get "$listener/?code=x&state=0123456789abcdef0123456789abcdef" &&
		is 400 get "$listener/favicon.ico" && is 400 get -X POST -d "code=x&state=$(state)" "$listener/" &&
		is 400 get "$listener/?code=x&state=$(state)&state=$(state)" && is 400 get "$listener/other?code=x&state=$(state)" &&
		head -c 100000 /dev/zero | tr '\0' x | is 400 get -X GET --data-binary @- "$listener/?state=" &&
		timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/34543; printf "x\r\n\r\n" >&3; cat <&3' | grep -q '^HTTP/1.1 400' &&
		kill -0 "$login"
	_code=$?
	curl -sL -o page "$(cat address)"
	ends 0 '^logged in' && return "$_code"
}
it 'cxssh answers foreign requests, and the login goes on' foreign
crowd() { # of connections that send nothing, as a browser opens them ahead of need
	begin
	pids=
	for _i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		bash -c 'exec 3<>/dev/tcp/127.0.0.1/34543; sleep 30' 2>/dev/null & pids="$pids $!"
	done
	wait_for sh -c '[ "$(ss -Htn state established "( sport = :34543 )" | wc -l)" -ge 15 ]'
	curl -sL -m 10 -o page "$(cat address)"
	ends 0 '^logged in'; _code=$?
	# shellcheck disable=SC2086 # numbers
	kill $pids 2>/dev/null
	return "$_code"
}
it 'cxssh answers beside connections that send nothing' crowd
denied() {
	begin
	is 403 get "$listener/?error=access_denied&error_description=The+owner+denied&state=$(state)"; _code=$?
	ends 77 'the login was refused in the browser (The owner denied); run: cxssh login' && return "$_code"
}
it 'cxssh says when the login was refused in the browser' denied
stolen() { # a code that was not made for this login
	begin
	code=$(curl -s -o /dev/null -w '%{redirect_url}' "$SANDBOX_BASE_URL/oauth/authorize?response_type=code&client_id=sandbox-client&redirect_uri=http%3A%2F%2F127.0.0.1%3A34543&code_challenge=0123456789012345678901234567890123456789abc" | sed 's/.*code=\([^&]*\).*/\1/')
	is 502 get "$listener/?code=$code&state=$(state)"; _code=$?
	ends 77 'the login is not valid' && return "$_code"
}
cp "$cloud/cx.json" before.json
it 'cxssh takes no code that was made for another login' stolen
it 'cxssh keeps the token that there was when a login fails' cmp before.json "$cloud/cx.json"
elsewhere() {
	begin
	ss -Hltn 'sport = :34543' >listeners
	curl -sL -o page "$(cat address)"
	ends 0 '^logged in' && is 1 grep -c . listeners && grep -q '127.0.0.1:34543' listeners
}
it 'cxssh listens on the loopback address alone' elsewhere
taken() {
	bash -c 'exec python3 -c "import socket,time
s=socket.socket(); s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1); s.bind((\"127.0.0.1\",34543)); s.listen(); open(\"taken\",\"w\"); time.sleep(60)"' & holder=$!
	wait_for test -e taken
	rm -f address
	fails_with 69 'another program listens on 127.0.0.1 port 34543.*; run: cxssh login --no-browser' in_browser; _code=$?
	kill "$holder"; wait "$holder" 2>/dev/null
	[ ! -e address ] && return "$_code"
}
it 'cxssh says that the port is taken before a browser opens' taken

# Without a browser.
pasted() { # SED-SCRIPT over the address that the browser ends at
	mkfifo in
	client timeout 30 cxssh login >login.out 2>login.err <in & login=$!
	exec 6>in; rm in
	wait_for grep -q '^http.*oauth/authorize' login.out
	curl -s -o /dev/null -w '%{redirect_url}\n' "$(grep '^http.*oauth/authorize' login.out)" | sed "$1" >&6
	exec 6>&-
}
paste_well() { pasted '' && ends 0 '^logged in'; }
it 'cxssh takes the address on standard input where there is no browser' paste_well
paste_again() { pasted 's/state=./state=x/' && ends 64 'not the address that the browser shows'; }
it 'cxssh takes no address of another login' paste_again
paste_code() { pasted 's/.*/hello/' && ends 64 'not the address that the browser shows'; }
it 'cxssh says when what was pasted is no address' paste_code
no_browser() { rm -f address; echo x | BROWSER=$work/browser client fails_with 64 '' cxssh login --no-browser; [ ! -e address ]; }
it 'cxssh starts no browser with --no-browser' no_browser

# What is wrong with a token.
token() { printf '%s' "$1" | cxssh login --token; }
it 'cxssh says that a token has a blank in it' fails_with 78 'not a token: it has a blank' token 'two words'
it 'cxssh says that a token has a quote in it' fails_with 78 'not a token: it has a quote' token '"0123456789"'
it 'cxssh says that a token begins with Bearer' fails_with 78 'not a token: it begins with "Bearer"' token 'Bearer 0123456789'
it 'cxssh says that a token is empty' fails_with 78 'not a token: it is empty' token ' '
it 'cxssh says that a token is not ASCII' fails_with 78 'not a token: it has characters beyond ASCII' token 'tökentöken'

# Profiles.
it 'cxssh lists the profile in use' prints '^default  *http.*logged in  in use' cxssh profile list
it 'cxssh makes a profile' prints '^next: cxssh login --profile Work' cxssh profile create Work --org Acme --client-id sandbox-client
it 'cxssh makes no profile that shares a token file' fails_with 64 'there is a profile Work already' cxssh profile create work
it 'cxssh makes no profile whose name is a path' fails_with 78 'not a plain file name' cxssh profile create ../x
it 'cxssh lists a profile without a token' prints '^Work  *http.*not logged in$' cxssh profile list
it 'cxssh chooses a profile' prints '^profile Work is in use' cxssh profile use Work
it 'cxssh says that the hosts are those of the last sync' prints 'cxssh sync --profile Work' cxssh profile use Work
it 'cxssh chooses no profile that there is not' fails_with 78 'no profile named Wrong' cxssh profile use Wrong
it 'cxssh does not delete the profile in use' fails_with 78 'profile Work is the one in use; run: cxssh profile use' cxssh profile delete Work
cxssh profile use default >/dev/null
it 'cxssh keeps the organization of a profile that it made' grep -q '"organization": *"Acme"' "$cloud/cxprofiles.json"
work_login() { printf %s "$SANDBOX_TOKEN" | cxssh login --token --profile Work; }
it 'cxssh logs in to a profile that it made' work_login
it 'cxssh deletes a profile and its token' prints 'deleted profile Work and its token' cxssh profile delete Work
it 'cxssh leaves no token of a deleted profile' test ! -e "$cloud/cx_work.json"
it 'the toolbelt still finds its last profile' grep -q '"last_profile": *"default"' "$cloud/cxprofiles.json"
it 'cxssh leaves no process behind' no_leftovers
done_testing

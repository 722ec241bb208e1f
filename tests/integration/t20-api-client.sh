#!/bin/sh
# SPDX-License-Identifier: MIT
# The API's client: pages, faults, throttling, the token and its renewal, leases.
#
# Runs against the sandbox's API server on loopback; api_client calls cloud66/api.h.
# shellcheck disable=SC2034 # lib.sh reads it
no_sandbox=1
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

client=$CXSSH_BUILD/tests/integration/api_client
server=${SANDBOX_API:-$CXSSH_BUILD/tests/sandbox-api}
for program in "$client" "$server"; do
	[ -x "$program" ] || { echo "Bail out! no $program"; exit 1; }
done
state=$SANDBOX/api
base=http://127.0.0.1:6680
token='secret-token-0123456789abcdefghijklmnop'
cloud=$HOME/.cloud66
mkdir -p "$state" "$SANDBOX/tls"

server_json() { # UID NAME KEY
	printf '{"uid":"%s","name":"%s","ssh_private_key":%s,"stack_uid":"s1","_host":"h"}' "$@"
}
fleet() {
	printf '{"token":"%s","clients":[{"id":"c1","secret":"client-secret"}],' "$token"
	printf '"refresh_tokens":["refresh-one"],"rotate_refresh_tokens":true,'
	printf '"expired_tokens":["old-token-old-token-old"],"warning":"mind the gap",'
	printf '"accounts":[{"id":77,"friendly_name":"Acme","current_account":true},'
	printf '{"id":78,"friendly_name":"Acme Labs"},{"id":79,"friendly_name":"Other"}],'
	printf '"stacks":[{"uid":"s0","name":"empty","servers":[]},{"uid":"s1","name":"big","servers":['
	server_json k1 Key1 '"-----BEGIN RSA PRIVATE KEY-----\r\nabc\r\n-----END RSA PRIVATE KEY-----\r\n\r\n"'
	printf ','; server_json k2 Key2 null
	printf ','; server_json k3 Key3 '"not a key"'
	printf ','; server_json k4 Key4 '""'
	n=5
	while [ "$n" -le 95 ]; do printf ','; server_json "k$n" "Key$n" null; n=$((n + 1)); done
	printf ']}]}\n'
}
fleet >"$SANDBOX/fleet.json"

# serve PORT [OPTION...]: an API server; its state folder is $state, or $state-PORT
serve() {
	_port=$1 _state=$state; shift
	[ "$_port" = 6680 ] || _state=$state-$_port
	mkdir -p "$_state"
	: >"$_state/faults"; : >"$_state/requests.log"
	rm -f "$_state/ready"
	"$server" --listen "127.0.0.1:$_port" --fleet "$SANDBOX/fleet.json" --state "$_state" \
		--lease-hook /bin/true --lease-delay 600 "$@" &
	wait_for test -e "$_state/ready"
}
profile() { # BASE_URL [ORGANIZATION]
	mkdir -p "$cloud"
	cat >"$cloud/cxprofiles.json" <<-JSON
		{"last_profile":"default","profiles":{"default":{"base_url":"$1",
		"client_id":"c1","client_secret":"client-secret","organization":"${2-}",
		"name":"default","token_file":"cx.json"},"work":{"base_url":"$1",
		"organization":"","name":"work","token_file":"cx_work.json"}}}
	JSON
}
token_file() { # ACCESS [REFRESH [EXPIRY]]
	(umask 077 && printf '{"AccessToken":"%s","RefreshToken":"%s","Expiry":"%s","Extra":null,"Unknown":[1]}\n' \
		"$1" "${2-}" "${3-0001-01-01T00:00:00Z}" >"$cloud/cx.json")
}
log_in() { profile "$base"; token_file "$token"; }
rm -rf "$cloud"
serve 6680 || { echo 'Bail out! no API server'; exit 1; }
log_in
: >"$SANDBOX/said"
# All that the client ever says is kept, to be searched for secrets at the end.
api() {
	"$client" "$@" >"$work/said" 2>"$work/complained"; _status=$?
	cat "$work/said" "$work/complained" >>"$SANDBOX/said"
	cat "$work/said"; cat "$work/complained" >&2
	return "$_status"
}
faulty() { # 'FAULT' COMMAND... ; with a server that has this fault
	fault "$1"; shift
	"$@"; _result=$?
	no_faults
	return "$_result"
}
takes_at_least() { # MS COMMAND...
	_ms=$1 _from=$(date +%s%3N); shift
	"$@" || return 1
	_took=$(($(date +%s%3N) - _from))
	[ "$_took" -ge "$_ms" ] || { echo "took only $_took ms" >&2; return 1; }
}
takes_at_most() { # MS COMMAND...
	_max=$(($1 * patience)) _start=$(date +%s%3N); shift
	"$@" || return 1
	_spent=$(($(date +%s%3N) - _start))
	[ "$_spent" -le "$_max" ] || { echo "took $_spent ms" >&2; return 1; }
}
forget_requests() { : >"$state/requests.log"; }

it 'the API client accepts the token' api ping
it 'the API client keeps the warning of the API out of the output' sh -c "! grep -q 'mind the gap' '$work/err'"
it 'the API client logs the warning of the API' grep -q 'the API warns: mind the gap' "$HOME/.cache/cxssh/log"

all_in_order() {
	api lists /stacks/s1/servers >got || return 1
	n=1
	while [ "$n" -le 95 ]; do echo "/stacks/s1/servers Key$n"; n=$((n + 1)); done >want
	diff want got >&2
}
it 'the API client lists 95 servers, four pages, in order' all_in_order
it 'the API client says how many pages it has' grep -q 'pages: 4 of 4' "$work/complained"
it 'the API client lists many stacks at once' prints 'Key95' api lists /stacks /stacks/s0/servers \
	/stacks/s1/servers /accounts
# Four pages of 1.2 s each: the first, then three at once.
it 'the API client fetches pages in parallel' faulty 'GET /stacks/s1/servers* slow 1200' \
	takes_at_most 15000 all_in_order
one_list_of_two() {
	api lists /stacks/nope/servers /stacks/s1/servers >got; _code=$?
	[ "$(grep -c Key got)" = 95 ] && return "$_code"
}
it 'the API client delivers the good lists beside a bad one' fails_with 66 '/stacks/nope/servers' one_list_of_two
next_only() {
	echo '{"response":[{"name":"a"}],"pagination":{"current":1,"next":2}}' >p1
	echo '{"response":[{"name":"b"}],"pagination":{"current":2,"next":2}}' >p2
	fault "GET /stacks.json?page=1 body $work/p1"; fault "GET /stacks.json?page=2 body $work/p2"
	api lists /stacks >got; _code=$?
	no_faults
	[ "$_code" = 0 ] && [ "$(tr '\n' ' ' <got)" = '/stacks a /stacks b ' ]
}
it 'the API client follows "next" where no number of pages is said, to where it does not go on' next_only
circle() {
	echo '{"response":[],"pagination":{"current":1,"pages":5000,"next":2}}' >p1
	faulty "GET /stacks* body $work/p1" api lists /stacks &&
		grep -q 'pages: 2 of 2' complained
}
it 'the API client is not led in circles' circle
sixty() { # lists, each of which says that it has 2000 pages
	echo '{"response":[],"pagination":{"current":1,"pages":2000}}' >p1
	lists=$(yes /stacks/s1/servers | head -n 60)
	# shellcheck disable=SC2086 # words
	faulty "GET /stacks* body $work/p1" api -t 8000 lists $lists
}
it 'the API client asks for no more pages than an account has, in all lists together' \
	fails_with 69 'the lists have too many pages together' sixty
it 'the API client asks for 8000 pages and the first ones' grep -q '^pages: [0-9]* of 8060$' complained
it 'the API client reads a document without an envelope' prints '"ok":true' api get /ping/auth
null_inside() {
	printf '{"response":null}' >p1
	faulty "GET /stacks* body $work/p1" api lists /stacks
}
it 'the API client takes null for no list' fails_with 69 '127.0.0.1:6680: the answer is not a list' null_inside

it 'the API client refuses garbage' faulty 'GET /stacks* garbage' \
	fails_with 69 'not JSON as promised' api lists /stacks
it 'the API client shows nothing of a garbage answer' sh -c "! grep -q html '$work/complained'"
it 'the API client refuses nothing at all' faulty 'GET /stacks* empty' \
	fails_with 69 'not JSON as promised' api lists /stacks
it 'the API client refuses a number for a list' faulty 'GET /stacks* wrongtype' \
	fails_with 69 '127.0.0.1:6680: the answer is not a list' api lists /stacks
it 'the API client refuses half an answer' faulty 'GET /stacks* truncate 20' \
	fails_with 69 'cut short' api lists /stacks
it 'the API client refuses an answer that is too long' faulty 'GET /stacks* big 40000000' \
	fails_with 69 'longer than 33554432 bytes' api lists /stacks
it 'the API client tries again after a lost connection' faulty 'GET /stacks* reset times=1' api lists /stacks
it 'the API client tries again once after a lost connection' faulty 'GET /stacks* reset' fails_with 69 'connection was lost' api lists /stacks
it 'the API client tries again after a 500' faulty 'GET /stacks* status 500 times=1' api lists /stacks
it 'the API client tries again once after a 500' faulty 'GET /stacks* status 500' fails_with 69 'HTTP status 500' api lists /stacks
hangs() { faulty 'GET /stacks* hang' api -t 700 lists /stacks; }
it 'the API client waits until the deadline' takes_at_least 690 fails_with 69 'no answer in the time allowed' hangs
it 'the API client does not wait longer than the deadline' takes_at_most 15000 fails_with 69 'no answer in the time allowed' hangs
partly() {
	fault 'GET /stacks/s0/* hang'
	api -t 700 lists /stacks/s0/servers /stacks/s1/servers >got; _code=$?
	no_faults
	[ "$(grep -c Key got)" = 95 ] && return "$_code"
}
it 'the API client has what else came by then' fails_with 69 '127.0.0.1:6680: no answer' partly

it 'the API client says how to log in after a 401' faulty 'GET /stacks* status 401' \
	fails_with 77 'run: cxssh login' api lists /stacks
it 'the API client says what the API says to a 403' faulty 'GET /stacks* status 403 details=scope-admin' \
	fails_with 77 'not allowed with this token (scope-admin)' api lists /stacks
it 'the API client says that a 404 is not there' fails_with 66 'not found' api lists /stacks/none/servers
printf '{"details":"a\\u001b[2Jb"}' >evil
it 'the API client shows no control bytes of an error' faulty "GET /stacks* status 403 body=$work/evil" \
	fails_with 77 'a?\[2Jb' api lists /stacks
for code in 429 503; do
	it "the API client waits as a $code says" faulty "GET /stacks* status $code retry-after=1 times=1" \
		takes_at_least 1000 api lists /stacks
	it "the API client waits a second after a $code that does not say" \
		faulty "GET /stacks* status $code times=1" takes_at_least 1000 api lists /stacks
	it "the API client does not wait for a $code beyond the deadline" \
		faulty "GET /stacks* status $code retry-after=60" \
		takes_at_most 15000 fails_with 75 'try again in 1 min 0 s' api lists /stacks
done

redirected() { faulty "GET /stacks* redirect http://127.0.0.1:6681/$1" api lists /stacks; }
serve 6681
it 'the API client follows no redirect' fails_with 69 'HTTP status 302' redirected stolen
it 'the API client shows no other server the token' test ! -s "$state-6681/requests.log"
through_proxy() {
	http_proxy=http://127.0.0.1:6681 all_proxy=http://127.0.0.1:6681 api ping
}
it 'the API client shows a proxy no token that is not encrypted' through_proxy
it 'the API client sends nothing to a proxy that would see the token' test ! -s "$state-6681/requests.log"
elsewhere() { profile "$1"; api ping; _code=$?; log_in; return "$_code"; }
it 'the API client speaks no http but to this machine' fails_with 78 'would send the token unencrypted' \
	elsewhere http://192.0.2.1
it 'the API client says that no server listens at the address' fails_with 69 '127.0.0.1:1: no connection' \
	elsewhere http://127.0.0.1:1

it 'the API client gets a key as the API gives it' sh -c "
	'$client' key s1 k1 >key && printf '%s\r\n' '-----BEGIN RSA PRIVATE KEY-----' abc \
		'-----END RSA PRIVATE KEY-----' '' | cmp - key"
it 'the API client knows that there is no key' prints '^none$' api key s1 k2
it 'the API client takes an empty key for none' prints '^none$' api key s1 k4
probe() { api probe s1 k1 k2 nope >got && [ "$(tr '\n' ' ' <got)" = 'k1 1 k2 0 nope -1 ' ]; }
it 'the API client probes for keys' probe
it 'the API client puts no strange uid into a path' fails_with 70 'not the uid' api key s1 'k1/../k2'

it 'the API client waits for a lease' takes_at_least 600 api lease s1 k1
forget_requests
it 'the API client looks often' api lease s1 k1
it 'the API client polls an action at most six times' sh -c "[ $(grep -c actions "$state/requests.log") -le 6 ]"
lease_polls() { grep -c 'GET /api/3/stacks/s1/actions/' "$state/requests.log"; }
done_at_once() {
	printf '{"response":{"id":1,"finished_at":"now","finished_success":true}}' >p1
	forget_requests
	faulty "POST /stacks/s1/firewalls* body $work/p1" api lease s1 k1 && [ "$(lease_polls)" = 0 ]
}
it 'the API client does not ask about what is done already' done_at_once
it 'the API client says why a lease is refused' faulty 'POST * refuse-lease' \
	fails_with 77 'refused by test' api lease s1 k1
it 'the API client takes a conflict for a rule that is there' faulty 'POST * status 409' api lease s1 k1
it 'the API client waits for a lease no longer than it may' faulty 'POST * lease-delay 5000' \
	takes_at_most 15000 fails_with 69 'not opened in the time allowed' api -t 700 lease s1 k1
it 'the API client does not repeat a lease that may have been given' faulty 'POST * reset times=1' \
	fails_with 69 'connection was lost' api lease s1 k1

accounts_asked() { grep -c '/accounts.json' "$state/requests.log"; }
organization() { profile "$base" "$1"; forget_requests; shift; "$@"; _code=$?; log_in; return "$_code"; }
sends_account() { api ping && grep -q "GET /api/3/ping/auth.json 200 $1 ok" "$state/requests.log"; }
it 'the API client finds the account of an organization' organization acme sends_account 77
not_asked() { sends_account 77 && [ "$(accounts_asked)" = 0 ]; }
it 'the API client remembers the account of an organization' organization acme not_asked
it 'the API client finds it by how its name begins' organization 'acme l' sends_account 78
it 'the API client refuses two that begin so' organization ac fails_with 78 'more than one account' api ping
it 'the API client refuses none' organization zebra fails_with 78 'no account named "zebra"' api ping

it 'names the profiles that there are' fails_with 78 \
	'no profile named wrong found; there is: default, work' api -p wrong ping
it 'the API client says how to log in without a token' fails_with 77 'run: cxssh login' api -p work ping
readable() { chmod 640 "$cloud/cx.json"; api ping; _code=$?; log_in; return "$_code"; }
it 'the API client refuses a token that others can read' fails_with 78 "run: chmod 600 $cloud/cx.json" readable
store() { printf ' %s\n' "$1" | api -p work store; }
it 'the API client stores a token' store "$token"
it 'the API client stores a token that works' api -p work ping
it 'the API client stores a token readable by its owner alone' sh -c "[ \"\$(stat -c %a '$cloud/cx_work.json')\" = 600 ]"
it 'the API client stores a token in base64' store "$(base64 <"$cloud/cx.json")"
it 'the API client stores the same token from base64' cmp "$cloud/cx.json" "$cloud/cx_work.json"
it 'the API client refuses what is no token' fails_with 78 'not a token' store 'two words'
first_login() {
	rm -rf "$cloud"
	printf '%s' "$token" | CXSSH_BASE_URL=$base api store && api ping &&
		grep -q '"token_file":"cx.json"' "$cloud/cxprofiles.json"; _code=$?
	log_in
	return "$_code"
}
it 'the API client makes the profile at a first login' first_login
from_environment() {
	CLOUD66_TOKEN=$(base64 -w 0 <"$cloud/cx.json"); export CLOUD66_TOKEN
	rm "$cloud/cx.json"
	api ping && [ "$(stat -c %a "$cloud/cx.json")" = 600 ]
	_code=$?; unset CLOUD66_TOKEN; log_in
	return "$_code"
}
it 'the API client takes CLOUD66_TOKEN where there is no file' from_environment

expired() { token_file old-token-old-token-old "${1-refresh-one}" 2020-01-01T00:00:00Z; }
twenty() {
	expired; forget_requests
	n=0 pids=
	while [ "$n" -lt 20 ]; do
		"$client" open 100 >>twenty.out 2>&1 & pids="$pids $!"; n=$((n + 1))
	done
	n=0
	for pid in $pids; do wait "$pid" && n=$((n + 1)); done
	cat twenty.out >>"$SANDBOX/said"
	cat twenty.out >&2
	[ "$n" = 20 ] && [ "$(grep -c 'POST /oauth/token' "$state/requests.log")" = 1 ]
}
it 'the API client renews the token once for twenty processes' twenty
it 'the API client keeps what else is in the file of the token' grep -q '"Unknown":\[1\]' "$cloud/cx.json"
it 'the API client keeps the mode of the file of the token' sh -c "[ \"\$(stat -c %a '$cloud/cx.json')\" = 600 ]"
only_its_lock() { is "$(printf 'cx.json\ncx.json.cxssh-lock\ncxprofiles.json')" ls "$cloud"; }
it 'the API client leaves nothing beside the file of the token but its lock' only_its_lock
sed 's/.*"AccessToken":"\([^"]*\)".*/\1/' "$cloud/cx.json" >"$SANDBOX/new-token"
no_way() { expired "$1"; api ping; _code=$?; log_in; return "$_code"; }
it 'the API client says how to log in when the renewal is refused' fails_with 77 'run: cxssh login' \
	no_way used-up-refresh-token
it 'the API client says how to log in when there is nothing to renew with' fails_with 77 'run: cxssh login' no_way ''
it 'the API client says that a renewal has to wait' faulty '* /oauth/token status 429' \
	fails_with 75 'throttled' no_way refresh-one

with_a_browser() {
	profile "$base"
	page=$(api page a-state) || return 1
	code=$(curl -s -o /dev/null -w '%{redirect_url}' "$page" | sed -n 's/.*[?&]code=\([^&]*\).*/\1/p')
	api redeem "$code" && api ping; _code=$?
	log_in
	return "$_code"
}
command -v curl >/dev/null && it 'the API client logs in with a browser' with_a_browser

certificate() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
		-keyout "$SANDBOX/tls/$1.key" -out "$SANDBOX/tls/$1" 2>"$SANDBOX/tls/log"
}
trust() { cat "$SANDBOX/tls/$1" >/etc/ssl/certs/ca-certificates.crt; }
certificate other && certificate crt && trust other && serve 6682 --tls-cert "$SANDBOX/tls/crt" --tls-key "$SANDBOX/tls/crt.key"
it 'the API client trusts no certificate without a known authority' \
	fails_with 69 'certificate not trusted' elsewhere https://127.0.0.1:6682
it 'the API client sends nothing to a server whose certificate is not trusted' test ! -s "$state-6682/requests.log"
trust crt
it 'the API client trusts one that the machine trusts' elsewhere https://127.0.0.1:6682

arguments() {
	fault 'GET /stacks* hang'
	before=$(api_calls 'GET .*/stacks')
	"$client" -t 1500 lists /stacks >/dev/null 2>&1 & pid=$!
	wait_for fails_with 1 '' is "$before" api_calls 'GET .*/stacks'
	tr '\0' '\n' <"/proc/$pid/cmdline" >arguments
	wait "$pid"
	no_faults
	grep -q lists arguments && ! grep -q secret arguments
}
it 'the API client shows no token in its arguments' arguments
no_secret() {
	for secret in "$token" client-secret refresh-one old-token "$(cat "$SANDBOX/new-token")"; do
		! grep -F -- "$secret" "$1" || return 1
	done
}
it 'the API client says no secret' no_secret "$SANDBOX/said"
it 'the API client writes no secret into its log' no_secret "$HOME/.cache/cxssh/log"
debugged() { CXDEBUG=1 api ping; }
it 'the API client shows its steps with CXDEBUG' debugged
it 'the API client shows no secret with CXDEBUG' no_secret "$SANDBOX/said"
done_testing

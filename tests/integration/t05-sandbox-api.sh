#!/bin/sh
# SPDX-License-Identifier: MIT
# The sandbox's API server speaks the protocol of Cloud 66's, and its faults are real.
# It is called by curl on loopback.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
no_sandbox=1
. "$(dirname "$0")/../lib.sh"
api=$SANDBOX_API
[ -x "$api" ] || { echo "Bail out! no $api"; exit 1; }
for program in curl openssl; do
	command -v "$program" >/dev/null || skip_all "$program is missing"
done

# --- the fleet: 95 stacks, the first with servers ---------------------------

uid1=0a1b2c3d4e5f60718293a4b5c6d7e8f9
printf -- '-----BEGIN KEY-----\nsecret+line/one==\n-----END KEY-----\n' >key.pem
more_stacks() {
	n=2
	while [ "$n" -le 95 ]; do
		printf ',{"uid":"uid%d","name":"Stack %d","environment":"production","account_id":77}\n' "$n" "$n"
		n=$((n + 1))
	done
}
write_fleet() { # NAME-OF-FIRST-STACK
	cat >fleet.new <<-FLEET
		{"token":"good-token","tokens":["second-token","old-token"],"expired_tokens":["old-token"],
		 "token_scopes":{"second-token":"public"},
		 "refresh_tokens":["refresh-me"],"expires_in":3600,"user":"me@example.com",
		 "clients":[{"id":"client-1","secret":"s3cret"}],
		 "accounts":[
		  {"id":77,"friendly_name":"Acme","current_account":true,"gateways":[
		   {"id":3,"name":"bastion1","username":"ec2-user","address":"203.0.113.9",
		    "private_ip":"10.0.0.5","ttl":null,"content":"N/A","_note":"inside"}]},
		  {"id":78,"friendly_name":"Other","current_account":false},
		  {"id":79,"friendly_name":"Closed","_forbidden":true}],
		 "stacks":[
		  {"uid":"$uid1","name":"$1","git":"git@example.com:acme/shop.git","git_branch":"main",
		   "environment":"Staging","account_id":77,"servers":[
		    {"uid":"55ee","name":"Heron","address":"198.51.100.7","user_name":"alice",
		     "personal_key":true,"_key_file":"$work/key.pem","_host":"heron"},
		    {"uid":"66ff","name":"Lion","address":"198.51.100.8","_key_file":null,"_host":"lion"},
		    {"uid":"7700","name":"evil\n\u001b]0;x\u0007 Host *","address":17,"server_roles":"web"},
		    {"uid":"8811","name":"Guest","stack_uid":"uid2","_host":"guest"}]}
		$(more_stacks)
		  ,{"uid":"foreign","name":"Foreign","account_id":78},
		  {"uid":"closed","name":"Closed","account_id":79}]}
	FLEET
	mv fleet.new fleet.json
}
write_fleet Shop

cat >hook <<'HOOK'
#!/bin/sh
echo "$@" >>"$HOOK_LOG"
[ ! -f "$HOOK_LOG.fail" ] || exit 3
HOOK
chmod 755 hook
HOOK_LOG=$work/hook.args; export HOOK_LOG
: >hook.args

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
	-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
	-keyout tls.key -out tls.crt 2>/dev/null || skip_all "cannot make a certificate"

start_api() { # STATE PORT option...
	_state=$1 _port=$2; shift 2
	mkdir -p "$_state"
	"$api" --listen "127.0.0.1:$_port" --fleet "$work/fleet.json" --state "$work/$_state" \
		"$@" >"$_state.stdout" 2>"$_state.stderr" &
	_pid=$!
	wait_for test -e "$_state/ready" ||
		{ cat "$_state.stderr"; echo "Bail out! no API"; exit 1; }
}
start_api state 6680 --lease-hook "$work/hook" --lease-delay 300 --minute-ms 500
main_pid=$_pid
start_api tls 6681 --tls-cert tls.crt --tls-key tls.key
tls_pid=$_pid

# --- asking and looking -------------------------------------------------------

base=http://127.0.0.1:6680
ask() { # PATH curl-option... - with a token; the body is in ./body, the status in ./status
	_path=$1; shift
	curl -sS -m 20 -o body -D headers -w '%{http_code}' -H 'Authorization: Bearer good-token' \
		"$@" "$base/api/3$_path" >status
}
bare() { # PATH curl-option... - without a token, from the root
	_path=$1; shift
	curl -sS -m 20 -o body -D headers -w '%{http_code}' "$@" "$base$_path" >status
}
send() { # METHOD PATH JSON curl-option...
	_method=$1 _to=$2 _json=$3; shift 3
	ask "$_to" -X "$_method" -H 'Content-Type: application/json' -d "$_json" "$@"
}
has() { grep -qF -- "$1" body || { echo "no '$1' in the body" >&2; return 1; }; }
lacks() { ! grep -qF -- "$1" body || { echo "'$1' in the body" >&2; return 1; }; }
header() { tr -d '\r' <headers | grep -qiE "^$1\$" || { cat headers >&2; return 1; }; }
answers() { [ "$(cat status)" = "$1" ] || { echo "status $(cat status), not $1" >&2; return 1; }; }
many() { # N STRING - occurs N times
	_got=$(grep -oF -- "$2" body | wc -l)
	[ "$_got" -eq "$1" ] || { echo "$_got times '$2', not $1" >&2; return 1; }
}
value() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" body; }
faults() { printf '%s\n' "$@" >state/faults.new; mv state/faults.new state/faults; }
now() { date +%s%3N; }

# --- stacks -------------------------------------------------------------------

page_one() {
	ask "/stacks.json?page=1" && answers 200 && many 30 '"uid":' && has '"response":[{' &&
		has '"count":95,"pagination":{"previous":null,"next":2,"current":1,"per_page":30,"count":95,"pages":4}'
}
page_four() {
	ask "/stacks?page=4" && many 5 '"uid":' && has '"uid":"uid95"' &&
		has '"previous":3,"next":null,"current":4,"per_page":30'
}
page_five() { ask "/stacks.json?page=5" && answers 200 && has '"response":[]' && has '"next":null'; }
per_page() { ask "/stacks.json?page=1&per_page=$1" && many "$2" '"uid":' && has "\"per_page\":$2"; }
no_suffix() {
	ask "/stacks.json" && cp body one && ask "/stacks" && cmp one body &&
		ask "/stacks/$uid1/servers/55ee.json" && cp body one &&
		ask "/stacks/$uid1/servers/55ee" && cmp one body
}
it 'the API server lists 30 of 95 stacks on the first page' page_one
it 'the API server lists the last 5 on the fourth page' page_four
it 'the API server has nothing on the fifth page' page_five
it 'the API server takes per_page' per_page 40 40
per_page_max() { ask "/stacks.json?per_page=1000" && has '"per_page":100' && many 95 '"uid":'; }
it 'the API server takes no per_page over 100' per_page_max
it 'the API server serves each path with and without .json' no_suffix

filtered() { ask "/stacks.json?per_page=100&filter_name=$1&filter_environment=$2&filter_git_repo=$3&filter_git_branch=" &&
	many "$4" '"uid":'; }
it 'the API server filters by name, whatever its case' filtered shop '' '' 1
it 'the API server filters by environment' filtered '' PRODUCTION '' 94
it 'the API server filters by git repository' filtered '' '' git%40example.com:acme/shop.git 1
it 'the API server filters by equality, not by prefix' filtered sho '' '' 0

one_stack() { ask "/stacks/$uid1.json" && answers 200 && has '"response":{"uid":' && has '"name":"Shop"' &&
	lacks '"servers"' && lacks '"count"'; }
it 'the API server shows one stack without its servers' one_stack
missing() { ask "$1" && answers 404 && has '"error":"not_found"' && has '"error_description":"' &&
	has '"details":"The requested resource could not be found."'; }
it 'the API server knows no other stack' missing /stacks/nosuch.json
it 'the API server knows no other path' missing /nosuch

# --- servers and keys ----------------------------------------------------------

servers() { ask "/stacks/$uid1/servers.json?page=1" && answers 200 && many 4 '"uid":' && has '"count":4,'; }
inside() { servers && lacks _host && lacks _key_file && lacks ssh_private_key && lacks secret+line; }
filled_in() { servers && many 3 "\"stack_uid\":\"$uid1\"" && has '"stack_uid":"uid2"'; }
hostile() { servers && has '"name":"evil\n\u001b]0;x\u0007 Host *"' && has '"address":17,"server_roles":"web"'; }
no_key() { ask "/stacks/$uid1/servers/55ee.json" && has Heron && lacks ssh_private_key; }
with_key() { ask "/stacks/$uid1/servers/55ee.json?include_private_key=1" && answers 200 &&
	has '"ssh_private_key":"-----BEGIN KEY-----\nsecret+line' && lacks _key_file; }
body_key() { send GET "/stacks/$uid1/servers/55ee.json" '{"include_private_key":1}' && has '"ssh_private_key":"-----'; }
null_key() { ask "/stacks/$uid1/servers/66ff.json?include_private_key=1" && has '"ssh_private_key":null'; }
zero_key() { ask "/stacks/$uid1/servers/55ee.json?include_private_key=0" && lacks ssh_private_key; }
owner() { ask "/stacks/uid2/servers/8811" && answers 200 && has Guest && missing "/stacks/$uid1/servers/8811"; }
it 'the API server lists the servers of a stack' servers
it 'the API server keeps to itself what begins with _' inside
it 'the API server fills in stack_uid, but changes none' filled_in
it 'the API server serves hostile values as they are' hostile
it 'the API server shows a server without its key' no_key
it 'the API server shows the key when asked in the query' with_key
it 'the API server shows the key when asked in a body, as old toolbelts do' body_key
it 'the API server shows null where there is no key' null_key
it 'the API server shows no key for include_private_key=0' zero_key
it 'the API server shows a server in the stack that owns it' owner
it 'the API server knows no other server' missing "/stacks/$uid1/servers/nosuch"

# --- authorization --------------------------------------------------------------------

unauthenticated() { answers 401 && has '"error":"unauthenticated"' && header 'www-authenticate: Bearer.*'; }
no_token() { bare /api/3/stacks.json && unauthenticated; }
bad_token() { bare /api/3/stacks.json -H "Authorization: Bearer $1" && unauthenticated; }
basic() { bare /api/3/stacks.json -u good-token:x && unauthenticated; }
lower_case() { bare /api/3/stacks.json -H 'Authorization: bearer good-token' && answers 200; }
scope() { bare "/api/3/stacks/$uid1/firewalls" -d 'ttl=20&from_ip=AUTO&port=22&server_id=' \
	-H 'Authorization: Bearer second-token' && answers 403 && has '"error":"forbidden"'; }
limits() { ask /stacks && header 'x-ratelimit-limit: 3600' && header 'x-ratelimit-remaining: 3[0-9]*'; }
it 'the API server wants a token' no_token
it 'the API server refuses an unknown token' bad_token nonsense
it 'the API server refuses an expired token' bad_token old-token
it 'the API server refuses another kind of login' basic
it 'the API server takes a second token and any case of Bearer' lower_case
it 'the API server opens no firewall without the scope admin' scope
it 'the API server says how many calls are left' limits

account() { ask /stacks.json -H "X-Account: $1" && answers 200 && many "$2" '"uid":'; }
not_mine() { ask "/stacks/$uid1" -H 'X-Account: 78' && answers 404; }
no_account() { ask /stacks -H 'X-Account: 80' && answers 404; }
closed_account() { ask /stacks -H 'X-Account: 79' && answers 403 && has forbidden; }
accounts() { ask /accounts.json && many 2 '"friendly_name"' && has '"count":2' && lacks gateways; }
it 'the API server lists the stacks of the chosen account' account 78 1
it 'the API server does not find a stack of another account' not_mine
it 'the API server does not know every account' no_account
it 'the API server refuses a forbidden account' closed_account
it 'the API server lists the accounts' accounts

# --- leases -----------------------------------------------------------------------

# The hook of an earlier lease must not write into a later sentence.
settle() { [ -z "${id-}" ] || wait_for finished; : >hook.args; }
lease() { # SERVER FROM TTL curl-option...
	_json="{\"ttl\":$3,\"from_ip\":\"$2\",\"port\":22,\"server_id\":\"$1\"}"; shift 3
	settle
	send POST "/stacks/$uid1/firewalls.json" "$_json" "$@" && answers 200 || return 1
	id=$(value id)
}
poll() { ask "/stacks/$uid1/actions/$id.json" && answers 200 && has '"action":"open_lease"'; }
finished() { poll && lacks '"finished_at":null'; }
action_type() {
	lease 55ee AUTO 20 &&
		has '"user":"me@example.com","resource_type":"stack","action":"open_lease","resource_id":"' &&
		has '"started_via":"api","started_at":"20' &&
		has '"finished_at":null,"finished_success":null,"finished_message":null'
}
takes_its_time() {
	started=$(now)
	lease 55ee AUTO 20 && wait_for finished && has '"finished_success":true,"finished_message":null' &&
		[ $(($(now) - started)) -ge 300 ]
}
hook_got() { wait_for grep -qxF -- "$1" hook.args || { cat hook.args >&2; return 1; }; }
unpolled() { lease 55ee AUTO 20 && hook_got 'heron 127.0.0.1 22 10' && [ "$(wc -l <hook.args)" = 1 ]; }
auto() { lease 55ee AUTO 3 --interface 127.0.0.9 && hook_got 'heron 127.0.0.9 22 1.5'; }
cidr() { lease 66ff 0.0.0.0/0 240 && hook_got 'lion 0.0.0.0/0 22 120'; }
at_least() { lease 55ee AUTO 1 && hook_got 'heron 127.0.0.1 22 1'; }
all_servers() { lease '' 192.0.2.1 20 && hook_got 'heron 192.0.2.1 22 10' && hook_got 'lion 192.0.2.1 22 10' &&
	wait_for finished && [ "$(wc -l <hook.args)" = 2 ]; }
no_host() { lease 7700 AUTO 20 && wait_for finished && has '"finished_success":true' && [ ! -s hook.args ]; }
hook_fails() { : >hook.args.fail; lease 55ee AUTO 20 && wait_for finished; _rc=$?; rm hook.args.fail
	[ $_rc = 0 ] && has '"finished_success":false' && has '"finished_message":"firewall of heron:'; }
bad_lease() { # STATUS JSON WHY
	settle
	send POST "/stacks/$uid1/firewalls.json" "$2" && answers "$1" && has '"error":"' && has "$3" && [ ! -s hook.args ]
}
other_stack() { lease 55ee AUTO 20 && ask "/stacks/uid2/actions/$id" && answers 404; }
it 'the API server answers with an action that is not finished' action_type
it 'the API server finishes it after the delay, not before' takes_its_time
it 'the API server opens the firewall when no client polls, once' unpolled
it 'the API server takes the address it sees for AUTO' auto
it 'the API server takes a range and 240 minutes' cidr
it 'the API server keeps a lease for a second at least' at_least
it 'the API server opens every server of the stack for an empty server_id' all_servers
it 'the API server runs nothing for a server that is not really there' no_host
it 'the API server fails the action when the firewall cannot be opened' hook_fails
it 'the API server shows an action in its own stack only' other_stack
it 'the API server refuses a ttl of 0' bad_lease 400 '{"ttl":0,"from_ip":"AUTO","port":22,"server_id":""}' ttl
it 'the API server refuses a ttl of 241' bad_lease 400 '{"ttl":241,"from_ip":"AUTO","port":22,"server_id":""}' ttl
it 'the API server refuses port 0' bad_lease 400 '{"ttl":20,"from_ip":"AUTO","port":0,"server_id":""}' port
it 'the API server refuses port 65536' bad_lease 400 '{"ttl":20,"from_ip":"AUTO","port":65536,"server_id":""}' port
it 'the API server refuses a name for an address' bad_lease 400 '{"ttl":20,"from_ip":"me","port":22,"server_id":""}' from_ip
it 'the API server refuses a range of 33 bits' bad_lease 400 '{"ttl":20,"from_ip":"1.2.3.4/33","port":22}' from_ip
it 'the API server refuses a number for a server' bad_lease 400 '{"ttl":20,"from_ip":"AUTO","port":22,"server_id":5}' server_id
it 'the API server finds no other server' bad_lease 404 '{"ttl":20,"from_ip":"AUTO","port":22,"server_id":"x"}' not_found
it 'the API server refuses what is not JSON' bad_lease 400 '{"ttl":' bad_request
it 'the API server wants a protocol for a permanent rule' bad_lease 400 '{"from_ip":"AUTO","port":22}' protocol
permanent() { send POST "/stacks/$uid1/firewalls" '{"from_ip":"192.0.2.7","port":443,"protocol":"1","server_id":"55ee"}' &&
	has '"action":"update_firewall"' && hook_got 'heron 192.0.2.7 443 31536000'; }
it 'the API server makes a permanent rule' permanent
rules() { ask "/stacks/$uid1/firewalls.json" && answers 200 && has '"pagination"' &&
	has '"from_ip":"192.0.2.7","from_group_id":null,"from_server_id":null,"to_ip":null,"to_group_id":null,"to_server_id":"55ee","protocol":"tcp","port":443,"rule_type":"'; }
one_rule() { _id=$(sed 's/.*"id":\([0-9]*\),"from_ip":"192.0.2.7".*/\1/' body); ask "/stacks/$uid1/firewalls/$_id.json" &&
	answers 200 && has '"response":{"id"' && has 192.0.2.7; }
rule() { ask "/stacks/$uid1/firewalls" && answers 200 && has 192.0.2.99; }
no_rule() { ask "/stacks/$uid1/firewalls" && answers 200 && lacks 192.0.2.99; }
expires() { started=$(now); lease 55ee 192.0.2.99 7 && wait_for finished && rule &&
	wait_for no_rule && [ $(($(now) - started)) -ge 3500 ]; }
it 'the API server lists the rules that are open' rules
it 'the API server shows one rule' one_rule
it 'the API server closes when the time is over' expires

# --- gateways, keys, ping -----------------------------------------------------------

gateways() { ask /accounts/77/gateways.json && answers 200 && has '"name":"bastion1"' && has '"content":"N/A"' &&
	has '"pagination"' && lacks _note; }
gateway_open() { send PUT /accounts/77/gateways/3.json '{"content":"PEM-TEXT","ttl":2700}' && answers 200 && [ "$(cat body)" = '{"response":{"ok":true}}' ] &&
	ask /accounts/77/gateways && lacks '"content":"N/A"' && lacks PEM-TEXT && has '"ttl":"20'; }
gateway_close() { send PUT /accounts/77/gateways/3 '{"content":"","ttl":1}' && gateways; }
gateway_add() { send POST /accounts/77/gateways.json '{"name":"b2","address":"192.0.2.2","private_ip":"10.0.0.6","username":"u"}' &&
	has '"ok":true' && ask /accounts/77/gateways && has '"id":4' && has '"name":"b2"'; }
gateway_twice() { send POST /accounts/77/gateways '{"name":"b2","address":"x","private_ip":"y","username":"z"}' && answers 409 && has conflict; }
gateway_remove() { ask /accounts/77/gateways/4.json -X DELETE && answers 200 && ask /accounts/77/gateways && lacks '"b2"' &&
	ask /accounts/77/gateways/4 -X DELETE && answers 404; }
it 'the API server lists gateways' gateways
it 'the API server opens a gateway and never shows its key' gateway_open
it 'the API server closes a gateway' gateway_close
it 'the API server adds a gateway' gateway_add
it 'the API server adds none twice' gateway_twice
it 'the API server removes a gateway' gateway_remove
it 'the API server finds no gateways of an unknown account' missing /accounts/99/gateways

ping() { bare /api/3/ping.json && answers 200 && has '"ok":true'; }
ping_auth() { ask /ping/auth.json && answers 200 && lacks response &&
	has '"ok":true,"message":"pong","user_id":1,"account_id":77,"user_name":"me@example.com","account_name":"Acme"'; }
ping_no_auth() { bare /api/3/ping/auth.json && answers 401; }
keys() { ask /ssh_keys/access.json && has '{"response":{"public_key":null}}' &&
	send POST /ssh_keys/access.json "{\"public_key\":\"$(printf 'ssh-ed25519 AAAA me' | base64)\"}" && answers 200 &&
	ask /ssh_keys/access && has '"public_key":"ssh-ed25519 AAAA me"'; }
bad_key() { send POST /ssh_keys/access '{"public_key":"ssh-ed25519 AAAA me"}' && answers 400; }
tooling() { bare /api/tooling/cx/config && answers 200 && has '"response":{"api_url":"http://127.0.0.1:6680/api/3","base_url":"http://127.0.0.1:6680","client_id":"client-1","client_secret":"s3cret","faye_endpoint":"'; }
it 'the API server pings without a token' ping
it 'the API server pings with a token, without an envelope' ping_auth
it 'the API server does not ping/auth without one' ping_no_auth
it 'the API server keeps the public key of the user' keys
it 'the API server wants it in base64' bad_key
it 'the API server tells an on-premise toolbelt its settings' tooling

# --- OAuth ----------------------------------------------------------------------------

authorize() { # QUERY
	bare "/oauth/authorize?response_type=code&client_id=client-1&scope=public+redeploy+jobs+users+admin&$1"
}
get_code() { authorize 'redirect_uri=http%3A%2F%2F127.0.0.1%3A34543&state=a%26b%20c' && answers 302 &&
	header 'location: http://127\.0\.0\.1:34543\?code=[A-Za-z0-9_-]{43}&state=a%26b%20c' || return 1
	code=$(tr -d '\r' <headers | sed -n 's/.*[?]code=\([^&]*\).*/\1/p'); }
no_state() { authorize 'redirect_uri=http://localhost:1/x?y=z' && header 'location: http://localhost:1/x\?y=z&code=[^&]*'; }
elsewhere() { authorize 'redirect_uri=http://127.0.0.1.example.com/' && answers 400 && ! header 'location: .*'; }
stranger() { bare '/oauth/authorize?response_type=code&client_id=x&redirect_uri=http://127.0.0.1:1' && answers 401; }
oob() { authorize 'redirect_uri=urn:ietf:wg:oauth:2.0:oob' && answers 200 && has '<code>'; }
token() { # curl-option...
	bare /oauth/token -u client-1:s3cret "$@"
}
exchange() { token -d grant_type=authorization_code -d "code=$code" -d scope=public -d client_id=client-1 \
	--data-urlencode redirect_uri=http://127.0.0.1:34543; }
exchange_once() { get_code && exchange && answers 200 && has '"token_type":"Bearer","expires_in":3600,"refresh_token":"' &&
	token=$(value access_token) && refresh=$(value refresh_token) &&
	bare /api/3/stacks -H "Authorization: Bearer $token" && answers 200 && exchange && answers 400 && has invalid_grant; }
other_redirect() { get_code && token -d grant_type=authorization_code -d "code=$code" -d redirect_uri=http://127.0.0.1:1 && answers 400; }
wrong_secret() { get_code && bare /oauth/token -u client-1:wrong -d grant_type=authorization_code -d "code=$code" && answers 401 && has invalid_client; }
wrong_grant() { token -d grant_type=password && answers 400 && has unsupported_grant_type; }
new_token() { # REFRESH-TOKEN
	token -d grant_type=refresh_token -d "refresh_token=$1" -d client_id=client-1 && answers 200 && has '"expires_in":3600' &&
		new=$(value access_token) && [ -n "$new" ] && [ "$new" != good-token ] &&
		bare /api/3/stacks -H "Authorization: Bearer $new" && answers 200
}
it 'the API server sends the browser back with a code and the state' get_code
it 'the API server adds no state that was not given' no_state
it 'redirects to no other machine' elsewhere
it 'the API server does not know every client' stranger
it 'the API server shows the code to a client that has no redirect address' oob
it 'the API server gives tokens for a code, once' exchange_once
it 'the API server wants the same redirect address again' other_redirect
it 'the API server wants the secret of the client' wrong_secret
it 'the API server knows two kinds of grant' wrong_grant
it 'the API server gives a new token for one of its refresh tokens' new_token "$refresh"
it 'the API server gives a new token for a refresh token of the fleet' new_token refresh-me
bad_refresh() { token -d grant_type=refresh_token -d refresh_token=x && answers 400 && has invalid_grant; }
it 'the API server gives none for another' bad_refresh

# --- faults ------------------------------------------------------------------------------

throttled() { faults '* /stacks* status 429 retry-after=7 times=2' && ask /stacks && answers 429 && header 'retry-after: 7' &&
	has '"error":"throttled"' && ask /stacks.json?page=2 && answers 429 && ask /stacks && answers 200; }
other_error() { faults '# a comment' '' 'GET /stacks status 500 error=boom details=why' && ask /stacks && answers 500 &&
	has '"error":"boom"' && has '"details":"why"' && ask /stacks.json && answers 200; }
by_method() { faults 'POST /* status 409' && ask /stacks && answers 200 && send POST /ssh_keys/access '{}' && answers 409 && has conflict; }
in_order() { faults 'GET * status 503 times=1' 'GET * status 404' && ask /stacks && answers 503 && ask /stacks && answers 404; }
recounted() { faults 'GET * status 503 times=1' && ask /stacks && answers 503 && ask /stacks && answers 200 &&
	faults 'GET * status 503 times=1' && ask /stacks && answers 503; }
no_faults() { rm state/faults && ask /stacks && answers 200; }
slow() { faults '* /stacks slow 700' && started=$(now) && ask /stacks && answers 200 && many 30 '"uid":' && [ $(($(now) - started)) -ge 700 ]; }
hang() { faults '* /stacks hang'; curl -sS -m 1 -H 'Authorization: Bearer good-token' $base/api/3/stacks; [ $? = 28 ] &&
	wait_for grep -q 'GET /api/3/stacks 000 - ok$' state/requests.log; }
truncated() { faults "* /stacks truncate $1"; ask /stacks; [ $? = 18 ] && [ "$(wc -c <body)" -eq "$1" ] &&
	header 'content-length: [0-9]{4,}'; }
truncated_at_0() { faults '* /stacks truncate 0'; rm -f body; ask /stacks; [ $? = 18 ] && [ ! -s body ] && header 'content-length: [0-9]{4,}'; }
garbage() { faults '* * garbage' && ask /stacks && answers 200 && has 'not JSON'; }
empty() { faults '* * empty' && ask /stacks && answers 200 && [ ! -s body ] && header 'content-length: 0'; }
body_file() { printf '{"response":[{"uid":\0}]}' >bytes && faults "* * body $work/bytes" && ask /stacks && answers 200 && cmp bytes body; }
wrongtype() { faults '* * wrongtype' && ask /stacks && answers 200 && [ "$(cat body)" = '{"response":42}' ]; }
redirect() { faults '* * redirect http://192.0.2.1/x?a=b' && ask /stacks && answers 302 && header 'location: http://192.0.2.1/x\?a=b'; }
reset() { faults '* * reset'; ask /stacks; [ $? = 56 ]; }
big() { faults '* * big 3000000' && ask /stacks && answers 200 && [ "$(wc -c <body)" -eq 3000015 ] && tail -c 4 body | grep -qx 'aa"}' && header 'transfer-encoding: chunked'; }
refused() { faults '* * refuse-lease times=1' && ask /stacks && lease 55ee AUTO 20 && wait_for finished &&
	has '"finished_success":false,"finished_message":"refused by test"' && [ ! -s hook.args ] && lease 55ee AUTO 20 && hook_got 'heron 127.0.0.1 22 10'; }
delayed() { settle; faults '* /stacks/*/firewalls* lease-delay 3000' && started=$(now) && lease 55ee AUTO 20 && poll && has '"finished_at":null' &&
	[ ! -s hook.args ] && wait_for finished && [ $(($(now) - started)) -ge 3000 ] && [ -s hook.args ]; }
late() { settle; faults 'POST */firewalls.json firewall-late 3000' && started=$(now) && lease 55ee AUTO 20 && wait_for finished && has '"finished_success":true' &&
	[ ! -s hook.args ] && hook_got 'heron 127.0.0.1 22 10' && [ $(($(now) - started)) -ge 3000 ]; }
expire() { faults '* /stacks* expire-token times=1' && ask /stacks && answers 401 && ask /stacks && answers 401 && new_token refresh-me &&
	write_fleet Shop && ask /stacks && answers 200; }
oauth_fault() { faults 'POST /oauth/token status 503' && token -d grant_type=refresh_token && answers 503; }
it 'the API server throttles twice, then no more' throttled
it 'the API server gives another error with words of its own' other_error
it 'the API server tells methods apart' by_method
it 'the API server takes the next rule when the first is used up' in_order
it 'the API server counts anew when the file is written again' recounted
it 'the API server is well again without the file' no_faults
it 'the API server is slow' slow
it 'the API server lets a request hang' hang
it 'the API server cuts an answer off' truncated 700
it 'the API server cuts an answer off before its first byte' truncated_at_0
it 'the API server answers with garbage' garbage
it 'the API server answers with nothing' empty
it 'the API server answers with the bytes of a file' body_file
it 'the API server answers with the wrong type' wrongtype
it 'the API server answers with a redirect' redirect
it 'the API server resets the connection' reset
it 'the API server answers with a big string' big
it 'the API server refuses a lease, and spares other requests' refused
it 'the API server delays a lease' delayed
it 'the API server opens the firewall late' late
it 'the API server lets a token expire' expire
it 'the API server has faults for OAuth too' oauth_fault

# --- the server ------------------------------------------------------------------------------

# 200 at once, among them 20 that hang: no request waits for another, or there would be
# more than those 20 without an answer.
parallel() {
	faults '* /stacks/hang hang' '* /stacks/slow slow 1500'
	n=0
	while [ "$n" -lt 200 ]; do
		case $((n % 10)) in 0) p=hang ;; 1) p=slow ;; *) p=$uid1 ;; esac
		echo "url = \"$base/api/3/stacks/$p\""; echo 'output = "/dev/null"'
		n=$((n + 1))
	done >urls
	curl -sS -Z --parallel-immediate --parallel-max 200 -m 10 -H 'Authorization: Bearer good-token' \
		-w '%{http_code}\n' -K urls >codes 2>/dev/null
	[ "$(grep -c 200 codes)" = 160 ] && [ "$(grep -c 404 codes)" = 20 ] && [ "$(grep -c 000 codes)" = 20 ]
}
quick() { # while another hangs
	faults '* /stacks/hang hang'
	curl -s -m 20 -o /dev/null -H 'Authorization: Bearer good-token' $base/api/3/stacks/hang & _hanging=$!
	ask /stacks && answers 200 && kill -0 $_hanging; _rc=$?
	kill $_hanging; wait $_hanging; return $_rc
}
keep_alive() { curl -sSv -m 5 -H 'Authorization: Bearer good-token' -o /dev/null -o /dev/null $base/api/3/stacks $base/api/3/ping 2>trace &&
	grep -qiE 're-?using existing .*connection' trace; }
fresh_fleet() { write_fleet Renamed && ask "/stacks/$uid1" && has '"name":"Renamed"'; }
bad_fleet() { echo '{"broken' >fleet.new && mv fleet.new fleet.json && ask "/stacks/$uid1" && has '"name":"Renamed"' && grep -q 'fleet.json' state.stderr; _rc=$?
	: >state.stderr; write_fleet Shop; return $_rc; }
log_line() { faults '* /stacks/x?y=1 status 418' && ask '/stacks/x?y=1' -H 'X-Account: 77' &&
	grep -qE '^[0-9]{13} 127\.0\.0\.1 GET /api/3/stacks/x\?y=1 418 77 ok$' state/requests.log; }
log_auth() { bare /api/3/stacks && bad_token nonsense && grep -q 'GET /api/3/stacks 401 - none$' state/requests.log &&
	grep -q 'GET /api/3/stacks.json 401 - bad$' state/requests.log; }
no_secrets() { [ -s state/requests.log ] && ! grep -E 'good-token|nonsense|s3cret|PEM-TEXT|refresh-me' state/requests.log; }
too_long() { head -c 2000000 /dev/zero | tr '\0' a >long && ask /ssh_keys/access -H 'Content-Type: application/json' --data-binary @long && answers 400; }
odd_paths() { for p in // /stacks//servers /stacks/%00/servers /stacks/%2e%2e/servers/x /a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a /.json '/stacks/%zz?%zz&&=&page=x'; do
	ask "$p" --path-as-is && answers 404 || return 1; done; }
it 'the API server serves 200 clients at once while 20 requests hang' parallel
it 'the API server is quick beside one that hangs' quick
it 'the API server keeps connections alive' keep_alive
it 'the API server reads the fleet again when it is replaced' fresh_fleet
it 'the API server keeps the old fleet when the new one is broken' bad_fleet
it 'the API server logs each request' log_line
it 'the API server logs the authorization of each request' log_auth
it 'the API server logs no secret' no_secrets
it 'the API server refuses a body without end' too_long
it 'the API server survives odd paths' odd_paths
over_tls() { curl -sS -m 5 --cacert tls.crt -H 'Authorization: Bearer good-token' "https://127.0.0.1:6681/api/3/stacks.json?per_page=2" >body && many 2 '"uid":'; }
tls_faults() { for f in reset 'truncate 99'; do
	echo "* * $f" >tls/faults.new && mv tls/faults.new tls/faults
	if curl -sS -m 5 --cacert tls.crt -H 'Authorization: Bearer good-token' https://127.0.0.1:6681/api/3/stacks; then return 1; fi; done; }
it 'the API server speaks TLS' over_tls
it 'the API server breaks off over TLS too' tls_faults
usage() { ! timeout 5 "$api" --listen 127.0.0.1:1; }
taken() { mkdir -p taken && ! timeout 5 "$api" --listen 127.0.0.1:6680 --fleet fleet.json --state taken && [ ! -e taken/ready ] && grep -q 6680 err; }
it 'the API server says how it is called' usage
it 'the API server fails when the port is taken' taken

silent() { [ ! -s state.stdout ] && [ ! -s state.stderr ] || { cat state.stderr >&2; return 1; }; }
stops() { # while one request hangs, one is slow and a lease waits
	rm -f state/faults; lease 55ee AUTO 20
	faults '* /stacks hang' '* /stacks/x slow 60000' 'POST * lease-delay 60000'; lease 55ee AUTO 20
	curl -s -m 60 -H 'Authorization: Bearer good-token' $base/api/3/stacks & _one=$!
	curl -s -m 60 -H 'Authorization: Bearer good-token' $base/api/3/stacks/x & _two=$!
	wait_for sh -c '[ "$(ss -Htn state established dst 127.0.0.1:6680 | wc -l)" = 2 ]'
	[ "$(cat state/api.pid)" = "$main_pid" ] || return 1
	started=$(now); kill -TERM "$main_pid"; wait "$main_pid"; _rc=$?
	wait "$_one" "$_two"
	[ "$_rc" = 0 ] && [ $(($(now) - started)) -lt $((15000 * patience)) ] && [ ! -e state/ready ] && [ ! -e state/api.pid ]
}
stops_tls() { kill -TERM "$tls_pid"; wait "$tls_pid"; }
it 'the API server says nothing' silent
it 'the API server stops when told while requests hang' stops
it 'the API server stops over TLS too' stops_tls
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# Which servers get the token: certificates, the version of TLS, redirects, proxies.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh
no_sandbox=1
. "$(dirname "$0")/../lib.sh"

client=$CXSSH_BUILD/tests/integration/api_client
proxy=$CXSSH_BUILD/tests/integration/connect_proxy
server=${SANDBOX_API:-$CXSSH_BUILD/tests/sandbox-api}
for program in "$client" "$proxy" "$server"; do
	[ -x "$program" ] || { echo "Bail out! no $program"; exit 1; }
done
token='secret-token-0123456789abcdefghijklmnop'
cloud=$HOME/.cloud66
mkdir -p "$cloud" "$SANDBOX/api" tls/new
chmod 700 "$cloud"
printf '{"token":"%s","accounts":[],"stacks":[{"uid":"s1","name":"one","servers":[]}]}' "$token" >fleet.json
(umask 077 && printf '{"AccessToken":"%s","RefreshToken":"","Expiry":"0001-01-01T00:00:00Z","Extra":null}' \
	"$token" >"$cloud/cx.json")

# A CA by openssl ca, since only that command can make what has expired already.
cat >tls/conf <<'CONF'
[ca]
default_ca = own
[own]
database = tls/index
serial = tls/serial
new_certs_dir = tls/new
certificate = tls/ca
private_key = tls/ca.key
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = any_name
[any_name]
CONF
: >tls/index; echo 01 >tls/serial
key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
# shellcheck disable=SC2086 # a list of options
authority() { openssl req -x509 $key -days 2 -subj /CN=authority -keyout tls/ca.key -out tls/ca; }
# shellcheck disable=SC2086
certificate() { # NAME ADDRESS FROM TO
	openssl req $key -config tls/conf -subj "/CN=$2" -addext "subjectAltName=IP:$2" \
		-keyout "tls/$1.key" -out "tls/$1.csr" &&
		openssl ca -batch -config tls/conf -startdate "$3" -enddate "$4" -in "tls/$1.csr" -out "tls/$1"
}
# shellcheck disable=SC2086
self_signed() {
	openssl req -x509 $key -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
		-keyout tls/self.key -out tls/self
}
past=$(date -u -d '-2 days' +%y%m%d%H%M%SZ) yesterday=$(date -u -d '-1 day' +%y%m%d%H%M%SZ)
tomorrow=$(date -u -d '+1 day' +%y%m%d%H%M%SZ) later=$(date -u -d '+2 days' +%y%m%d%H%M%SZ)
make_certificates() {
	authority && self_signed && certificate good 127.0.0.1 "$past" "$later" &&
		certificate elsewhere 192.0.2.7 "$past" "$later" &&
		certificate expired 127.0.0.1 "$past" "$yesterday" &&
		certificate early 127.0.0.1 "$tomorrow" "$later"
}
make_certificates >tls/log 2>&1 || { cat tls/log; echo 'Bail out! no certificates'; exit 1; }
cat tls/ca >/etc/ssl/certs/ca-certificates.crt

serve() { # PORT [OPTION...]
	_port=$1 _state=$SANDBOX/api-$1; shift
	mkdir -p "$_state"; : >"$_state/faults"; : >"$_state/requests.log"
	"$server" --listen "127.0.0.1:$_port" --fleet fleet.json --state "$_state" \
		--lease-hook /bin/true "$@" &
	wait_for test -e "$_state/ready"
}
at() { # BASE_URL COMMAND...: with a profile that says so
	printf '{"last_profile":"default","profiles":{"default":{"base_url":"%s","name":"default","token_file":"cx.json"}}}' \
		"$1" >"$cloud/cxprofiles.json"
	shift
	"$@"
}
ping() { "$client" ping; }
not_asked() { ! [ -s "$SANDBOX/api-$1/requests.log" ]; }

port=6700
for name in good elsewhere expired early self; do
	serve $port --tls-cert "tls/$name" --tls-key "tls/$name.key"
	port=$((port + 1))
done
it 'cxssh trusts what the authority has signed' at https://127.0.0.1:6700 ping
refuses() { # WORDS PORT
	at "https://127.0.0.1:$2" fails_with 69 "127.0.0.1:$2: certificate not trusted.*$1" ping
}
it 'cxssh refuses the certificate of another host' refuses '' 6701
cp err last
it 'cxssh refuses the certificate of another host in one line' is 1 grep -c . last
it 'cxssh shows no token to a server with the certificate of another host' not_asked 6701
it 'cxssh refuses one that has expired' refuses 'expired' 6702
it 'cxssh shows no token to a server whose certificate has expired' not_asked 6702
it 'cxssh refuses one that is not valid yet' refuses 'not yet valid' 6703
it 'cxssh shows no token to a server whose certificate is not valid yet' not_asked 6703
it 'cxssh refuses one that vouches for itself' refuses '' 6704
it 'cxssh shows no token to a server with a self-signed certificate' not_asked 6704

# The version.  The machine's own settings are as lax as they can be, so it is cxssh that
# refuses; and the server is shown to be one that a lax client does connect to.
cat >tls/lax <<'CONF'
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = lax
[lax]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
CONF
OPENSSL_CONF=$work/tls/lax; export OPENSSL_CONF
old_server() { # PORT VERSION
	openssl s_server -accept "127.0.0.1:$1" "-$2" -cipher ALL:@SECLEVEL=0 -cert tls/good -key tls/good.key \
		-www >"tls/s_server.$1" 2>&1 &
	wait_for sh -c "ss -Hltn 'src 127.0.0.1:$1' | grep -q ."
}
old_server 6711 tls1_1
old_server 6712 tls1_2
lax_client() { echo | openssl s_client -connect 127.0.0.1:6711 -tls1_1 -cipher ALL:@SECLEVEL=0; }
it 'a lax client speaks TLS 1.1' lax_client
it 'cxssh refuses TLS 1.1' at https://127.0.0.1:6711 fails_with 69 'no TLS connection' ping
it 'cxssh speaks TLS 1.2' at https://127.0.0.1:6712 fails_with 69 'not JSON\|HTTP status' ping
unset OPENSSL_CONF

# Redirects: to another host, and to the same one without TLS.
serve 6720; serve 6721 --tls-cert tls/good --tls-key tls/good.key
redirected() { # TO
	echo "GET /stacks* redirect $1" >"$SANDBOX/api-6700/faults"
	at https://127.0.0.1:6700 "$client" lists /stacks; _code=$?
	: >"$SANDBOX/api-6700/faults"
	return "$_code"
}
it 'cxssh is not redirected to where nothing is encrypted' fails_with 69 'HTTP status 302' \
	redirected http://127.0.0.1:6720/api/3/stacks.json
it 'cxssh shows no token to a server without encryption after a redirect' not_asked 6720
it 'cxssh is not redirected to another server' fails_with 69 'HTTP status 302' \
	redirected https://127.0.0.1:6721/api/3/stacks.json
it 'cxssh shows no token to another server after a redirect' not_asked 6721

# Proxies.
"$proxy" 6730 "$work/proxied" & serving=$!
wait_for sh -c "ss -Hltn 'src 127.0.0.1:6730' | grep -q ."
: >proxied
through() { HTTPS_PROXY=http://127.0.0.1:6730 at https://127.0.0.1:6700 "$@"; }
it 'cxssh goes through HTTPS_PROXY' through ping
it 'cxssh asks the proxy of HTTPS_PROXY for a tunnel' grep -q '^CONNECT 127.0.0.1:6700 HTTP' proxied
no_token() { ! grep -aq "secret-token\|Authorization\|Bearer" proxied; }
# A tunnel writes down the last bytes of its client after that client has ended.
wait_for sh -c "! pgrep -P $serving"
it 'cxssh shows no token to the proxy of HTTPS_PROXY' no_token
: >proxied
around() { NO_PROXY=127.0.0.1 through ping; }
it 'cxssh goes around it for NO_PROXY' around
it 'cxssh sends nothing to the proxy for a host in NO_PROXY' test ! -s proxied
lower() { https_proxy=http://127.0.0.1:6730 no_proxy=example.com at https://127.0.0.1:6700 ping; }
it 'cxssh goes through https_proxy' lower
it 'cxssh asks the proxy of https_proxy for a tunnel' grep -q '^CONNECT 127.0.0.1:6700 HTTP' proxied
lost() { HTTPS_PROXY=http://127.0.0.1:1 at https://127.0.0.1:6700 ping; }
it 'cxssh says so when there is no proxy' fails_with 69 'no connection' lost
refused() { # STATUS: by one that has this status for all
	"$proxy" 6731 "$work/asked" "$1" & refuser=$!
	wait_for sh -c "ss -Hltn 'src 127.0.0.1:6731' | grep -q ."
	: >asked
	HTTPS_PROXY=http://127.0.0.1:6731 at https://127.0.0.1:6700 ping; _code=$?
	kill "$refuser"; wait "$refuser" 2>/dev/null
	return "$_code"
}
it 'cxssh says so when the proxy wants a login' \
	fails_with 69 'the proxy says no (HTTP status 407: it wants a login)' refused '407 Login'
it 'cxssh says so when the proxy refuses' fails_with 69 'the proxy says no (HTTP status 403)' refused '403 Forbidden'
it 'cxssh says so when the proxy does not get through' fails_with 69 'the proxy says no (HTTP status 502)' refused '502 Bad Gateway'
bad_proxy() { HTTPS_PROXY=$1 at https://127.0.0.1:6700 fails_with 69 "$2" ping; }
it 'cxssh says so when it is no URL' bad_proxy 'htp://me:proxy-secret@127.0.0.1:6730' "the proxy's URL is no good"
cp err last.scheme
it 'cxssh says so when the URL of the proxy is broken' bad_proxy 'me:proxy-secret@[127.0.0.1' .
cp err last.syntax
it 'cxssh says so when the proxy has a port that is none' bad_proxy 'http://me:proxy-secret@127.0.0.1:31x' .
cp err last.port
no_login() { ! grep -n proxy-secret last.* "$HOME/.cache/cxssh/log" >&2; }
it 'cxssh does not tell the login in the URL of a proxy' no_login
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# How cxssh leaves a company's network: a CA of its own and a proxy, from the variables that
# curl and the toolbelt read, and from the configuration, for programs without environment.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317 # functions are called through it()
no_sandbox=1
. "$(dirname "$0")/../lib.sh"

proxy=$CXSSH_BUILD/tests/integration/connect_proxy
server=${SANDBOX_API:-$CXSSH_BUILD/tests/sandbox-api}
token='secret-token-0123456789abcdefghijklmnop'
cloud=$HOME/.cloud66
config=$HOME/.config/cxssh/config
mkdir -p "$cloud" "$HOME/.config/cxssh" "$SANDBOX/api" tls/folder
chmod 700 "$cloud"
printf '{"token":"%s","accounts":[],"stacks":[{"uid":"s1","name":"one","servers":[{"uid":"0a1b2c3d","name":"lion","address":"192.0.2.1"}]}]}' \
	"$token" >fleet.json
(umask 077 && printf '{"AccessToken":"%s","RefreshToken":"","Expiry":"0001-01-01T00:00:00Z","Extra":null}' \
	"$token" >"$cloud/cx.json")
printf '{"last_profile":"default","profiles":{"default":{"base_url":"%s","name":"default","token_file":"cx.json"}}}' \
	https://127.0.0.1:6700 >"$cloud/cxprofiles.json"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 \
	-addext subjectAltName=IP:127.0.0.1 -keyout tls/key -out tls/ca 2>tls/log ||
	{ cat tls/log; echo 'Bail out! no certificate'; exit 1; }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=other \
	-keyout tls/other.key -out /etc/ssl/certs/ca-certificates.crt 2>tls/log
cp tls/ca tls/folder/"$(openssl x509 -hash -noout -in tls/ca)".0
cp tls/ca 'tls/my cä'
echo 'no certificate' >tls/broken
mkdir -p "$SANDBOX/api-6700"; : >"$SANDBOX/api-6700/faults"; : >"$SANDBOX/api-6700/requests.log"
"$server" --listen 127.0.0.1:6700 --fleet fleet.json --state "$SANDBOX/api-6700" --lease-hook /bin/true \
	--tls-cert tls/ca --tls-key tls/key &
wait_for test -e "$SANDBOX/api-6700/ready"

# The CA.
synced() { env "$@" cxssh sync --yes; }
it 'a CA that only the company knows is not trusted' fails_with 69 'certificate not trusted' synced A=1
it 'SSL_CERT_FILE names a file of trusted CAs' synced SSL_CERT_FILE="$work/tls/ca"
it 'SSL_CERT_DIR names a folder of trusted CAs' synced SSL_CERT_DIR="$work/tls/folder"
it 'SSL_CERT_DIR names several folders' synced SSL_CERT_DIR="$work/none:$work/tls/folder"
it 'SSL_CERT_FILE may have blanks and letters beyond ASCII' synced SSL_CERT_FILE="$work/tls/my cä"
it 'CURL_CA_BUNDLE names a file of trusted CAs' synced CURL_CA_BUNDLE="$work/tls/ca"
it 'CURL_CA_BUNDLE comes before SSL_CERT_FILE' \
	synced CURL_CA_BUNDLE="$work/tls/ca" SSL_CERT_FILE="$work/tls/broken"
it 'an empty SSL_CERT_FILE does not count' fails_with 69 'certificate not trusted' synced SSL_CERT_FILE=
it 'a file of CAs that does not exist is an error that names it' \
	fails_with 69 "no list of trusted CAs in $work/tls/none" synced SSL_CERT_FILE="$work/tls/none"
it 'a file of CAs that holds none is an error' \
	fails_with 69 'no list of trusted CAs' synced SSL_CERT_FILE="$work/tls/broken"
echo "ca-file = $work/tls/ca" >"$config"
it 'ca-file in the configuration names a file of trusted CAs' synced A=1
it 'ca-file comes before the variables' synced SSL_CERT_FILE="$work/tls/broken" SSL_CERT_DIR=/nonexistent
without_environment() { env -i PATH="$PATH" ASAN_OPTIONS="$ASAN_OPTIONS" cxssh sync --yes; }
it 'ca-file counts for a program without environment' without_environment
echo 'ca-file = ca.pem' >"$config"
it 'ca-file must be an absolute path' fails_with 78 'ca-file: must be an absolute path' synced A=1

rm /etc/ssl/certs/ca-certificates.crt "$config"
it 'SSL_CERT_DIR will do where the system has no bundle of CAs' synced SSL_CERT_DIR="$work/tls/folder"

# The proxy.
"$proxy" 6730 "$work/proxied" & serving=$!
"$proxy" 6731 "$work/refused" '403 Forbidden' &
wait_for sh -c "ss -Hltn 'src 127.0.0.1:6731' | grep -q . && ss -Hltn 'src 127.0.0.1:6730' | grep -q ."
trusting() { # LINE of the configuration...
	echo "ca-file = $work/tls/ca"; printf '%s\n' "$@"
}
asked() { grep -aq '^CONNECT 127.0.0.1:6700 HTTP' proxied; }
# A tunnel writes down the last bytes of its client after that client has ended.
no_tunnel() { ! pgrep -P "$serving" >/dev/null; }
forget() { wait_for no_tunnel && : >proxied; }
through() { # [VARIABLE=VALUE...]: sync asked the proxy for a tunnel
	forget || return
	env "$@" cxssh sync --yes && asked
}
around() {
	forget || return
	env "$@" cxssh sync --yes && ! [ -s proxied ]
}
trusting >"$config"
warning='warning: the API is reached through a proxy'
warns() { "$@" && grep -q "$warning.*set from-ip" "$work/err"; }
is_silent() { "$@" && ! grep -q "$warning" "$work/err"; }
it 'HTTPS_PROXY is used, and sync warns that a lease is for its address' \
	warns through HTTPS_PROXY=http://127.0.0.1:6730
it 'ALL_PROXY is used, and sync warns' warns through ALL_PROXY=http://127.0.0.1:6730
it 'NO_PROXY goes around it, and sync does not warn' \
	is_silent around HTTPS_PROXY=http://127.0.0.1:6730 NO_PROXY=localhost,127.0.0.1
it 'sync does not warn without a proxy' is_silent around A=1
trusting 'proxy = http://127.0.0.1:6730' >"$config"
it 'proxy in the configuration is used, and sync warns' warns through A=1
it 'proxy comes before the variables' through HTTPS_PROXY=http://127.0.0.1:1
trusting 'proxy = http://127.0.0.1:6730' 'from-ip = 203.0.113.10' >"$config"
it 'sync does not warn when from-ip is set' is_silent through A=1
trusting 'proxy = none' >"$config"
it 'proxy = none goes around the proxy of the variables' is_silent around HTTPS_PROXY=http://127.0.0.1:6730
trusting 'proxy = http://127.0.0.1:6731' >"$config"
it 'a proxy that refuses is named as the cause' fails_with 69 'the proxy says no (HTTP status 403)' synced A=1
trusting 'proxy = me:secret@127.0.0.1' >"$config"
it 'a proxy that is no URL is refused' fails_with 78 'proxy: must be none, or http://' synced A=1
it 'the refusal does not repeat its login' sh -c "! grep -q secret '$work/err'"
done_testing

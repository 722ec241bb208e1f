#!/bin/sh
# SPDX-License-Identifier: MIT
# APIs, tokens, names, proxies and disks that fail in odd ways: each has one line with the
# host, the cause and what helps, and none shows a token, a path of the API or an escape.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion" --lease-delay 100'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

cxssh sync --yes >/dev/null
ssh myapp-lion true </dev/null
token=$HOME/.cloud66/cx.json
cp "$token" token.was
again() { wait_for helpers_gone; rm -rf "$cache/failed"; ready_lease; }
plain() { # of the last line: no path of the API, no escape, no HTML, at most 350 characters
	LC_ALL=C grep -q '[^ -~]' line && return 1
	! grep -qE '/stacks|/api/3|<html|<[a-z]+>|libcurl|SSL certificate|curl' line && [ "$(wc -c <line)" -le 420 ]
}
says() { # PATTERN [COMMAND...]: what ssh prints, in one line of the reason
	_pattern=$1; shift
	[ $# -gt 0 ] || set -- ssh -o BatchMode=yes myapp-lion true
	within 30 "$@" >shown 2>&1 && { echo 'it succeeded' >&2; return 1; }
	sed -n 's/\r//; s/^.*cxssh: /cxssh: /p' shown >line
	[ "$(wc -l <line)" = 1 ] && grep -qE -- "$_pattern" line && plain && return
	cat shown >&2; return 1
}
lion_says() { says "^cxssh: myapp-lion \(203.0.113.21\): no lease: app.cloud66.test: $1"; }

# What the API may answer.
printf '<html><head><title>Sign in to the hotel</title></head><body>\033[31mPay</body></html>' >page
again; fault "POST * body $work/page"
it 'an HTML page as an answer is named, and not shown' lion_says 'the answer is not JSON as promised; run: cxssh doctor myapp-lion'
no_faults; again; fault "POST * status 429"
it 'an API that throttles without a time says so' lion_says 'too many calls'
no_faults; again; fault 'POST * status 503 retry-after=600'
it 'an API that is too busy for ten minutes says for how long' lion_says 'too busy, try again in 10 min 0 s'
no_faults; again; fault 'POST * truncate 20'
it 'the lease of an answer that is cut short is used' is lion within 30 ssh myapp-lion hostname
no_faults; again; fault 'POST * status 418'
asked=$(api_calls 'POST .*/firewalls')
it 'the status 418 is named' lion_says 'HTTP status 418'
it 'an API that refuses the call itself is asked once' is $((asked + 1)) api_calls 'POST .*/firewalls'
for status in 400 405 410 422 451; do
	no_faults; again; fault "POST * status $status"
	asked=$(api_calls 'POST .*/firewalls')
	it "the status $status is named" lion_says "HTTP status $status"
	it "an API that answers $status is asked once" is $((asked + 1)) api_calls 'POST .*/firewalls'
done
no_faults; again; fault 'POST * status 408 times=1'
it 'a lease that the API was too slow for is requested again' is lion within 30 ssh myapp-lion hostname
no_faults; again; fault 'POST * status 404'
it 'a 404 for a lease names the sync' lion_says 'not found.*; run: cxssh sync$'
it 'a 404 of a list of the account names no sync, which has just failed' fails_with 66 'not found.*; run: cxssh doctor$' \
	sh -c 'echo "GET /stacks.json* status 404" >"$SANDBOX/api/faults"; cxssh sync'
no_faults; again; fault 'POST * redirect http://192.0.2.1/login'
it 'a redirect to another host is not followed, and named' lion_says 'HTTP status 302'
no_faults; again; fault 'POST * big 40000000'
it 'an answer without an end is refused' lion_says 'the answer is longer than [0-9]* bytes; run: cxssh doctor'
no_faults

# Names, certificates, proxies.
again; cp /etc/hosts hosts.was; sed -i '/app.cloud66.test/d' /etc/hosts
it 'an API whose name is not resolved is named' lion_says 'its name has no address'
cat hosts.was >/etc/hosts
again; mount --bind /dev/null /etc/ssl/certs/ca-certificates.crt
it 'a CA that is not known is named' lion_says '(certificate not trusted|no list of trusted CAs); run: cxssh doctor myapp-lion'
umount /etc/ssl/certs/ca-certificates.crt
again
by_proxy() { HTTPS_PROXY=http://me:proxy-secret@203.0.113.5:9 says "no lease: app.cloud66.test: no connection: nothing listens at the proxy's address"; }
it 'a proxy that is not there is named' by_proxy
again
no_name() { HTTPS_PROXY=http://me:proxy-secret@proxy.invalid:3128 says "no lease: app.cloud66.test: the proxy's name has no address"; }
it 'a proxy without an address is named' no_name
it 'the password of a proxy is shown nowhere' sh -c "! grep -r proxy-secret '$cache' line shown"

# Tokens.
bad_token() { # WHAT TEXT PATTERN
	again; printf '{"AccessToken":"%s","RefreshToken":"","Expiry":"0001-01-01T00:00:00Z"}' "$2" >"$token"
	it "a token $1 is told" says "$3"
	it "a token $1 is not shown" sh -c "! grep -rF 'sEcReT' '$cache' line shown"
}
bad_token 'with an end of line' 'sEcReT\nX-Header: 1' 'token.*; run: cxssh login --token'
bad_token 'with letters beyond ASCII' 'sEcReTü' 'token.*; run: cxssh login --token'
bad_token 'with blanks' 'sEcReT sEcReT' 'token.*; run: cxssh login --token'
bad_token 'that is empty' '' 'token.*; run: cxssh login --token|no token'
bad_token 'of 100 KB' "sEcReT$(printf '%0100000d' 0)" 'cx.json: longer than 65536 bytes; run: cxssh '
again; printf 'no JSON' >"$token"
it 'a token file that is no JSON is told' says 'cx.json: not the JSON of a token; run: cxssh login --token'
again; rm "$token"
it 'a token file that is gone is told' says 'cxssh login'
again; mkdir "$token"
it 'a folder in the place of the token file is told' says 'cx.json'
rmdir "$token"; cp token.was "$token"; chmod 000 "$token"
it 'a token file that the user may not read is told' \
	fails_with 78 'cx.json: access denied; run: cxssh login --token' plainly cxssh whoami
chmod 600 "$token"

# The disk is full at each step.
full() { # FOLDER
	cp -a "$1" "$work/full.was"; mount -t tmpfs -o size=256k,mode=700 none "$1"
	cp -a "$work/full.was/." "$1"; rm -rf "$work/full.was"
	cat /dev/zero >"$1/fill" 2>/dev/null
}
again; rm -f "$HOME"/.ssh/cx_*; full "$HOME/.ssh"
it 'a disk without room for the key is told' says 'ssh key: cannot write .*: No space left on device; run: cxssh doctor myapp-lion'
umount "$HOME/.ssh"; again
: >"$known"; full "$HOME/.ssh/cxssh"
it 'a disk without room for the host key is told, or the connection is made' \
	sh -c 'timeout 30 ssh -o BatchMode=yes myapp-lion true >shown 2>&1 </dev/null || grep -q "cxssh: .*cannot write" shown || { cat shown >&2; exit 1; }'
umount "$HOME/.ssh/cxssh"; again
full "$cache"
it 'a server is reached though the disk has no room for its new lease' is lion within 30 ssh myapp-lion hostname
it 'cxssh why works with a full disk' cxssh why lion
it 'doctor names the disk that is full' sh -c 'cxssh doctor >said 2>&1; grep -q "^fail *space *0 MB are free in ~/.cache/cxssh$" said'
umount "$cache"
again
it 'ssh works again after all of it' is lion within 30 ssh myapp-lion hostname
done_testing

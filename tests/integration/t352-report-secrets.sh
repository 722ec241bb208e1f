#!/bin/sh
# SPDX-License-Identifier: MIT
# doctor --report: the file holds no secret, wherever one stood: configuration, log,
# command lines, URLs.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh
SANDBOX_OPTIONS='--hosts lion --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

cxssh sync --yes >/dev/null
config=$HOME/.config/cxssh/config
log=$HOME/.cache/cxssh/log
mkdir -p "${config%/*}"; chmod 700 "$HOME/.config" "${config%/*}"
token=$(sed -n 's/.*"AccessToken":"\([^"]*\)".*/\1/p' "$HOME"/.cloud66/cx.json)

cxssh run myapp-lion -- "true -pgeheim1" >/dev/null 2>&1
it 'the log has no command that the user ran' sh -c '! grep -q geheim1 "$1"' - "$log"
shown() { CXDEBUG=1 cxssh run myapp-lion -- "true -pgeheim1" 2>&1 | grep -q 'running .*geheim1'; }
it 'CXDEBUG shows the whole line' shown

cat >"$config" <<-LINES
	# my password is geheim2
	proxy = http://jo:geheim3@203.0.113.5:1
	client-secret = geheim4
	  client-secret=geheim5
	unknown = Bearer geheim6
	Authorization: geheim7
	access_token=geheim8
	identity = -----BEGIN OPENSSH PRIVATE KEY-----geheim9
LINES
cat >>"$log" <<-LINES
	2026-11-29T00:56:33.961Z cxssh[3] x +1ms authorization: Bearer geheim10
	2026-11-29T00:56:33.961Z cxssh[3] x +1ms Set-Cookie: _session=geheim11
	2026-11-29T00:56:33.961Z cxssh[3] x +1ms -----BEGIN OPENSSH PRIVATE KEY----- geheim12
	2026-11-29T00:56:33.961Z cxssh[3] x +1ms https://jo:geheim13@host/?access_token=geheim14&x=y
	2026-11-29T00:56:33.961Z cxssh[3] x +1ms a token by itself: $token
	2026-11-29T00:56:33.961Z cxssh[3] x +1ms a cookie by itself: GeheimGeheimGeheim15Geheim
	2026-11-29T00:56:33.961Z cxssh[3] x +1ms the end
LINES
CLOUD66_TOKEN=geheim16 cxssh doctor --report report >/dev/null 2>&1
it 'the report is written, to its end' grep -q 'the end$' report
it 'no secret is in it' sh -c '! grep -i geheim report >&2'
it 'the token is not in it' sh -c '! grep -F "$1" report >&2' - "$token"
it 'the address of the proxy is not in it' sh -c '! grep -F 203.0.113.5: report >&2'
it 'that a proxy is set is in it' grep -q '^proxy = http://(not shown)@IP-[0-9]*:1$' report
it 'that a client secret is set is in it' grep -q '^client-secret = (not shown)$' report
it 'the report is for its user alone' is 600 stat -c %a report
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh login, the toolbelt's own files, and where a token must never be seen.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2016 # expanded elsewhere
SANDBOX_OPTIONS='--hosts lion --no-login --lease-delay 100'
. "$(dirname "$0")/../lib.sh"

CXSSH_BASE_URL=$SANDBOX_BASE_URL; export CXSSH_BASE_URL
cloud=$HOME/.cloud66
: >"$SANDBOX/said"
# All that is said is kept, to be searched for secrets at the end.
cxssh() {
	command cxssh "$@" >stdout 2>stderr; code=$?
	cat stdout stderr >>"$SANDBOX/said"
	cat stdout; cat stderr >&2
	return "$code"
}
login() { # TEXT [OPTION...]
	text=$1; shift
	printf '%s' "$text" | cxssh login --token "$@"
}
asked() { api_calls "$1"; }
json() { # ACCESS [REFRESH [EXPIRY]]
	printf '{"AccessToken":"%s","RefreshToken":"%s","Expiry":"%s","Extra":null}' \
		"$1" "${2-}" "${3-0001-01-01T00:00:00Z}"
}

# There is no login yet.
it 'cxssh says how to log in' fails_with 77 '^cxssh: not logged in.*; run: cxssh login' cxssh list
it 'cxssh says to ssh how to log in' fails_with 77 '^cxssh: myapp-lion: not logged in.*; run: cxssh login' cxssh-proxy myapp-lion 22
it 'cxssh says to sync how to log in' fails_with 77 'run: cxssh login' cxssh sync --yes
it 'cxssh writes no hosts without a login' test ! -e "$HOME/.ssh/cxssh/config"

# A token from standard input.
it 'cxssh refuses a wrong token' fails_with 77 '^cxssh: nothing was changed: .*the token is not accepted' \
	login wrong-token-wrong-token-wrong
it 'cxssh keeps no wrong token' test ! -e "$cloud/cx.json"
it 'cxssh refuses what is none' fails_with 78 'not a token' login 'two words'
it 'cxssh refuses an empty token' fails_with 78 'not a token\|token' login ''
it 'cxssh refuses a token of 20,000 bytes' fails_with 64 'too long' login "$(head -c 20000 /dev/zero | tr '\0' x)"
it 'cxssh takes no token from the command line' fails_with 64 'login: one word too many' cxssh login --token "$SANDBOX_TOKEN"
it 'cxssh takes a token' prints '^logged in to https://app.cloud66.test$' login "$SANDBOX_TOKEN"
it 'cxssh keeps the token for its owner alone' is 600 stat -c %a "$cloud/cx.json"
it 'cxssh keeps the token in a folder for its owner alone' is 700 stat -c %a "$cloud"
it 'cxssh keeps the token as the toolbelt does' grep -q '"AccessToken":"'"$SANDBOX_TOKEN"'"' "$cloud/cx.json"
it 'cxssh writes a profile beside the token' grep -q '"last_profile"' "$cloud/cxprofiles.json"
unset CXSSH_BASE_URL
it 'cxssh works then' quietly cxssh sync --yes
it 'cxssh connects with the new token' is lion quietly ssh myapp-lion hostname
cp "$cloud/cx.json" good.json
it 'cxssh refuses a wrong token later' fails_with 77 'nothing was changed' login wrong-token-wrong-token-wrong
it 'cxssh keeps the good token when a wrong one is refused' cmp good.json "$cloud/cx.json"
interrupted() { # SIGNAL, while the API is asked
	fault 'GET /ping* hang'
	printf 'wrong-token-wrong-token-wrong' | timeout -s "$1" 1 cxssh login --token
	no_faults
	cmp good.json "$cloud/cx.json"
}
it 'cxssh keeps the good token when it is interrupted while it asks' interrupted INT
it 'cxssh keeps the good token when it is killed while it asks' interrupted KILL
mkdir dots && mv "$cloud/cx.json" dots/token && ln -s "$work/dots/token" "$cloud/cx.json"
it 'cxssh refuses a wrong token where the file is a link' fails_with 77 'nothing was changed' login wrong-token-wrong-token-wrong
it 'cxssh keeps the link to the token when a wrong one is refused' test -L "$cloud/cx.json"
it 'cxssh keeps the token at the end of the link when a wrong one is refused' cmp good.json dots/token
rm "$cloud/cx.json" && mv dots/token "$cloud/cx.json"
it 'cxssh takes a token with a newline' login "$SANDBOX_TOKEN
"
it 'cxssh takes the JSON of the toolbelt' login "$(json "$SANDBOX_TOKEN")"
it 'cxssh keeps the JSON of the toolbelt as it is' grep -q '"AccessToken":"'"$SANDBOX_TOKEN"'"' "$cloud/cx.json"
it 'cxssh takes it in base64' login "$(json "$SANDBOX_TOKEN" | base64 -w 0)"
it 'cxssh keeps the token of a base64 text as the toolbelt does' grep -q '"AccessToken":"'"$SANDBOX_TOKEN"'"' "$cloud/cx.json"
api_down
it 'cxssh keeps a token that cannot be tried' fails_with 69 'the token is kept, but' login "$SANDBOX_TOKEN"
api_up

# Profiles.
profiles() { # LAST
	cat >"$cloud/cxprofiles.json" <<-JSON
		{"last_profile":"$1","profiles":{
		"default":{"base_url":"$SANDBOX_BASE_URL","client_id":"sandbox-client",
		"client_secret":"sandbox-secret","organization":"","name":"default","token_file":"cx.json"},
		"Work":{"base_url":"$SANDBOX_BASE_URL","client_id":"","client_secret":"","organization":"Acme",
		"name":"Work","token_file":"cx_work.json"}}}
	JSON
}
profiles default
it 'cxssh knows other profiles' fails_with 77 'cx_work.json.*run: cxssh login' cxssh sync --profile Work
it 'cxssh logs in to one' login "$SANDBOX_TOKEN" --profile Work
it 'cxssh keeps the token of a profile in a file of its own' grep -q "$SANDBOX_TOKEN" "$cloud/cx_work.json"
it 'cxssh leaves the token of the other profile alone' grep -q "$SANDBOX_TOKEN" "$cloud/cx.json"
it 'cxssh uses it' cxssh sync --profile Work
it 'cxssh asks with the account of the profile' grep -q 'stacks.json?page=1 200 77 ok' "$SANDBOX/api/requests.log"
it 'cxssh takes the profile from the environment' env CXSSH_PROFILE=Work cxssh sync
it 'cxssh knows no other' fails_with 78 'no profile named Wrong found; there is: default, Work' \
	cxssh sync --profile Wrong

# Two logins.  That of "default" sees another account, which has nothing in it.
hosts() { cxssh list | grep -vc '^$\|^[0-9]* servers* in [0-9]* stacks*'; }
routes() { find "$HOME/.cache/cxssh/routes" -type f | wc -l; }
printf 'HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n{"response":[],"pagination":{}}' >empty
"$CXSSH_BUILD/tests/integration/say_bytes" 8001 "$work/empty" "$work/asked" >/dev/null &
empty_account() { # PROFILE
	profiles default
	sed "s/Acme//; /^\"$1\"/s|$SANDBOX_BASE_URL|http://127.0.0.1:8001|" "$cloud/cxprofiles.json" >new
	cat new >"$cloud/cxprofiles.json"
}
reached() {
	rm -f "$HOME"/.ssh/cx_* "$HOME/.cache/cxssh/routes/"*
	firewall_reset lion
	is lion quietly within 10 ssh myapp-lion hostname
}
stays() { [ "$(hosts)" = "$had_hosts" ] && [ "$(routes)" = "$had_routes" ]; }
empty_account default
had_hosts=$(hosts)
it 'cxssh goes to the API with the login of the last sync' reached
cxssh sync >/dev/null
had_routes=$(routes)
it 'cxssh asks with the login of the last sync for a name that there is not' fails_with 66 'no host myapp-lino; nearest: myapp-lion' cxssh show myapp-lino
it 'cxssh keeps its hosts after a name that there is not' stays
it 'cxssh says to the next sync that the login is that of the last one' prints "^this is profile Work, as at the last sync; the toolbelt's last one is default: .*--profile default" cxssh sync
it 'cxssh finds no name in the other account' fails_with 66 'no host myapp-lino' env CXSSH_PROFILE=default cxssh show myapp-lino
it 'cxssh keeps its hosts when the other account has no such name' stays
empty_account Work
it 'cxssh finds none in its own when that is empty' fails_with 66 'no host myapp-lino' cxssh show myapp-lino
it 'cxssh keeps its hosts when its own account is empty' stays
empty_account default
it 'cxssh goes over to the other one when a sync does' prints '^0 servers' cxssh sync --profile default
it 'cxssh stays with the profile that a sync has gone over to' is 0 hosts
rm -r "$HOME/.cache/cxssh/profile" "$HOME/.cache/cxssh/inventory.json"
profiles Work
rm "$cloud/cx.json"
it 'cxssh uses the last one that the toolbelt used, when there was no sync' cxssh sync
profiles default
rm "$HOME/.cache/cxssh/profile"

# CLOUD66_TOKEN.
CLOUD66_TOKEN=$(json "$SANDBOX_TOKEN" | base64 -w 0); export CLOUD66_TOKEN
it 'cxssh refuses a wrong token beside it' fails_with 77 'nothing was changed' login wrong-token-wrong-token-wrong
it 'cxssh keeps no refused token, as it says' test ! -e "$cloud/cx.json"
it 'cxssh takes CLOUD66_TOKEN where there is no file' cxssh sync
it 'cxssh keeps CLOUD66_TOKEN in a file, as the toolbelt does' is 600 stat -c %a "$cloud/cx.json"
CLOUD66_TOKEN=garbage
it 'cxssh works with a CLOUD66_TOKEN beside a file' cxssh sync
rm "$cloud/cx.json"
it 'cxssh says what is wrong with CLOUD66_TOKEN where there is no file' fails_with 78 CLOUD66_TOKEN cxssh sync
unset CLOUD66_TOKEN

# A token that has expired is renewed, once, by the first process that needs it.
sed 's/"clients":/"expired_tokens":["old-token"],"refresh_tokens":["renew-me"],"clients":/' \
	"$SANDBOX/fleet.json" >fleet.new && mv fleet.new "$SANDBOX/fleet.json"
(umask 077 && json old-token renew-me 2020-01-01T00:00:00Z >"$cloud/cx.json")
crowd() {
	n=0 pids=
	while [ "$n" -lt 10 ]; do
		command cxssh sync >>"$SANDBOX/said" 2>&1 & pids="$pids $!"; n=$((n + 1))
	done
	for pid in $pids; do wait "$pid" || return 1; done
}
it 'cxssh renews a token that has expired' crowd
it 'cxssh renews an expired token once for ten processes' is 1 asked 'POST /oauth/token'
it 'cxssh keeps the renewed token' sh -c "! grep -q old-token '$cloud/cx.json'"
new_token=$(sed 's/.*"AccessToken":"\([^"]*\)".*/\1/' "$cloud/cx.json")
# The one that renews it is spent when the request has arrived, however late the answer.
change_fleet 's/"refresh_tokens":.*"clients":/"rotate_refresh_tokens":true,"refresh_tokens":["renew-late"],"clients":/'
(umask 077 && json old-token renew-late 2020-01-01T00:00:00Z >"$cloud/cx.json")
rm -rf "$HOME/.cache/cxssh/routes" "$HOME/.cache/cxssh/failed"
fault '* /oauth/token slow 13000 times=1'
it 'cxssh does not wait for a renewal longer than ssh does' \
	fails_with 255 '.' within 12 ssh myapp-lion hostname
it 'cxssh keeps the answer of a renewal that came late' wait_for sh -c "! grep -q renew-late '$cloud/cx.json'"
no_faults
it 'cxssh works with the token that was renewed late' cxssh sync
(umask 077 && json old-token used-up 2020-01-01T00:00:00Z >"$cloud/cx.json")
it 'cxssh says how to log in when it cannot be renewed' fails_with 77 'run: cxssh login' cxssh sync
(umask 077 && json "$SANDBOX_TOKEN" >"$cloud/cx.json")
fault '* /stacks* status 401'
it 'cxssh says how to log in when a token is not accepted any more' fails_with 77 'run: cxssh login' cxssh sync
no_faults
chmod 644 "$cloud/cx.json"
it 'cxssh does not use a token that others can read' fails_with 78 'run: chmod 600' cxssh sync
chmod 600 "$cloud/cx.json"
echo '{"AccessToken":' >"$cloud/cx.json"
it 'cxssh says which file is broken' fails_with 78 'cx.json' cxssh sync
(umask 077 && json "$SANDBOX_TOKEN" >"$cloud/cx.json")

# Never seen.
arguments() { # of all that runs while ssh opens a server
	rm -rf "$HOME/.cache/cxssh/routes" "$HOME"/.ssh/cx_*
	firewall_reset lion
	fault 'GET /stacks* slow 300'
	ssh myapp-lion true 2>>"$SANDBOX/said" & ssh=$!
	wait_for pgrep -x cxssh >/dev/null
	for process in /proc/[0-9]*; do tr '\0' ' ' <"$process/cmdline"; done 2>/dev/null >cmdlines
	wait "$ssh"; code=$?
	no_faults
	grep -q 'cxssh open' cmdlines && ! grep -F "$SANDBOX_TOKEN" cmdlines >&2 && return "$code"
}
it 'cxssh shows no token among the arguments of a process' arguments
environment() { # the proxy needs none in its environment either
	! grep -l -a "$SANDBOX_TOKEN" "$HOME/.cache/cxssh/log" "$SANDBOX"/home/.ssh/cxssh/* \
		"$HOME/.cache/cxssh/inventory.json" "$HOME/.cache/cxssh/routes"/* >&2
}
it 'cxssh shows no token in the environment of another program' environment
debugged() { CXDEBUG=1 cxssh sync >/dev/null && grep -q 'GET /stacks' "$SANDBOX/said"; }
it 'cxssh says its steps with CXDEBUG' debugged
no_secret() { # FILE
	for secret in "$SANDBOX_TOKEN" "$new_token" old-token renew-me sandbox-secret wrong-token; do
		! grep -F -- "$secret" "$1" >&2 || return 1
	done
}
it 'cxssh says no secret with CXDEBUG' no_secret "$SANDBOX/said"
it 'cxssh writes no secret into the log' no_secret "$HOME/.cache/cxssh/log"
no_key() { ! grep -h -F 'PRIVATE KEY' "$HOME/.cache/cxssh/log" "$SANDBOX/said" >&2; }
it 'cxssh says no private key with CXDEBUG' no_key
typed() { # TEXT, on a terminal, where nothing shows
	mkfifo typing && : >shown
	script -qefc 'cxssh login --token' shown <typing >/dev/null 2>&1 &
	script=$!
	exec 6>typing
	wait_for grep -q 'Token (not shown)' shown
	printf '%s\n' "$1" >&6
	wait "$script"; code=$?
	exec 6>&-
	rm typing
	! grep -F "$1" shown >&2 && return "$code"
}
typed_well() { typed "$1" && grep -q 'logged in to' shown; }
long_json() { # of that many bytes more than the token
	json "$SANDBOX_TOKEN" | sed "s/null/{\"id_token\":\"$(head -c "$1" /dev/zero | tr '\0' j)\"}/" | base64 -w 0
}
typed_too_long() { typed "$(long_json 4000)"; code=$?; cat shown >&2; [ "$code" = 64 ] && grep -q 'too long to be typed' shown; }
# In a shell that leaves a terminal as a command left it; some repair it.
at_the_prompt() { # COMMAND...: what happens there
	mkfifo typing && : >shown && rm -f after stopped
	env --default-signal=INT script -qefc 'sh -i' shown <typing >/dev/null 2>&1 &
	script=$!
	exec 6>typing
	printf 'stty >before; cxssh login --token\n' >&6
	wait_for grep -q 'Token (not shown)' shown && "$@" && wait_for no_leftovers && printf 'stty >after\n' >&6
	printf 'exit 0\n' >&6
	exec 6>&-
	wait "$script"
	rm typing
	cat shown >&2; [ -s before ] && cmp before after
}
control_c() { printf '\003' >&6; }
control_z() {
	printf '\032' >&6
	wait_for grep -q Stopped shown && printf 'stty >stopped; fg\n' >&6 && wait_for test -s stopped &&
		cmp before stopped && wait_for asked_again && control_c
}
asked_again() { [ "$(grep -c 'Token (not shown)' shown)" = 2 ]; }
if command -v script >/dev/null; then
	it 'cxssh shows nothing of a token that is typed' typed_well "$SANDBOX_TOKEN"
	it 'cxssh takes a long one whole' typed_well "$(long_json 1200)"
	it 'cxssh says when a terminal cuts a long token' typed_too_long
	it 'cxssh leaves the terminal as it was when it is interrupted' at_the_prompt control_c
	it 'cxssh leaves the terminal as it was when it is ended' at_the_prompt pkill -x cxssh
	it 'cxssh leaves the terminal as it was when it is stopped' at_the_prompt control_z
fi
done_testing

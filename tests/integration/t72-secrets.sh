#!/bin/sh
# SPDX-License-Identifier: MIT
# Planted secrets are in the files whose job it is to hold them, and nowhere else: a whole
# run of commands, connections and failures is watched and searched.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2016 # expanded elsewhere
SANDBOX_OPTIONS='--hosts "lion bastion otter newt"'
. "$(dirname "$0")/../lib.sh"

hunter=$CXSSH_BUILD/tests/integration/secret_hunter
[ -x "$hunter" ] || skip_all 'secret_hunter is not built'
# The sandbox exports its token; from here on only this shell has it.
token=$SANDBOX_TOKEN; unset SANDBOX_TOKEN
cloud=$HOME/.cloud66
said=$SANDBOX/said; : >"$said"
mkdir "$SANDBOX/tmp"; TMPDIR=$SANDBOX/tmp; export TMPDIR
# shellcheck disable=SC3045 # where a shell has no -c, there are no core files either
ulimit -c unlimited 2>/dev/null

# The secrets.  A body line of each key stands for it.
refresh=refresh-4f1d2c7b9a60e8 renewed=renewed-77aa31bc09d4 phrase='correct-horse-battery-staple'
cxtoken=cxtoken-90b1c3d5e7f2 secret=client-secret-1b3d5f7a9c2e
body_of() { grep -v -- ----- "$1" | sed -n 4p; }
chmod 600 "$SANDBOX/bastion_key"
ssh-keygen -q -t ed25519 -N "$phrase" -C locked -f "$HOME/.ssh/locked"
cat "$HOME/.ssh/locked.pub" >>"$SANDBOX/hosts/bastion/home/.ssh/authorized_keys"
cat >"$SANDBOX/secrets" <<-SECRETS
	token text $token
	refresh text $refresh
	client text $secret
	phrase text $phrase
	cxtoken text $cxtoken
	server-key text $(body_of "$SANDBOX/keys/myapp")
	other-key text $(body_of "$SANDBOX/keys/awesome")
	bastion-key text $(body_of "$SANDBOX/bastion_key")
	locked-key text $(body_of "$HOME/.ssh/locked")
SECRETS
packed() { json "$1" "${2-}" "${3-}" | base64 -w 0; }
json() { # ACCESS [REFRESH [EXPIRY]]
	printf '{"AccessToken":"%s","RefreshToken":"%s","Expiry":"%s","Extra":null}' \
		"$1" "${2-}" "${3:-0001-01-01T00:00:00Z}"
}
whole=$(packed "$token")
echo "packed text $(echo "$whole" | cut -c 20-80)" >>"$SANDBOX/secrets"
sed -e "s/\"secret\":\"sandbox-secret\"/\"secret\":\"$secret\"/" \
	-e "s/\"clients\":/\"expired_tokens\":[\"old-token-old-token\"],\"refresh_tokens\":[\"$refresh\"],\"clients\":/" \
	"$SANDBOX/fleet.json" >fleet.new && mv fleet.new "$SANDBOX/fleet.json"
cp "$SANDBOX/fleet.json" fleet.first # an API that repeats in a header what it was sent, before the watch begins
sed "s/\"clients\":/\"warning\":\"you sent $token and $cxtoken\",\"clients\":/" fleet.first >fleet.warns
sed -i "s/sandbox-secret/$secret/" "$cloud/cxprofiles.json"; chmod 600 "$cloud/cxprofiles.json"
rm "$cloud/cx.json"
{ echo 'log-size = 100000000'; echo "gateway-key 203.0.113.30 = $SANDBOX/bastion_key"; } >config.new
mkdir -p "$HOME/.config/cxssh"; cp config.new "$HOME/.config/cxssh/config"

"$hunter" watch "$SANDBOX/secrets" "$SANDBOX/seen" &
watcher=$!
# run STATUS COMMAND...: with the steps of the log on stderr; all is kept
run() {
	_want=$1; shift
	CXDEBUG=1 "$@" >out1 2>err1 </dev/null; _got=$?
	{ echo "== $*"; cat out1 err1; } >>"$said"
	[ "$_got" = "$_want" ] || { cat out1 err1 >&2; echo "exit status $_got, not $_want" >&2; return 1; }
}
login() { printf '%s' "$1" | CXDEBUG=1 cxssh login --token >out1 2>err1; _got=$?; cat out1 err1 >>"$said"; [ "$_got" = "$2" ]; }

it 'cxssh refuses a wrong token' login "wrong-$token" 77
it 'cxssh logs in' login "$token" 0
it 'runs cxssh sync' run 0 cxssh sync --yes
CXTOKEN=$cxtoken; export CXTOKEN
it 'cxssh syncs with CXTOKEN' run 0 cxssh sync
unset CXTOKEN
it 'runs cxssh list' run 0 cxssh list
it 'runs cxssh show' run 0 cxssh show myapp-lion
it 'runs ssh' run 0 ssh myapp-lion true
it 'runs scp' run 0 scp -q config.new myapp-lion:x
it 'cxssh connects to a role' run 0 ssh myapp-app true
it 'cxssh connects through a bastion' run 0 ssh my-awesome-app-otter true
it 'cxssh uses one of your own keys' run 0 ssh solo-newt true
it 'cxssh carries bytes itself' run 0 ssh -o ProxyUseFdpass=no my-awesome-app-otter true
it 'runs as the toolbelt does' run 0 cxssh ssh -s 'My Awesome App' Otter true
for words in 'key list' 'key refresh myapp-lion' 'key remove myapp-lion' 'gateway list' why 'why myapp-lion' \
	'gateway close 203.0.113.30' 'lease myapp-lion'; do
	# shellcheck disable=SC2086 # words
	it "cxssh $words" run 0 cxssh $words
done

# The other transport, a locked key, keys in the agent.
eval "$(ssh-agent -a "$SANDBOX/agent")" >/dev/null
printf '#!/bin/sh\ncat "%s"\n' "$SANDBOX/phrase" >askpass; chmod 700 askpass
(umask 077 && echo "$phrase" >"$SANDBOX/phrase")
SSH_ASKPASS=$work/askpass SSH_ASKPASS_REQUIRE=force setsid ssh-add -q "$HOME/.ssh/locked" </dev/null
it 'cxssh sets a locked key for the bastion' run 0 cxssh gateway key 203.0.113.30 "$HOME/.ssh/locked"
it 'cxssh connects through the bastion with a locked key' run 0 ssh my-awesome-app-otter true
it 'cxssh ends the broker with the locked key' run 0 cxssh gateway close 203.0.113.30
{ cat config.new; echo 'gateway-transport 203.0.113.30 = openssh'; echo 'keys = agent'; } >"$HOME/.config/cxssh/config"
it 'cxssh puts keys into the agent' run 0 cxssh sync
it 'cxssh connects to lion with a key in the agent' run 0 ssh myapp-lion true
it 'cxssh connects to otter by OpenSSH with a key in the agent' run 0 ssh my-awesome-app-otter true
it 'cxssh ends the broker with a key in the agent' run 0 cxssh gateway close 203.0.113.30
cp config.new "$HOME/.config/cxssh/config"
it 'cxssh goes back' run 0 cxssh sync
kill "$SSH_AGENT_PID"; unset SSH_AUTH_SOCK

# An API that repeats what it was sent, in a header that is logged, ...
cp fleet.warns "$SANDBOX/fleet.json.new" && mv "$SANDBOX/fleet.json.new" "$SANDBOX/fleet.json"
CXTOKEN=$cxtoken; export CXTOKEN
it 'cxssh is warned by a header that repeats the tokens' run 0 cxssh sync
unset CXTOKEN
it 'cxssh hides the tokens that a header of the API repeats' grep -q 'the API warns: you sent (hidden) and (hidden)' err1
first_fleet

# ... and in its answers.
echoes() { # STATUS: a body with all of it
	printf '{"error":"bad","details":"you said Bearer %s and %s; key -----BEGIN X %s"}' \
		"$token" "$token" "$(body_of "$SANDBOX/keys/myapp")" >body
	fault "* /stacks* status $1 body=$work/body"
}
for status in 400 401 403 404 500; do
	echoes $status
	case $status in 401 | 403) code=77 ;; 404) code=66 ;; *) code=69 ;; esac
	it "cxssh is told a $status that repeats the token" run $code cxssh sync
	no_faults
done
it 'cxssh hides the token that an answer repeats' grep -q 'you said Bearer (hidden) and (hidden); key (hidden)' "$said"
rm -f "$HOME"/.ssh/cx_*
echoes 500; it 'cxssh is told by ssh of an answer that repeats the token' run 255 ssh myapp-lion true; no_faults
it 'cxssh hides the token that an answer repeats from ssh' sh -c "grep -q '(hidden)' err1"
printf 'garbage %s' "$token" >body; fault "GET /stacks* body $work/body"
it 'cxssh is told garbage that repeats it' run 69 cxssh sync
no_faults
(umask 077 && json old-token-old-token "$refresh" 2020-01-01T00:00:00Z >"$cloud/cx.json")
printf '{"error":"invalid_grant","error_description":"no %s of %s"}' "$refresh" "$secret" >body
fault "* /oauth/token status 401 body=$work/body"
it 'cxssh is refused a renewal that repeats the refresh token' run 77 cxssh sync
it 'cxssh hides the refresh token that a refusal repeats' grep -q 'no (hidden) of (hidden)' err1
no_faults
printf '{"access_token":"%s","refresh_token":"%s","expires_in":3600}' "$token" "$renewed" >body
fault "* /oauth/token body $work/body"
it 'cxssh is given a renewal' run 0 cxssh sync
no_faults
api_down
it 'cxssh finds no API' run 69 cxssh sync
api_up

# CLOUD66_TOKEN is for the process that calls the API, and for no process that it starts.
rm -rf "$cloud/cx.json" "$HOME/.cache/cxssh" "$HOME"/.ssh/cx_*
CLOUD66_TOKEN=$whole; export CLOUD66_TOKEN
env -u CLOUD66_TOKEN ssh-keygen -q -H -f "$HOME/.ssh/cxssh/known_hosts" >/dev/null 2>&1
rm -f "$HOME/.ssh/cxssh/known_hosts.old"
it 'cxssh takes the token of the environment' run 0 cxssh sync
it 'cxssh connects with the token of the environment' run 0 ssh myapp-lion true
it 'cxssh connects through the bastion with the token of the environment' run 0 ssh -o ProxyUseFdpass=no my-awesome-app-otter true
rm "$cloud/cx.json"
it 'cxssh writes the token of the environment into its file again when ssh starts it' run 0 sh -c 'rm -f "$HOME"/.ssh/cx_* && ssh myapp-lion true'
it 'runs cxssh ssh with the token of the environment' run 0 cxssh ssh -s 'My Awesome App' Otter true
unset CLOUD66_TOKEN

# A process that is killed where it holds a secret leaves no core file.
fault 'GET /stacks* hang'
dies() {
	before=$(api_calls 'GET .*/stacks')
	cxssh sync & _pid=$!
	wait_for fails_with 1 '' is "$before" api_calls 'GET .*/stacks'
	kill -ABRT $_pid; wait $_pid
	is 134 echo $?
}
it 'cxssh dies of a signal' dies
no_faults
it 'cxssh leaves no core file when it dies of a signal' sh -c "! ls '$work'/core* '$work'/*.core /core* 2>/dev/null"
cxssh gateway close 203.0.113.30 >/dev/null 2>&1

kill "$watcher"; wait "$watcher"
# What was seen while all that ran.
sweeps() { awk '/^sweeps/ { n = $2 } END { exit n < 100 }' "$SANDBOX/seen"; }
it 'cxssh was watched all the time' sweeps
nothing_in_arguments() { ! grep '^args ' "$SANDBOX/seen" >&2; }
it 'cxssh shows no secret in arguments' nothing_in_arguments
# A process that calls the API may have it, and one that the user started by a bare name;
# cxssh starts programs by their path.  All other processes are the sandbox's.
programs='(cxssh|cxssh-proxy|ssh|ssh-keygen|ssh-keyscan|ssh-agent|ssh-add|git)( |$)'
may='^env (packed|cxtoken): (cxssh (sync|ssh) |cxssh sync$|ssh [^-]|ssh -o ProxyUseFdpass=no my|/[^ ]*/cxssh-proxy |/[^ ]*/cxssh open |/[^ ]*/ssh my-)'
nothing_in_environments() {
	! grep -E "^env [a-z-]*: (/[^ ]*/)?$programs" "$SANDBOX/seen" | grep -vE "$may" >&2
}
it 'cxssh gives no secret to a program that has no use for it' nothing_in_environments
it 'cxssh has a watch that sees the environment of cxssh sync' grep -qE '^env packed: .*cxssh sync' "$SANDBOX/seen"

# All that was said, and written down.
holding() { # FOLDER...: the files with a secret
	cut -d ' ' -f 3- "$SANDBOX/secrets" >patterns
	grep -rlFs -f patterns "$@" | sort
}
cp "$said" said.copy
it 'cxssh says none' is '' holding said.copy
expected() {
	for file in .cloud66/cx.json .cloud66/cxprofiles.json .ssh/locked; do echo "$HOME/$file"; done
	ls "$HOME"/.ssh/cx_*
}
only_these() {
	rm -f patterns body fleet.new askpass
	holding "$HOME" "$SANDBOX/tmp" "$SANDBOX/run" /run/user /var/tmp | grep -v "^$work/" >found
	expected | sort >want
	comm -23 found want >too_much
	cat too_much >&2
	[ ! -s too_much ] && grep -q '/cx\.json' found && grep -q '/cx_' found
}
it 'cxssh writes them where they belong, and nowhere else' only_these
private() { for file in $(expected); do [ "$(stat -c %a "$file")" = 600 ] || { ls -l "$file" >&2; return 1; }; done; }
it 'cxssh keeps its secrets in files that only their owner reads' private
logs() { is '' holding "$HOME/.cache" "$SANDBOX"/hosts/*/sshd.log; }
it 'cxssh writes none into a log' logs
it 'cxssh has a log that is searched for secrets' test -s "$HOME/.cache/cxssh/log"
done_testing

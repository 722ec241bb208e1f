#!/bin/sh
# SPDX-License-Identifier: MIT
# An empty account, and a broker that is stopped, are said so in words; a command that does
# not reach the API names what helps.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "bastion otter" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

cxssh sync --yes >/dev/null
key_column() { SSH_AUTH_SOCK=${1-} cxssh gateway list | sed -n "s/^[a-z@]*$bastion  *//p" | sed 's/   *.*//'; }
it 'a bastion without a key and without an agent is listed so' is 'none (no ssh-agent runs)' key_column
# What is asked first has the one connection that is open; no other one is let in meanwhile.
first_asked() { # UID of a server that nothing is known of: the stack that is looked at first
	rm -rf "$HOME/.cache/cxssh"
	: >"$SANDBOX/api/requests.log"
	meets api 443 'tcp flags & (syn | ack) == syn limit rate over 1/hour burst 1 packets drop'
	cxssh open --locate "$1" >/dev/null 2>&1 &
	_open=$!
	wait_for grep -q '/servers' "$SANDBOX/api/requests.log"
	kill "$_open"; wait "$_open" 2>/dev/null
	meets_nothing api
	grep -o 'GET /api/3/stacks/[0-9a-f]*/servers' "$SANDBOX/api/requests.log" | head -n 1 | cut -d / -f 5
}
it 'of all stacks, that of the server is asked for first' is ab7a7e42cd7c9ba69bd4fb616287d225 first_asked a5e18de726ec7cc7e787b4fe0b138b37
it 'that of a role is asked for first' is 9d323daebb79180a425cb6fb99b0b37a first_asked 9d323daebb79180a425cb6fb99b0b37a.worker
it 'a uid that no name leads to is looked for' is 609b30031d56fd640ba7f43b1657495b first_asked 0123456789abcdef0123456789abcdef
eval "$(ssh-agent -a "$work/agent.sock")" >/dev/null
it 'a bastion whose key the agent may have is listed so' is 'of ssh-agent' key_column "$work/agent.sock"
printf 'Host %s\n  IdentityAgent %s\n' "$bastion" "$work/agent.sock" >>"$HOME/.ssh/config"
it 'the agent of IdentityAgent counts' is 'of ssh-agent' key_column
kill "$SSH_AGENT_PID"; unset SSH_AUTH_SOCK SSH_AGENT_PID
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
ssh my-awesome-app-otter true </dev/null
it 'a broker that serves is listed with its transport' prints "$bastion .* libssh2 .* so far" cxssh gateway list
pkill -STOP -f 'bin/cxssh gateway'
it 'a broker that is stopped is listed so, with what helps' \
	prints "$bastion .* stopped  *does not answer; run: cxssh gateway close $bastion" within 20 cxssh gateway list
pkill -CONT -f 'bin/cxssh gateway'
echo '[]' >empty; fault "GET /stacks.json* body $work/empty"
it 'an account without servers is said so' prints '^0 servers and 0 roles in ~/.ssh/cxssh/config: the account has no server$' cxssh sync --yes
no_faults
cxssh sync --yes >/dev/null
api_down
helps() { # COMMAND of "; run: " ARGUMENT...
	_helps=$1; shift
	fails_with 69 "^cxssh: .*app.cloud66.test: no connection: nothing listens there; run: $_helps\$" cxssh "$@"
}
it 'without the API, sync names doctor' helps 'cxssh doctor' sync
it 'without the API, a name that is not known names doctor' helps 'cxssh doctor' show nosuch
it 'without the API, lease names doctor and the host' helps 'cxssh doctor my-awesome-app-otter' lease otter
it 'without the API, key refresh names doctor' helps 'cxssh doctor' key refresh otter
api_up
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# A role is any server that has it: one that is dead is passed by, one that shows
# a wrong host key is not.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion heron"'
. "$(dirname "$0")/../lib.sh"

stack=609b30031d56fd640ba7f43b1657495b
shark=e89487687986b41581973c365be9fe43
lion=9ae1611c97a92c90fac60c884e1d8240
heron=6453e47af3d11e8cf5572f523305d260
known=$HOME/.ssh/cxssh/known_hosts
log=$HOME/.cache/cxssh/log
leads_to() { is "$1" quietly within 10 ssh "$2" hostname; }
without_trying() { # ADDRESS command... ; what the log says of it since
	since=$(wc -l <"$log") address=$1; shift
	"$@" || return 1
	! tail -n "+$((since + 1))" "$log" | grep -F "$address" >&2
}
lists_key() { # NAME HOST: its key is known under the name
	grep "$1" "$known" | grep -q -F "$(cut -d ' ' -f 2 "$SANDBOX/hosts/$2/ssh_host_ed25519_key.pub")"
}
cxssh sync --yes >/dev/null

# 95 of them, and not one answers: looked at in the end.
all_dead() {
	started=$(date +%s)
	cxssh-proxy 9d323daebb79180a425cb6fb99b0b37a.worker 22 2>dead.err
	echo "$? $(($(date +%s) - started))" >dead
}
all_dead &
all_dead=$!

# Failed, says the API of tiger, which comes first.
it 'cxssh reaches a live server of the role' leads_to lion myapp-web
it 'cxssh connects to no dead server once the live one of the role is known' sh -c "! grep -q 203.0.113.99 '$log'"
it 'cxssh asks for no lease but its own' is 1 api_calls "POST .*/$stack/firewalls"
# The API calls shark healthy, and it does not answer.
it 'cxssh goes on to the next when a healthy one is silent' leads_to lion myapp-worker
it 'cxssh remembers that for the next time' \
	without_trying 203.0.113.98 leads_to lion myapp-worker
touch -d '2 minutes ago' "$HOME/.cache/cxssh/down/$shark"
tries_again() { ! without_trying 203.0.113.98 leads_to lion myapp-worker 2>/dev/null; }
it 'cxssh tries the first server of the role again after a while' tries_again
it 'cxssh knows a role with one server, too' leads_to heron myapp-db

# Members come and go.
stop_sshd lion
it 'cxssh goes on when nothing listens' leads_to heron myapp-web
it 'cxssh knows each member by the name of the role: the first' \
	lists_key "cxssh-$stack.web" lion
it 'cxssh knows the second member by the name of the role' lists_key "cxssh-$stack.web" heron
it 'cxssh knows each member by its own name' lists_key "^cxssh-$heron,myapp-heron," heron
it 'cxssh writes the host key of each member in one line' is 2 sh -c "wc -l <'$known'"
restart_sshd lion
rm -f "$HOME/.cache/cxssh/down"/*
it 'cxssh comes back to the first' leads_to lion myapp-web
firewall_reset lion
it 'cxssh does not wait for a lease to be found lost' leads_to heron myapp-web
rm -f "$HOME/.cache/cxssh/down"/*

# A firewall that is closed for one server is no reason to fail for all.
fault 'POST * refuse-lease times=1'
rm -f "$HOME/.cache/cxssh/routes/$lion" "$HOME/.cache/cxssh/inventory.json"
refused() { ssh myapp-app true; }
it 'cxssh says why when the only server is not opened' \
	fails_with 255 'cxssh: myapp-app: myapp-lion .*: no lease: .*refused by test' refused
no_faults

# A changed host key is refused; it is not a reason to try the next server.
it 'cxssh has lion first' leads_to lion myapp-web
before=$(connections heron)
new_host_keys lion
open_firewall lion
it 'cxssh refuses a member with another host key' \
	fails_with 255 'REMOTE HOST IDENTIFICATION HAS CHANGED' within 10 ssh myapp-web true
it 'cxssh does not go on to the next member when a host key is refused' is "$before" connections heron
it 'cxssh refuses it by its own name, too' \
	fails_with 255 'REMOTE HOST IDENTIFICATION HAS CHANGED' within 10 ssh myapp-lion true
# The same where it has to be learnt, and the user knows better.
: >"$known"
echo "203.0.113.21 $(cut -d ' ' -f 1,2 "$SANDBOX/hosts/heron/ssh_host_ed25519_key.pub")" \
	>"$HOME/.ssh/known_hosts"
it "cxssh refuses a member that the user knows otherwise" \
	fails_with 255 'cxssh: .*the host key of myapp-lion is not the one in ~/.ssh/known_hosts' \
	within 10 ssh myapp-web true
it 'cxssh does not go on to the next member when the user knows another host key' is "$before" connections heron
it 'cxssh learns nothing from a member that the user knows otherwise' test ! -s "$known"

wait "$all_dead"
read -r status seconds <dead
it 'cxssh fails when all are dead' is 69 echo "$status"
it 'cxssh gives up on a role of dead servers in time' test "$seconds" -le $((30 * patience))
it 'cxssh says in one line how many servers of the role were tried' prints '^cxssh: bulk-worker: [0-9]* of 95 servers tried, the last: bulk-ant[0-9]* (203.0.113.*) does not answer on port 22; run: cxssh doctor bulk-worker$' cat dead.err
it 'cxssh says nothing else when a whole role is dead' is 1 grep -c '' dead.err
done_testing

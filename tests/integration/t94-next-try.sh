#!/bin/sh
# SPDX-License-Identifier: MIT
# What one try leaves for the next: the others of its role, and the time.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion heron bastion otter badger" --lease-delay 100'
test_timeout=600
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

leads_to() { is "$1" within "$2" ssh "$3" hostname; }
at_rest() { wait_up_to 10 helpers_gone; }
cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
ssh myapp-lion true </dev/null
ssh myapp-heron true </dev/null
ssh myapp-web true </dev/null
at_rest

# A server that hangs up without a word, a lease that has just been made.
ready_lease
bad lion close
within_12() { "$caller" 12 cxssh-proxy "$lion" 22 2>&1; }
it 'cxssh does not wait for a minute for a server that hangs up without a word' \
	prints '^cxssh: myapp-lion (203.0.113.21) hangs up' within_12
rm -f "$cache"/busy/* "$cache"/down/*
ready_lease
it 'cxssh goes on to the next server of the role when the first hangs up' leads_to heron 12 myapp-web
good lion
rm -f "$cache"/busy/* "$cache"/down/*
it 'cxssh works again' leads_to lion 12 myapp-lion

# A server that the account has no more.
change_fleet '/"name":"lion"/d'
at_rest; ready_lease; stop_sshd lion
it 'cxssh says what to do when a server is gone from its stack' \
	fails_with 255 'cxssh: myapp-lion .*: no lease: .*; run: cxssh sync' ssh myapp-lion true
it 'cxssh goes on to the next of the role' leads_to heron 12 myapp-web
first_fleet; restart_sshd lion
rm -f "$cache"/down/*

# A first try that is given up while the API hangs.
at_rest; expire_failures; ready_lease
fault 'POST * hang'
timeout -s INT 2 ssh myapp-lion true </dev/null >/dev/null 2>&1
no_faults
it 'cxssh works when the API does, though an earlier try still hangs' leads_to lion 12 myapp-lion

# The gateway of the first server of a role is silent.
change_fleet '/"name":"Otter"/s/"deploy_gateway_address":"203.0.113.30"/"deploy_gateway_address":"203.0.113.98"/
	s/"server_roles":\["db"\],"stack_uid":"ab7/"server_roles":["web"],"stack_uid":"ab7/'
cxssh sync --yes >/dev/null
cxssh gateway key 203.0.113.98 "$SANDBOX/bastion_key" >/dev/null
ssh my-awesome-app-badger true </dev/null
ssh my-awesome-app-web true </dev/null >/dev/null 2>&1
it 'cxssh remembers a gateway that took all the time' leads_to badger 5 my-awesome-app-web
first_fleet; cxssh sync --yes >/dev/null

# A folder of another user's, as after su.
end_brokers
foreign=/usr # where not even root can make one, one of root's
if [ "$(id -u)" = 0 ]; then
	foreign=$work/foreign
	mkdir -m 700 "$foreign"; chown nobody "$foreign"
fi
before=$(ls "$foreign")
it "cxssh does without another user's XDG_RUNTIME_DIR" \
	is otter env XDG_RUNTIME_DIR="$foreign" ssh my-awesome-app-otter hostname
it 'cxssh leaves nothing in the runtime folder of another user' is "$before" ls "$foreign"
it 'cxssh does without a runtime folder that is not there' is otter env XDG_RUNTIME_DIR=/nowhere ssh my-awesome-app-otter hostname

# A session of the user has XDG_RUNTIME_DIR, cron has not.
end_brokers
session=/run/user/$(id -u)
mkdir -p "$session"; chmod 700 "$session"
reaches_by_session() { XDG_RUNTIME_DIR=$session reaches otter my-awesome-app-otter; }
it "a session that has XDG_RUNTIME_DIR reaches a server" reaches_by_session
before=$(logins bastion)
it 'a program without XDG_RUNTIME_DIR reaches a server' is badger env -u XDG_RUNTIME_DIR ssh my-awesome-app-badger hostname
it 'a program without XDG_RUNTIME_DIR shares the login on the bastion' is "$before" logins bastion
it 'a program with the XDG_RUNTIME_DIR of another user reaches a server' \
	is badger env XDG_RUNTIME_DIR="$foreign" ssh my-awesome-app-badger hostname
it 'a program with the XDG_RUNTIME_DIR of another user shares the login, too' is "$before" logins bastion
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# A server whose sshd turns clients away in the words of 9.8 and newer, and one that is no
# SSH server.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion heron" --lease-delay 100'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

hostname_of() { is "$1" within "$2" ssh "$3" hostname; }
turned_away() { [ -e "$cache/busy/$lion" ]; }
soon_good() { ( wait_up_to 20 turned_away; sleep 1; good lion ) >/dev/null 2>&1 & soon=$!; }
cxssh sync --yes >/dev/null
ssh myapp-lion true </dev/null
ssh myapp-heron true </dev/null
ssh myapp-web true </dev/null

ready_lease; bad lion not-allowed; soon_good
it 'ssh waits while sshd says "Not allowed at this time", and then works' \
	hostname_of lion 40 myapp-lion
wait "$soon"
ready_lease; bad lion not-allowed
it 'a role goes on to its next server meanwhile' hostname_of heron 12 myapp-web
rm -f "$cache"/busy/* "$cache"/down/*
ready_lease
it 'a client that takes no descriptor is told in time' \
	fails_with 75 'turns this address away (too many callers, or a penalty); try again in 15 s' \
	within 12 cxssh-proxy "$lion" 22
good lion; rm -f "$cache"/busy/* "$cache"/down/*

ready_lease; bad lion http
it 'a web server on port 22 is named at once' fails_with 69 'is no SSH server' \
	within 5 cxssh-proxy "$lion" 22
good lion; ready_lease; bad lion flood
it 'an endless line is named at once' fails_with 69 'is no SSH server' \
	within 5 cxssh-proxy "$lion" 22
good lion; rm -f "$cache"/busy/* "$cache"/down/*
it 'ssh works again' hostname_of lion 12 myapp-lion
done_testing

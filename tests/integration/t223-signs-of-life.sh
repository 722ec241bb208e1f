#!/bin/sh
# SPDX-License-Identifier: MIT
# On a terminal a command that waits says for what, in one line that is gone at the end;
# in a pipe it says nothing.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh
SANDBOX_OPTIONS='--hosts lion --lease-delay 100'
. "$(dirname "$0")/../lib.sh"
command -v script >/dev/null || skip_all 'no script(1)'

shows() { # PATTERN COMMAND... on a terminal: all that it shows
	_shown=$1; shift
	: >shown
	within 30 script -qefc "$*" shown </dev/null >/dev/null 2>&1 || { cat shown >&2; return 1; }
	tr '\r' '\n' <shown >lines
	grep -q -- "$_shown" lines || { cat lines >&2; return 1; }
}
taken_away() { # the last line that was shown, before what the command prints
	esc=$(printf '\033')
	awk -v esc="$esc" '
		index($0, esc "[Kcxssh: ") == 1 { open = 1; next }
		index($0, esc "[K") == 1 { open = 0 }
		END { exit open }' lines
}
cxssh sync --yes >/dev/null
fault 'GET /stacks* slow 1500'
it 'sync counts pages while the API is slow' shows 'cxssh: reading lists of app.cloud66.test: [0-9]* of [0-9]* pages ([0-9]* s)' cxssh sync
it 'the line is gone at the end' taken_away
it 'in a pipe nothing is said' is '' sh -c 'cxssh sync 2>&1 >/dev/null </dev/null | cat'
no_faults
fault 'GET /ping* slow 1500'
it 'whoami names the API that it waits for' shows 'cxssh: waiting for app.cloud66.test (' cxssh whoami
it 'the line of whoami is gone at the end' taken_away
# A slow machine may take longer than doctor waits for the API: what it finds is not judged.
it 'doctor names the API that it waits for' shows 'cxssh: waiting for app.cloud66.test (' 'cxssh doctor; :'
it 'the line of doctor is gone at the end' taken_away
no_faults
sed -i 's/^lease-until=.*/lease-until=1/' "$HOME"/.cache/cxssh/routes/*
fault 'POST * lease-delay 1500'
it 'doctor with a host says what it waits for' shows 'cxssh: waiting for lease, key and host key (' 'cxssh doctor myapp-lion; :'
no_faults
it 'without a wait there is no line' sh -c 'script -qefc "cxssh list" quick </dev/null >/dev/null 2>&1 && ! grep -q "waiting\|reading" quick'
fault 'POST * lease-delay 2500 times=1'
it 'lease says that the firewall is being opened' shows 'cxssh: waiting for the firewall to be opened (' cxssh lease myapp-lion
no_faults

fault 'GET /stacks* status 429 retry-after=100'
before=$(api_calls 'GET /api/3/stacks')
cxssh sync </dev/null >/dev/null 2>&1 & sync=$!
has_the_lock() { [ "$(api_calls 'GET /api/3/stacks')" -gt "$before" ]; }
wait_for has_the_lock
throttled() { # says so within seconds
	: >shown
	script -qefc 'cxssh sync --dry-run' shown </dev/null >/dev/null 2>&1 & other=$!
	wait_up_to 10 grep -q 'waiting for another cxssh' shown; code=$?
	kill "$other"
	cat shown >&2
	return "$code"
}
it 'a second sync says that another cxssh is at work' throttled
it 'list needs no lock while a sync waits' within 5 cxssh list
it 'show needs no lock while a sync waits' within 5 cxssh show myapp-lion
kill "$sync"; wait "$sync" 2>/dev/null
no_faults
done_testing

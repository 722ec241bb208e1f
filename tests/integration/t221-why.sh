#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh why: a verdict with its age and the command that helps, then the steps.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion newt" --lease-delay 100'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

cxssh sync --yes >/dev/null
says() { # PATTERN [OPTION...] - a whole line of why
	_line=$1; shift
	cxssh why "$@" >explained || return 1
	grep -qx -- "$_line" explained || { cat explained >&2; return 1; }
}
it 'without a connection, why has nothing to say' \
	fails_with 66 'no connection to myapp-lion in the log' cxssh why lion
ssh myapp-lion true </dev/null
it 'a connection that was made is said so' \
	says 'The last connection to myapp-lion, [0-9]* s ago, was made in [0-9]* ms and handed to ssh\.' lion
it 'ssh may have refused the key: the key is fetched again' \
	says ' *Permission denied  *run: cxssh key refresh myapp-lion' lion
it 'why names the right that the user may lack' says ' *or: ask .*"Shell to Servers".*Operation)' lion
it 'ssh may have refused the host key' \
	says ' *REMOTE HOST IDENTIFICATION HAS CHANGED  *run: cxssh hostkey forget myapp-lion .*' lion
it 'the steps stand below with their times' says ' *[0-9]* ms  cxssh-proxy  *connected to myapp-lion .*' lion
it 'the steps of cxssh open are among them' says ' *[0-9]* ms  cxssh-open  *lease for myapp-lion.*' lion
ssh solo-newt true </dev/null
it 'where the API has no key, a key is to be uploaded' \
	says ' *Permission denied  *run: cxssh key upload .*' solo-newt
it 'without a name the last connection of all is meant' says 'The last connection to solo-newt, .*'

wait_for helpers_gone; ready_lease; fault 'POST * status 401'
ssh myapp-lion true </dev/null 2>/dev/null
no_faults
it 'a revoked token: what, because of what, what to do' \
	says 'The last connection to myapp-lion, [0-9]* s ago, failed: myapp-lion (203.0.113.21): no lease; because app.cloud66.test: the token is not accepted; do: cxssh login --token' lion
wait_for helpers_gone; ready_lease; fault 'POST * refuse-lease'
ssh myapp-lion true </dev/null 2>/dev/null
no_faults
it 'a refused lease is told with the reason of the API' \
	says '.*failed: .*: no lease; because app.cloud66.test refused to open the firewall: refused by test; do: cxssh doctor myapp-lion' lion
wait_for helpers_gone; open_firewall lion; route lease-made "$(($(date +%s) - 120))"; route lease-until "$(($(date +%s) + 900))"; stop_sshd lion
ssh myapp-lion true </dev/null 2>/dev/null
restart_sshd lion
it 'a closed port is told' says '.*failed: .* does not answer on port 22; because nothing listens there; do: cxssh doctor myapp-lion' lion

it 'the log itself is there' prints 'cxssh-proxy\[[0-9]*\] .* failed: ' cxssh why --log lion
it 'all connections are listed, the last one first' \
	sh -c 'cxssh why --list lion >list && [ "$(grep -c "" list)" = 4 ] && sed -n 1p list | grep -q "nothing listens" && sed -n 4p list | grep -q "handed to ssh"'
document() { cxssh why --json lion | python3 -c '
import json, sys
d = json.load(sys.stdin)
assert sorted(d) == sorted("host at age_s result failed because do overridden if_ssh_said steps".split()), sorted(d)
assert d["host"] == "myapp-lion" and d["result"] == "failed" and d["because"] == "nothing listens there"
assert d["do"] == "cxssh doctor myapp-lion" and d["overridden"] is None and d["if_ssh_said"] == []
assert d["age_s"] >= 0 and d["at"].endswith("Z")
assert all(sorted(s) == ["ms", "program", "step"] for s in d["steps"]) and d["steps"][-1]["step"].startswith("failed: ")
'; }
it 'the JSON document has the members that the manual names' document

printf 'Host myapp-lion\n  ProxyCommand nc %%h %%p\n' >mine
cat mine "$HOME/.ssh/config" >whole && cp whole "$HOME/.ssh/config"
it 'a line of the user that leads past cxssh is named' \
	says 'ssh does not ask cxssh for myapp-lion now: the configuration for this name is overridden at .*/\.ssh/config:2: .*' lion
: >"$cache/log"; rm -f "$cache/log.1"
it 'a host that ssh has never asked for is explained, too' \
	fails_with 66 'ssh did not ask cxssh for myapp-lion: the configuration for this name is overridden at .*/\.ssh/config:2' cxssh why lion

# The log is bounded, and so is what is kept of it.
i=0
while [ "$i" -lt 250 ]; do
	i=$((i + 1))
	printf '2026-01-02T03:04:05.000Z cxssh-proxy[%s] %s +0ms failed: number %s\n' "$i" "$lion" "$i"
done >"$cache/log"
it 'the last 200 connections count' \
	sh -c 'cxssh why --list >list && [ "$(grep -c "" list)" = 200 ] && sed -n 200p list | grep -q "number 51$"'
mv "$cache/log" "$cache/log.1"; : >"$cache/log"
it 'a connection of the older log file counts' says '.* days ago, failed: number 250; .*' lion
done_testing

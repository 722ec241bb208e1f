#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh doctor says of each fault what it measured and what helps, also where the fault
# lies in the clock, in a socket or in a lock; it goes on after each.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion bastion otter" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

make_clock
mkdir -p "$HOME/.config/cxssh"
config=$HOME/.config/cxssh/config
: >"$config"
cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
cp "$config" config.was
finds() { # STATUS PATTERN ARGUMENT...  of doctor
	wanted=$1 pattern=$2; shift 2
	$by timeout -k 1 $((60 * patience)) cxssh doctor "$@" >said 2>complaint
	status=$?
	[ "$status" = "$wanted" ] && grep -qE "$pattern" said && return
	{ echo "exit status $status"; cat said complaint; } >&2
	return 1
}
by=
advises() { grep -q -- "-> $1" said || { cat said >&2; return 1; }; }

# The clock.
by=by_clock
clock_shows 200 0
it 'a clock that is minutes fast is a warning' finds 0 '^warn +clock +(199|20[0-9]) s ahead of the clock of the API'
it 'doctor names the command that sets the clock' advises 'set the clock, with timedatectl set-ntp true'
clock_shows 900 0 # a slow clock would be before the sandbox's new certificate
it 'a clock that is a quarter of an hour fast is a failure' finds 1 '^fail +clock +(89|90)[0-9] s ahead of the clock of the API'
clock_shows $((400 * 86400)) 0
it 'a clock that is far off is the reason why the API is not reached' \
	finds 1 "^fail +clock +the API's certificate is not valid at this machine's time"
it 'doctor says that the certificate has expired by the clock' grep -q '^fail *api .*it has expired by this computer.s clock' said
clock_shows $((-400 * 86400)) 0
it 'with a clock that is far behind the certificate is not yet valid' finds 1 '^fail +api .*it is not yet valid by this computer.s clock'
ssh_fails() { # PATTERN
	sed -i 's/^lease-until=.*/lease-until=1/' "$cache"/routes/*; firewall_reset lion
	fails_with 255 "$1" by_clock timeout 40 ssh myapp-lion true
}
it 'ssh says that the certificate is not yet valid' ssh_fails 'cxssh: myapp-lion .*: app.cloud66.test: certificate not trusted: it is not yet valid by this computer.s clock; run: cxssh doctor'
wait_for helpers_gone; rm -rf "$cache/failed"
clock_shows $((400 * 86400)) 0
it 'ssh says that it has expired when the clock is fast' \
	ssh_fails 'certificate not trusted: it has expired by this computer.s clock; run: cxssh doctor myapp-lion'
wait_for helpers_gone; rm -rf "$cache/failed"
clock_shows 0 0
it 'the right clock passes' finds 0 '^pass +clock '
by=

# Locks, sockets and the address.
python3 -c 'import fcntl, sys, time
f = open(sys.argv[1], "w"); fcntl.flock(f, fcntl.LOCK_EX); time.sleep(60)' "$cache/lock/inventory" & holder=$!
wait_for sh -c "! flock -n '$cache/lock/inventory' true"
it 'a lock is shown with the process that holds it' finds 0 "^warn +locks .*process [0-9]+ has .*lock/inventory"
it 'doctor names the command that shows the process of a lock' advises 'run: ps -fp [0-9]*'
kill "$holder"; wait "$holder" 2>/dev/null
ssh my-awesome-app-otter true </dev/null
it 'brokers are counted' finds 0 '^pass +sockets +1 broker in '
pkill -STOP -f 'bin/cxssh gateway'
it 'a broker that is stopped is a failure' finds 1 '^fail +sockets +gateway [a-z]*@203.0.113.30'
it 'doctor names the command that ends a stopped broker' advises 'run: cxssh gateway close .*203.0.113.30'
pkill -CONT -f 'bin/cxssh gateway'
end_brokers
chmod 777 "$cache/run"
it 'a folder of sockets that others can write is a failure' finds 1 '^fail +sockets +.*run: other users can write it'
it 'doctor names the command that closes the folder of sockets' advises 'run: chmod 700 '
chmod 700 "$cache/run"

# What answers in the API's place.
fault 'GET /ping* status 429 retry-after=252'
it 'an API that is throttled is a failure' finds 1 '^fail +api +https://app.cloud66.test: too many calls$'
it 'doctor says when a throttled API takes calls again' advises 'try again in 4 min 12 s'
no_faults
echo '<html>Welcome to the hotel</html>' >page
fault "GET /ping* body $work/page"
it 'a page in the place of the API is a failure' finds 1 '^fail +api +https://app.cloud66.test: another program answers in its place, with status 200$'
it 'a login that was not tried is said so' grep -q '^pass  *login .*not tried' said
no_faults
fault 'GET /ping* redirect https://hotel.example/login'
it 'a redirection in the place of the API is a failure' finds 1 '^fail +api +.* another program answers in its place, with status 302$'
no_faults

# Four faults at once.
: >"$config"; echo 'lease-minute = 5' >"$config"
chmod 644 "$HOME"/.ssh/cx_*
printf 'Host myapp-lion\n  ProxyCommand nc %%h %%p\n' | cat - "$HOME/.ssh/config" >mine; cat mine >"$HOME/.ssh/config"
fault 'GET /ping* status 401'
it 'doctor finds four faults at once' finds 1 '^fail +settings +~/.ssh/config:2: ProxyCommand nc %h %p applies to myapp-lion' myapp-lion
four() { for check in config settings keys login; do grep -q "^fail *$check " said || { cat said >&2; return 1; }; done; }
it 'four faults have a line each' four
it 'a check that depends on no fault is made' grep -q '^pass *shell ' said
it 'a check that depends on a fault says why it was skipped' grep -q '^skipped *session *skipped because ' said
first_step() { tail -n 1 said | grep -qx 'first, for "config": run: man cxssh.conf' || { cat said >&2; return 1; }; }
it 'the first thing to do stands at the end of the table' first_step
no_faults
narrow() { COLUMNS=80 cxssh doctor >said; ! grep -q '.\{81\}' said; }
it 'lines of doctor are as wide as the terminal' narrow
it 'doctor --fix shows the mode before and after' finds 1 '^fixed: mode of ~/.ssh/cx_.*: 0644 -> 0600' --fix
done_testing

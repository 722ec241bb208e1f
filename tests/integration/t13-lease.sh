#!/bin/sh
# SPDX-License-Identifier: MIT
# Leases: as few as possible, as many as needed, and what happens when one ends, is
# late, is refused or is lost.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2016 # expanded elsewhere
SANDBOX_OPTIONS='--minute-ms 1000 --lease-delay 100'
. "$(dirname "$0")/../lib.sh"

lion=9ae1611c97a92c90fac60c884e1d8240
cache=$HOME/.cache/cxssh
works() { is lion quietly within 30 ssh myapp-lion hostname; }
asked() { api_calls 'POST .*/firewalls'; }
asks() { # N command... succeeds with N leases more, after all is done
	count_before=$(asked) more=$1; shift
	"$@" && wait_for no_leftovers && is $((count_before + more)) asked
}
route() { sed -i "s/^$1=.*/$1=$2/" "$cache/routes/$lion"; }
loses() { # what the lease of a minute ago has opened
	wait_for no_leftovers
	route lease-made $(($(date +%s) - 60))
	firewall_reset lion
}
runs_out() { route lease-until $(($(date +%s) - 1)); firewall_reset lion; }
cxssh sync --yes >/dev/null

# The end of a lease.  A minute lasts a second here, which cxssh does not know.
mkfifo in
CXSSH_LEASE_MINUTES=3 ssh myapp-lion 'while read -r line; do echo "$line"; done' <in >out.session &
exec 5>in
it 'cxssh opens for as long as it is told' wait_up_to 10 firewall_open lion
it 'cxssh asks for a lease of lease-minutes' wait_for grep -q 'lease for myapp-lion: 3 minutes' "$cache/log"
it 'cxssh lets the lease end after lease-minutes' wait_for firewall_closed lion
echo still here >&5
it 'cxssh lets a session go on' wait_for grep -q 'still here' out.session
exec 5>&-
it 'cxssh finds out by itself that it is closed, and opens it anew' asks 1 works
it 'cxssh asks for no lease while the firewall is open' asks 0 works
runs_out
it 'cxssh opens it anew when the lease has run out' asks 1 works
runs_out
open_firewall lion
api_down
it 'cxssh needs no API as long as the port is open' works
api_up
it 'cxssh asks for a lease again then' asks 1 works

# Near the end the session does not wait for the renewal.
now=$(date +%s)
route lease-made $((now - 1100)); route lease-until $((now + 60))
fault 'POST * lease-delay 8000'
prompt() { out=$(within 30 ssh myapp-lion hostname 2>&1) && [ "$out" = lion ]; }
before=$(asked)
it 'cxssh does not wait for the renewal of a lease near its end' prompt
it 'cxssh renews the lease beside the session' pgrep -x cxssh
asked_once() { [ "$(asked)" = $((before + 1)) ]; }
it 'cxssh asks once for the renewal of a lease' wait_for asked_once
no_faults
renewed() { [ "$(sed -n 's/^lease-until=//p' "$cache/routes/$lion")" -gt $((now + 600)) ]; }
it 'cxssh has renewed the lease in the end' wait_up_to 40 renewed
it 'cxssh leaves no process behind after a renewal' wait_for no_leftovers

# Late, lost, refused.
runs_out
fault 'POST * firewall-late 1500 times=1'
it 'cxssh waits for a firewall that opens late' works
no_faults
loses
it 'cxssh recovers from a lease that was lost' asks 1 works
it 'cxssh works the next time after a lost lease' is lion within 30 ssh myapp-lion hostname
loses
: >"$HOME/.ssh/cxssh/known_hosts"
it 'cxssh recovers from it also where the host key has to be learnt' asks 1 works
loses
rm "$cache/inventory.json"
it 'cxssh recovers from a lost lease where the inventory is lost, too' asks 1 works
runs_out
fault 'POST * refuse-lease'
proxy() { within 12 cxssh-proxy "$lion" 22 </dev/null 2>complaint; code=$?; cat complaint >&2; return "$code"; }
it 'cxssh says that a lease is refused, and why' \
	fails_with 77 '^cxssh: myapp-lion .*: no lease: .*refused by test' proxy
it 'cxssh says in one line that a lease is refused' is 1 grep -c '' complaint
many_refused() {
	n=0
	while [ "$n" -lt 10 ]; do cxssh-proxy "$lion" 22 2>/dev/null </dev/null & n=$((n + 1)); pids="$pids $!"; done
	for pid in $pids; do fails_with 77 '' wait "$pid" || return 1; done
}
pids=
few() { before=$(asked); many_refused && [ $(($(asked) - before)) -le 2 ]; }
it 'cxssh tells ten connections at once of one refused lease' few
late() { before=$(asked); fails_with 77 '' proxy && is "$before" asked; }
it 'cxssh tells a connection soon after a refused lease without asking again' late
expire_failures
open_firewall lion
it 'cxssh connects through an open firewall although a lease was refused' asks 1 works
no_faults
runs_out
fault 'POST * status 503 retry-after=60'
it 'cxssh says that it has to wait' fails_with 75 '^cxssh: myapp-lion .*: no lease: .*try again in 1 min 0 s' proxy
no_faults
runs_out
fault 'POST * reset times=1'
it 'cxssh does not ask twice for what may have been given' fails_with 69 '^cxssh: myapp-lion .*: no lease' proxy
no_faults

# Another network.
it 'cxssh works here' asks 1 works
laptop_moves 203.0.113.11
it 'cxssh asks for a lease when the laptop has moved' asks 1 works
it 'cxssh asks for the lease from the address that the laptop has moved to' sh -c "tail -n 20 '$SANDBOX/api/requests.log' | grep -q ' 203.0.113.11 POST '"
it 'cxssh asks for one lease after the laptop has moved' asks 0 works
laptop_moves 203.0.113.10
it 'cxssh notices that it is back' asks 1 works

# One lease for a whole stack.
wait_for no_leftovers
route lease-until 1
it 'cxssh takes the lease of a whole stack' asks 1 cxssh lease -s myapp
it 'cxssh uses the lease of a whole stack for each of its servers' asks 0 works

it 'cxssh shows the address that a lease is for' prints ', for 203.0.113.10\(,\|$\)' cxssh show myapp-lion

it 'cxssh leaves no cxssh process running' no_leftovers
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# A clock that jumps, a day that passes, and a network that changes under a lease.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts lion --lease-delay 100'
test_timeout=600
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

make_clock
at() { clock_shows "$1" 0; }
day=86400
asked() { api_calls 'POST .*/firewalls'; }
works() { is lion by_clock within 30 ssh myapp-lion hostname; }
asks() { # N command... succeeds with N leases more, after all is done
	count_before=$(asked) more=$1; shift
	"$@" && wait_for helpers_gone && is $((count_before + more)) asked
}
made() { sed -n 's/^lease-made=//p' "$cache/routes/$lion"; }
shifted() { echo $(($(date +%s) + $1)); }
now_made() { # SHIFT: the lease was made in the last minute of that time
	[ "$(made)" -le "$(shifted "$1")" ] && [ "$(made)" -gt $(($(shifted "$1") - 60)) ]
}

# Forward and back.
at $((5 * day)); by_clock cxssh sync --yes >/dev/null
it 'cxssh works in five days' asks 1 works
it 'cxssh has a lease of the time in five days' now_made $((5 * day))
at $((5 * day + 30))
it 'cxssh asks for no other lease in five days' asks 0 works
at $((5 * day - 30))
it 'cxssh asks for another when the clock is set back by half a minute' asks 1 works
at $((5 * day))
it 'cxssh believes the new lease when the clock is right again' asks 0 works
at 0
it 'cxssh asks for another when it is set back by five days' asks 1 works
it 'cxssh has a lease of today when the clock was set back by five days' now_made 0
it 'cxssh asks for no other lease when the clock was set back' asks 0 works
at $((3 * day))
it 'cxssh asks for another when the clock is set forward by three days' asks 1 works
at 0
firewall_reset lion
it 'cxssh finds a lease of the future to be lost' works
at $((400 * day))
far_away() { rm "$cache/routes/$lion"; by_clock "$caller" 12 cxssh-proxy "$lion" 22 2>&1; }
it 'cxssh says that the certificate does not hold, when the clock is far off' \
	prints '^cxssh: .*certificate' far_away
at 0
it 'cxssh works when the clock is right again after it was far off' works

leads_to_puma() { by_clock "$caller" 12 cxssh-proxy myapp-puma 22 >one; cat one; grep -q '^0 .* connected' one; }
# An inventory from the future does not count as new.
at $((5 * day)); by_clock cxssh sync --yes >/dev/null
at 0
sed -i 's/"name":"lion"/"name":"puma"/' "$SANDBOX/fleet.json"
it 'cxssh finds a server that was made after the clock was set back' \
	leads_to_puma
sed -i 's/"name":"puma"/"name":"lion"/' "$SANDBOX/fleet.json"
cxssh sync --yes >/dev/null

# A failure, a server that was down, of the future.
mkdir -p "$cache/down" && touch -d '+3 days' "$cache/down/$lion"
it 'cxssh does not believe that a server will be down' is lion by_clock within 12 ssh myapp-app hostname

# A day, by the minute: the lease is renewed in its last quarter, and once.
at 0; rm -f "$cache/routes/$lion"; works
wait_for helpers_gone
before=$(asked)
began=$(made)
: >renewals
connects() { by_clock "$caller" 12 cxssh-proxy "$lion" 22 </dev/null; }
note_renewal() {
	[ "$(made)" = "$last" ] || { echo $(($(made) - last)) >>renewals; last=$(made); }
}
minute=0 failures=0 last=$began
while [ "$minute" -lt "${MINUTES:-1440}" ]; do
	minute=$((minute + 1))
	at $((minute * 60))
	connects >one
	grep -q '^0 .* connected' one || failures=$((failures + 1))
	# Now and then a few at once, at the very time when it is due.
	if [ $((minute % 15)) = 0 ]; then
		connects >two & connects >three & connects >four & wait $!
	fi
	note_renewal
done
wait_for helpers_gone
note_renewal
total=$(($(asked) - before))
echo "# $total leases in $minute minutes, $failures failures; between them: $(sort -n renewals | uniq -c | tr -s '\n ' ' ')"
it 'no connection fails in a day of leases' is 0 echo "$failures"
quarter() { # 20 minutes, less 5 s: due after 14:56; and the clock goes by minutes
	[ -s renewals ] && [ "$(sort -n renewals | head -1)" -ge 890 ] && [ "$(sort -n renewals | tail -1)" -le 1080 ]
}
it 'cxssh renews each in its last quarter' quarter
it 'cxssh renews each lease once in its last quarter' is "$(grep -c '' renewals)" echo "$total"

# Another network.
at 0; rm -f "$cache/routes/$lion"; works
laptop_moves 203.0.113.11
firewall_reset lion
it 'cxssh asks anew in another network' asks 1 works
laptop_moves 203.0.113.10
it 'cxssh asks anew back in the first' asks 1 works
route lease-until 1
firewall_reset lion
fault 'POST * slow 1500 times=1'
moves_while_it_asks() { ( sleep 0.7; laptop_moves 203.0.113.11 ) & works; }
it 'cxssh works when the network changes between lease and connect' moves_while_it_asks
no_faults
wait_for helpers_gone
it 'cxssh works the next time after the network has changed' works
done_testing

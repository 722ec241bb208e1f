#!/bin/sh
# SPDX-License-Identifier: MIT
# Thousands of connections, one after the other, leave nothing behind: neither memory
# nor descriptors nor processes; and none of them fails because a broker just leaves.
# CYCLES says how many (2000).
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "bastion otter" --lease-delay 100'
test_timeout=600
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

: "${CYCLES:=2000}"
drive=$CXSSH_BUILD/tests/integration/drive_broker
cycle=$work/bin/cycle_channels
mkdir "$work/bin" && cp "$CXSSH_BUILD/tests/integration/cycle_channels" "$CXSSH_BUILD/bin/cxssh" "$work/bin"
cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
behind_bastion
ssh "$name" true </dev/null
gateway=jump@$bastion
"$sandbox/open-firewall" otter 10.10.0.1 2022 600
on otter "$drive" server 10.10.0.21 2022 greeting >"$work/server" 2>&1 </dev/null &
flat() { # SLACK: the broker's memory, in kB
	[ "$(rss_kb "$pid")" -le $((memory + $1)) ]
}
no_more_files() { [ "$(files "$pid")" -le "$descriptors" ]; }

# Its memory is at its height after some hundred.
it 'the broker opens and closes channels' wait_for "$cycle" "$gateway" "$otter" 2022 300
pid=$(broker)
memory=$(rss_kb "$pid") descriptors=$(files "$pid")
it "the broker opens and closes $CYCLES more" within 500 "$cycle" "$gateway" "$otter" 2022 "$CYCLES"
it 'the broker is the same broker still' is "$pid" broker
it 'the broker has the same descriptors after all channels' wait_for no_more_files
slack=1024
case $CXSSH_BUILD in *san*) slack=100000 ;; esac # what is freed is kept for a while
it 'the broker has the same memory after all channels' flat "$slack"
echo "# broker: $memory kB and $descriptors descriptors after 300, $(rss_kb "$pid") kB and $(files "$pid") after $CYCLES more"

# The same by the proxy itself, which carries the bytes.
pumped() {
	n=0
	while [ "$n" -lt $((CYCLES / 20)) ]; do
		cxssh-proxy "$otter" 2022 </dev/null >said || return 1
		grep -q SSH-2.0 said || return 1
		n=$((n + 1))
	done
}
memory=$(rss_kb "$pid")
it 'the broker carries the bytes of many, one after the other' pumped
it 'the broker has the same descriptors after many proxies' wait_for no_more_files
it 'the broker has the same memory after many proxies' flat "$slack"
none_left() { ! pgrep -x cxssh-proxy >&2; }
it 'the broker leaves no proxy after many' wait_for none_left
it 'the broker has one login on the bastion after all proxies' is 1 logins bastion

# A proxy that carries much: its memory is that of its two buffers.
"$sandbox/open-firewall" otter 10.10.0.1 2007 600
on otter "$drive" server 10.10.0.21 2007 echo >"$work/server2" 2>&1 </dev/null &
there() { on otter ss -Hltn 'sport 2007' | grep -q .; }
it 'the broker has a server that echoes' wait_for there
mkfifo pipe
cxssh-proxy "$otter" 2007 <pipe >echoed & carrier=$!
exec 6>pipe
has_come() { [ "$(wc -c <echoed)" = "$1" ]; }
head -c 1000000 /dev/zero >&6
it 'the broker carries a little' wait_for has_come 1000000
first=$(rss_kb "$carrier")
head -c 300000000 /dev/zero >&6
has_come_in_time() { for _try in 1 2 3 4 5 6; do wait_for has_come 301000000 && return; done; return 1; }
it 'the broker carries much' has_come_in_time
later=$(rss_kb "$carrier")
exec 6>&-
wait "$carrier"
it 'the broker has the same memory after it has carried much' test "$later" -le $((first + 1024))
echo "# proxy: $first kB after 1 MB, $later kB after 300 MB more"

# A new session never fails while a broker leaves.
cxssh gateway close "$bastion" >/dev/null
cat >>"$HOME/.config/cxssh/config" <<-CONF
	gateway-persist = 0
CONF
never_fails() {
	n=0
	while [ "$n" -lt 60 ]; do
		n=$((n + 1))
		"$caller" 12 cxssh-proxy "$otter" 22 >one 2>>failures
		grep -q '^0 .* connected' one || { echo "in round $n: $(cat one failures)" >&2; return 1; }
		# A broker is there for a second at least.
		case $((n % 4)) in 0) sleep 0."$((RANDOM_START + n))" ;; 1) sleep 1 ;; esac
	done
}
RANDOM_START=10
it 'no connection fails while a broker leaves' never_fails
echo "# $(logins bastion) logins on the bastion for 60 sessions"
done_testing

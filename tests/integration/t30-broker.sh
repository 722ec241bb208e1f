#!/bin/sh
# SPDX-License-Identifier: MIT
# The broker: one login on a bastion, as many channels as are asked for, fair and
# bounded, and a new broker when the old one fails.
# shellcheck disable=SC1091,SC2034,SC2094,SC2154 # lib.sh, brokers.sh
# shellcheck disable=SC2016 # expanded by the sh that is started
no_sandbox=1
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/brokers.sh"

gw=$user@127.0.0.2
start_bastion 127.0.0.2 ed25519 'ClientAliveInterval 1' 'ClientAliveCountMax 3'
for server in 'greeting 22' 'echo 7' 'source 19' 'sink 9' 'halves 8'; do
	# shellcheck disable=SC2086 # two words
	start_server 127.0.0.9 ${server#* } ${server% *}
done
behind "$gw" uid 127.0.0.9
behind "$gw" lost 127.0.0.66
behind "$user@127.0.0.3" elsewhere 127.0.0.9
silence 127.0.0.66
head -c 16000000 /dev/urandom >big

channels() { "$drive" status "$gw" | sed 's/.*channels \([0-9]*\) .*/\1/'; }
has_channels() { [ "$(channels)" = "$1" ]; }
greets() { prints SSH-2.0-test "$drive" pipe "$gw" uid 22; }
below() { # LIMIT command... prints a number below
	_limit=$1; shift
	_given=$("$@")
	echo "$_given"
	[ "$_given" -lt "$_limit" ] || { echo "$_given, not below $_limit" >&2; return 1; }
}

# A start, and a second start beside it.
it 'a broker starts' within 30 "$drive" serve "$gw" "$work/key" 1 600000
it 'the broker gives a channel to a client that comes before the login is done' greets
pid=$(broker_pid "$gw")
it 'a broker is not started twice' serve "$gw"
it 'a broker stays the same after a second start' is "$pid" broker_pid "$gw"
it 'a broker logs in by libssh2' runs_by "$gw" libssh2
private() { # the socket, and its folder
	[ "$(stat -c %a "$runtime/cxssh")" = 700 ] && [ "$(stat -c %a "$runtime"/cxssh/*.sock)" = 700 ]
}
it 'a broker has a socket for its user alone' private
detached() { # no terminal, no descriptor of the test
	[ "$(ps -o sid= -p "$pid" | tr -d ' ')" = "$pid" ] &&
		descriptors "$pid" | grep -qx '1 /dev/null'
}
it 'a broker is a process of its own' detached

# Where it leads.
it 'a broker leads to no server of another gateway' \
	fails_with 66 'is not behind gateway' "$drive" pipe "$gw" elsewhere 22
it 'a broker leads to no target without a route' fails_with 66 'no route to missing' "$drive" pipe "$gw" missing 22
it 'a broker leads to no path' fails_with 64 'does not understand' "$drive" pipe "$gw" ../uid 22
it 'the broker says when no server listens there' \
	fails_with 69 'gateway 127.0.0.2 cannot reach uid (127.0.0.9 port 2999): nothing listens there, or it is down' \
	"$drive" pipe "$gw" uid 2999
it 'the broker says so in words that no client mistakes' fails_with 1 '' grep -iE 'refused|closed' err

# Bytes.
echoes() { "$drive" pipe "$gw" uid 7 <big | cmp - big; }
it 'the broker carries 16 MB both ways at once' echoes
it 'the broker carries 16 MB both ways again, three at once' sh -c '
	for i in 1 2 3; do "$0" pipe "$1" uid 7 <big | cmp - big >&2 & pids="${pids-} $!"; done
	for p in $pids; do wait $p || exit 1; done' "$drive" "$gw"
half_closed() { # the server ends its half first, and reads on
	"$drive" late "$gw" uid 8 3000000 >said
	grep -q first said && wait_for grep -q 'heard 3000000' server.127.0.0.9.8.out
}
it 'the broker passes the end of one half on, and hears the other out' half_closed
it 'the broker keeps no channel then' wait_for has_channels 0

# Many.
before=$(files "$pid")
it 'a broker reaches a server a hundred times at once' prints '100 of 100' "$drive" crowd "$gw" uid 22 100 0
it 'a broker holds four hundred channels' prints '400 of 400' "$drive" crowd "$gw" uid 22 400 1
it 'the broker forgets four hundred channels when they end' wait_for has_channels 0
forgotten() { [ "$(files "$pid")" -le "$before" ]; }
it 'the broker closes the descriptors of four hundred channels' wait_for forgotten
it 'the broker carries four hundred channels over one login' is 1 bastion_logins 127.0.0.2

# Fairness.
echo_beside() { # WHAT FROM: answers beside a bulk transfer; a starved channel takes seconds for each
	"$drive" pipe "$gw" uid "$1" <"$2" >/dev/null 2>&1 &
	_bulk=$!
	sleep 1.2 # a copy is known as one
	within 60 "$drive" ping "$gw" uid 7 100; _code=$?
	kill "$_bulk" || _code=1
	wait "$_bulk" 2>/dev/null
	return "$_code"
}
it 'a bulk download starves no other channel' echo_beside 19 /dev/null
second_login() { [ "$(bastion_logins 127.0.0.2)" = 2 ]; }
it 'the broker makes a login of its own for a session beside a copy' second_login
it 'a bulk upload starves no other channel' echo_beside 9 /dev/zero
it 'the broker has ended the bulk channels' wait_for has_channels 0

# A reader that does not read.  The sanitizer keeps what is freed for a while.
window=16000
case $CXSSH_BUILD in *san*) window=400000 ;; esac
before=$(rss_kb "$pid")
"$drive" hold "$gw" uid 19 30 >held &
holder=$!
wait_for grep -q open held
comes_to_rest "$pid"
it 'the broker holds no more than a window for a client that does not read' below $((before + window)) rss_kb "$pid"
it 'a broker serves the others beside a client that does not read' echoes
it 'the broker does not spin beside a client that does not read' comes_to_rest "$pid"
kill "$holder"; wait "$holder" 2>/dev/null
it 'the broker does not keep the channel of a client that is gone' wait_for has_channels 0

# No bytes in either direction: sshd sends a keepalive.
sent() { # on all connections to the bastion
	ss -Htin state established dst 127.0.0.2:22 |
		awk -F bytes_sent: 'NF > 1 { n += $2 + 0 } END { print n + 0 }'
}
it 'a broker without a channel uses no processor time' comes_to_rest "$pid"
before=$(sent)
it 'a broker answers the keepalive of the bastion' wait_for fails_with 1 '' is "$before" sent
it 'a broker stays when it has answered a keepalive' is "$pid" broker_pid "$gw"
before=$(bastion_logins 127.0.0.2)
it 'a broker works after it has been idle' greets
it 'the broker makes no login while it is idle, nor after it' is "$before" bastion_logins 127.0.0.2

# A server that the bastion does not reach.
DRIVE_MS=6000 "$drive" pipe "$gw" lost 22 >lost.out 2>&1 &
lost=$!
wait_for sh -c "ss -Htn state syn-sent dst 127.0.0.66 | grep -q ." # the bastion tries
before_it() { "$drive" pipe "$gw" uid 22 && kill -0 "$lost"; }
it 'a client does not wait for a server that does not answer and is not its own' before_it
one_more() { [ "$(bastion_logins 127.0.0.2)" -le $((before + 1)) ]; }
it 'the broker needs at most one more login beside a server that does not answer' one_more
it 'a later client does not wait for that server either' before_it
wait "$lost"
it 'the broker tells the client that asked for that server' grep -q 'no answer in time' lost.out

# A login that hangs: the bastion's side of it is stopped.
sessions() { pgrep -P "$(cat sshd.127.0.0.2.pid)"; }
for session in $(sessions); do kill -STOP "$session"; done
it 'the broker makes another login when the first says nothing' within 20 "$drive" pipe "$gw" uid 22
before=$(bastion_logins 127.0.0.2)
it 'the broker serves by the new login from then on' within 20 "$drive" pipe "$gw" uid 22
it 'the broker makes no further login for that' is "$before" bastion_logins 127.0.0.2
for session in $(sessions); do kill -CONT "$session"; done
# Looked up without a program: a broker that is confined may start none any more.
echo "elsewhere.example $(cut -d ' ' -f 1,2 host.127.0.0.2.pub)" >hashed
ssh-keygen -q -H -f hashed >/dev/null 2>&1
cat hashed >>"$HOME/.ssh/cxssh/known_hosts"
for session in $(sessions); do kill -STOP "$session"; done
it 'the broker makes another login when a name in known_hosts is hashed' within 20 "$drive" pipe "$gw" uid 22
for session in $(sessions); do kill -CONT "$session"; done

# Its end.
it 'a broker ends when asked' "$drive" close "$gw"
gone() { ! kill -0 "$pid"; }
it 'a broker that was asked to end is gone' wait_for gone
it 'the broker takes its socket away when it ends' sh -c '! ls "$0"/cxssh/*.sock 2>/dev/null' "$runtime"
it 'a broker that has ended is not found' fails_with 1 '' "$drive" close "$gw"
serve "$gw" "$work/key" 1 2500
it 'a broker serves again' greets
"$drive" hold "$gw" uid 22 8 >held &
holder=$!
wait_for has_channels 1
pid=$(broker_pid "$gw")
sleep 3 # the idle time is 2.5 s
it 'a broker stays for a session that lasts longer than its idle time' is "$pid" broker_pid "$gw"
it 'a broker ends when no session is open for the idle time' wait_for no_broker "$gw"

# Many clients that connect while the broker ends.
serve "$gw" "$work/key" 1 30
never_fails() {
	for _i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		"$drive" pipe "$gw" uid 22 </dev/null >said || { echo "in round $_i" >&2; return 1; }
		grep -q SSH-2.0-test said || return 1
		sleep 0.0"$((_i % 5))"
	done
}
printf 'gateway-key 127.0.0.2 = %s\ngateway-persist = 0\n' "$work/key" >config
mkdir -p "$HOME/.config/cxssh"; cp config "$HOME/.config/cxssh/config"; chmod 600 "$HOME/.config/cxssh/config"
it 'a new session never fails while a broker leaves' never_fails
printf 'gateway-key 127.0.0.2 = %s\n' "$work/key" >"$HOME/.config/cxssh/config"
"$drive" close "$gw"; wait_for no_broker "$gw"
it 'fifty clients that find no broker get one' prints '50 of 50' "$drive" crowd "$gw" uid 22 50 0

# Accidents.
pid=$(broker_pid "$gw")
kill -KILL "$pid"
it 'a new broker serves after the old one was killed' greets
pid=$(broker_pid "$gw")
kill -TERM "$pid"
it 'the broker works while an old broker is told to end' greets
"$drive" pipe "$gw" uid 7 </dev/zero >/dev/null 2>&1 &
talker=$!
"$drive" hold "$gw" uid 19 30 >held &
holder=$!
wait_for has_channels 2
kill_bastion 127.0.0.2
it 'a dead bastion ends what runs over it' within 30 tail --pid="$talker" -f /dev/null
it 'the broker ends when its bastion is dead' wait_for no_broker "$gw"
kill "$holder"
it 'the broker says when the bastion is not there' \
	fails_with 69 'gateway 127.0.0.2 does not listen on port 22' within 30 "$drive" pipe "$gw" uid 22
it 'the broker says once for all clients that the bastion is not there' sh -c '
	for i in 1 2 3 4 5; do "$0" pipe "$1" uid 22 2>>all </dev/null & done; wait
	[ "$(grep -c "does not listen" all)" = 5 ]' "$drive" "$gw"
wait_for no_broker "$gw"
start_bastion 127.0.0.2
it 'the broker works again when it is back' greets
"$drive" close "$gw"

# Small buffers, where a plain use of libssh2 breaks.
usual=$(cat /proc/sys/net/ipv4/tcp_wmem)
echo 4096 32768 32768 >/proc/sys/net/ipv4/tcp_wmem # half of it is for data
serve "$gw" "$work/key" 1
it 'the broker carries 16 MB both ways through a send buffer of 16 KiB' echoes
it 'three times at once' sh -c '
	for i in 1 2 3; do "$0" pipe "$1" uid 7 <big | cmp - big >&2 & pids="${pids-} $!"; done
	for p in $pids; do wait $p || exit 1; done' "$drive" "$gw"
"$drive" close "$gw"
echo "$usual" >/proc/sys/net/ipv4/tcp_wmem

# Key changes under way.  libssh2 1.10 forgets to free a host key of 51 bytes each time.
start_bastion 127.0.0.4 ed25519 'RekeyLimit 16M'
behind "$user@127.0.0.4" rekey 127.0.0.9
echo leak:libssh2.so >suppressed
LSAN_OPTIONS=suppressions=$work/suppressed:print_suppressions=0 serve "$user@127.0.0.4" "$work/key" 1
rekeys() {
	for _i in 1 2 3; do
		"$drive" pipe "$user@127.0.0.4" rekey 7 <big | cmp - big || return 1
	done
}
it 'the broker survives changes of the keys' rekeys
echo_through() { "$drive" ping "$user@127.0.0.4" rekey 7 20; }
it 'the broker goes on with its session after a change of the keys' echo_through
it 'the broker goes on over the same login after a change of the keys' is 1 bastion_logins 127.0.0.4
"$drive" close "$user@127.0.0.4"

# What the bastion may not do.
start_bastion 127.0.0.5 ed25519 'AllowTcpForwarding no'
behind "$user@127.0.0.5" closed 127.0.0.9
serve "$user@127.0.0.5"
it 'the broker says that the bastion does not forward' \
	fails_with 77 'AllowTcpForwarding' "$drive" pipe "$user@127.0.0.5" closed 22
"$drive" close "$user@127.0.0.5"
it 'the broker learns a host key over a connection' prints ssh-ed25519 "$drive" hostkey 127.0.0.2
long=$runtime/$(printf '%0100d' 0); mkdir -m 700 "$long"
it 'the broker listens in the cache when the runtime folder has no room for the path of a socket' \
	env XDG_RUNTIME_DIR="$long" "$drive" serve "$gw" "$work/key" 1 600000
it 'the socket is in the cache' sh -c 'ls "$HOME"/.cache/cxssh/run/gw-*.sock'
env XDG_RUNTIME_DIR="$long" "$drive" close "$gw"
done_testing

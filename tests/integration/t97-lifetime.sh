#!/bin/sh
# SPDX-License-Identifier: MIT
# Proxies end with their caller, and masters and forwards stay: however the caller ends,
# and at whatever stage.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion bastion otter" --lease-delay 100'
test_timeout=300
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

parent=$CXSSH_BUILD/tests/integration/idle_parent
drive=$CXSSH_BUILD/tests/integration/drive_broker
lasting=$work/lasting
cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
of_ours() { pgrep -x 'cxssh|cxssh-proxy'; }
no_proxy() { ! pgrep -x cxssh-proxy >&2; }
# The processor's time that all cxssh processes have used, in hundredths of a second.
ticks() {
	for _pid in $(of_ours); do
		awk '{ print $14 + $15 }' "/proc/$_pid/stat" 2>/dev/null
	done | awk '{ sum += $1 } END { print sum + 0 }'
}
rests() { # SECONDS: no cxssh process is busy meanwhile
	_ticks=$(ticks)
	sleep "$1"
	_used=$(($(ticks) - _ticks))
	[ "$_used" -le $(($1 * 15)) ] || { echo "$_used hundredths of a second used" >&2; return 1; }
}

# ---- the stages: each leaves a proxy that waits ----

at_route() { ready_inventory; break_inventory hang; }
at_lease() { ready_lease; break_lease hang; }
at_hostkey() { ready_hostkey; break_hostkey mute; }
at_dial() { break_connect dropped; }
at_bastion() { behind_bastion; ready_bastion; break_bastion dropped; }
at_channel() { behind_bastion; ready_channel; break_channel dropped; }
at_pump() { :; }
here() { target=$lion name=myapp-lion host=lion; }

by_pipes() { "$parent" pipes cxssh-proxy "$target" 22 >"$work/parent" 2>"$work/parent.err" & dad=$!; }
by_ssh() {
	_how=yes
	[ "$stage" != pump ] || _how=no
	ssh -o ProxyUseFdpass="$_how" "$name" 'sleep 100' </dev/null >"$work/parent" 2>&1 & dad=$!
}
has_proxy() { pgrep -x cxssh-proxy >/dev/null; }
waits_at_rest() { # while dialling, three seconds: in one of them a helper starts
	if [ "$stage" = dial ]; then rests 3; else rests 1; fi && has_proxy
}
ends_with_its_caller() { kill -"$signal" "$dad" && wait_for no_proxy; }
for stage in route lease hostkey dial bastion channel pump; do
	"at_$stage"
	for how in pipes ssh; do
		for signal in HUP TERM KILL; do
			"by_$how"
			wait_for has_proxy
			sleep 0.3
			[ "$signal" != HUP ] ||
				it "cxssh is at rest: $stage, started by $how" waits_at_rest
			it "cxssh ends with a caller that is killed: $stage, $how, $signal" ends_with_its_caller
			{ wait "$dad"; } 2>/dev/null
		done
	done
	[ "$stage" != lease ] || it 'cxssh leaves no helper behind for longer than its time' wait_up_to 15 helpers_gone
	pkill -f 'bin/cxssh open'
	broken=$stage mend
	here
	ssh "$name" true </dev/null
done

# ---- processes that stay ----

end_brokers
for name in myapp-lion my-awesome-app-otter; do
	host=${name##*-}
	setsid sh -c 'ssh -f -N -L "$1:127.0.0.1:22" "$2"; sleep 0.3; kill -HUP 0' sh "22$(echo "$host" | wc -c)" "$name" 2>"forward.$host"
	port=22$(echo "$host" | wc -c)
	banner() { bash -c 'read -r line </dev/tcp/127.0.0.1/'"$port"' && echo "$line"'; }
	it "cxssh keeps ssh -f -N -L when its parent hangs up: $host" wait_for prints '^SSH-2.0' banner
	setsid sh -c 'ssh -o ControlMaster=auto -o ControlPath="$1" -o ControlPersist=60 "$2" true; sleep 0.3; kill -TERM 0' \
		sh "$work/mux.$host" "$name" 2>/dev/null
	shared() { is "$host" ssh -o ControlPath="$work/mux.$host" "$name" hostname; }
	it "cxssh keeps a master that persists: $host" shared
	it "cxssh keeps a persisting master without a proxy: $host" no_proxy
	ssh -q -O exit -o ControlPath="$work/mux.$host" "$name"
	it "cxssh keeps ssh -f -N -L beside a master that ends: $host" prints '^SSH-2.0' banner
done
pkill -f 'ssh -f -N -L'
ended() { ! pgrep -f 'ssh -f -N -L' >&2; }
it 'cxssh ends them when they are ended' wait_for ended

# ---- half-close, and ends that do not read ----

serves() { # HOST FROM ADDRESS PORT KIND
	"$sandbox/open-firewall" "$1" "$2" "$4" 600
	on "$1" "$drive" server "$3" "$4" "$5" >"$work/server.$1.$5" 2>&1 </dev/null &
}
for kind in 'source 2019' 'sink 2009'; do
	# shellcheck disable=SC2086 # two words
	set -- $kind
	serves lion 203.0.113.10 203.0.113.21 "$2" "$1"
	serves otter 10.10.0.1 10.10.0.21 "$2" "$1"
done
# The client ends its half first, and reads the server's answer.
counter=$CXSSH_BUILD/tests/integration/socketpair_caller
counting() { "$sandbox/open-firewall" "$host" "$1" 2008 600; on "$host" "$counter" counts 2008 </dev/null & }
listens() { on "$host" ss -Hltn 'sport 2008' | grep -q .; }
head -c 3000000 /dev/zero >zeros
counted() { [ "$(within 20 cxssh-proxy "$target" 2008 <zeros)" = 3000000 ]; }
small() { # WHOSE PID KB: neither its memory nor its working hours grow
	_before=$(rss_kb "$2")
	rests 2 && _after=$(rss_kb "$2") && echo "# $1: $_before kB, then $_after kB" >>"$work/sizes" &&
		[ "$_after" -le $((_before + 2000)) ] && [ "$_after" -le "$3" ]
}
limit=24000
case $CXSSH_BUILD in *san*) limit=600000 ;; esac
for way in here behind_bastion; do
	here; "$way"
	ssh "$name" true </dev/null # a lease, and the broker
	[ "$host" = lion ] && counting 203.0.113.10 || counting 10.10.0.1
	it "cxssh has a server that counts its input: $host" wait_for listens
	it "cxssh passes on an answer that comes after the end of the input: $host" counted
	"$parent" pipes cxssh-proxy "$target" 2019 >"$work/parent" & dad=$!
	wait_for test -s "$work/parent"
	sleep 1
	it "cxssh waits for a client that does not read, in bounded memory: $host" small proxy "$(cat "$work/parent")" "$limit"
	[ "$host" = lion ] || it 'the broker waits for a client that does not read, in bounded memory' small broker "$(broker)" "$limit"
	kill "$dad"
	it "cxssh ends the proxy of a client that has gone: $host" wait_for no_proxy
	{ wait "$dad"; } 2>/dev/null
	on "$host" pkill -STOP -f "server .* 2009 sink"
	( cat /dev/zero | cxssh-proxy "$target" 2009 ) &
	wait_for has_proxy; sleep 1
	it "cxssh waits for a server that does not read: $host" small proxy "$(pgrep -x cxssh-proxy)" "$limit"
	[ "$host" = lion ] || it 'the broker waits for a server that does not read, in bounded memory' small broker "$(broker)" "$limit"
	pkill -x cat
	on "$host" pkill -CONT -f "server .* 2009 sink"
	it "cxssh ends the proxy when the server has got all: $host" wait_for no_proxy
done
cat "$work/sizes"
done_testing

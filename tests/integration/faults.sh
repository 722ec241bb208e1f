# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # lib.sh has work
# faults.sh - sourced after lib.sh by t90 to t99: makes each fault of faults.table, and
# tries the rows of some steps.
#
#   try_rows STEP...      every row of these steps
#   broker                prints the pid of the gateway's
#
# With REPORT=FILE in the environment the test adds a line to FILE for each row: the
# step, the fault, the exit status, the seconds that it took, and what was said.
#
# A step has ready_STEP, which leaves all before it done and itself not, and break_STEP
# FAULT, which makes the fault.  Then mend takes every fault away.

bad_server=$CXSSH_BUILD/tests/integration/bad_server
for program in "$CXSSH_BUILD/tests/integration/fdpass_caller" "$bad_server"; do
	[ -x "$program" ] || skip_all "$program is not built"
done
# By another name it would be taken for a client that may still send its banner.
caller=$work/caller/ssh
mkdir -p "$work/caller" && cp "$CXSSH_BUILD/tests/integration/fdpass_caller" "$caller"
lion=9ae1611c97a92c90fac60c884e1d8240
otter=a5e18de726ec7cc7e787b4fe0b138b37
cache=$HOME/.cache/cxssh
known=$HOME/.ssh/cxssh/known_hosts
bastion=203.0.113.30

# Where the steps of the session before a bastion are tried, and behind one.
target=$lion name=myapp-lion host=lion
behind_bastion() { target=$otter name=my-awesome-app-otter host=otter; }

route() { sed -i "s/^$1=.*/$1=$2/" "$cache/routes/$target"; }
none_runs() { ! pgrep -x 'cxssh|cxssh-proxy' >/dev/null; }
helpers_gone() { ! pgrep -f 'bin/cxssh open' >/dev/null; }
# Its helper, a child of it, is younger.
broker() { pgrep -o -f 'bin/cxssh gateway'; }
brokers_gone() { ! pgrep -f 'bin/cxssh gateway' >/dev/null; }
end_brokers() { cxssh gateway close "$bastion" >/dev/null 2>&1; wait_for brokers_gone; }

# ---- a clock that jumps ----

# by_clock command... runs it by the clock that clock_shows DAY UP sets, in seconds that
# are added to the time of day and to the time since the machine was started.
make_clock() {
	${CC:-cc} -shared -fPIC -D_GNU_SOURCE -o "$work/shifted_clock.so" \
		"$tests/preload/shifted_clock.c" -ldl || { echo 'Bail out! no shared object'; exit 1; }
	: >"$work/clock"
	clock_shows 0 0
}
clock_shows() { printf '%-63s' "$1 $2" | dd of="$work/clock" bs=63 conv=notrunc status=none; }
by_clock() {
	CLOCK_SHIFT=$work/clock LD_PRELOAD=$work/shifted_clock.so \
		ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 "$@"
}

# ---- the network between two hosts ----

# All that comes to HOST's PORT from elsewhere meets the verdict WHAT.
meets() { # HOST PORT WHAT
	on "$1" nft -f - <<-RULES
		table inet fault {
			chain input {
				type filter hook input priority -10
				iif != lo tcp dport $2 $3
			}
		}
	RULES
}
meets_nothing() { on "$1" nft delete table inet fault 2>/dev/null || :; }
# A bad server takes the place of HOST's sshd.
bad() { # HOST HOW [N]
	_host=$1 _how=$2; shift 2
	stop_sshd "$_host"
	"$sandbox/on" "$_host" "$bad_server" 22 "$_how" "$@" >"$work/ready" 2>&1 </dev/null &
	echo $! >"$work/bad.$_host"
	wait_for grep -q ready "$work/ready"
}
# The same, and it is the real one after or for a while.
half_bad() { # HOST HOW N
	bad "$1" "$2" "$3" "$(command -v sshd)" -i -f "$SANDBOX/hosts/$1/sshd_config"
}
good() { # HOST
	[ -s "$work/bad.$1" ] || return 0
	pkill -KILL -P "$(cat "$work/bad.$1")"
	kill -KILL "$(cat "$work/bad.$1")"
	wait "$(cat "$work/bad.$1")" 2>/dev/null
	rm "$work/bad.$1"
	restart_sshd "$1"
}

# ---- the API ----

break_api() { # GLOB FAULT
	case $2 in
	refused) api_down ;;
	dropped) meets api 443 drop ;;
	reset-tcp) meets api 443 'reject with tcp reset' ;;
	slow) fault "$1 slow 1500" ;;
	once-*) fault "$1 status ${2#once-} times=1" ;;
	throttled) fault "$1 status 429 retry-after=1 times=1" ;;
	throttled-long) fault "$1 status 429 retry-after=600" ;;
	busy-long) fault "$1 status 503 retry-after=600" ;;
	truncated) fault "$1 truncate 20" ;;
	redirected) fault "$1 redirect https://203.0.113.5/elsewhere" ;;
	huge) fault "$1 big 40000000" ;;
	killed) fault "$1 hang"; kill_soon 'bin/cxssh open' ;;
	disk-full) fill_cache ;;
	[0-9]*) fault "$1 status $2" ;;
	*) fault "$1 $2" ;;
	esac
}
# Kill the process that waits for an answer.
kill_soon() {
	( wait_for pgrep -f "$1" >/dev/null; sleep 0.7; pkill -KILL -f "$1" ) >/dev/null 2>&1 &
}
# Fill the disk of the cache; what is in it stays readable.
fill_cache() {
	mkdir -p "$cache" && cp -a "$cache" "$work/cache.was"
	mount -t tmpfs -o size=1m,mode=700 none "$cache"
	cp -a "$work/cache.was/." "$cache"
	rm -rf "$work/cache.was"
	cat /dev/zero >"$cache/fill" 2>/dev/null
}
empty_cache_disk() {
	! mountpoint -q "$cache" || umount -l "$cache"
}

ready_inventory() { rm -rf "$cache/routes" "$cache/inventory.json"; }
break_inventory() { break_api 'GET /stacks*' "$1"; }
ready_key() { rm -f "$HOME"/.ssh/cx_*; }
break_key() { break_api 'GET *include_private_key*' "$1"; }
ready_lease() { route lease-until 1; firewall_reset lion; }
break_lease() { break_api 'POST *' "$1"; }
ready_action() { ready_lease; }
break_action() {
	case $1 in
	refused-by-api) fault 'POST * refuse-lease' ;;
	firewall-late) fault 'POST * firewall-late 2000' ;;
	firewall-never) fault 'POST * firewall-late 3600000' ;;
	lease-late) fault 'POST * lease-delay 2500' ;;
	never) fault 'POST * lease-delay 3600000' ;;
	dropped) fault 'POST * lease-delay 3600000'; after_order meets api 443 drop ;;
	api-gone) fault 'POST * lease-delay 3600000'; after_order api_down ;;
	slow | throttled | once-*)
		fault 'POST * lease-delay 2500'; break_api 'GET */actions/*' "$1" ;;
	*) fault 'POST * lease-delay 3600000'; break_api 'GET */actions/*' "$1" ;;
	esac
}
# Run COMMAND when the API has taken the order.
after_order() { # command...
	_orders=$(api_calls 'POST')
	( ordered() { [ "$(api_calls 'POST')" -gt "$_orders" ]; }
		wait_for ordered; "$@" ) >/dev/null 2>&1 &
}

# ---- the server ----

ready_connect() { :; }
break_connect() {
	case $1 in
	refused) stop_sshd lion ;;
	reset) meets lion 22 'reject with tcp reset' ;;
	unreachable) meets lion 22 'reject with icmpx host-unreachable' ;;
	dropped) meets lion 22 drop ;;
	late) meets lion 22 drop; ( sleep 2; meets_nothing lion ) & ;;
	lease-lost) route lease-made "$(($(date +%s) - 60))"; firewall_reset lion ;;
	moved) laptop_moves 203.0.113.11 ;;
	no-network) ip link set eth0 down ;;
	gone) route address 203.0.113.99; route lease-made "$(($(date +%s) - 60))" ;;
	stopped) pkill -STOP -F "$SANDBOX/hosts/lion/sshd.pid" ;;
	esac
}
ready_hostkey() { : >"$known"; }
break_hostkey() {
	case $1 in
	cut-* | stall-* | late-*) half_bad lion "${1%-*}" "${1#*-}" ;;
	refused | dropped | stopped) break_connect "$1" ;;
	disk-full) fill_cache ;;
	*) bad lion "$1" ;;
	esac
}
# The client is gone by then; see holds.
ready_handover() { ready_lease; }
break_handover() { fault 'POST * lease-delay 3000'; }

# ---- the bastion ----

ready_bastion() { end_brokers; }
break_bastion() {
	case $1 in
	refused) stop_sshd bastion ;;
	dropped) meets bastion 22 drop ;;
	reset-tcp) meets bastion 22 'reject with tcp reset' ;;
	stopped) pkill -STOP -F "$SANDBOX/hosts/bastion/sshd.pid" ;;
	late) meets bastion 22 drop; ( sleep 2; meets_nothing bastion ) & ;;
	moved) laptop_moves 203.0.113.11 ;;
	esac
}
ready_login() { end_brokers; }
break_login() {
	case $1 in
	key-refused) mv "$SANDBOX/hosts/bastion/home/.ssh/authorized_keys" "$work/authorized" ;;
	no-key-file) mv "$SANDBOX/bastion_key" "$work/key.was" ;;
	open-key-file) chmod 644 "$SANDBOX/bastion_key" ;;
	other-host-key) new_host_keys bastion ;;
	killed) half_bad bastion late 1500; kill_soon 'bin/cxssh gateway' ;;
	busy-a-while | not-allowed-a-while) bad bastion "${1%-a-while}"; ( sleep 2; good bastion ) >/dev/null 2>&1 & ;;
	cut-* | stall-* | late-*) half_bad bastion "${1%-*}" "${1#*-}" ;;
	*) bad bastion "$1" ;;
	esac
}
# A broker that is logged in, and a server behind it.
ready_channel() { ssh "$name" true </dev/null; }
sessions() { pgrep -P "$(cat "$SANDBOX/hosts/bastion/sshd.pid")"; }
break_channel() {
	case $1 in
	refused) stop_sshd otter ;;
	dropped) meets otter 22 drop ;;
	reset) meets otter 22 'reject with tcp reset' ;;
	late) meets otter 22 drop; ( sleep 2; meets_nothing otter ) & ;;
	forbidden) end_brokers; restart_sshd bastion 'AllowTcpForwarding no' ;;
	session-stopped) for s in $(sessions); do kill -STOP "$s" $(pgrep -P "$s"); done ;;
	session-killed) for s in $(sessions); do kill -KILL $(pgrep -P "$s") "$s"; done ;;
	bastion-gone) _were=$(sessions); stop_sshd bastion
		for s in $_were; do kill -KILL $(pgrep -P "$s") "$s"; done ;;
	bastion-silent) meets bastion 22 drop ;;
	broker-killed) pkill -KILL -f 'bin/cxssh gateway' ;;
	broker-stopped) pkill -STOP -f 'bin/cxssh gateway' ;;
	killed-waiting) meets otter 22 drop; kill_soon 'bin/cxssh gateway' ;;
	esac
}

mend() {
	no_faults
	for _on in api lion bastion otter; do
		[ ! -e "$SANDBOX/hosts/$_on/pid" ] || meets_nothing "$_on"
	done
	for _on in lion bastion otter; do
		[ ! -s "$SANDBOX/hosts/$_on/sshd.pid" ] ||
			pkill -CONT -F "$SANDBOX/hosts/$_on/sshd.pid"
		good "$_on"
		[ ! -e "$SANDBOX/hosts/$_on/pid" ] || [ -s "$SANDBOX/hosts/$_on/sshd.pid" ] ||
			restart_sshd "$_on"
	done
	empty_cache_disk
	kill -0 "$(cat "$SANDBOX/api.pid")" 2>/dev/null || api_up
	ip link set eth0 up; laptop_moves 203.0.113.10
	[ ! -e "$work/authorized" ] || mv "$work/authorized" "$SANDBOX/hosts/bastion/home/.ssh/authorized_keys"
	[ ! -e "$work/key.was" ] || mv "$work/key.was" "$SANDBOX/bastion_key"
	[ ! -e "$SANDBOX/bastion_key" ] || chmod 600 "$SANDBOX/bastion_key"
	pkill -CONT -f 'bin/cxssh gateway'
	if [ "${broken-}" = forbidden ]; then restart_sshd bastion; end_brokers; fi
	if [ "${broken-}" = other-host-key ]; then sed -i /cxssh-gateway/d "$known"; fi
	if [ "${broken-}" = gone ]; then ready_inventory; fi
	if [ "${broken-}" = session-stopped ]; then
		for s in $(sessions); do kill -CONT "$s" $(pgrep -P "$s"); done
	fi
}

# ---- a row ----

holds() { # EXIT WITHIN SAYS
	_limit=$(($2 * patience))
	[ "$broken" != caller-gone ] || _limit=-$_limit
	"$caller" "$_limit" cxssh-proxy "$target" 22 >measured 2>said
	read -r exit ms came <measured
	[ -z "${REPORT-}" ] || printf '%s|%s|%s|%s|%s\n' "$step" "$broken" "$exit" \
		"$(awk "BEGIN { printf \"%.1f\", $ms / 1000 }")" "$(cat said)" >>"$REPORT"
	cat measured said >&2
	[ "$exit" = "$1" ] || { echo "exit status $exit, not $1" >&2; return 1; }
	if [ "$1" = 0 ]; then
		[ "$came" = connected ] && [ ! -s said ]
	elif [ -z "$3" ]; then
		[ "$came" = nothing ] && [ ! -s said ]
	else
		# t220 judges the name in front and the usual remedy.
		[ "$came" = nothing ] && [ "$(wc -l <said)" = 1 ] &&
			sed 's/^cxssh: my-awesome-app-otter ([^)]*): /cxssh: /
				s/; run: cxssh doctor [^ ]*$//' said | grep -qE -- "$3"
	fi
}
works_again() {
	mend
	# A broker answers every client with its last failure for a second.
	[ "$host" != otter ] || sleep 1.1
	got=$(within 30 ssh -o ConnectTimeout=25 "$name" hostname) && [ "$got" = "$host" ]
}
try_row() { # STEP FAULT EXIT WITHIN SAYS
	step=$1 broken=$2
	wait_for helpers_gone
	"ready_$1"
	"break_$1" "$2"
	it "$1, $2: ends with $3${5:+, saying why}" holds "$3" "$4" "$5"
	it "$1, $2: the next ssh works" works_again
}
try_rows() {
	for wanted; do
		while IFS='|' read -r row_step row_fault row_exit row_within row_says; do
			row_step=$(echo $row_step)
			[ "$row_step" = "$wanted" ] || continue
			[ -z "${ONLY-}" ] || [ "$ONLY" = "$(echo $row_fault)" ] || continue
			# shellcheck disable=SC2046,SC2086 # takes the blanks away
			try_row "$row_step" $(echo $row_fault $row_exit $row_within) "${row_says# }"
		done <<-ROWS
			$(cat "$tests/integration/faults.table")
		ROWS
	done
}

# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # lib.sh has work; tests use what is set here
# brokers.sh - sourced after lib.sh by the tests of the broker: bastions on addresses of
# the loopback, servers behind them, and a broker to reach them by.
#
#   start_bastion ADDRESS [KEYTYPE] ['Option value'...]   a real sshd on port 22
#   stop_bastion ADDRESS      kill_bastion ADDRESS (its sessions too)
#   bastion_logins ADDRESS    prints how many logins it has had
#   logs_in_anew ADDRESS COMMAND...   when the sessions there have fallen silent
#   start_server ADDRESS PORT KIND    of drive_broker; KIND: echo source sink ...
#   silence ADDRESS           packets to it are dropped
#   behind GATEWAY UID ADDRESS        writes the route of a server
#   start_confirming_agent    with the key; it asks from the second signature on
#   serve GATEWAY [KEY|-] [TRANSPORT] [IDLE_MS]
#   $drive COMMAND ...        see drive_broker.c; "cxssh" lies beside it

user=$(id -un)
[ -x "$CXSSH_BUILD/tests/integration/drive_broker" ] || skip_all 'drive_broker is not built'
mkdir -p "$work/bin" "$HOME/.ssh/cxssh" "$HOME/.cache/cxssh/routes"
chmod 700 "$HOME/.ssh" "$HOME/.ssh/cxssh"
cp "$CXSSH_BUILD/tests/integration/drive_broker" "$CXSSH_BUILD/bin/cxssh" "$work/bin/"
drive=$work/bin/drive_broker
runtime=$SANDBOX/run # short enough for a socket
XDG_RUNTIME_DIR=$runtime; export XDG_RUNTIME_DIR
mkdir -m 700 "$runtime" "$runtime/cxssh"
unset SSH_AUTH_SOCK

silence() {
	nft -f - <<-RULES
		table inet silence {
			chain out { type filter hook output priority 0; ip daddr $1 drop; }
		}
	RULES
}
start_bastion() {
	_at=$1 _type=${2:-ed25519}; shift; [ $# = 0 ] || shift
	[ -f "host.$_at" ] || ssh-keygen -q -t "$_type" -N '' -f "host.$_at"
	[ -f key ] || ssh-keygen -q -t ed25519 -N '' -f key
	[ -f authorized ] || cat key.pub >authorized
	cat >"sshd.$_at.conf" <<-CONF
		Port 22
		ListenAddress $_at
		HostKey $work/host.$_at
		AuthorizedKeysFile $work/authorized
		PidFile $work/sshd.$_at.pid
		StrictModes no
		UsePAM no
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin prohibit-password
		LogLevel VERBOSE
	CONF
	for _option; do echo "$_option" >>"sshd.$_at.conf"; done
	# sshd from 9.8 on refuses an address for a while after failures.
	! /usr/sbin/sshd -o PerSourcePenalties=no -T -f "$work/sshd.$_at.conf" >/dev/null 2>&1 ||
		echo 'PerSourcePenalties no' >>"sshd.$_at.conf"
	rm -f "sshd.$_at.pid"
	/usr/sbin/sshd -f "$work/sshd.$_at.conf" -E "$work/sshd.$_at.log" || {
		echo 'Bail out! bad sshd_config'; exit 1; }
	wait_for test -s "sshd.$_at.pid" || { echo 'Bail out! no sshd'; exit 1; }
}
stop_bastion() { # its sessions live on
	_pid=$(cat "sshd.$1.pid")
	kill "$_pid"
	wait_for sh -c "! kill -0 $_pid"
}
kill_bastion() {
	_pid=$(cat "sshd.$1.pid")
	_sessions=$(pgrep -P "$_pid" | while read -r p; do echo "$p"; pgrep -P "$p"; done)
	# shellcheck disable=SC2086 # several
	kill -KILL "$_pid" $_sessions
	wait_for sh -c "! kill -0 $_pid"
}
# Its sessions fall silent: COMMAND succeeds all the same, by one more login.
logs_in_anew() { # ADDRESS COMMAND...
	_at=$1; shift
	_logins=$(bastion_logins "$_at")
	_silent=$(pgrep -P "$(cat "sshd.$_at.pid")" | while read -r p; do echo "$p"; pgrep -P "$p"; done)
	# shellcheck disable=SC2086 # several
	kill -STOP $_silent
	"$@"; _code=$?
	# shellcheck disable=SC2086
	kill -CONT $_silent
	[ "$_code" = 0 ] && is $((_logins + 1)) bastion_logins "$_at"
}
bastion_logins() { grep -c '^Accepted publickey' "sshd.$1.log" || :; }

start_server() {
	"$drive" server "$1" "$2" "$3" >"server.$1.$2.out" 2>&1 </dev/null &
	wait_for sh -c "ss -Hltn 'src $1:$2' | grep -q ." || { echo 'Bail out! no server'; exit 1; }
}
behind() {
	printf 'version = 2\nalias = %s\nstack = s\naddress = %s\nuser = root\ngateway = %s\nend = 1\n' \
		"$2" "$3" "$1" >"$HOME/.cache/cxssh/routes/$2"
	chmod 600 "$HOME/.cache/cxssh/routes/$2"
}
serve() {
	"$drive" serve "$1" "${2:-$work/key}" "${3:-0}" "${4:-600000}"
}
# An agent with the key that confirms the first signature at once, and each later one when
# the file "go" is there; "waiting": it asks.
start_confirming_agent() {
	cat >askpass <<-SCRIPT
		#!/bin/sh
		cd '$work' || exit 1
		[ -e first ] || { : >first; exit 0; }
		: >waiting
		while [ ! -e go ]; do sleep 0.1; done
	SCRIPT
	chmod +x askpass
	eval "$(SSH_ASKPASS=$work/askpass SSH_ASKPASS_REQUIRE=force DISPLAY=:0 ssh-agent -a "$runtime/agent")" >/dev/null
	ssh-add -q -c key 2>/dev/null
}

broker_pid() { "$drive" status "$1" | sed 's/^pid \([0-9]*\) .*/\1/'; }
runs_by() { "$drive" status "$1" | grep -q " by $2\$"; }
no_broker() { ! "$drive" status "$1" >/dev/null; }

#!/bin/sh
# SPDX-License-Identifier: MIT
# A laptop's day in ten minutes: twenty sessions of five clients, direct and through a
# bastion, while the network is cut for 5 s to 90 s, the address changes twice, the machine
# sleeps, the lease ends, cxssh is upgraded and the API is down.  Cuts up to 40 s lose no
# session; in longer ones ssh ends its sessions; a new one works when the network is back.
# Lines that begin with # are the log of the day.
#   CUTS='5 40' LONG_CUT=75 tests/integration/t432-laptops-day.sh
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh
SANDBOX_OPTIONS='--hosts "lion bastion otter" --lease-delay 200'
test_timeout=1500
: "${CUTS:=5 20 40}" "${LONG_CUT:=90}"
export CUTS LONG_CUT
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"
/usr/bin/python3 -c 'import paramiko' 2>/dev/null || skip_all 'no paramiko; run: ./install.sh --deps --for-ci'

make_clock
trap '' PIPE
behind=my-awesome-app-otter
cxssh sync --yes >/dev/null
cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key" >/dev/null
cat >use-paramiko.py <<'END'
import os, sys, paramiko
config = paramiko.SSHConfig.from_path(os.path.expanduser("~/.ssh/cxssh/config")).lookup(sys.argv[1])
client = paramiko.SSHClient()
client.load_host_keys(os.path.expanduser("~/.ssh/cxssh/known_hosts"))
client.connect(config["hostname"], username=config["user"], key_filename=config["identityfile"],
               allow_agent=False, look_for_keys=False, sock=paramiko.ProxyCommand(config["proxycommand"]))
channel = client.get_transport().open_session()
channel.exec_command("cat")
channel.send("up\n")
for line in iter(lambda: channel.recv(4096), b""):
    print(line.decode(), end="", flush=True)
    line = sys.stdin.readline()
    if not line: break
    channel.send(line)
os._exit(0)
END

# ---- twenty sessions: each says what is appended to the file "say" ----

client() { # CLIENT HOST: what it hears of its server is on standard output
	case $1 in
	ssh) by_clock ssh "$2" 'echo up; exec cat' ;;
	pump) by_clock ssh -o ProxyUseFdpass=no "$2" 'echo up; exec cat' ;;
	master) by_clock ssh -o ControlMaster=auto -o ControlPath="$work/master.$2" "$2" 'echo up; exec cat' ;;
	sftp) by_clock sftp -b - "$2" ;;
	paramiko) by_clock /usr/bin/python3 use-paramiko.py "$2" ;;
	esac
}
session() { # CLIENT HOST NUMBER
	_at=run/$1.$2.$3 _verb=
	[ "$1" != sftp ] || _verb='-ls '
	{ tail -n 0 -f say & echo $! >"$_at.tail"; wait; } 2>/dev/null |
		{ [ -z "$_verb" ] || echo '-ls up'; exec sed -u "s/^/$_verb/"; } |
		{ client "$1" "$2" >"$_at.out" 2>"$_at.err"; echo $? >"$_at.ended"; kill "$(cat "$_at.tail")"; }
}
homes="$SANDBOX/hosts/lion/home $SANDBOX/hosts/otter/home"
for home in $homes; do : >"$home/up"; done
all_up() { [ "$(grep -l '^up' run/*.out | wc -l)" = 20 ]; }
start_all() {
	rm -rf run; mkdir run; : >say
	cxssh prepare myapp-lion "$behind" >/dev/null # paramiko reads the files first
	for _host in myapp-lion "$behind"; do
		for _client in ssh pump master sftp paramiko; do
			for _number in 1 2; do session "$_client" "$_host" "$_number" & done >/dev/null 2>&1 </dev/null
		done
	done
	wait_up_to 60 all_up
}
word=0
say_next() {
	word=$((word + 1))
	for _home in $homes; do : >"$_home/word-$word-"; done
	echo "word-$word-" >>say
}
hearing() { grep -l "^word-$word-" run/*.out | wc -l; }
all_hear() { [ "$(hearing)" = 20 ]; }
all_go_on() { say_next; wait_up_to 70 all_hear; }
ended() { find run -name '*.ended' ! -name 'paramiko*' | wc -l; }
all_ended() { [ "$(ended)" = 16 ]; }
with_words() { # ssh and the pump: they have no other program between
	[ "$(grep -l 'not responding\|closed by remote host\|Broken pipe\|reset by peer\|timed out' run/ssh.*.err run/pump.*.err | wc -l)" = 8 ] ||
		{ head -n 3 run/ssh.*.err run/pump.*.err >&2; return 1; }
}
since() { echo $(($(date +%s) - $1)); }
day=$(date +%s)
log() { printf '# %3d s: %s\n' "$(since "$day")" "$*"; }
stop_all() { # of those that are left
	for _file in run/*.tail; do kill "$(cat "$_file")" 2>/dev/null; done
	for _pid in $(pgrep -f use-paramiko.py); do kill "$_pid"; done
	rm -f master.*
}
works() { [ "$(by_clock within 30 ssh -n "$1" hostname 2>"new.$1")" = "$2" ] || { cat "new.$1" >&2; return 1; }; }
new_ones() { # WHEN
	_began=$(date +%s%N)
	it "$1: a new direct session works" works myapp-lion lion
	_middle=$(date +%s%N)
	it "$1: a new session through the bastion works" works "$behind" otter
	log "$1: new sessions took $(((_middle - _began) / 1000000)) ms directly, $((($(date +%s%N) - _middle) / 1000000)) ms through the bastion"
}
silence() { # SECONDS
	cut_network; say_next
	_word=$word; sleep "$1"; mend_network
}

it 'twenty sessions of five clients are there' start_all
it 'all sessions say what they are told' all_go_on
log "20 sessions, $(logins bastion) login on the bastion"

for seconds in $CUTS; do
	silence "$seconds"
	new_ones "after a cut of $seconds s"
	it "a cut of $seconds s loses no session, and no word" all_go_on
	log "a cut of $seconds s: $(hearing) of 20 sessions go on"
done

clock_shows 7200 7200; silence 5
new_ones 'after a sleep of two hours'
it 'a sleep of two hours, by the clock, loses no session' all_go_on
log "a sleep of two hours: $(hearing) of 20 sessions go on"

sed -i 's/^lease-until=.*/lease-until=1/' "$HOME"/.cache/cxssh/routes/*; firewall_reset lion
it 'the end of a lease loses no session' all_go_on
new_ones 'after the end of the lease'

programs=$(dirname "$(command -v cxssh)")
for program in cxssh cxssh-proxy; do
	cp "$programs/$program" "$programs/$program.new" && mv "$programs/$program.new" "$programs/$program"
done
new_ones 'after an upgrade'
it 'an upgrade loses no session' all_go_on
log "an upgrade: $(hearing) of 20 sessions go on"

api_down
it 'without the API all sessions go on' all_go_on
it 'without the API a new session works on the lease that is there' works myapp-lion lion
api_up
log "the API down: $(hearing) of 20 sessions go on"

for event in 'move to 203.0.113.11' 'long cut' 'move to 203.0.113.10'; do
	began=$(date +%s)
	case $event in
	move*)
		laptop_moves "${event##* }"
		new_ones "after the $event"
		;;
	*) cut_network ;;
	esac
	say_next
	it "$event: the sessions of ssh end by themselves" wait_up_to 100 all_ended
	log "$event: all ended after $(since "$began") s"
	it "$event: ssh says why" with_words
	if [ "$event" = 'long cut' ]; then
		while [ "$(since "$began")" -lt "$LONG_CUT" ]; do sleep 1; done
		mend_network
	fi
	new_ones "when the network is back ($event)"
	stop_all
	it "$event: twenty sessions are there again" start_all
	it "$event: the new sessions say what they are told" all_go_on
done

stop_all
no_sessions() { ! pgrep -x ssh && ! pgrep -x sftp; }
it 'the sessions end with their input' wait_up_to 60 no_sessions
within 60 cxssh gateway close 203.0.113.30 >/dev/null 2>&1
it 'no process is left' wait_for no_leftovers
temporary() { find "$HOME/.ssh" "$HOME/.cache/cxssh" -name '*.tmp' -o -name '.*.new' -o -type s ! -path '*/agent/*'; }
it 'no temporary file and no socket is left' is '' temporary
log 'the end of the day'
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# Ten minutes in which everything that can happen happens, at random, under twenty
# clients: kill -9, SIGSTOP, a full disk, a network that is cut, a clock that jumps, an API
# that fails, syncs, --remove, forgotten host keys.  Whatever a client got is right, what
# was connected directly goes on, and afterwards all is as if nothing had been.
#   CHAOS_S=60 CHAOS_SEED=7 tests/integration/t340-chaos.sh
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh
SANDBOX_OPTIONS='--hosts "lion heron bastion otter api" --lease-delay 200'
test_timeout=1500
: "${CHAOS_S:=600}" "${CHAOS_SEED:=$(date +%s)}"
export CHAOS_S CHAOS_SEED
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

make_clock
trap '' PIPE # of a session that has ended
echo "# CHAOS_SEED=$CHAOS_SEED"
theirs=$HOME/.ssh/config
printf 'Host own\n  User me\n' >"$theirs"
cp -a "$HOME" home.first
mount -t tmpfs -o mode=700,size=24m chaos "$HOME" && cp -a home.first/. "$HOME" || exit 1
cxssh sync --yes >/dev/null
cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key" >/dev/null
head -c 200000 /dev/urandom >payload
sum=$(sha256sum <payload)

random() { # MOST: leaves a number below it in $drawn
	CHAOS_SEED=$(((CHAOS_SEED * 1103515245 + 12345) % 2147483648))
	drawn=$((CHAOS_SEED / 65536 % $1))
}

# Connected directly and handed over: nothing of cxssh is left in the way.
pinned() { # NAME HOST
	mkfifo "$1"
	(ssh -o ServerAliveInterval=0 "$2" 'echo up; exec cat' <"$1" >"$1.out" 2>"$1.err"; echo "$?" >"$1.ended") &
}
pinned one myapp-lion; exec 6>one
pinned two myapp-heron 6>&-; exec 7>two
up() { grep -q up one.out && grep -q up two.out; }
it 'two sessions are connected directly' wait_for up

# What a client gets back is what it sent, or its ssh says that it failed.
client() { # NUMBER HOST
	while [ ! -e stop ]; do
		by_clock within 90 ssh "$2" cat <payload >"got.$1" 2>"err.$1"; code=$?
		case $code in
		0) [ "$(sha256sum <"got.$1")" = "$sum" ] && echo "$2" >>worked || echo "client $1: $2" >>wrong ;;
		124) echo "client $1: $2 hangs" >>wrong ;;
		*) echo "$2 $code" >>failures; sleep 0.5 ;;
		esac
	done
	echo "$1" >>ended
}
: >worked; : >wrong; : >failures; : >ended
for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	case $((number % 4)) in
	0) client $number myapp-lion ;;
	1) client $number myapp-web ;;
	*) client $number my-awesome-app-otter ;;
	esac </dev/null >/dev/null 2>&1 6>&- 7>&- &
done

# ---- what happens ----

one_of_ours() { # leaves a process of cxssh in $victim
	victim=$(pgrep '^cxssh' | awk -v k="$drawn" '{ pid[NR - 1] = $1 } END { if (NR) print pid[k % NR] }')
	[ -n "$victim" ]
}
happens() {
	random 1000
	one_of_ours || victim=
	random 13
	case $drawn in
	0 | 1) [ -z "$victim" ] || kill -KILL "$victim" 2>/dev/null ;;
	2) [ -z "$victim" ] || { kill -STOP "$victim"; sleep 2; kill -CONT "$victim"; } 2>/dev/null ;;
	3) cut_network && sleep 2; mend_network ;;
	4) api_down; sleep 2; api_up ;;
	5) fault 'GET * 500'; fault 'POST * 503'; sleep 3; no_faults ;;
	6) fault 'GET * hang'; sleep 2; no_faults ;;
	7) head -c 40m /dev/zero >"$HOME/ballast" 2>/dev/null; sleep 2; rm -f "$HOME/ballast" ;;
	8) within 60 cxssh sync --yes ;;
	9) within 60 cxssh sync --remove; within 60 cxssh sync --yes ;;
	10) within 60 cxssh hostkey forget myapp-lion ;;
	11) within 60 cxssh gateway close 203.0.113.30 ;;
	12) random 20; clock_shows $(((drawn - 10) * 3600)) 0; sleep 2; clock_shows 0 0; drawn=12 ;;
	esac >>happened 2>&1
	echo "$drawn" >>events
}
end=$(($(date +%s) + CHAOS_S)) beat=0
while [ "$(date +%s)" -lt "$end" ]; do
	happens 6>&- 7>&-
	beat=$((beat + 1))
	echo "beat $beat" >&6; echo "beat $beat" >&7
	random 10; sleep "0.$drawn"
done
: >stop

# ---- afterwards ----

echo "# $(wc -l <events) events, $(wc -l <worked) sessions worked, $(wc -l <failures) failed"
no_faults; clock_shows 0 0
all_ended() { [ "$(wc -l <ended)" = 20 ]; }
it 'each client ends' wait_up_to 120 all_ended
it 'no client hangs, and each gets back what it sent' is '' cat wrong
for host in myapp-lion myapp-web my-awesome-app-otter; do
	it "sessions of $host work meanwhile" grep -q "^$host\$" worked
done
heard() { [ "$(grep -c '^beat' "$1.out")" = "$beat" ]; }
it 'a session that was connected directly goes on and loses nothing' wait_for heard one
it 'another session that was connected directly goes on and loses nothing' wait_for heard two
exec 6>&- 7>&-
it 'two directly connected sessions end with status 0' wait_for sh -c '[ "$(cat one.ended two.ended | tr -d "\n")" = 00 ]'

it 'sync works' within 60 cxssh sync --yes
for host in myapp-lion myapp-heron myapp-web my-awesome-app-otter; do
	it "$host is reached at once" within 30 ssh "$host" true
done
as_first() { # the user's own lines are there once, and all of ours
	grep -v 'cxssh' "$theirs" | grep -c '^Host own$' | grep -qx 1 && grep -qx '  User me' "$theirs"
}
it "the user's own configuration is whole" as_first
it 'what was generated is in force' within 60 cxssh sync --check
temporary() { find "$HOME/.ssh" "$HOME/.cache/cxssh" "$HOME/.config/cxssh" -name '*.cxssh-*' ! -name config.cxssh-backup -o -name '*.tmp' -o -name '.*.new'; }
it 'no file under a temporary name is left' is '' temporary
within 60 cxssh gateway close 203.0.113.30 >/dev/null 2>&1
it 'no process is left' wait_for no_leftovers
cxssh sync --remove >/dev/null
it 'sync --remove gives the configuration back' cmp home.first/.ssh/config "$theirs"
done_testing

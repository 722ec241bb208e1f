# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# line.sh - for what runs on the sandbox's laptop: its cable, long or short, and how
# what is measured is written down.
#
#   lengthen ROUND_TRIP_MS [DELAYLINE OPTION...]   shorten
#   sample NAME COMMAND...     run it once, note its wall time
#   note NAME UNIT VALUE       write a value down for this round and delay
#   wants GROUP    say WORDS    on HOST COMMAND...
# shellcheck disable=SC2034 # used by the scripts that source it
set -u
LC_ALL=C PATH=$PATH:/usr/sbin:/sbin; export LC_ALL PATH
tests=$(cd "$(dirname "$0")/.." && pwd)
tools=$CXSSH_BUILD/tests/bench
delay=0 delay_ms=0 round=0 line=

say() { echo "# $*" >&2; }
wants() {
	case ,$BENCH_ONLY, in *,"$1",*) return 0 ;; esac
	return 1
}
on() { "$tests/sandbox/on" "$@"; }
note() { echo "$delay $round $1 $2 $3" >>"$BENCH_OUT/samples"; }

# timed NAME TIMEIT_OPTION... COMMAND...: leaves $wall, $own, $children, in us, and
# $began, us since the epoch
timed() {
	name=$1; shift
	echo "## $delay ms, round $round, $name" >>"$BENCH_OUT/errors"
	began=$(date +%s%6N)
	# shellcheck disable=SC2046 # four numbers
	set -- $("$tools/timeit" -t 120 -e "$BENCH_OUT/errors" "$@")
	wall=$1 own=$2 children=$3
	[ "$4" = 0 ] || {
		note "$name" failed 1
		say "$name failed with status $4"
		return 1
	}
}
sample() { # NAME COMMAND...
	! timed "$@" || {
		note "$1" us "$wall"
		[ ! -s "$SANDBOX/capture" ] || note "captured-$1" trips "$(captured_trips)"
	}
}

# How many round trips followed one another in what was timed last.  From its end back: the
# last segment that came and takes some of the sequence, the last one that had left a round
# trip before it and so can be its cause, and so on.
captured_trips() {
	awk -v began="$began" -v ended=$((began + wall)) -v trip=$((delay_ms * 1000)) '
		$1 >= began && $1 <= ended { at[++n] = $1; way[n] = $2; taken[n] = $3 }
		END {
			for (i = n; i > 0; i--) {
				if (!sought && way[i] == "in" && taken[i] > 0) sought = at[i] - trip
				else if (sought && way[i] == "out" && at[i] <= sought) { trips++; sought = 0 }
			}
			print trips + 0
		}' "$SANDBOX/capture"
}

# The delay line in place of the cable between eth0 and the bridge, with its MAC
# address, so that no host has to resolve the laptop anew.
lengthen() {
	delay=$1 delay_ms=$1; shift
	[ "$delay" != 0 ] || [ $# -gt 0 ] || return 0
	mac=$(cat /sys/class/net/eth0/address)
	: >"$SANDBOX/line"
	ip -n internet link set laptop nomaster &&
		printf '%s\n' 'link set eth0 down' 'link set eth0 name cable' | ip -batch - ||
		return 1
	"$tools/delayline" --delay "$(awk -v d="$delay" 'BEGIN { print d / 2 }')" "$@" \
		eth0 /run/netns/internet:line </dev/null >"$SANDBOX/line" &
	line=$!
	until grep -q ready "$SANDBOX/line"; do
		kill -0 "$line" 2>/dev/null || return 1
		sleep 0.01
	done
	printf '%s\n' "link set eth0 address $mac txqueuelen 10000 up" \
		'address add 203.0.113.10/24 dev eth0' \
		'route add default via 203.0.113.1' | ip -batch - &&
		ip -n internet link set line txqueuelen 10000 master internet up
}
shorten() {
	rm -f "$SANDBOX/capture"
	[ -n "$line" ] || { delay=0; return 0; }
	kill "$line"
	wait "$line"
	sed -n "s/^[^ ]*: /# line of $delay ms: /p" "$SANDBOX/line" >&2
	line='' delay=0
	printf '%s\n' 'link set cable name eth0' 'link set eth0 up' \
		'address replace 203.0.113.10/24 dev eth0' \
		'route add default via 203.0.113.1' | ip -batch - &&
		ip -n internet link set laptop master internet
}

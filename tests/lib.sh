# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# lib.sh - sourced by every integration test: TAP, and a small internet of its own.
#
# The test starts over inside tests/sandbox/sandbox, on the laptop, so addresses are
# constants, tests run in parallel, and nothing reaches in or out.  To be set before:
#
#   SANDBOX_OPTIONS   options of the sandbox, such as '--hosts lion --no-login'
#   no_sandbox=1      only the laptop, with its home folder, and no network
#   needs_root=1      starts over as root, where sudo asks nothing; else it is skipped
#   test_timeout=N    seconds until a test that hangs is ended (600)
#
# After it, the test stands in $work, an empty folder, with $HOME, $SANDBOX and
# what else sandbox/world exports, and with these words:
#
#   it 'SENTENCE' COMMAND...    fails_with STATUS PATTERN COMMAND...
#   done_testing    skip_all WHY           prints PATTERN COMMAND...
#   is WANTED COMMAND...   prints exactly that      quietly COMMAND...  no word on stderr
#   wait_for COMMAND...  (20 s)            wait_up_to SECONDS COMMAND...
#   within SECONDS COMMAND...  is ended when it takes longer
#   $patience              4 under the sanitizers, else 1: all limits are so many times as long
#   descriptors PID        what it has open, a line each    files PID  how many those are
#   no_leftovers           no cxssh process runs          rss_kb PID  prints its memory
#   comes_to_rest PID      it uses no processor time any more    expire_failures  shared ones are old
#   plainly COMMAND...     without root's powers, and without the sandbox's
#   on HOST COMMAND...     in that host's namespaces, as its root would
#   fault 'GET /stacks*' status 503 times=1     no_faults
#   api_calls 'GET .*/firewalls'  prints how often      api_down    api_up
#   change_fleet SED-SCRIPT  what the API says of the fleet     first_fleet  as before
#   open_firewall HOST [SECONDS [FROM]]    firewall_reset HOST
#   firewall_open HOST     firewall_closed HOST
#   restart_sshd HOST ['Option value'...]  stop_sshd HOST     new_host_keys HOST
#   key_of HOST [TYPE]     prints its host key, as a line of known_hosts has it
#   sshd_log HOST    logins HOST    connections HOST   forget_sshd_log HOST
#   laptop_moves ADDRESS   the laptop changes its network, to 203.0.113.11 say
set -u
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/sbin:/sbin; export PATH
tests=$(cd "$(dirname "$0")/.." && pwd)
: "${CXSSH_BUILD:=$tests/../build/plain}"
sandbox=$tests/sandbox
# Under the sanitizers a program's start alone can take a quarter of a second.
case $CXSSH_BUILD in *sanitize) patience=4 ;; *) patience=1 ;; esac

# A test that cannot run here is skipped; under NO_SKIP=1, as in CI, it fails.
skip_all() {
	[ -z "${NO_SKIP-}" ] || { echo "Bail out! $*"; exit 1; }
	[ -z "${CXSSH_SKIPPED-}" ] || echo "$*" >>"$CXSSH_SKIPPED" # for tests/run
	echo "1..0 # SKIP $*"; exit 0
}

if [ -n "${needs_root-}" ] && [ "$(id -u)" != 0 ]; then
	sudo -n true 2>/dev/null || skip_all 'some need root'
	exec sudo -n env CXSSH_BUILD="$CXSSH_BUILD" KEEP="${KEEP-}" "$0" "$@"
fi

# Start over in the place where tests run.
enter_sandbox() {
	"$sandbox/sandbox" --check || skip_all 'no network namespaces'
	SANDBOX_CHECKED=yes; export SANDBOX_CHECKED
	eval "exec \"\$sandbox/sandbox\" ${SANDBOX_OPTIONS-} -- \"\$0\" \"\$@\""
}
[ -z "${no_sandbox-}" ] || SANDBOX_OPTIONS=--empty
if [ "${IN_SANDBOX-}" != "$0" ]; then
	IN_SANDBOX=$0; export IN_SANDBOX CXSSH_BUILD
	enter_sandbox "$@"
fi

# shellcheck disable=SC2153 # the sandbox sets it
work=$SANDBOX/work
mkdir -p "$work" && cd "$work" || exit 1
cleanup() {
	status=$?
	[ "$status" != 0 ] || [ -n "${KEEP-}" ] || return 0
	: >"$SANDBOX/keep"
	echo "# $(basename "$0") kept $SANDBOX" >&2
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# A test that hangs is killed with all processes of its namespace; the first
# process alone survives, and exits with the test's status.
watch_the_clock() {
	sleep "$1"
	: >"$SANDBOX/keep"
	echo "Bail out! $(basename "$0") hangs: not done after $1 s, kept $SANDBOX"
	kill -KILL -1
}
watch_the_clock $((${test_timeout:-600} * patience)) </dev/null &

# On stderr, which prove shows although other programs run beside this one.
complain() { # OUT ERR
	{ echo "# $(basename "$0") $count - $what"
	  sed 's/^/# out: /' "$1"; sed 's/^/# err: /' "$2"; } >&2
}
count=0; failed=0
# it "says what must hold" command...   - the command's success is the test
it() {
	count=$((count + 1)); what=$1; shift
	if "$@" >"$work/out" 2>"$work/err" </dev/null; then
		echo "ok $count - $what"
	else
		echo "not ok $count - $what"; failed=1
		complain "$work/out" "$work/err"
	fi
}
# ssh ignores how its ProxyCommand ends, so a sanitizer must leave a file.
ASAN_OPTIONS=log_path=$SANDBOX/sanitizer UBSAN_OPTIONS=log_path=$SANDBOX/sanitizer
export ASAN_OPTIONS UBSAN_OPTIONS
no_reports() { ! cat "$SANDBOX"/sanitizer.* 2>/dev/null >&2; }
done_testing() {
	it 'leaves no sanitizer report' no_reports
	echo "1..$count"; exit "$failed"
}

# fails_with STATUS PATTERN command...   - exactly so, or it is no proof
fails_with() {
	_want=$1 _pattern=$2; shift 2
	"$@"; _got=$?
	[ "$_got" = "$_want" ] || { echo "exit status $_got, not $_want" >&2; return 1; }
	[ -z "$_pattern" ] || grep -q -- "$_pattern" "$work/err" || {
		echo "no '$_pattern' in stderr" >&2; return 1; }
}
prints() { # PATTERN command... succeeds and says so
	_pattern=$1; shift
	"$@" || { echo "exit status $?" >&2; return 1; }
	grep -q -- "$_pattern" "$work/out" || { echo "no '$_pattern' in stdout" >&2; return 1; }
}
is() { # WANTED command...
	_wanted=$1; shift
	_given=$("$@")
	[ "$_given" = "$_wanted" ] || { printf '%s\nis not\n%s\n' "$_given" "$_wanted" >&2; return 1; }
}
quietly() { # command... succeeds and says nothing on stderr
	"$@" 2>said || { cat said >&2; return 1; }
	[ ! -s said ] || { cat said >&2; return 1; }
}
wait_up_to() { # SECONDS command... succeeds within them
	_n=$(($1 * 20 * patience)); shift
	until "$@" 2>/dev/null; do
		_n=$((_n - 1)); [ "$_n" -gt 0 ] || return 1
		sleep 0.05
	done
}
wait_for() { wait_up_to 20 "$@"; }
# within SECONDS command... ; timeout's own status, 124, when it took longer
within() { _limit=$(($1 * patience)); shift; timeout -k 1 "$_limit" "$@"; }
# As a user without the powers of root: file permissions count.
plainly() {
	if [ "$(id -u)" = 0 ]; then setpriv --bounding-set=-all --inh-caps=-all "$@"
	else setpriv --inh-caps=-all --ambient-caps=-all "$@"; fi
}
no_leftovers() { ! pgrep -l '^cxssh' >&2; }
descriptors() { "$CXSSH_BUILD/tests/integration/descriptors_of" "$1"; } # PID
files() { _open=$(descriptors "$1") && echo "$_open" | wc -l; } # PID  how many those are
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; } # PID  hundredths of a second
# A span is measured, not waited for: in one of twenty it uses next to nothing.
is_calm() { _ticks=$(cpu_ticks "$1"); sleep 0.5; [ "$(cpu_ticks "$1")" -le $((_ticks + 1)) ]; }
comes_to_rest() { # PID
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		! is_calm "$1" || return 0
	done
	echo "process $1 is busy" >&2
	return 1
}
# A failure that several connections had is told to later ones for three seconds.
expire_failures() { sed -i 's/^at=.*/at=1/' "$HOME/.cache/cxssh/failed"/*; }
rss_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

on() { "$sandbox/on" "$@"; }

fault() { echo "$*" >>"$SANDBOX/api/faults"; }
no_faults() { : >"$SANDBOX/api/faults"; }
api_calls() { grep -cE "^[0-9]+ [^ ]+ $1" "$SANDBOX/api/requests.log" || :; }
api_down() {
	kill -KILL "$(cat "$SANDBOX/api.pid")"
	wait_for no_api
}
no_api() { ! kill -0 "$(cat "$SANDBOX/api.pid")"; }
api_up() { "$sandbox/start-api"; }

change_fleet() { # SED-SCRIPT
	cp -n "$SANDBOX/fleet.json" fleet.first
	sed "$1" "$SANDBOX/fleet.json" >fleet.new && cp fleet.new "$SANDBOX/fleet.json.new" &&
		mv "$SANDBOX/fleet.json.new" "$SANDBOX/fleet.json"
}
first_fleet() {
	cp fleet.first "$SANDBOX/fleet.json.new" && mv "$SANDBOX/fleet.json.new" "$SANDBOX/fleet.json"
}

reaches() { # HOSTNAME ALIAS  ssh does, and says nothing
	is "$1" quietly within 20 ssh -o BatchMode=yes "$2" hostname
}
has_block() { grep -qx "Host $1" "$HOME/.ssh/cxssh/config"; } # ALIAS  it is generated
no_block() { ! has_block "$1"; }
no_background() { touch "$HOME/.cache/cxssh/autosync-started"; } # no sync in it for a while

open_firewall() { # HOST [SECONDS [FROM]]
	"$sandbox/open-firewall" "$1" "${3-203.0.113.10}" 22 "${2-600}"
}
firewall_reset() { on "$1" nft flush chain inet firewall leases; }
# A lease is open as long as its set has its element and its rule is there.
leases() {
	on "$1" nft list table inet firewall | awk '
		$1 == "set" { set = $2 }
		/elements = / { open["@" set] = 1 }
		/dport @/ { for (i = 1; i < NF; i++) if ($i in open) n++ }
		END { print n + 0 }'
}
firewall_open() { [ "$(leases "$1")" -gt 0 ]; }
firewall_closed() { [ "$(leases "$1")" = 0 ]; }

restart_sshd() { _host=$1; shift; "$sandbox/host" sshd "$_host" "$@"; }
stop_sshd() { "$sandbox/host" stop "$1"; }
new_host_keys() { "$sandbox/host" keys "$1"; }
key_of() { # HOST [TYPE]: as a line of known_hosts has it
	cut -d ' ' -f 1,2 "$SANDBOX/hosts/$1/ssh_host_${2-ed25519}_key.pub"
}
sshd_log() { cat "$SANDBOX/hosts/$1/sshd.log"; }
forget_sshd_log() { : >"$SANDBOX/hosts/$1/sshd.log"; }
logins() { grep -c '^Accepted [^ ]* for ' "$SANDBOX/hosts/$1/sshd.log" || :; }
connections() { grep -c '^Connection from ' "$SANDBOX/hosts/$1/sshd.log" || :; }

# The network of the laptop is cut, and whole again.
cut_network() {
	nft -f - <<-RULES
		table inet cut {
			chain out { type filter hook output priority 0; oif eth0 drop; }
			chain in { type filter hook input priority 0; iif eth0 drop; }
		}
	RULES
}
mend_network() { nft delete table inet cut; }
laptop_moves() {
	ip address flush dev eth0 scope global
	ip address add "$1/24" dev eth0
	ip route replace default via 203.0.113.1
}

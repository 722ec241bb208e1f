#!/bin/sh
# SPDX-License-Identifier: MIT
# What a gateway's broker has given up, and that it still works: reconnects, names,
# ssh-agent; and which users and requests it serves.
# shellcheck disable=SC1091,SC2034,SC2094,SC2154 # lib.sh, brokers.sh
no_sandbox=1
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/brokers.sh"

confined=$CXSSH_BUILD/tests/integration/drive_confine
[ -x "$confined" ] || skip_all 'drive_confine is not built'
# A sanitizer keeps most of the kernel for itself; see src/runtime/hardening.h.
sanitized() { grep -qs __asan_init "$confined"; }
mkdir -p "$HOME/.cloud66" "$HOME/notes" && echo secret >"$HOME/.cloud66/cx.json"
echo mine >"$HOME/notes/diary"
ssh-keygen -q -t ed25519 -N '' -f key
mkdir -m 700 "$HOME/keys"
cp key "$HOME/keys/hop"; cp key.pub "$HOME/keys/hop.pub"
cp key "$HOME/.ssh/id_ed25519"
sleep 1000 & other=$!

done_by() { # STAGE ATTEMPT [ARGUMENT]
	_stage=$1; shift
	"$confined" "$_stage" "$HOME/keys/hop" "$@" >said || { cat said >&2; return 1; }
	grep -qx 'done' said
}
refused_by() { # WORDS STAGE ATTEMPT [ARGUMENT]
	_words=$1 _stage=$2; shift 2
	"$confined" "$_stage" "$HOME/keys/hop" "$@" >said; _status=$?
	if [ "$_status" != 1 ] || ! grep -q "$_words" said; then
		cat said >&2; echo "exit status $_status" >&2; return 1
	fi
}
# 159: 128 + SIGSYS
killed() { # STAGE ATTEMPT [ARGUMENT]
	_stage=$1; shift
	"$confined" "$_stage" "$HOME/keys/hop" "$@" >said 2>&1; _status=$?
	[ "$_status" = 159 ] || { cat said >&2; echo "$_status" >&2; return 1; }
}

# Files.  A kernel without Landlock leaves them open, and the log says so.
done_by begin log hello
if grep -q 'confined: files by Landlock' "$HOME/.cache/cxssh/log"; then
	no="refused_by denied"
else
	no=done_by
	it 'the broker says that this kernel has no Landlock' \
		grep -q 'confined: files not (no Landlock here)' "$HOME/.cache/cxssh/log"
fi
for stage in begin settle; do
	it "$stage: reads keys in ~/.ssh" done_by $stage read "$HOME/.ssh/id_ed25519"
	it "$stage: reads the bastion's key, wherever it lies" done_by $stage read "$HOME/keys/hop"
	it "$stage: reads the public half of the bastion key" done_by $stage read "$HOME/keys/hop.pub"
	it "$stage: reads what name lookups need" done_by $stage read /etc/hosts
	it "$stage: writes known_hosts" done_by $stage write "$HOME/.ssh/cxssh/known_hosts"
	it "$stage: locks known_hosts" done_by $stage write "$HOME/.ssh/cxssh/known_hosts.lock"
	it "$stage: writes into its cache" done_by $stage write "$HOME/.cache/cxssh/mark"
	it "$stage: writes into its runtime folder" done_by $stage write "$runtime/cxssh/mark"
	it "$stage: resolves names" done_by $stage resolve localhost
	it "$stage: writes its log" done_by $stage log 'still here'
	# shellcheck disable=SC2086 # a word or two
	if ! sanitized || [ "$no" = done_by ]; then
		it "$stage: does not read the token" $no $stage read "$HOME/.cloud66/cx.json"
		it "$stage: does not read other files of the user" $no $stage read "$HOME/notes/diary"
		it "$stage: does not write ssh's configuration" $no $stage write "$HOME/.ssh/config"
		it "$stage: does not write its key" $no $stage write "$HOME/keys/hop"
		it "$stage: does not write elsewhere" $no $stage write "$HOME/.profile"
	fi
done
mkdir "$HOME/dotfiles"; echo known >"$HOME/dotfiles/kh"
ln -sf ../../dotfiles/kh "$HOME/.ssh/cxssh/known_hosts"
it 'the broker reads a known_hosts that is a link' done_by settle read "$HOME/.ssh/cxssh/known_hosts"
if ! sanitized || [ "$no" = done_by ]; then
	# shellcheck disable=SC2086 # a word or two
	it 'the broker writes nothing beside a known_hosts that is a link' $no settle write "$HOME/dotfiles/new"
fi
rm -f "$HOME/.ssh/cxssh/known_hosts"* "$HOME/.ssh/config" "$HOME/.profile"

# Ports: version 4 of Landlock, in Linux 6.7, has them.
"$drive" server 127.0.0.1 22 sink >/dev/null 2>&1 &
"$drive" server 127.0.0.1 25 sink >/dev/null 2>&1 &
wait_for sh -c "ss -Hltn 'src 127.0.0.1:25' | grep -q . && ss -Hltn 'src 127.0.0.1:22' | grep -q ."
it 'the broker connects to ssh' done_by settle connect 22
if [ "$no" != done_by ] && [ "$(uname -r | awk -F. '{ print ($1 * 100 + $2 >= 607) }')" = 1 ]; then
	it 'the broker connects to no port but those of ssh' refused_by denied settle connect 25
fi

# Sockets of the file system: version 9 of Landlock, in Linux 7.1, has them; seccomp, too.
"$confined" listen "$runtime/listener" "$runtime/datagrams" & listener=$!
wait_for test -S "$runtime/datagrams"
it 'the broker connects to a socket of the file system before it has settled' done_by begin reach "$runtime/listener"
it 'the broker sends to a socket of the file system before it has settled' done_by begin datagram "$runtime/datagrams"
if [ "$(uname -r | awk -F. '{ print ($1 * 100 + $2 >= 701) }')" = 1 ] || {
	! sanitized && grep -q 'system calls by seccomp' "$HOME/.cache/cxssh/log"; }; then
	it 'the broker connects to no socket of the file system later' refused_by 'implemented\|denied' settle reach "$runtime/listener"
fi

# System calls.
if grep -q 'system calls by seccomp' "$HOME/.cache/cxssh/log"; then
	it 'the broker starts ssh before it has settled' sh -c \
		"'$confined' begin - exec /usr/bin/true && '$confined' begin - fork"
	# Root sees another errno where the filter does not have them.
	for call in bpf perf_event_open userfaultfd io_uring_setup kexec_load init_module finit_module \
		mount umount2 pivot_root chroot setns unshare swapon swapoff open_by_handle_at \
		fanotify_init quotactl; do
		it "the broker makes no $call() at any time" refused_by permitted begin call "$call"
	done
	it 'the broker dies of starting a program later' killed settle exec /usr/bin/true
	if ! sanitized; then
		it 'the broker makes no process' refused_by permitted settle fork
		it 'the broker traces no process at any time' refused_by permitted begin trace "$other"
		it 'the broker dies of tracing another process' killed settle trace "$other"
		it 'the broker looks into no memory' refused_by permitted begin peek "$other"
		it 'the broker dies of looking into the memory of another process' killed settle peek "$other"
		it 'the broker gets no memory for new code' refused_by implemented settle code
		it 'the broker gets no right to execute what it has written' refused_by implemented settle rewrite
		it 'the broker makes no raw socket' refused_by implemented settle raw
		it 'the broker makes no socket to other programs later' refused_by implemented settle unix
		it 'the broker sends nothing to a socket of the file system later' refused_by implemented settle datagram "$runtime/datagrams"
		it 'the broker makes socket pairs, for its channels' done_by settle pair
		it 'the broker sends no signal' refused_by 'implemented\|permitted' settle kill "$other" "$listener"
		it 'the broker survives a system call that the filter does not know' \
			refused_by implemented settle unknown
	fi
else
	it 'the broker says that it was built without seccomp' grep -q 'system calls not' "$HOME/.cache/cxssh/log"
fi
case $(uname -m) in x86_64 | aarch64)
	it 'the pump logs' done_by pump log bye
	it 'the pump dies of starting a program' killed pump exec /usr/bin/true
	if ! sanitized; then
		it 'the pump dies of tracing another process' killed pump trace "$other"
		it 'the pump opens no file' refused_by permitted pump read /etc/passwd
		it 'the pump makes no socket' refused_by permitted pump raw
		it 'the pump makes no process' refused_by permitted pump fork
	fi
esac
kill "$other"

# The broker itself, with all of it.
gw=$user@127.0.0.2
log=$HOME/.cache/cxssh/log
pkill -x drive_broker; wait_for sh -c "! ss -Hltn 'src 127.0.0.1:22' | grep -q ."
start_bastion 127.0.0.2
start_server 127.0.0.9 22 greeting
start_server 127.0.0.9 80 greeting
start_server 127.0.0.8 22 greeting
behind "$gw" uid1 127.0.0.9
behind "$user@127.0.0.3" other1 127.0.0.8
greets_on() { "$drive" pipe "$gw" uid1 "$1" </dev/null >said && grep -q SSH-2.0-test said; }
greets() { greets_on 22; }
: >"$log"
serve "$gw" "$HOME/keys/hop"
it 'a broker serves' greets
pid=$(broker_pid "$gw")
status_of() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$pid/status"; }
it 'a broker has no new privileges' is 1 status_of NoNewPrivs
! grep -q 'system calls by seccomp' "$log" ||
	it 'a broker is behind two filters' is 2 status_of Seccomp_filters
# Root may read all memory; another user not even that of a broker of the same user.
[ "$(id -u)" = 0 ] || it 'a broker can be looked into by root only' sh -c "! head -c 0 /proc/$pid/mem"
no_core() { awk '/^Max core file size/ { exit $5 != 0 }' "/proc/$pid/limits"; }
it 'a broker leaves no core file' no_core
# A bastion that falls silent makes it log in anew, settled as it is.
it 'a broker logs in anew when the bastion falls silent' logs_in_anew 127.0.0.2 greets
it 'a broker that has logged in anew is the same process' is "$pid" broker_pid "$gw"
forgotten() { "$drive" close "$gw"; wait_for no_broker "$gw"; }
forgotten
eval "$(ssh-agent -a "$runtime/agent")" >/dev/null
ssh-add -q key
serve "$gw" -
it 'a broker logs in by ssh-agent' greets
pid=$(broker_pid "$gw")
it 'a broker logs in anew by ssh-agent' logs_in_anew 127.0.0.2 greets
it 'a broker that has logged in anew by ssh-agent is the same process' is "$pid" broker_pid "$gw"
kill "$SSH_AGENT_PID"
forgotten
serve "$gw" "$HOME/keys/hop" 2
it 'a broker that uses ssh serves, too' greets
it 'a broker with transport openssh runs ssh' runs_by "$gw" openssh
forgotten

# The users that it serves, and the requests.
serve "$gw" "$HOME/keys/hop"
wait_for greets
socket=$(ls "$runtime"/cxssh/gw-*.sock)
it 'a broker by ssh has a socket for its user alone' is 700 stat -c %a "$socket"
say() { # LINE: what the broker answers
	"$drive" say "$gw" "$1"
}
it 'the broker gives a channel to a server behind its bastion' prints '^v1 ok and a descriptor$' say 'v1 channel uid1 22'
it 'the broker gives a channel to any port of a server behind its bastion' greets_on 80
it 'the broker gives none to a server behind another' prints '^v1 error 66 .*not behind gateway' say 'v1 channel other1 22'
it 'the broker gives no channel to a target without a route' prints '^v1 error 66 there is no route' say 'v1 channel unknown 22'
it 'the broker gives no channel to an address' prints '^v1 error' say 'v1 channel 127.0.0.8 22'
it 'the broker gives no channel to a path' prints '^v1 error 64' say 'v1 channel ../routes/uid1 22'
it 'the broker gives no channel to port 0' prints '^v1 error 64' say 'v1 channel uid1 0'
it 'the broker gives no channel to port 65536' prints '^v1 error 64' say 'v1 channel uid1 65536'
it 'the broker gives no channel to half a request' prints '^v1 error 64' say 'v1 channel uid1'
direct() { printf 'version = 2\nalias = d1\nstack = s\naddress = 127.0.0.8\nuser = root\nend = 1\n' >"$HOME/.cache/cxssh/routes/d1"; }
direct
it 'the broker gives no channel to a server that is reached directly' prints '^v1 error 66 .*not behind gateway' say 'v1 channel d1 22'
readable() { chmod 666 "$HOME/.cache/cxssh/routes/uid1"; ! "$drive" pipe "$gw" uid1 22 </dev/null; }
it 'the broker gives no channel by a route file that others could have written' readable
chmod 600 "$HOME/.cache/cxssh/routes/uid1"
it 'the broker serves on after all that' greets

if [ "$(id -u)" = 0 ]; then
	it 'the broker listens where only its user comes' sh -c "! setpriv --reuid=65534 --clear-groups test -e '$socket'"
	chmod 711 "$SANDBOX" "$runtime" "$runtime/cxssh"; chmod 666 "$socket"
	# drive_broker itself lies in a folder of the user's.
	chmod 711 "$work" "$work/bin" "$HOME" 2>/dev/null
	stranger() { setpriv --reuid=65534 --clear-groups "$drive" say "$socket" "$1"; }
	refuses_stranger() { fails_with 1 '' stranger "$1" >said && ! [ -s said ]; }
	reaches() { setpriv --reuid=65534 --clear-groups test -w "$socket"; }
	it 'another user reaches the socket when its folder is open' reaches
	it 'another user gets no status from the socket' refuses_stranger status
	it 'another user gets no channel from the socket' refuses_stranger 'v1 channel uid1 22'
	it 'another user cannot end the broker by the socket' refuses_stranger close
	it 'the broker serves its user beside another user' greets
	chmod 700 "$runtime/cxssh" "$runtime"; chmod 600 "$socket"

	# The other way round: another user's process in the broker's place is sent no request.
	forgotten
	chown -R 65534 "$runtime"; chmod 711 "$runtime"
	setpriv --reuid=65534 --clear-groups env XDG_RUNTIME_DIR="$runtime" "$drive" old "$gw" 0 &
	wait_for test -S "$socket"
	chown 0 "$runtime"
	it 'another user listens in the place of the broker' [ "$(stat -c %u "$socket")" = 65534 ]
	it 'a listener of another user is not asked for a channel' fails_with 78 'belongs to another user' \
		"$drive" pipe "$gw" uid1 22
	it 'a listener of another user is not asked for its status' fails_with 78 'belongs to another user' "$drive" status "$gw"
	setpriv --reuid=65534 --clear-groups "$drive" say "$socket" close >/dev/null
	chown -R 0 "$runtime/cxssh"; chmod 700 "$runtime"
fi
no_broker "$gw" || forgotten
done_testing

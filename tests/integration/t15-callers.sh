#!/bin/sh
# SPDX-License-Identifier: MIT
# Callers other than an OpenSSH that takes a descriptor: pipes, one socket for both
# ways, callers that end early, and many at once.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2016 # expanded elsewhere
SANDBOX_OPTIONS='--hosts lion --lease-delay 100'
. "$(dirname "$0")/../lib.sh"

caller=$CXSSH_BUILD/tests/integration/socketpair_caller
[ -x "$caller" ] || skip_all 'no socketpair_caller (make check builds it)'
stack=609b30031d56fd640ba7f43b1657495b
lion=9ae1611c97a92c90fac60c884e1d8240
cache=$HOME/.cache/cxssh
head -c 5000000 /dev/urandom >big
proxies() { pgrep -x cxssh-proxy >/dev/null; }
no_proxies() { ! pgrep -x cxssh-proxy >&2; }
gone() { wait_for no_proxies || no_proxies; }
asked() { api_calls 'POST .*/firewalls'; }
cold() { # as before the first connection
	wait_for no_leftovers
	rm -f "$HOME/.ssh/cx_$stack"
	: >"$HOME/.ssh/cxssh/known_hosts"
	sed -i '/^lease/d' "$cache/routes/$lion"
	firewall_reset lion
}
proxy=$(command -v cxssh-proxy)
pipes='-o ProxyUseFdpass=no'
cxssh sync --yes >/dev/null

# Two pipes, as most clients use them.
# shellcheck disable=SC2086 # lists of options
{
it 'cxssh serves pipes' is lion quietly within 30 ssh $pipes myapp-lion hostname
back_and_forth() { quietly ssh $pipes myapp-lion cat <big >back && cmp big back; }
it 'cxssh carries 5 MB both ways at once through pipes' back_and_forth
it 'cxssh passes the exit status on through pipes' fails_with 7 '' ssh $pipes myapp-lion exit 7
it 'cxssh ends its pump with ssh' gone
it 'cxssh serves scp through pipes' quietly scp -q $pipes big myapp-lion:up
it 'cxssh carries a file by scp through pipes byte by byte' cmp big "$SANDBOX/hosts/lion/home/up"
logged_in() { [ "$(logins lion)" -gt "$before" ]; }
cold
before=$(logins lion)
ssh $pipes myapp-lion 'sleep 100' 2>killed.err &
ssh=$!
wait_for logged_in
no_zombies() { ! ps -eo stat,comm | grep '^Z.*cxssh' >&2; }
it 'cxssh keeps no zombie of what made the way' wait_for no_zombies
kill "$ssh"
for signal in KILL TERM INT HUP; do
	before=$(logins lion)
	env --default-signal=INT ssh $pipes myapp-lion 'sleep 100' 2>killed.err &
	ssh=$!
	wait_for logged_in
	it 'cxssh stays as long as ssh does' proxies
	kill -"$signal" "$ssh"
	it "cxssh ends its pump when ssh has ended by $signal" gone
done
persist="-o ControlPath=$work/mux"
it 'cxssh carries a master' is lion quietly ssh $pipes $persist -o ControlMaster=auto \
	-o ControlPersist=60 myapp-lion hostname
check() { ssh $persist -O check myapp-lion 2>&1; }
it 'cxssh leaves a master running that is carried by pipes' prints 'Master running' check
it 'cxssh keeps one pump for a master' proxies
it 'cxssh serves a session over a master that is carried by pipes' is lion ssh $persist myapp-lion hostname
ssh $persist -q -O exit myapp-lion
it 'cxssh ends master and pump when told' gone
in_background() {
	quietly ssh $pipes -f myapp-lion 'sleep 0.3; touch later' >/dev/null &&
		wait_for test -e "$SANDBOX/hosts/lion/home/later"
}
it 'cxssh survives ssh -f' in_background
it 'cxssh ends its pump after ssh -f' gone
}

# Half a close, and a server that ends first.
cxssh lease -p 2000 myapp-lion >/dev/null
half() {
	on lion "$caller" counts 2000 &
	wait_for on lion sh -c 'ss -ltn 2>/dev/null | grep -q :2000 || grep -q :07D0 /proc/net/tcp'
	{ cat big; sleep 0.2; } | within 30 cxssh-proxy "$lion" 2000
}
it 'cxssh carries the answer that comes after the end of the input' is 5000000 half
restart_sshd lion 'LoginGraceTime 1'
mkfifo in
server_ends() { exec 5<>in; within 30 cxssh-proxy "$lion" 22 <&5 >ended; }
it 'cxssh ends when the server does, though its input stays open' server_ends
it 'cxssh passes on what the server said before the server ended' grep -q '^SSH-2.0-' ended
it 'cxssh ends when the server does on one socket for both ways, too' prints '^SSH-2.0-OpenSSH' "$caller" stays "$proxy" "$lion" 22
restart_sshd lion

# One socket for both ways.
it 'cxssh knows the caller that waits for a descriptor' \
	prints '^SSH-2.0-OpenSSH' "$caller" fdpass "$proxy" "$lion" 22
it 'cxssh knows the caller that writes at once' \
	prints '^SSH-2.0-OpenSSH' "$caller" banner "$proxy" "$lion" 22
it 'cxssh knows the caller that writes when the connection is there' \
	prints '^SSH-2.0-OpenSSH' "$caller" late "$proxy" "$lion" 22
it 'cxssh ends though the caller has leaked its end' \
	prints '^SSH-2.0-OpenSSH' "$caller" leaks "$proxy" "$lion" 22
cold
fault 'POST * lease-delay 1500'
it 'cxssh knows the caller that writes while the lease is applied' \
	prints '^SSH-2.0-OpenSSH' "$caller" late "$proxy" "$lion" 22
no_faults
it 'cxssh leaves no cxssh process running' gone

# Callers that end early.
cold
fault "POST * lease-delay $((1500 * patience))"
closes() { fails_with 69 '' quietly_fails "$caller" closes "$proxy" "$lion" 22; }
quietly_fails() { "$@" 2>said; _status=$?; cat said >&2; [ ! -s said ] && return "$_status"; }
it 'cxssh ends without a word when its caller is gone' closes
it 'cxssh ends what it started when its caller is gone' wait_for no_leftovers
no_faults
cold
# shellcheck disable=SC2086 # a list of options
ssh $pipes myapp-lion true 2>killed.err &
ssh=$!
wait_for proxies
kill -KILL "$ssh"
it 'cxssh ends when ssh is killed before it is connected' gone
cold
ssh myapp-lion true 2>killed.err &
ssh=$!
wait_for proxies
kill -KILL "$ssh"
it 'cxssh ends when an ssh that waits for a descriptor is killed' gone

# Shells and words.
for shell in /bin/sh /bin/bash /bin/dash /bin/zsh /usr/bin/fish /bin/busybox; do
	[ -x "$shell" ] || continue
	[ "$shell" != /bin/busybox ] || continue
	it "cxssh is started by $shell" is lion quietly env SHELL="$shell" ssh myapp-lion hostname
done
it 'cxssh is started without SHELL' is lion quietly env -u SHELL ssh myapp-lion hostname
# shellcheck disable=SC2086 # a list of options
{
verbose() { { ssh -v "$@" >/dev/null; } 2>&1; }
clean() { verbose "$@" >steps && grep -q '^debug1: ' steps && ! grep -i 'banner line\|^cxssh' steps; }
it 'cxssh adds nothing to ssh -v' clean myapp-lion true
it 'cxssh adds nothing to ssh -v through pipes' clean $pipes myapp-lion true
it 'cxssh serves a caller that has closed its own stderr' is lion sh -c 'ssh $0 myapp-lion hostname 2>&-' "$pipes"
}
one_line() { cxssh-proxy nosuch 22 2>&1 >bytes </dev/null | grep -c '' && [ ! -s bytes ]; }
it 'cxssh says a failure in one line, and no bytes' is 1 one_line
leaky() { is lion quietly ssh -o ProxyUseFdpass=no myapp-lion hostname 7<>in 8<>in; }
it 'cxssh is not held by descriptors that it was given' leaky

# Twenty at once: sshd's own limit is ten that are not logged in yet.
wait_for no_leftovers
rm -rf "$cache"/[!l]* "$HOME/.ssh/cx_$stack" "$HOME/.ssh/cxssh/known_hosts"
firewall_reset lion
: >"$SANDBOX/api/requests.log"
crowd() {
	n=0 pids=
	while [ "$n" -lt 20 ]; do
		within 15 ssh myapp-lion true & pids="$pids $!"; n=$((n + 1))
	done
	for pid in $pids; do wait "$pid" || return 1; done
}
downloads() { api_calls "GET .*/$lion.json.include_private_key"; }
it 'cxssh serves twenty at once, from nothing' quietly crowd
it 'cxssh asks for one lease for twenty at once from nothing' is 1 asked
it 'cxssh downloads the key once for twenty at once from nothing' is 1 downloads
it 'cxssh lists the stacks once for twenty at once from nothing' is 1 api_calls 'GET /api/3/stacks.json'
cold
: >"$SANDBOX/api/requests.log"
it 'cxssh serves twenty at once that know the fleet' quietly crowd
it 'cxssh asks for one lease for twenty at once with an inventory' is 1 asked
it 'cxssh downloads the key once for twenty at once with an inventory' is 1 downloads
it 'cxssh lists no stacks for twenty at once with an inventory' is 0 api_calls 'GET /api/3/stacks.json'
# While one proxy learns the host key, the others hold no unauthenticated connection.
cold
restart_sshd lion 'MaxStartups 3'
few() {
	n=0 pids=
	while [ "$n" -lt 6 ]; do
		within 30 ssh myapp-lion true & pids="$pids $!"; n=$((n + 1))
	done
	for pid in $pids; do wait "$pid" || return 1; done
}
it 'cxssh serves six at once where sshd takes three' quietly few
it 'cxssh has left nothing running in the end' wait_for no_leftovers
done_testing

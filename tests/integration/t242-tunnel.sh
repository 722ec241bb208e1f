#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh tunnel, in the foreground and the background, directly and through a bastion; the
# list of leases; a tmux session that is attached again.
# shellcheck disable=SC1091,SC2154,SC2034,SC2016,SC2317 # lib.sh
SANDBOX_OPTIONS='--hosts "lion bastion otter" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
mkdir -p "$HOME/.config/cxssh"
echo "gateway-key 203.0.113.30 = $SANDBOX/bastion_key" >"$HOME/.config/cxssh/config"
cxssh sync --yes >/dev/null

# Services of the servers: each tells its host and port.
cat >service <<'PERL'
use IO::Socket::INET; use IO::Socket::UNIX;
my $s = $ARGV[1] =~ m{/} ? IO::Socket::UNIX->new(Local => $ARGV[1], Listen => 5)
	: IO::Socket::INET->new(LocalAddr => "127.0.0.1:$ARGV[1]", Listen => 5, ReuseAddr => 1);
chmod 0777, $ARGV[1];
while (my $c = $s->accept) { print $c "$ARGV[0] $ARGV[1]\n"; close $c }
PERL
on lion perl "$work/service" lion 5432 & on lion perl "$work/service" lion 6379 & on lion perl "$work/service" lion "$work/remote.sock" &
on otter perl "$work/service" otter 3306 &
ask() { # PORT or path: what the service says
	perl -e 'use IO::Socket::INET; use IO::Socket::UNIX; alarm 20;
		my $s = $ARGV[0] =~ m{/} ? IO::Socket::UNIX->new($ARGV[0]) : IO::Socket::INET->new("127.0.0.1:$ARGV[0]");
		exit 1 unless $s; my $l = <$s>; exit 1 unless defined $l; print $l' "$1"
}

# In the foreground.
cxssh tunnel myapp-lion 15432:5432 redis 7000:"$work/remote.sock" "$work/local.sock:postgresql" >shown 2>&1 & tunnel=$!
it 'a tunnel says what leads where' wait_for grep -q '^127.0.0.1:15432 leads to 127.0.0.1:5432 of myapp-lion$' shown
it 'a port leads to the server' is 'lion 5432' ask 15432
it "a service's port is that of its name, LOCAL the next one" is 'lion 6379' ask 6380
it 'a port leads to a socket on the server' is "lion $work/remote.sock" ask 7000
it 'a socket here leads to a port on the server' is 'lion 5432' ask "$work/local.sock"
it 'tunnel list has each forwarding' sh -c 'cxssh tunnel list | grep -c "  myapp-lion  .*connected" | grep -qx 4'
lost() { # the ssh of the tunnel ends, as with a lost network
	kill "$(pgrep -P "$tunnel")"
	wait_for grep -q 'connection to myapp-lion is lost' shown && wait_for ask 15432 >/dev/null
}
it 'a tunnel comes back after its connection is lost' lost
it 'a tunnel comes back with its socket' wait_for ask "$work/local.sock"
end_tunnel() { kill -INT "$tunnel"; wait "$tunnel"; }
it 'a signal ends a tunnel well' end_tunnel
it 'no ssh is left' wait_for sh -c '! pgrep -x ssh'
it 'tunnel list is empty then' is 'no tunnel is open' cxssh tunnel list

# In the background.
it '--background ends when the ports are open' prints '^127.0.0.1:5433 leads to 127.0.0.1:5432 of myapp-lion$' \
	cxssh tunnel --background myapp-lion 5432
it 'the tunnel stays' is 'lion 5432' ask 5433
it '--background keeps no descriptor of its caller' sh -c 'cxssh tunnel --background myapp-app 5555:6379 2>&1 | cat | grep -q leads'
it "the toolbelt's options open a tunnel through a bastion" cxssh tunnel -s 'My Awesome App' --server otter -l 3307 -r 3306 --background
it 'a tunnel through a bastion leads to its server' is 'otter 3306' ask 3307
it 'a port that is in use is an error' fails_with 78 'port 3307 of this machine cannot be used; another one: LOCAL:PORT' \
	cxssh tunnel --background myapp-lion 3307:5432
it 'tunnel close closes one by its port' is '127.0.0.1:5433 is closed' cxssh tunnel close 5433
it 'a port whose tunnel was closed by its port is closed' sh -c '! ask 5433 2>/dev/null'
it 'tunnel close finds a host by its name' is '127.0.0.1:3307 is closed' cxssh tunnel close otter
it 'tunnel close knows no other' fails_with 66 'no tunnel to 9999; run: cxssh tunnel list' cxssh tunnel close 9999
it 'tunnel close --all closes the rest' is '127.0.0.1:5555 is closed' cxssh tunnel close --all
dead() { # a process that died without a word
	cxssh tunnel --background myapp-lion 5432 >/dev/null || return
	file=$(ls "${XDG_RUNTIME_DIR-/nosuch}/cxssh/tunnels" 2>/dev/null || ls "$HOME/.cache/cxssh/run/tunnels")
	pid=$(echo "$file" | grep -x '[0-9]*')
	ssh=$(pgrep -P "$pid"); kill -KILL "$pid"; kill "$ssh"
	is 'no tunnel is open' cxssh tunnel list
}
it 'a tunnel whose process was killed is not listed' dead
it 'a failure in the background is told, with its status' fails_with 255 '203.0.113.98' \
	cxssh tunnel --background myapp-shark 5432
it 'a failure in the foreground ends the tunnel' fails_with 255 '203.0.113.98' cxssh tunnel myapp-shark 5432
it 'a failed tunnel is not listed' is 'no tunnel is open' cxssh tunnel list
for words in 'tunnel: HOST is missing|tunnel' 'tunnel: PORT is missing|tunnel myapp-lion' \
	'no-such-db is no port, no service|tunnel myapp-lion no-such-db' \
	'0.0.0.0:5433:5432 has an address, .*; run: ssh -N -L \[ADDRESS:\]PORT:ADDRESS:PORT HOST$|tunnel myapp-lion 0.0.0.0:5433:5432' \
	'5433:db:5432 has an address|tunnel myapp-lion 5433:db:5432' '70000 is no port|tunnel myapp-lion 70000' \
	'a socket needs LOCAL in front|tunnel myapp-lion /x' 'either HOST or --all|tunnel close' \
	'letters, digits and|tunnel myapp-lion 5000:/a;b' '--local needs --remote|tunnel -l 5 myapp-lion'; do
	# shellcheck disable=SC2086 # a list of words
	it "a usage error is told: ${words#*|}" fails_with 64 "${words%%|*}" cxssh ${words#*|}
done
: >a-file
it 'a file that is no socket is not replaced' fails_with 78 "$work/a-file is there, and is no socket" \
	cxssh tunnel myapp-lion "$work/a-file:5432"

it 'the name of a service may be in any case' prints '^127.0.0.1:[0-9]* leads to 127.0.0.1:5432 of myapp-lion$' cxssh tunnel --background lion PostgreSQL
cxssh tunnel close --all >/dev/null

# Leases.
it 'lease --list has the leases of this machine' prints '^myapp  *production  *myapp-lion  *22  *203.0.113.10  *[0-9]* min$' \
	cxssh lease --list
cxssh lease -s solo -p 5432 -f 198.51.100.0/24 >/dev/null
it "lease --list has another stack's, with networks" prints '^Solo  *production  *all servers  *5432  *198.51.100.0/24  *-$' \
	cxssh lease --list -s solo
cxssh lease -s solo -p 5432 -f 198.51.100.0/24 >/dev/null
it 'lease --list has what was let in twice once' is 1 sh -c 'cxssh lease --list -s solo | grep -c 198.51.100.0/24'
cxssh lease -f 198.51.100.9 lion >/dev/null
cxssh lease -f 198.51.100.7 -p 3306 lion >/dev/null
it 'lease --list says how long this machine'"'"'s own lease lasts' \
	prints '^myapp  *production  *myapp-lion  *22  *203.0.113.10  *[0-9]* min$' cxssh lease --list lion
it 'lease --list says it of no other address' \
	prints '^myapp  *production  *myapp-lion  *22  *198.51.100.9  *-$' cxssh lease --list lion
it 'lease --list says it of no other port' \
	prints '^myapp  *production  *myapp-lion  *3306  *198.51.100.7  *-$' cxssh lease --list lion
for ant in 10 9; do cxssh lease bulk-ant$ant >/dev/null; done
it 'lease --list sorts hosts by the numbers in their names' is "$(printf 'bulk-ant9\nbulk-ant10')" \
	sh -c 'cxssh lease --list bulk-worker | sed -n "s/.* \(bulk-ant[0-9]*\) .*/\1/p"'
it 'lease --list takes a host' sh -c 'cxssh lease --list lion | sed 1d | grep -vc " myapp-lion " | grep -qx 0'
it 'lease --list says that there is none' prints '^the firewall lets in no address$' cxssh lease --list shop-staging-wolf

# A session of tmux.
if command -v tmux >/dev/null && command -v script >/dev/null; then
	export TERM=xterm
	mkfifo typed; exec 3<>typed
	script -qefc 'cxssh ssh --session work myapp-lion' typescript <typed >/dev/null 2>&1 & pid=$!
	echo 'X=kept; echo begin $((40 + 2))' >&3
	it 'a session has a shell' wait_for grep -aq 'begin 42' typescript
	cut() { kill "$(pgrep -x ssh)" && wait_for grep -aq 'connection to myapp-lion is lost; attaching again' typescript; }
	it 'a session whose connection is cut says so' cut
	wait_for pgrep -x ssh >/dev/null
	echo 'echo again $X $((1 + 1))' >&3
	it 'the session is attached again, as it was' wait_for grep -aq 'again kept 2' typescript
	echo 'exit' >&3
	it 'the end of the session ends cxssh' wait "$pid"
	exec 3>&-
fi
it 'a session needs a terminal' fails_with 64 'session needs a terminal' cxssh ssh --session work myapp-lion
it 'a session takes no command' fails_with 64 'session takes no command' cxssh ssh --session work myapp-lion ls
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# The broker when its folder vanishes, when it is killed, with links in ~/.ssh.
# shellcheck disable=SC1091,SC2034,SC2094,SC2154 # lib.sh, brokers.sh
no_sandbox=1
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/brokers.sh"
gw=$user@127.0.0.2
log=$HOME/.cache/cxssh/log
start_bastion 127.0.0.2
start_server 127.0.0.9 22 greeting
behind "$gw" uid 127.0.0.9
greets() { prints SSH-2.0-test "$drive" pipe "$gw" uid 22; }
pid_gone() { ! kill -0 "$1"; }
no_master() { ! pgrep -f '^[^ ]*ssh -F none -M' >&2; }

# The page messages.md, "Anything else".
unset XDG_RUNTIME_DIR
serve "$gw" "$work/key" 1 4000
it 'the broker serves at first' greets
pid=$(broker_pid "$gw")
rm -r "$HOME/.cache/cxssh"
mkdir -m 700 "$HOME/.cache/cxssh" "$HOME/.cache/cxssh/routes"
behind "$gw" uid 127.0.0.9
serve "$gw" "$work/key" 1
it 'the broker starts over after rm -r ~/.cache/cxssh' greets
it 'the broker lets the old broker end after rm -r ~/.cache/cxssh' wait_for pid_gone "$pid"
kill -KILL "$pid" 2>/dev/null
it 'the broker serves by the new broker when the old one has ended' greets
"$drive" close "$gw"; wait_for no_broker "$gw"
XDG_RUNTIME_DIR=$runtime; export XDG_RUNTIME_DIR

serve "$gw" "$work/key" 2
it 'the broker serves by ssh' greets
kill -KILL "$(broker_pid "$gw")"
it 'the broker leaves no ssh behind when it is killed' wait_for no_master
pkill -f '^[^ ]*ssh -F none -M'

mkdir "$HOME/dotfiles"
printf '@revoked 127.0.0.2 %s\n' "$(cut -d' ' -f1,2 host.127.0.0.2.pub)" >"$HOME/dotfiles/known_hosts"
ln -s ../dotfiles/known_hosts "$HOME/.ssh/known_hosts"
cp key "$HOME/dotfiles/hop"; ln -s ../dotfiles/hop "$HOME/.ssh/hop"
for transport in 1 2; do
	rm -f "$HOME/.ssh/cxssh/known_hosts"
	serve "$gw" "$work/key" $transport
	it "the broker heeds @revoked in a ~/.ssh/known_hosts that is a link: $transport" \
		fails_with 78 'revoked' "$drive" pipe "$gw" uid 22
	"$drive" close "$gw"; wait_for no_broker "$gw"
done
rm "$HOME/.ssh/known_hosts" "$HOME/.ssh/cxssh/known_hosts"
serve "$gw" "$HOME/.ssh/hop" 1
it 'the broker logs in with a key that ~/.ssh has a link to' greets
"$drive" close "$gw"; wait_for no_broker "$gw"

# A client that sends no request.
connect_silently() ( # COUNT  ends when the broker has closed the first of the connections
	# shellcheck disable=SC3045 # dash has it, and bash
	ulimit -S -n "$(ulimit -H -n)"
	perl -MIO::Socket::UNIX -e '
		my ($path, $count) = @ARGV;
		my @all = map { IO::Socket::UNIX->new($path) || die "no connection: $!" } 1 .. $count;
		print "in\n"; close STDOUT;
		alarm 10;
		exit(sysread($all[0], my $byte, 1) == 0 ? 0 : 1);
	' "$(ls "$runtime"/cxssh/gw-*.sock)" "$1"
)
rm -f "$HOME/.ssh/cxssh/known_hosts"
serve "$gw" "$work/key" 1
it 'the broker ends the connection of a client that sends nothing' connect_silently 1
pid=$(broker_pid "$gw")
connect_silently 1020 >in & silent=$!
wait_for test -s in
it 'a broker does not spin with a thousand silent clients' comes_to_rest "$pid"
it 'a broker closes the connections of a thousand silent clients' wait "$silent"
it 'the broker serves after silent clients are gone' greets

# A server that reads nothing confirms no end.
start_server 127.0.0.9 9 sink
pkill -STOP -f 'server 127.0.0.9 9'
"$drive" pipe "$gw" uid 9 </dev/zero >/dev/null 2>&1 & client=$!
wait_for runs_by "$gw" libssh2
channels() { "$drive" status "$gw" | sed 's/.*channels \([0-9]*\) .*/\1/'; }
it 'the broker counts a session' wait_for is 1 channels
comes_to_rest "$(broker_pid "$gw")" # all buffers are full
kill -KILL "$client"
it 'the broker counts no session whose client has died' wait_up_to 15 is 0 channels # held, it is tried for a while
pkill -CONT -f 'server 127.0.0.9 9'
"$drive" close "$gw"; wait_for no_broker "$gw"

# A name is asked for once: the answer to a second question could be long in coming.
named=$user@bastion.test
behind "$named" named 127.0.0.9
{ cat /etc/hosts; echo '127.0.0.2 bastion.test'; } >hosts
echo 'hosts: files' >nss
mount --bind hosts /etc/hosts && mount --bind nss /etc/nsswitch.conf || echo 'Bail out! no mount'
named_greets() { prints SSH-2.0-test "$drive" pipe "$named" named 22; }
serve "$named" "$work/key" 1
it 'the broker serves by the name of a gateway' named_greets
echo '127.0.0.1 localhost' >hosts
it 'the broker logs in anew when no name server knows the gateway any more' logs_in_anew 127.0.0.2 named_greets
"$drive" close "$named"
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# A broker ends when it is told to, whatever state it is in, and with the program that it
# runs.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, brokers.sh
no_sandbox=1
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/brokers.sh"

gw=$user@127.0.0.2
start_bastion 127.0.0.2
start_server 127.0.0.9 2222 greeting
start_server 127.0.0.9 7 echo
behind "$gw" uid 127.0.0.9
cxssh=$work/bin/cxssh
mkdir -p "$HOME/.config/cxssh"
printf 'gateway-key 127.0.0.2 = %s\n' "$work/key" >"$HOME/.config/cxssh/config"
chmod 700 "$HOME/.config/cxssh"; chmod 600 "$HOME/.config/cxssh/config"
log=$HOME/.cache/cxssh/log

greets() { prints SSH-2.0-test "$drive" pipe "$gw" uid 2222; }
gone() { wait_for sh -c "! kill -0 $1 2>/dev/null"; }
connects() { "$drive" pipe "$gw" uid 2222 </dev/null | grep -q SSH-2.0-test; }
started() { serve "$gw" "$work/key" 1 && connects && pid=$(broker_pid "$gw"); }
no_files() { [ -z "$(find "$runtime/cxssh" -name '*.sock' -o -name '*.name')" ]; }

# There is no inventory in this test: each bastion is one that left it.
started
it 'a bastion outside the inventory is closed by its address' \
	prints "^$gw is closed\$" "$cxssh" gateway close 127.0.0.2
it 'the broker of a bastion that was closed has ended' gone "$pid"
it 'a broker that was closed leaves no socket and no name' no_files
started
it 'a bastion outside the inventory is closed by user and address' \
	prints "^$gw is closed\$" "$cxssh" gateway close "$gw"
it 'the broker of a bastion outside the inventory has ended' gone "$pid"

started
kill -STOP "$pid"
it 'a broker that is stopped is closed' prints "^$gw is closed\$" "$cxssh" gateway close 127.0.0.2
it 'the process of a broker that was stopped has ended' gone "$pid"
it 'the log says that it was killed' grep -q "the broker did not answer; process $pid was killed" "$log"
it 'a new broker serves then' greets
it 'the new broker is another process' [ "$(broker_pid "$gw")" != "$pid" ]
"$drive" close "$gw"

# An upgrade puts a new file in the place of the old one.
upgrade() { cp "$cxssh" "$cxssh.new" && mv "$cxssh.new" "$cxssh"; }
started
"$drive" hold "$gw" uid 7 20 >held 2>&1 &
holder=$!
wait_for sh -c "'$drive' status '$gw' | grep -q 'channels [1-9]'"
upgrade
connects
it 'a broker whose program was replaced serves while it has sessions' \
	is "$pid" broker_pid "$gw"
kill "$holder"
it 'a broker whose program was replaced ends after its last session' gone "$pid"
it 'the log says that the program was replaced' grep -q 'the broker ends: its program was replaced' "$log"
it 'the next session gets a broker of the new program' greets

# An upgrade by Homebrew, stow or nix: the old files stay, and a link leads to the new ones.
for version in 1 2; do
	mkdir -p "$work/cellar/$version/bin" && cp "$cxssh" "$CXSSH_BUILD/bin/cxssh-proxy" "$work/cellar/$version/bin/"
done
ln -s cellar/1 current
mkdir -p "$HOME/.ssh/cxssh"
printf 'Host behind\n  ProxyCommand %s uid %%p\n' "$work/current/bin/cxssh-proxy" >"$HOME/.ssh/cxssh/config"
"$drive" close "$gw"; wait_for no_broker "$gw"
"$work/current/bin/cxssh" gateway "$gw"
connects
pid=$(broker_pid "$gw")
it 'a broker serves that a program reached by a link has started' greets
ln -sfn cellar/2 current
: >"$log"
connects
it 'a broker ends when the link in its ProxyCommand leads to another version' gone "$pid"
it 'the log says that the link has changed as for a replaced program' \
	grep -q 'the broker ends: its program was replaced' "$log"
connects

pid=$(broker_pid "$gw")
: >"$HOME/.ssh/cxssh/config"
it 'sync --remove closes each connection' \
	prints "^closed the connection to $gw\$" "$cxssh" sync --remove
it 'no broker is left' gone "$pid"
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# A broker and a client of different versions of cxssh are told apart, and no session that
# runs is lost by that (src/doc/broker-protocol.md).
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, brokers.sh
no_sandbox=1
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/brokers.sh"

gw=$user@127.0.0.2
start_bastion 127.0.0.2
start_server 127.0.0.9 22 greeting
behind "$gw" uid 127.0.0.9
mkdir -p "$HOME/.config/cxssh"
printf 'gateway-key 127.0.0.2 = %s\n' "$work/key" >"$HOME/.config/cxssh/config"
chmod 700 "$HOME/.config/cxssh"; chmod 600 "$HOME/.config/cxssh/config"

greets() { prints SSH-2.0-test "$drive" pipe "$gw" uid 22; }
old() { # CHANNELS: an old broker listens
	"$drive" old "$gw" "$1" >old.out 2>&1 </dev/null &
	wait_for "$drive" status "$gw"
}
old_ended() { wait_for grep -qx "$1" old.out; }
is_new() { [ "$("$drive" say "$gw" status | awk '{ print $7 }')" = v1 ]; }

old 0
it 'a client of a new version gets its channel where an old broker listens' greets
it 'an old broker without channels is asked to close' old_ended closed
it 'a broker of the new version listens then' is_new
it 'the log says that the old broker was replaced' \
	grep -q 'is a broker of another version with 0 channels' "$HOME/.cache/cxssh/log"
"$drive" close "$gw"

old 3
it 'a client gets its channel where an old broker has channels' greets
it 'an old broker with channels is not asked to close' old_ended unlinked
it 'a broker of the new version listens beside it' is_new

it 'a channel request without a version is answered in words that an old client shows' \
	prints '^error 75 .*another version' "$drive" say "$gw" 'channel uid 22'
it 'a channel request of a later version is answered likewise' \
	prints '^error 75 .*another version' "$drive" say "$gw" 'v2 channel uid 22'
it 'a request with bytes behind its line is refused' \
	prints '^v1 error 64\|^error 64' sh -c '"$0" say "$1" "$2"' "$drive" "$gw" 'v1 channel uid 22
more'
it 'the broker serves on after that' greets
"$drive" close "$gw"
done_testing

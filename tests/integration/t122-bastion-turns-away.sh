#!/bin/sh
# SPDX-License-Identifier: MIT
# A bastion that turns connections away for a while (MaxStartups, PerSourcePenalties) is
# tried again by either transport; one that goes on so is named, and so is what is no SSH
# server.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, brokers.sh
no_sandbox=1
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/brokers.sh"

log=$HOME/.cache/cxssh/log gw=$user@127.0.0.2
bad_server=$CXSSH_BUILD/tests/integration/bad_server
start_server 127.0.0.9 2222 greeting
ssh-keygen -q -t ed25519 -N '' -f key
cat key.pub >authorized
behind "$gw" uid 127.0.0.9
# A broker that a late client starts again has the key, too.
mkdir -p -m 700 "$HOME/.config/cxssh"
(umask 077 && echo "gateway-key 127.0.0.2 = $work/key" >"$HOME/.config/cxssh/config")

bad() { # HOW [N COMMAND...]: what listens in the bastion's place
	"$bad_server" 22 "$@" >ready 2>&1 </dev/null &
	bad_pid=$!
	wait_for grep -q ready ready
}
good() {
	pkill -KILL -P "$bad_pid"
	kill -KILL "$bad_pid" 2>/dev/null
	wait "$bad_pid" 2>/dev/null
}
ask() { "$drive" pipe "$gw" uid 2222 </dev/null; }
ended() { "$drive" close "$gw" >/dev/null 2>&1; wait_for no_broker "$gw"; }

turned_away() { # TRANSPORT WORDS: the first three connections are, then sshd serves
	: >"$log"
	bad not-allowed 3 /usr/sbin/sshd -i -f "$work/sshd.127.0.0.2.conf" -E "$work/sshd.log"
	serve "$gw" "$work/key" "$1"
	prints SSH-2.0-test ask && grep -q "$2" "$log"
}
start_bastion 127.0.0.2 # for its configuration and host key
stop_bastion 127.0.0.2
it 'libssh2 tries a bastion again that says "Not allowed at this time"' \
	turned_away 1 'turns this address away'
good; ended
it 'OpenSSH tries a bastion again that says "Not allowed at this time"' \
	turned_away 2 'kex_exchange_identification'
it 'the channel goes by OpenSSH then' runs_by "$gw" openssh
good; ended

for transport in 1 2; do
	bad not-allowed
	serve "$gw" "$work/key" "$transport"
	it "transport $transport names a penalty that lasts" \
		fails_with 75 'turns this address away .*penalty.*try again in 15 s' ask
	good; ended
done
bad http
serve "$gw" "$work/key" 0
it 'a web server on port 22 is no SSH server, which is said at once' \
	fails_with 69 'gateway 127.0.0.2: that is no SSH server' within 30 "$drive" pipe "$gw" uid 2222
good; ended
done_testing

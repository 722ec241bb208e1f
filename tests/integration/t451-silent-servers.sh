#!/bin/sh
# SPDX-License-Identifier: MIT
# Servers behind a bastion that answer nothing, more of them than the broker has logins:
# the bastion needs two minutes to find that out, and libssh2 cannot cancel a channel.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317 # functions are called through it()
SANDBOX_OPTIONS='--hosts "otter bastion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

drive=$CXSSH_BUILD/tests/integration/drive_broker
[ -x "$drive" ] || skip_all 'drive_broker is not built'
bastion=203.0.113.30 behind=my-awesome-app-otter
cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
it 'a server behind the bastion is reached' reaches otter "$behind"

# Eight servers whose packets are dropped.
route=$(grep -l '^address=10.10.0.21' "$HOME/.cache/cxssh/routes"/* | head -n 1)
inside=$(on bastion ip -o -4 addr | awk '/10\.10\.0\.1\// { print $2; exit }')
on bastion nft add table inet silent
on bastion nft 'add chain inet silent out { type filter hook output priority 0; }'
on bastion nft 'add rule inet silent out ip daddr 10.10.0.101-10.10.0.108 drop'
for i in 1 2 3 4 5 6 7 8; do
	on bastion ip neigh add "10.10.0.10$i" lladdr "02:00:00:00:00:0$i" dev "$inside"
	sed "s/^address=.*/address=10.10.0.10$i/" "$route" >"$HOME/.cache/cxssh/routes/silent$i"
done
ssh -T -o BatchMode=yes "$behind" 'echo up; sleep 15; echo still' >first.out 2>&1 &
first=$!
it 'a session is there before' wait_for grep -q up first.out
for i in 1 2 3 4 5 6 7 8; do
	"$drive" pipe "jump@$bastion" "silent$i" 22 </dev/null >"silent$i.out" 2>&1 &
done
all_asked() { [ "$(logins bastion)" -ge 6 ]; }
it 'the broker has all its logins' wait_for all_asked
it 'a server is reached while eight others do not answer' reaches otter "$behind"
it 'a server is reached by several at once while eight others do not answer' \
	sh -c 'for i in 1 2 3; do ssh -o BatchMode=yes "$1" hostname >"at$i" & done; wait; grep -qx otter at1 && grep -qx otter at2 && grep -qx otter at3' sh "$behind"
each_told() { for i in 1 2 3 4 5 6 7 8; do grep -q 'no answer from the server' "silent$i.out" || return 1; done; }
it 'each client of a silent server is told that the server does not answer' wait_for each_told
it 'a server is reached after the clients of the others have given up' reaches otter "$behind"
wait "$first"
it 'the session that was there has gone on' grep -qx still first.out
done_testing

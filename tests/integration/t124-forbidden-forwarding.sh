#!/bin/sh
# SPDX-License-Identifier: MIT
# A bastion whose configuration forbids a channel is named as the reason, by either
# transport.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, brokers.sh
no_sandbox=1
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/brokers.sh"

start_server 127.0.0.9 2222 greeting
start_bastion 127.0.0.2 ed25519 'AllowTcpForwarding no'
start_bastion 127.0.0.3 ed25519 'PermitOpen 127.0.0.9:2222'
# The same by the options of the key, and for all of forwarding.
cp authorized plain
start_bastion 127.0.0.4 ed25519 'DisableForwarding yes'
for transport in 1 2; do
	for options in restrict no-port-forwarding 'permitopen="127.0.0.8:22"'; do
		sed "s/^/$options /" plain >authorized
		serve "$user@127.0.0.3" "$work/key" "$transport"
		behind "$user@127.0.0.3" uid3 127.0.0.9
		it "transport $transport: the option $options of the key is said" \
			fails_with 77 'cannot reach .*its AllowTcpForwarding or PermitOpen' \
			"$drive" pipe "$user@127.0.0.3" uid3 2222
		"$drive" close "$user@127.0.0.3"
	done
	cp plain authorized
	serve "$user@127.0.0.4" "$work/key" "$transport"
	behind "$user@127.0.0.4" uid4 127.0.0.9
	it "transport $transport: DisableForwarding is said" \
		fails_with 77 'cannot reach .*its AllowTcpForwarding or PermitOpen' \
		"$drive" pipe "$user@127.0.0.4" uid4 2222
	"$drive" close "$user@127.0.0.4"
done

for transport in 1 2; do
	for at in 2 3; do
		behind "$user@127.0.0.$at" "uid$at" 127.0.0.9
		serve "$user@127.0.0.$at" "$work/key" "$transport"
	done
	it "transport $transport: AllowTcpForwarding no is said" \
		fails_with 77 'cannot reach .*its AllowTcpForwarding or PermitOpen' \
		"$drive" pipe "$user@127.0.0.2" uid2 2222
	it "transport $transport: PermitOpen of another port is said" \
		fails_with 77 'cannot reach .*its AllowTcpForwarding or PermitOpen' \
		"$drive" pipe "$user@127.0.0.3" uid3 23
	it "transport $transport: what is permitted is reached" \
		prints SSH-2.0-test "$drive" pipe "$user@127.0.0.3" uid3 2222
	for at in 2 3; do "$drive" close "$user@127.0.0.$at"; done
done
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# Servers and bastions whose sshd knows one key exchange, cipher, MAC or type of host key:
# each that ssh itself knows, as the very first connection.  "# OPTION VALUE TRANSPORT"
# is the transport that auto chose for the bastion.
#   OPTIONS_TRIED='KexAlgorithms Ciphers' tests/integration/t430-one-algorithm.sh
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion otter bastion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

bastion=203.0.113.30 behind=my-awesome-app-otter
config=$HOME/.config/cxssh/config
cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
for bits in 256 384 521; do
	ssh-keygen -q -t ecdsa -b "$bits" -N '' -f "ecdsa-sha2-nistp$bits"
done
ssh-keygen -q -t ed25519 -N '' -f ssh-ed25519
ssh-keygen -q -t rsa -b 2048 -N '' -f rsa-sha2-256; cp rsa-sha2-256 rsa-sha2-512

cold() { # nothing is known of any host
	cxssh gateway close "$bastion" >/dev/null 2>&1
	rm -rf "$HOME/.ssh/cxssh/known_hosts" "$HOME/.cache/cxssh/routes" "$HOME/.cache/cxssh/failed"
	sed -i '/^gateway-transport/d' "$config"
	firewall_reset lion
	cxssh sync >/dev/null
}
has_only() { # HOST OPTION VALUE
	case $2 in
	HostKeyAlgorithms) restart_sshd "$1" "$2 $3" "HostKey $work/$3" ;;
	MACs) restart_sshd "$1" "$2 $3" 'Ciphers aes256-ctr' ;; # others may have a MAC of their own
	*) restart_sshd "$1" "$2 $3" ;;
	esac
}
transport() { cxssh gateway list | grep -o -e libssh2 -e openssh | head -n 1; }
values() { # OPTION
	_keyword=$(echo "$1" | tr '[:upper:]' '[:lower:]')
	if [ "$1" = HostKeyAlgorithms ]; then
		echo ssh-ed25519 ecdsa-sha2-nistp256 ecdsa-sha2-nistp384 ecdsa-sha2-nistp521 rsa-sha2-256 rsa-sha2-512
	else
		# What both ends have, as they come.
		ssh -F /dev/null -G x | sed -n "s/^$_keyword //p" | tr ',' '\n' >of-ssh
		/usr/sbin/sshd -T -f /dev/null -h "$work/ssh-ed25519" | sed -n "s/^$_keyword //p" | tr ',' '\n' |
			grep -Fx -f of-ssh
	fi
}
for option in ${OPTIONS_TRIED:-KexAlgorithms Ciphers MACs HostKeyAlgorithms}; do
	for value in $(values "$option"); do
		has_only lion "$option" "$value"; has_only bastion "$option" "$value"; restart_sshd otter; cold
		it "$option $value: ssh is the first client of a server" is lion quietly within 30 ssh myapp-lion hostname
		it "$option $value: ssh is the first client of a bastion" is otter quietly within 30 ssh "$behind" hostname
		echo "# $option $value $(transport)"
		restart_sshd bastion; has_only otter "$option" "$value"; cold
		it "$option $value: ssh is the first client of a server behind a bastion" \
			is otter quietly within 30 ssh "$behind" hostname
	done
done
cxssh gateway close "$bastion" >/dev/null 2>&1
it 'cxssh leaves no process behind' wait_for no_leftovers
done_testing

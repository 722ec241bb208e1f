#!/bin/sh
# SPDX-License-Identifier: MIT
# Bastions that libssh2 1.10 cannot log in on: OpenSSH's transport does, by itself.
# shellcheck disable=SC1091,SC2034,SC2094,SC2154 # lib.sh, brokers.sh
no_sandbox=1
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/brokers.sh"

config=$HOME/.config/cxssh/config
known=$HOME/.ssh/cxssh/known_hosts
start_server 127.0.0.9 22 greeting
start_server 127.0.0.9 7 echo
start_server 127.0.0.9 8 halves

reached() { # NAME ADDRESS KEYTYPE 'Option value'...
	name=$1 at=$2 gw=$user@$2; shift 2
	start_bastion "$at" "$@"
	uid=uid-${at##*.}
	behind "$gw" "$uid" 127.0.0.9
	serve "$gw" "$work/key"
	it "$name: reaches the server" prints SSH-2.0-test "$drive" pipe "$gw" "$uid" 22
}
hardened() { # as reached, where no libssh2 will do
	reached "$@"
	it "$name: the broker runs ssh" runs_by "$gw" openssh
	it "$name: the broker remembers OpenSSH" grep -q "^gateway-transport $at = openssh" "$config"
}
hardened 'EtM only' 127.0.0.2 ed25519 'MACs hmac-sha2-256-etm@openssh.com'
hardened 'AEAD only' 127.0.0.3 ed25519 'Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com' \
	'MACs hmac-sha2-512-etm@openssh.com'
hardened 'quantum-safe only' 127.0.0.4 ed25519 'KexAlgorithms sntrup761x25519-sha512@openssh.com'
# Newer ones than libssh2 1.10 may do these.
reached 'an RSA host key' 127.0.0.5 rsa
reached 'a greeting of 250 characters' 127.0.0.6 ed25519 \
	"VersionAddendum $(printf '%0240d' 0)"

# A key with a certificate, where only the certificate counts.
ssh-keygen -q -t ed25519 -N '' -f authority
ssh-keygen -q -t ed25519 -N '' -f certified
ssh-keygen -q -s authority -I test -n "$user" certified.pub 2>/dev/null
start_bastion 127.0.0.10 ed25519 "TrustedUserCAKeys $work/authority.pub"
behind "$user@127.0.0.10" uid-cert 127.0.0.9
serve "$user@127.0.0.10" "$work/certified"
it 'a certificate: reaches the server' prints SSH-2.0-test "$drive" pipe "$user@127.0.0.10" uid-cert 22
it 'a certificate: the broker runs ssh' runs_by "$user@127.0.0.10" openssh

# An agent whose key may be used toward one host only needs the host in the request.
eval "$(ssh-agent -a "$runtime/agent")" >/dev/null
start_bastion 127.0.0.11
{ printf '127.0.0.11 '; cat host.127.0.0.11.pub; } >"$HOME/.ssh/known_hosts"
if ssh-add -q -h 127.0.0.11 -H "$HOME/.ssh/known_hosts" key 2>added; then
	cp key.pub constrained.pub
	rm -f constrained
	behind "$user@127.0.0.11" uid-agent 127.0.0.9
	serve "$user@127.0.0.11" "$work/constrained"
	it 'a constrained key in the agent: reaches the server' \
		prints SSH-2.0-test "$drive" pipe "$user@127.0.0.11" uid-agent 22
	it 'a constrained key in the agent: the broker runs ssh' runs_by "$user@127.0.0.11" openssh
fi
kill "$SSH_AGENT_PID"

# The second transport does all that the first one does.
gw=$user@127.0.0.2 uid=uid-2
head -c 16000000 /dev/urandom >big
both_ways() { "$drive" pipe "$gw" "$uid" 7 <big | cmp - big; }
it 'the broker carries 16 MB both ways at once' both_ways
it 'the broker reaches a hundred at once' prints '100 of 100' "$drive" crowd "$gw" "$uid" 22 100 0
it 'the broker reaches a hundred at once over one login' is 1 bastion_logins 127.0.0.2
# As with "ssh -W" itself, the second half ends with the first.
half_closed() { "$drive" late "$gw" "$uid" 8 0 >said; grep -q first said; }
it 'the broker passes the end of one half on' half_closed
it 'the broker says when no server listens there' \
	fails_with 69 'cannot reach.*nothing listens there, or it is down' "$drive" pipe "$gw" "$uid" 2999
channels_gone() { "$drive" status "$gw" | grep -q 'channels 0'; }
it 'the broker holds no channel any more' wait_for channels_gone
pid=$(broker_pid "$gw") before=$(files "$pid")
it 'another hundred channels are opened' prints '100 of 100' "$drive" crowd "$gw" "$uid" 22 100 0
it 'the broker frees the channels of a hundred' wait_for channels_gone
few_files() { [ "$(files "$pid")" -le "$before" ]; }
it 'the broker frees the descriptors of a hundred' wait_for few_files

# It ends with the broker, and with the bastion.
masters() { pgrep -fc "ssh .*-F none -M.*$1\$" || :; }
it 'the broker runs one ssh' is 1 masters 127.0.0.2
"$drive" close "$gw"
it 'the broker ends the ssh of the bastion' is 0 masters 127.0.0.2
behind "$user@127.0.0.3" uid-3 127.0.0.9
mkfifo held
"$drive" pipe "$user@127.0.0.3" uid-3 7 <held >held.out 2>&1 &
exec 8>held
echo word >&8
wait_for grep -q word held.out
kill_bastion 127.0.0.3
exec 8>&-
it 'a broker with a session ends when the bastion dies' wait_for no_broker "$user@127.0.0.3"
start_bastion 127.0.0.3 ed25519 'MACs hmac-sha2-256-etm@openssh.com'
serve "$user@127.0.0.3" "$work/key" 2
it 'the broker works again when the bastion is back' prints SSH-2.0-test \
	"$drive" pipe "$user@127.0.0.3" uid-3 22

# Host keys that it trusts.
it 'the broker knows the bastions that it met' is 1 grep -c '^cxssh-gateway-127.0.0.2[ ,]' "$known"
stop_bastion 127.0.0.2
rm host.127.0.0.2 host.127.0.0.2.pub
start_bastion 127.0.0.2 ed25519 'MACs hmac-sha2-256-etm@openssh.com'
serve "$gw" "$work/key" 2
it 'the broker refuses another host key' fails_with 78 'another host key' "$drive" pipe "$gw" "$uid" 22
ssh-keygen -q -t ed25519 -N '' -f stranger
serve "$user@127.0.0.4" "$work/stranger" 2 # still served by the first one
"$drive" close "$user@127.0.0.4"
serve "$user@127.0.0.4" "$work/stranger" 2
it 'the broker says when the key is not let in' fails_with 77 'does not accept the key' \
	"$drive" pipe "$user@127.0.0.4" uid-4 22
it 'the broker says so in no words that a client would mistake' \
	fails_with 1 '' grep -iE 'Permission denied|verification failed' err
# A first contact believes the user's own known_hosts, as everywhere.
{ printf '127.0.0.12 '; cat stranger.pub; } >>"$HOME/.ssh/known_hosts"
start_bastion 127.0.0.12 ed25519 'MACs hmac-sha2-256-etm@openssh.com'
behind "$user@127.0.0.12" uid-12 127.0.0.9
serve "$user@127.0.0.12"
it 'the broker believes the known_hosts of the user' \
	fails_with 78 'host key' "$drive" pipe "$user@127.0.0.12" uid-12 22
{ printf '127.0.0.12 '; cat host.127.0.0.12.pub; } >"$HOME/.ssh/known_hosts"
"$drive" close "$user@127.0.0.12"
serve "$user@127.0.0.12"
it 'the broker believes the known_hosts of the user when it knows the key' prints SSH-2.0-test "$drive" pipe "$user@127.0.0.12" uid-12 22
no_ssh_left() { ! pgrep -f 'ssh -F none' >&2; }
for at in 3 5 6 10 11 12; do "$drive" close "$user@127.0.0.$at"; done
it 'the broker leaves no ssh behind' wait_for no_ssh_left
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# A libssh2 with known holes before the host key check (1.11) is not used where a bastion
# could reach them: OpenSSH logs in there.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, brokers.sh
no_sandbox=1
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/brokers.sh"

log=$HOME/.cache/cxssh/log
start_server 127.0.0.9 22 greeting
ssh-keygen -q -t rsa -b 2048 -N '' -f rsa
ssh-keygen -q -t ed25519 -N '' -f key
cat rsa.pub key.pub >authorized
${CC:-cc} -shared -fPIC -o "$work/libssh2_version.so" "$tests/preload/libssh2_version.c" ||
	{ echo 'Bail out! no shared object'; exit 1; }

# bastion NAME ADDRESS KEY 'Option value'... - a bastion, and a broker that runs with the
# libssh2 of this version
bastion() {
	name=$1 at=$2 key=$3; shift 3
	gw=$user@$at uid=uid-${at##*.}
	start_bastion "$at" ed25519 "$@"
	behind "$gw" "$uid" 127.0.0.9
	LIBSSH2_VERSION=$version LD_PRELOAD=$work/libssh2_version.so \
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" \
		serve "$gw" "$work/$key"
}
logs_in() { prints SSH-2.0-test "$drive" pipe "$gw" "$uid" 22; }
says() { grep -q "gateway $at: .*$1" "$log"; }

version=1.11.1
bastion 'AES-GCM only' 127.0.0.2 key 'Ciphers aes128-gcm@openssh.com,aes256-gcm@openssh.com'
it "a bastion with $name is reached" logs_in
it "a bastion with $name is reached by OpenSSH" runs_by "$gw" openssh
it "libssh2 had no cipher in common with it" \
	grep -q "no common way to encrypt with gateway $at" "$log"

bastion 'encrypt-then-MAC only' 127.0.0.3 key 'MACs hmac-sha2-256-etm@openssh.com' \
	'Ciphers aes128-ctr'
it "a bastion with $name is reached" logs_in
it "a bastion with $name is reached by OpenSSH" runs_by "$gw" openssh

bastion 'rsa-sha2 for an RSA key' 127.0.0.4 rsa
it "a bastion with $name is reached" logs_in
it "a bastion with $name is reached by libssh2" runs_by "$gw" libssh2

# The system's ssh refuses SHA-1, too: what counts is that libssh2 was not given the key.
bastion 'ssh-rsa only' 127.0.0.5 rsa 'PubkeyAcceptedAlgorithms ssh-rsa'
it "a bastion with $name is left to OpenSSH" \
	fails_with 77 'does not accept the key' "$drive" pipe "$gw" "$uid" 22
it "libssh2 got no ssh-rsa key for it" says 'libssh2 1.11.1 gets no ssh-rsa key'

version=1.10.0
bastion 'ssh-rsa only' 127.0.0.6 rsa 'PubkeyAcceptedAlgorithms ssh-rsa'
it "a libssh2 without the holes logs in on a bastion with $name" logs_in
it "a libssh2 without the holes does so itself" runs_by "$gw" libssh2

for at in 2 3 4 5 6; do "$drive" close "$user@127.0.0.$at" || :; done
done_testing

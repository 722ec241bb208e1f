#!/bin/sh
# SPDX-License-Identifier: MIT
# Host keys where ssh and cxssh could come to different verdicts.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion heron" --lease-delay 100'
test_timeout=300
. "$(dirname "$0")/../lib.sh"

lion=cxssh-9ae1611c97a92c90fac60c884e1d8240
known=$HOME/.ssh/cxssh/known_hosts
theirs=$HOME/.ssh/known_hosts
all_keys() { # HOST: its sshd has a key of each type
	_dir=$SANDBOX/hosts/$1
	restart_sshd "$1" "HostKey $_dir/ssh_host_ed25519_key" "HostKey $_dir/ssh_host_ecdsa_key" \
		"HostKey $_dir/ssh_host_rsa_key"
}
works() { is "$2" quietly within 30 ssh "$1" hostname; } # ALIAS HOST
reach() { within 30 ssh "$1" true 2>complaint; code=$?; cat complaint >&2; return "$code"; }
cxssh sync --yes >/dev/null

# Lines that ssh cannot read, and overlooks.
echo "203.0.113.21 1024 35 120392839283928392839283" >"$theirs"
it "cxssh overlooks a line of the user's that ssh cannot read, as ssh does" works myapp-lion lion
: >"$known"; echo "203.0.113.21 $(key_of lion | cut -c 1-50)" >"$theirs"
it 'cxssh overlooks a line of the user that is cut' works myapp-lion lion
rm "$theirs"
echo "$lion,myapp-lion $(key_of lion | cut -c 1-50)" >"$known"
it 'cxssh learns the key where a line of its own is cut' works myapp-lion lion
it 'cxssh leaves its own line that is cut' is 2 grep -c '' "$known"

# @revoked, by the name that a person knows.
echo "@revoked myapp-lion $(key_of lion)" >"$known"
it 'cxssh refuses a key that is revoked under the alias' \
	fails_with 255 'cxssh: the host key of myapp-lion is marked @revoked in ~/.ssh/cxssh/known_hosts' reach myapp-lion
: >"$known"
it 'cxssh learns it' works myapp-lion lion
echo "@revoked myapp-lion $(key_of lion)" >>"$known"
it 'cxssh refuses a host key that is revoked after it was learnt' fails_with 255 'is marked @revoked' reach myapp-lion
: >"$known"
it 'cxssh learns it by its role' works myapp-web lion
echo "myapp-lion $(key_of lion)" >hashed; ssh-keygen -q -H -f hashed >/dev/null 2>&1
sed 's/^/@revoked /' hashed >>"$known"
it 'cxssh refuses a host key of a role whose hashed alias is revoked' fails_with 255 'is marked @revoked' reach myapp-lion

# Another process holds the lock.
: >"$known"
flock "$known.lock" sleep 7 &
it 'cxssh waits for another one as long as there is time' within 50 cxssh open "${lion#cxssh-}"
it 'cxssh learns the host key when known_hosts is free again' is "$lion,myapp-lion $(key_of lion)" cat "$known"

# A role: ssh asks each server for the type that it likes best of all that are known there.
all_keys lion
all_keys heron
both_ways() { # by the first server of the role, by its second, and by the first again
	works myapp-web lion || return 1
	stop_sshd lion
	works myapp-web heron || return 1
	all_keys lion
	rm -f "$HOME/.cache/cxssh/down"/*
	works myapp-web lion
}
: >"$known"
{ echo "203.0.113.21 $(key_of lion ecdsa)"; echo "203.0.113.21 $(key_of lion)"; } >"$theirs"
it 'cxssh reaches each server of a role, one of which the user knows by two keys' both_ways
: >"$known"; echo "203.0.113.21 $(key_of lion rsa)" >"$theirs"
it 'cxssh reaches each server of a role where the user knows an RSA key alone' both_ways
rm "$theirs"

# An ssh that may not ask for each type.
limited() { # ALGORITHMS: learns what such an ssh can use
	: >"$known"
	printf '\nHost *\n  HostKeyAlgorithms %s\n' "$1" | cat "$HOME/.ssh/config" - >limited
	cp "$HOME/.ssh/config" before; cp limited "$HOME/.ssh/config"
	works myapp-lion lion; _works=$?
	cp before "$HOME/.ssh/config"
	return "$_works"
}
it 'cxssh learns the key that a limited ssh can ask for' limited ecdsa-sha2-nistp256
it 'cxssh learns the key of the type that a limited ssh asks for' is "$lion,myapp-lion $(key_of lion ecdsa)" cat "$known"
it 'cxssh connects with an ssh that is limited to RSA' limited rsa-sha2-512,rsa-sha2-256
it 'cxssh learns the RSA key for an ssh that is limited to RSA' is "$lion,myapp-lion $(key_of lion rsa)" cat "$known"
: >"$known"
printf '#!/bin/sh\n[ "$1" != -G ] || exit 1\nexec %s "$@"\n' "$(command -v ssh)" >ssh; chmod +x ssh
without_answer() { ( PATH=$work:$PATH; works myapp-lion lion ); }
it 'cxssh learns the usual one where ssh does not say' without_answer
it 'cxssh learns the ed25519 key where ssh does not say' is "$lion,myapp-lion $(key_of lion)" cat "$known"
rm ssh

# A key whose private half the server has not proved to hold.
bad_server=$CXSSH_BUILD/tests/integration/bad_server
[ -x "$bad_server" ] || skip_all "$bad_server is not built"
stop_sshd lion
on lion "$bad_server" 22 forge 1000000 "$(command -v sshd)" -i -f "$SANDBOX/hosts/lion/sshd_config" \
	>ready 2>&1 </dev/null &
forger=$!
wait_for grep -q ready ready
: >"$known"
# libssh2 1.10 frees such a key only where the key exchange ends well.
echo leak:libssh2_session_handshake >suppressed
unproved() {
	ASAN_OPTIONS=$ASAN_OPTIONS:fast_unwind_on_malloc=0 \
	LSAN_OPTIONS=suppressions=$work/suppressed:print_suppressions=0 reach myapp-lion
}
it 'cxssh learns no key whose private half the server does not have' fails_with 255 \
	'cxssh: myapp-lion: the server does not prove that the host key it shows is its own' unproved
it 'cxssh learns no key at all from a server without the private half' test ! -s "$known"
pkill -KILL -P "$forger"; kill -KILL "$forger"; wait "$forger" 2>/dev/null
restart_sshd lion
it 'cxssh learns the true key after a false server is gone' works myapp-lion lion
done_testing

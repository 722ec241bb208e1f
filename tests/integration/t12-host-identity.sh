#!/bin/sh
# SPDX-License-Identifier: MIT
# A host key is learnt once, through the path of the session, and then it counts.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2016 # expanded elsewhere
test_timeout=240
SANDBOX_OPTIONS='--hosts "lion heron falcon"'
. "$(dirname "$0")/../lib.sh"

lion=cxssh-9ae1611c97a92c90fac60c884e1d8240
known=$HOME/.ssh/cxssh/known_hosts
theirs=$HOME/.ssh/known_hosts
works() { is "${1#*-}" quietly within 10 ssh "$1" hostname; }
reach() { within 10 ssh "$1" true 2>complaint; code=$?; cat complaint >&2; return "$code"; }
changed() { fails_with 255 'REMOTE HOST IDENTIFICATION HAS CHANGED' reach "$1"; }
cxssh sync --yes >/dev/null

# Learnt.
it 'has no host key before' test ! -s "$known"
it 'learns it by connecting' works myapp-lion
it '... and writes it down for its owner alone' is 600 stat -c %a "$known"
it '... once' is "$lion,myapp-lion $(key_of lion)" cat "$known"
it '... where ssh-keygen finds it by name' prints "$lion" ssh-keygen -F myapp-lion -f "$known"
it '... and not in the known_hosts of the user' test ! -e "$theirs"
it 'keeps it for the next time' works myapp-lion
it '... and connects once then' is 3 connections lion
it "does not ask, whatever the user's file says of asking" \
	is lion quietly ssh -o StrictHostKeyChecking=ask -o BatchMode=yes myapp-lion hostname

# Changed.
new_host_keys lion
it 'lets ssh refuse a changed one' changed myapp-lion
it "... with ssh's own remedy" \
	grep -q "ssh-keygen -f \"$known\" -R \"$lion\"" complaint
remedy=$(sed -n 's/^ *\(ssh-keygen -f .* -R .*\)$/\1/p' complaint | tr -d '\r')
it '... even where the answer would be no check at all' \
	fails_with 255 'IDENTIFICATION HAS CHANGED' ssh -o StrictHostKeyChecking=yes myapp-lion true
it '... every time' changed myapp-lion
it '... and learns nothing from it' fails_with 1 '' grep -F "$(key_of lion)" "$known"
it '... which helps' sh -c "$remedy"
it '... so that the new one is learnt' works myapp-lion
it '... and it alone' is "$lion,myapp-lion $(key_of lion)" cat "$known"

# What the user knows by address is believed.
: >"$known"
{ echo "# mine"; echo "other.example.com $(key_of heron)"
	echo "203.0.113.21 $(key_of lion ecdsa)"; } >"$theirs"
cp "$theirs" before
it 'takes over what the user knows by address' works myapp-lion
it '... of that very kind' is "$lion,myapp-lion $(key_of lion ecdsa)" cat "$known"
it '... and says so in the log' grep -q 'known from ~/.ssh/known_hosts' "$HOME/.cache/cxssh/log"
it "... leaving the user's file alone" cmp before "$theirs"
: >"$known"
ssh-keygen -q -H -f "$theirs" >/dev/null 2>&1
rm -f "$theirs.old"
it 'takes over what stands there hashed' works myapp-lion
it '... too' is "$lion,myapp-lion $(key_of lion ecdsa)" cat "$known"
: >"$known"
echo "[203.0.113.21]:22,203.0.113.21 $(key_of heron)" >"$theirs"
forget_sshd_log lion
it 'refuses one that the user knows otherwise' \
	fails_with 255 '^cxssh: the host key of myapp-lion is not the one in ~/.ssh/known_hosts' \
	reach myapp-lion
it '... with the remedy' grep -q 'run: ssh-keygen -R 203.0.113.21 -f ~/.ssh/known_hosts$' complaint
remedy=$(sed -n 's/^cxssh: .*, run: //p' complaint)
it '... and learns nothing' test ! -s "$known"
it '... and shows it no login' is 0 logins lion
it '... which helps' sh -c "$remedy"
it '... so that the one it shows is learnt' works myapp-lion
: >"$known"
echo "@revoked 203.0.113.21 $(key_of lion)" >"$theirs"
echo "203.0.113.21 $(key_of lion)" >>"$theirs"
it 'refuses one that is marked as revoked' \
	fails_with 255 '^cxssh: the host key of myapp-lion is marked @revoked' reach myapp-lion
rm "$theirs"

# Each server by its own name.
it 'learns another server' works myapp-heron
it '... beside the first' is 1 grep -c '' "$known"
it '... and the first again' works myapp-lion
swap() { sed -i "s|$(key_of lion)|$(key_of heron)|" "$known"; }
swap
it 'does not take the key of one server from another' changed myapp-lion
: >"$known"
it 'learns it anew' works myapp-lion
# Broken lines of somebody else do not hide ours.
{ echo 'not a line'; echo '|1|broken|broken ssh-rsa AAAA'; cat "$known"; } >both && cp both "$known"
it 'reads on behind broken lines' works myapp-lion
it '... and keeps them' cmp both "$known"
printf '%s' "$(cat "$known")" >both && cp both "$known"
it 'adds to a file without a final newline' works myapp-heron
it '... a line of its own' prints "^cxssh-.*,myapp-heron $(key_of heron)$" cat "$known"
it '... and both still work' works myapp-lion

# Thirty at once learn it once, under each name that is asked for.
rm -f "$known"
at_once() {
	n=0 pids=
	while [ "$n" -lt 30 ]; do
		host=myapp-lion
		[ $((n % 3)) != 0 ] || host=myapp-app
		ssh "$host" true & pids="$pids $!"; n=$((n + 1))
	done
	for pid in $pids; do wait "$pid" || return 1; done
}
restart_sshd lion 'MaxStartups 100'
it 'serves thirty at once without a known_hosts' at_once
it '... and learns one key' is "$lion,myapp-lion,cxssh-609b30031d56fd640ba7f43b1657495b.app $(key_of lion)" cat "$known"
restart_sshd lion

# Ports, and other keys of the user.
: >"$known"
{ echo "[203.0.113.21]:2222 $(key_of heron)"; echo "[myapp-lion]:22 $(key_of heron)"
	echo "203.0.113.210,203.0.113.2 $(key_of heron)"; echo "@revoked [203.0.113.21]:2222 $(key_of lion)"; } >"$theirs"
it "does not mind what the user's file says of another port or address" works myapp-lion
: >"$known"
echo "@revoked [203.0.113.21]:2222,203.0.113.2? $(key_of lion)" >"$theirs"
it 'but what a pattern there revokes' fails_with 255 'marked @revoked in ~/.ssh/known_hosts' reach myapp-lion
: >"$theirs"; echo "203.0.113.21 $(key_of heron)" >"$theirs"; ssh-keygen -q -H -f "$theirs" >/dev/null 2>&1
it 'refuses by a hashed line of the user' fails_with 255 'is not the one in ~/.ssh/known_hosts' reach myapp-lion
rm -f "$theirs" "$theirs.old"

# Only RSA, which libssh2 1.10 does not have.
dir=$SANDBOX/hosts/lion
restart_sshd lion "HostKey $dir/ssh_host_rsa_key"
: >"$known"
it 'learns the key of a server that has only an RSA one' works myapp-lion
it '... of that kind' is "$lion,myapp-lion $(key_of lion rsa)" cat "$known"
it '... and keeps it' works myapp-lion
echo "203.0.113.21 $(key_of heron)" >"$theirs"
: >"$known"
it 'refuses it where the user has another' fails_with 255 'is not the one in ~/.ssh/known_hosts' reach myapp-lion
restart_sshd lion "HostKey $dir/ssh_host_rsa_key" "HostKey $dir/ssh_host_ed25519_key"
echo "203.0.113.21 $(key_of lion rsa)" >"$theirs"
it 'takes over an RSA key from a server that has newer ones, too' works myapp-lion
it '... of that very kind' is "$lion,myapp-lion $(key_of lion rsa)" cat "$known"
rm "$theirs"

# Host certificates: whoever writes @cert-authority wants no key without one.
: >"$known"
ssh-keygen -q -t ed25519 -N '' -f authority
certify() { # HOST NAME: with a certificate for this name, no other key
	ssh-keygen -q -s authority -I "$1" -h -n "$2" "$SANDBOX/hosts/$1/ssh_host_ed25519_key.pub" 2>/dev/null
	restart_sshd "$1" "HostKey $SANDBOX/hosts/$1/ssh_host_ed25519_key" \
		"HostCertificate $SANDBOX/hosts/$1/ssh_host_ed25519_key-cert.pub"
}
authority="@cert-authority cxssh-* $(cut -d ' ' -f 1,2 authority.pub)"
echo "$authority" >"$known"
certify lion "$lion"
it 'takes a server by its certificate' works myapp-lion
it '... and learns no key' is "$authority" cat "$known"
certify lion cxssh-nobody
it 'lets ssh refuse a certificate for another name' fails_with 255 'No .* host key is known for' reach myapp-lion
restart_sshd lion
it '... and a server without one' fails_with 255 'No .* host key is known for' reach myapp-lion
it '... of which it learns nothing' is "$authority" cat "$known"
done_testing

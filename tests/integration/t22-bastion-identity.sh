#!/bin/sh
# SPDX-License-Identifier: MIT
# A bastion's host key is believed by the same rules as a server's, by cxssh itself and
# by the ssh that it starts.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "bastion otter badger" --lease-delay 100'
. "$(dirname "$0")/../lib.sh"

address=203.0.113.30
name=cxssh-gateway-$address
known=$HOME/.ssh/cxssh/known_hosts
theirs=$HOME/.ssh/known_hosts
dir=$SANDBOX/hosts/bastion
otter=my-awesome-app-otter
works() { is otter quietly within 10 ssh "$otter" hostname; }
reach() { within 10 ssh "$otter" true 2>complaint; code=$?; cat complaint >&2; return "$code"; }
anew() { # no bastion and no host key is known any more
	cxssh gateway close "$address" >/dev/null
	: >"$known"
}
transport() { # NAME
	mkdir -p "$HOME/.config/cxssh"
	printf '%s\n' "gateway-key $address = $SANDBOX/bastion_key" "gateway-transport $address = $1" \
		>"$HOME/.config/cxssh/config"
}
refused() { # PATTERN: ssh fails so, in one line of cxssh, and no login is made
	forget_sshd_log bastion
	fails_with 255 "$1" reach || return 1
	is 0 logins bastion || return 1
	is 1 grep -c 'cxssh: ' complaint
}
line() { grep "^$name " "$known"; }
# A broker repeats its failure for a second, then it ends.
broker_gone() { wait_for sh -c '! pgrep -f "[b]in/cxssh gateway"'; }
remedy() { sed -n 's/^.*cxssh: .*, run: //p' complaint | tr -d '\r'; }
remedied() { sh -c "$remedy" && broker_gone; }
transport auto
cxssh sync --yes >/dev/null

it 'cxssh learns the key of a bastion' works
it 'cxssh learns the key of a bastion under its address' is "$name $(key_of bastion)" line
it 'cxssh learns the key of a bastion once, beside that of the server' is 2 grep -c '' "$known"
it "cxssh writes nothing into the user's file for a bastion" test ! -e "$theirs"
anew
at_once() {
	n=0 pids=
	while [ "$n" -lt 30 ]; do
		host=$otter
		[ $((n % 2)) = 0 ] || host=my-awesome-app-badger
		ssh "$host" true & pids="$pids $!"; n=$((n + 1))
	done
	for pid in $pids; do wait "$pid" || return 1; done
}
restart_sshd otter 'MaxStartups 100'
restart_sshd badger 'MaxStartups 100'
it 'cxssh serves thirty at once' at_once
it 'cxssh has one line for the bastion and each server after thirty at once' is 3 sh -c "sort -u '$known' | grep -c ''"
it 'cxssh has each line once after thirty at once' is 3 grep -c '' "$known"

for how in libssh2 openssh; do
	transport $how
	anew
	echo "$address $(key_of bastion ecdsa)" >"$theirs"
	it "$how: takes the key that the user knows by address" works
	anew
	ssh-keygen -q -H -f "$theirs" >/dev/null 2>&1; rm -f "$theirs.old"
	it "$how: takes the key from a hashed line of the user" works
	anew
	echo "$name $(key_of bastion)" >"$known"
	ssh-keygen -q -H -f "$known" >/dev/null 2>&1; rm -f "$known.old"
	it "$how: takes the key from a hashed line of its own file" works
	anew
	echo "$address $(key_of otter)" >"$theirs"
	it "$how: refuses another key than the user's" \
		refused "; if you expected this change, run: ssh-keygen -R $address -f ~/.ssh/known_hosts"
	it "$how: learns nothing when the user knows another key" fails_with 1 '' line
	anew
	echo "@revoked $address $(key_of bastion)" >"$theirs"
	echo "@revoked $address $(key_of bastion ecdsa)" >>"$theirs"
	it "$how: refuses one that the user has marked as revoked" refused "$address.* is marked @revoked"
	rm "$theirs"
	anew
	it "$how: works again" works
	cxssh gateway close "$address" >/dev/null
	echo "@revoked $name $(key_of bastion)" >>"$known"
	it "$how: refuses a key that is revoked in its own file" refused "$address.* is marked @revoked"
	anew
	echo "$name $(key_of bastion)" >"$known"; echo "@revoked $address $(key_of bastion)" >"$theirs"
	it "$how: refuses a key of its own file that the user has revoked" refused "$address.* is marked @revoked"
	rm "$theirs"
	anew
	printf '@revoked %s %s\nx\0\n' "$name" "$(key_of bastion)" >"$known"; echo "$address $(key_of bastion)" >"$theirs"
	it "$how: trusts no key where its own file cannot be read" refused '/known_hosts: has a NUL byte'
	rm "$theirs"
	anew
	echo "$name $(key_of otter)" >"$known"
	it "$how: refuses another key than that of its own file, and names the way out" \
		refused "; if you expected this change, run: cxssh hostkey forget $address"
	remedy=$(remedy)
	it "$how: names a way out that succeeds" remedied
	it "$how: learns the key that is shown after the way out" works
done
transport libssh2
anew
echo "$address $(key_of otter)" >"$theirs"
it 'names the way out' refused \
	"the host key of $address is not the one in ~/.ssh/known_hosts; if you expected this change, run: ssh-keygen -R $address -f ~/.ssh/known_hosts"
remedy=$(remedy)
it 'names a remedy for a changed bastion that succeeds' remedied
it 'cxssh learns the key of the bastion after the remedy' works
it 'cxssh writes the key of the bastion down after the remedy' is "$name $(key_of bastion)" line

# Keys that libssh2 1.10 cannot ask for.
transport auto
anew
restart_sshd bastion "HostKey $dir/ssh_host_ed25519_key" "HostKey $dir/ssh_host_rsa_key"
echo "$address $(key_of bastion rsa)" >"$theirs"
it 'cxssh takes an RSA key that the user knows, although the bastion has newer ones' works
anew
echo "$address $(key_of otter)" | sed 's/ssh-ed25519 .*//' >"$theirs"
echo "$address $(key_of bastion rsa | tr 'x' 'y')" >"$theirs"
it 'cxssh takes no other key than the RSA key that the user knows' refused "$address"
rm "$theirs"
restart_sshd bastion

# Host certificates.
ssh-keygen -q -t ed25519 -N '' -f authority
ssh-keygen -q -s authority -I bastion -h -n "$name" "$dir/ssh_host_ed25519_key.pub" 2>/dev/null
authority="@cert-authority cxssh-gateway-* $(cut -d ' ' -f 1,2 authority.pub)"
anew
echo "$authority" >"$known"
transport libssh2
it 'cxssh says that only OpenSSH can check a certificate' \
	refused "$address needs a host certificate (@cert-authority in ~/.ssh/cxssh/known_hosts)"
it 'cxssh learns no key of a bastion with a certificate' is "$authority" cat "$known"
transport openssh
broker_gone
it 'cxssh refuses a bastion without one' refused "$address"
restart_sshd bastion "HostCertificate $dir/ssh_host_ed25519_key-cert.pub"
broker_gone
it 'cxssh takes one that has it' works
it 'cxssh learns no key of a bastion that a certificate authority vouches for' fails_with 1 '' line
restart_sshd bastion
transport auto
anew

# Behind it.
echo "10.10.0.21 $(key_of badger)" >"$theirs"
it "cxssh does not ask the user's file about a private address, which means others elsewhere" works
rm "$theirs"
anew
restart_sshd otter "HostKey $SANDBOX/hosts/otter/ssh_host_rsa_key"
it 'a server behind a bastion that has only an RSA key is reached' works
it 'the RSA key of a server behind a bastion is learnt' grep -q \
	"^cxssh-a5e18de726ec7cc7e787b4fe0b138b37,$otter $(key_of otter rsa | cut -c 1-200)" "$known"
done_testing

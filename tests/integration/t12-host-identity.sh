#!/bin/sh
# SPDX-License-Identifier: MIT
# A host key is learnt once, through the path of the session, and then it counts.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2016 # expanded elsewhere
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
it 'cxssh has no host key before' test ! -s "$known"
it 'cxssh learns it by connecting' works myapp-lion
it 'cxssh writes the learnt host key down for its owner alone' is 600 stat -c %a "$known"
it 'cxssh writes the learnt host key down once' is "$lion,myapp-lion $(key_of lion)" cat "$known"
it 'cxssh writes the host key so that ssh-keygen finds it by name' prints "$lion" ssh-keygen -F myapp-lion -f "$known"
it 'cxssh writes nothing into the known_hosts of the user' test ! -e "$theirs"
it 'cxssh keeps it for the next time' works myapp-lion
it 'cxssh connects once to a server whose host key is known' is 3 connections lion
it "cxssh does not ask, whatever the user's file says of asking" \
	is lion quietly ssh -o StrictHostKeyChecking=ask -o BatchMode=yes myapp-lion hostname

# Changed.
new_host_keys lion
it 'cxssh lets ssh refuse a changed one' changed myapp-lion
# Its quotes differ between versions of ssh.
remedy=$(sed -n 's/^ *\(ssh-keygen -f .* -R .*\)$/\1/p' complaint | tr -d '\r')
names_the_file() { echo "$remedy" | tr -d "\"'" | grep -qx "ssh-keygen -f $known -R $lion"; }
it "cxssh lets ssh print its own remedy for a changed host key" names_the_file
it 'cxssh lets ssh refuse a changed host key although the user has StrictHostKeyChecking no' \
	fails_with 255 'IDENTIFICATION HAS CHANGED' ssh -o StrictHostKeyChecking=yes myapp-lion true
it 'cxssh lets ssh refuse a changed host key every time' changed myapp-lion
it 'cxssh learns nothing from a changed host key' fails_with 1 '' grep -F "$(key_of lion)" "$known"
it 'cxssh prints a remedy for the changed host key that succeeds' sh -c "$remedy"
it 'cxssh learns the new host key after the remedy' works myapp-lion
it 'cxssh knows only the new host key after the remedy' is "$lion,myapp-lion $(key_of lion)" cat "$known"

# What the user knows by address is believed.
: >"$known"
{ echo "# mine"; echo "other.example.com $(key_of heron)"
	echo "203.0.113.21 $(key_of lion ecdsa)"; } >"$theirs"
cp "$theirs" before
it 'cxssh takes over what the user knows by address' works myapp-lion
it 'cxssh takes over the very kind of host key that the user knows' is "$lion,myapp-lion $(key_of lion ecdsa)" cat "$known"
it 'cxssh logs that a host key was known from the file of the user' grep -q 'known from ~/.ssh/known_hosts' "$HOME/.cache/cxssh/log"
it "cxssh leaves the user's known_hosts alone when it takes over a host key" cmp before "$theirs"
: >"$known"
ssh-keygen -q -H -f "$theirs" >/dev/null 2>&1
rm -f "$theirs.old"
it 'cxssh takes over what stands there hashed' works myapp-lion
it 'cxssh takes over that very kind of host key from a hashed file' is "$lion,myapp-lion $(key_of lion ecdsa)" cat "$known"
: >"$known"
echo "[203.0.113.21]:22,203.0.113.21 $(key_of heron)" >"$theirs"
forget_sshd_log lion
it 'cxssh refuses one that the user knows otherwise' \
	fails_with 255 'cxssh: the host key of myapp-lion is not the one in ~/.ssh/known_hosts' \
	reach myapp-lion
it 'names the remedy for a host key that the user knows otherwise' grep -q 'run: ssh-keygen -R 203.0.113.21 -f ~/.ssh/known_hosts' complaint
remedy=$(sed -n 's/^.*cxssh: .*, run: //p' complaint | tr -d '\r')
it 'cxssh learns nothing from a server that the user knows otherwise' test ! -s "$known"
it 'cxssh does not log in at a server that the user knows otherwise' is 0 logins lion
it 'cxssh prints a remedy for the file of the user that succeeds' sh -c "$remedy"
it 'cxssh learns the host key after the remedy for the file of the user' works myapp-lion
: >"$known"
echo "@revoked 203.0.113.21 $(key_of lion)" >"$theirs"
echo "203.0.113.21 $(key_of lion)" >>"$theirs"
it 'cxssh refuses one that is marked as revoked' \
	fails_with 255 'cxssh: the host key of myapp-lion is marked @revoked' reach myapp-lion
rm "$theirs"

# Each server by its own name.
it 'cxssh learns another server' works myapp-heron
it 'cxssh writes the host key of a second server beside the first' is 1 grep -c '' "$known"
it 'cxssh still works with the first server after it has learnt another' works myapp-lion
swap() { sed -i "s|$(key_of lion)|$(key_of heron)|" "$known"; }
swap
it 'cxssh does not take the key of one server from another' changed myapp-lion
: >"$known"
it 'cxssh learns it anew' works myapp-lion
# Broken lines of another program do not hide good ones.
{ echo 'not a line'; echo '|1|broken|broken ssh-rsa AAAA'; cat "$known"; } >both && cp both "$known"
it 'cxssh reads on behind broken lines' works myapp-lion
it 'cxssh keeps broken lines of known_hosts as they are' cmp both "$known"
printf '%s' "$(cat "$known")" >both && cp both "$known"
it 'cxssh adds to a file without a final newline' works myapp-heron
it 'cxssh writes a line of its own after a line without a newline' prints "^cxssh-.*,myapp-heron $(key_of heron)$" cat "$known"
it 'cxssh still works with the first server after a line without a newline' works myapp-lion

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
it 'cxssh serves thirty at once without a known_hosts' at_once
it 'cxssh learns one host key for thirty connections at once' is "$lion,myapp-lion,cxssh-609b30031d56fd640ba7f43b1657495b.app,myapp-app $(key_of lion)" cat "$known"
restart_sshd lion

# Ports, and other keys of the user.
: >"$known"
{ echo "[203.0.113.21]:2222 $(key_of heron)"; echo "[myapp-lion]:22 $(key_of heron)"
	echo "203.0.113.210,203.0.113.2 $(key_of heron)"; echo "@revoked [203.0.113.21]:2222 $(key_of lion)"; } >"$theirs"
it "cxssh ignores what the user's file says of another port or address" works myapp-lion
: >"$known"
echo "@revoked [203.0.113.21]:2222,203.0.113.2? $(key_of lion)" >"$theirs"
it 'cxssh takes a pattern that revokes from the file of the user' fails_with 255 'marked @revoked in ~/.ssh/known_hosts' reach myapp-lion
: >"$theirs"; echo "203.0.113.21 $(key_of heron)" >"$theirs"; ssh-keygen -q -H -f "$theirs" >/dev/null 2>&1
it 'cxssh refuses by a hashed line of the user' fails_with 255 'is not the one in ~/.ssh/known_hosts' reach myapp-lion
rm -f "$theirs" "$theirs.old"

# Only RSA, which libssh2 1.10 does not have.
dir=$SANDBOX/hosts/lion
restart_sshd lion "HostKey $dir/ssh_host_rsa_key"
: >"$known"
it 'cxssh learns the key of a server that has only an RSA one' works myapp-lion
it 'cxssh learns the RSA key of a server that has only that' is "$lion,myapp-lion $(key_of lion rsa)" cat "$known"
it 'cxssh works with the learnt RSA host key' works myapp-lion
echo "203.0.113.21 $(key_of heron)" >"$theirs"
: >"$known"
it 'cxssh refuses it where the user has another' fails_with 255 'is not the one in ~/.ssh/known_hosts' reach myapp-lion
restart_sshd lion "HostKey $dir/ssh_host_rsa_key" "HostKey $dir/ssh_host_ed25519_key"
echo "203.0.113.21 $(key_of lion rsa)" >"$theirs"
it 'cxssh takes over an RSA key from a server that has newer ones, too' works myapp-lion
it 'cxssh takes over the RSA key although the server has newer ones' is "$lion,myapp-lion $(key_of lion rsa)" cat "$known"
rm "$theirs"

# A server with which libssh2 has no algorithm in common: ssh asks for its key.
restart_sshd lion 'KexAlgorithms sntrup761x25519-sha512@openssh.com'
mkdir liar
cat >liar/ssh <<-END
	#!/bin/sh
	# As ssh, which has written the key, and then finds the signature wrong.
	case " \$* " in
	*' -oProxyCommand=- '*)
		$(command -v ssh) "\$@" 2>/dev/null
		echo 'server: Permission denied (publickey).' >&2
		echo 'ssh_dispatch_run_fatal: Connection to UNKNOWN port 65535: incorrect signature' >&2; exit 255 ;;
	*) exec $(command -v ssh) "\$@" ;;
	esac
END
chmod +x liar/ssh
: >"$known"
it 'cxssh takes no key from ssh that the server does not prove to hold' \
	fails_with 255 'has no host key or cipher that libssh2' env PATH="$work/liar:$PATH" "$(command -v ssh)" -o BatchMode=yes myapp-lion
it 'cxssh learns no key that the server does not prove to hold' is '' cat "$known"
expire_failures
it 'cxssh learns by ssh the key of a server whose algorithms libssh2 does not have' works myapp-lion
it 'cxssh leaves no file of ssh in its cache' sh -c '! ls "$HOME"/.cache/cxssh/hostkey.* 2>/dev/null'
restart_sshd lion

# Host certificates: with @cert-authority no plain key is learnt.
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
it 'cxssh takes a server by its certificate' works myapp-lion
it 'cxssh learns no host key of a server that has a certificate' is "$authority" cat "$known"
certify lion cxssh-nobody
it 'cxssh lets ssh refuse a certificate for another name' fails_with 255 'No .* host key is known for' reach myapp-lion
restart_sshd lion
it 'cxssh lets ssh refuse a server without the certificate' fails_with 255 'No .* host key is known for' reach myapp-lion
it 'cxssh learns nothing from a server without the certificate' is "$authority" cat "$known"
done_testing

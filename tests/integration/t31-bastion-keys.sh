#!/bin/sh
# SPDX-License-Identifier: MIT
# Every kind of key logs in on a bastion as Debian 12 has it, without a question;
# a key that cannot log in is reported with the command that helps.
# shellcheck disable=SC1091,SC2034,SC2094,SC2154 # lib.sh, brokers.sh
no_sandbox=1
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/brokers.sh"

gw=$user@127.0.0.2
make_key() { ssh-keygen -q -N "${secret-}" -C test -f "$@" && cat "$1.pub" >>authorized; }
ssh-keygen -q -t ed25519 -N '' -f key
: >authorized
make_key rsa_pem -t rsa -b 2048 -m PEM
make_key rsa_pkcs8 -t rsa -b 2048 -m PKCS8
make_key rsa_openssh -t rsa -b 3072
make_key ecdsa256 -t ecdsa -b 256
make_key ecdsa384 -t ecdsa -b 384
make_key ecdsa521 -t ecdsa -b 521
make_key ecdsa_pem -t ecdsa -b 256 -m PEM
make_key ecdsa521_pkcs8 -t ecdsa -b 521 -m PKCS8
make_key ed25519 -t ed25519
openssl genpkey -algorithm ed25519 -out ed25519_pkcs8 2>/dev/null
{
	printf 'ssh-ed25519 '
	{
		printf '\0\0\0\013ssh-ed25519\0\0\0\040'
		openssl pkey -in ed25519_pkcs8 -pubout -outform DER | tail -c 32
	} | base64 -w0
	echo
} >>authorized
secret=geheim
make_key locked_rsa -t rsa -b 2048
make_key locked_ed25519 -t ed25519
make_key locked_ed25519_gcm -t ed25519 -Z aes256-gcm@openssh.com
make_key locked_rsa_pem -t rsa -b 2048 -m PEM
make_key lost -t ed25519
make_key lost_pem -t ecdsa -m PEM
unset secret
make_key nopub -t rsa -b 2048 -m PEM
mv nopub.pub elsewhere

start_bastion 127.0.0.2
start_server 127.0.0.9 22 greeting
behind "$gw" uid1 127.0.0.9

greets() { # KEY [TRANSPORT]: a broker with this key gets a channel
	"$drive" close "$gw"
	wait_for no_broker "$gw"
	serve "$gw" "$1" "${2:-1}" && "$drive" pipe "$gw" uid1 22 </dev/null >said 2>said.err ||
		{ cat said.err >&2; return 1; }
	grep -q SSH-2.0-test said
}
refuses() { # STATUS WORDS KEY: at once, and says so
	_status=$1 _words=$2
	"$drive" close "$gw"
	wait_for no_broker "$gw"
	# A client that comes after that broker's end starts another, with the same key.
	mkdir -p -m 700 "$HOME/.config/cxssh"
	(umask 077 && { [ "$3" = - ] || echo "gateway-key 127.0.0.2 = $3"; } >"$HOME/.config/cxssh/config")
	serve "$gw" "$3" 1
	fails_with "$_status" "$_words" within 30 "$drive" pipe "$gw" uid1 22 || return 1
	cp err last
	cat err >>all
}

for name in rsa_pem rsa_pkcs8 rsa_openssh ecdsa256 ecdsa384 ecdsa521 ecdsa_pem \
	ecdsa521_pkcs8 ed25519 ed25519_pkcs8 nopub; do
	it "the broker logs in with $name" greets "$work/$name"
done

it 'the broker says when the key is not let in' refuses 77 "does not let $user in" "$work/key"
it 'the broker says what to run when the key is not accepted' grep -q 'run: cxssh gateway key 127.0.0.2 FILE' last
chmod 640 ed25519
it 'the broker refuses a key that others can read' refuses 78 'can be read or changed by others' "$work/ed25519"
it 'the broker says which chmod helps' grep -q "run: chmod 600 $work/ed25519" last
chmod 600 ed25519
it 'the broker says when there is no such file' refuses 78 'there is no key file' "$work/none"
echo nonsense >junk; chmod 600 junk
it 'the broker says when it is no key' refuses 78 'is not a private key' "$work/junk"
{ echo '-----BEGIN OPENSSH PRIVATE KEY-----'; echo AAAA; } >cut; chmod 600 cut
it 'the broker says when it is half a key' refuses 78 'is damaged' "$work/cut"
sed 5d ed25519 >cut2; chmod 600 cut2
it 'the broker says when a line of the key is missing' refuses 78 'is damaged\|is not a private key' "$work/cut2"
rm -f "$HOME/.config/cxssh/config"

# Without an agent.
it 'the broker does not ask for the secret of a locked key' refuses 77 'is encrypted and not in ssh-agent' \
	"$work/locked_rsa"
it 'the broker says to run ssh-add for a locked key' grep -q "run: ssh-add $work/locked_rsa" last
it 'the broker does not ask for the secret of a locked PEM key' refuses 77 'is encrypted and not in ssh-agent' "$work/locked_rsa_pem"
it 'the broker has no key at all without a file and an agent' refuses 78 'no key for gateway' -
it 'the broker says nothing that a client would take for a question' \
	fails_with 1 '' grep -iE 'pass(word|phrase|code)|PIN|otp|Permission denied|No such file' all

# With one.
eval "$(ssh-agent -a "$runtime/agent")" >/dev/null
printf '#!/bin/sh\necho geheim\n' >askpass; chmod +x askpass
add_key() { SSH_ASKPASS=$work/askpass SSH_ASKPASS_REQUIRE=force ssh-add -q "$@" </dev/null; }
add_key locked_rsa locked_ed25519 locked_ed25519_gcm locked_rsa_pem
for name in locked_rsa locked_ed25519 locked_ed25519_gcm locked_rsa_pem; do
	it "the broker logs in with $name from the agent" greets "$work/$name"
done
it 'the broker says when the agent has others only' refuses 77 'is encrypted and not in ssh-agent' "$work/lost"
it 'the broker says when the agent has other keys than a PEM one' refuses 77 'is encrypted and not in ssh-agent' "$work/lost_pem"
rm locked_ed25519
it 'the broker needs only the public half of what the agent has' greets "$work/locked_ed25519"
it 'the broker tries what the agent has when no file is set' greets -
ssh-add -q -D
add_key ecdsa256
it 'the broker tries an ECDSA key of the agent' greets -
ssh-add -q -D
add_key key ed25519
it 'the broker tries the second key of the agent' greets -
kill -STOP "$SSH_AGENT_PID"
it 'the broker does not wait for an agent that hangs' refuses 77 'is encrypted and not in' "$work/locked_rsa"
kill -CONT "$SSH_AGENT_PID"
kill "$SSH_AGENT_PID"

# The host key of the bastion.
known=$HOME/.ssh/cxssh/known_hosts
it 'the broker has learnt the host key once' is 1 grep -c cxssh-gateway-127.0.0.2 "$known"
stop_bastion 127.0.0.2
rm host.127.0.0.2 host.127.0.0.2.pub
start_bastion 127.0.0.2
it 'the broker refuses a bastion with another host key' refuses 78 '127.0.0.2' "$work/ed25519"
any_way() { # the same with the transport left open
	"$drive" close "$gw"
	wait_for no_broker "$gw"
	serve "$gw" "$work/ed25519" 0
	fails_with 78 '' within 30 "$drive" pipe "$gw" uid1 22
}
it 'the broker does not try OpenSSH with a false host key' any_way
it 'the broker logs no try of OpenSSH with a false host key' fails_with 1 '' grep -q "the transport changes to OpenSSH" "$HOME/.cache/cxssh/log"
no_secrets() { [ -s "$HOME/.cache/cxssh/log" ] && ! grep -rl 'geheim\|PRIVATE KEY' "$HOME/.cache/cxssh"; }
it 'the broker leaves no secret behind' no_secrets
"$drive" close "$gw"
done_testing

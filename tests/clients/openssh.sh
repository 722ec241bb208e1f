#!/bin/sh
# SPDX-License-Identifier: MIT
# What OpenSSH from 10.1 on does otherwise, as client and as server: with the system's, or
# with the one that is installed below $OPENSSH (its bin, sbin and libexec):
#
#   OPENSSH=/opt/openssh-10.5 make check-clients CLIENTS=openssh
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317 # functions are called through it()
# shellcheck disable=SC2016 # expanded elsewhere
SANDBOX_OPTIONS='--hosts "lion otter bastion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

use() { # COMMAND that runs in the namespace of a host, or none
	for program in bin/ssh bin/ssh-keygen bin/ssh-keyscan bin/ssh-add bin/ssh-agent sbin/sshd; do
		[ ! -x "$OPENSSH/$program" ] || "$@" mount --bind "$OPENSSH/$program" "/usr/$program" ||
			{ echo "Bail out! cannot use $OPENSSH/$program"; exit 1; }
	done
}
if [ -n "${OPENSSH-}" ]; then
	use env
	for host in lion otter bastion; do use on "$host"; done
	for host in lion otter; do restart_sshd "$host"; done
fi
ssh -V 2>&1 | sed 's/^/# client: /'
sshd=$(command -v sshd)
"$sshd" -V 2>&1 | grep OpenSSH | sed 's/^/# server: /'
bastion=203.0.113.30 behind=my-awesome-app-otter
config=$HOME/.config/cxssh/config generated=$HOME/.ssh/cxssh/config
cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null

# From 10.4 on, a peer that sends other messages during a key exchange is disconnected.
# Pauses, so that both ends send keepalives, too; a key exchange that takes little time.
head -c 4000000 /dev/urandom >big
often() { # HOST
	restart_sshd "$1" 'LogLevel DEBUG1' 'RekeyLimit 64K' 'ClientAliveInterval 1' \
		'KexAlgorithms curve25519-sha256'
}
often otter
slowly() { for part in 0 1 2 3; do tail -c +$((part * 1000000 + 1)) big | head -c 1000000; sleep 1.2; done; }
both_ways() {
	slowly | ssh -o ServerAliveInterval=1 -o RekeyLimit=64K "$behind" cat | cmp - big
}
key_exchanges() { sshd_log "$1" | grep -c 'SSH2_MSG_KEXINIT received' || :; }
at_least() { # LIMIT COMMAND...
	_limit=$1; shift; _given=$("$@")
	echo "$_given"; [ "$_given" -ge "$_limit" ]
}
for transport in libssh2 openssh; do
	cxssh gateway close "$bastion" >/dev/null
	often bastion
	echo "gateway-transport $bastion = $transport" >>"$config"
	forget_sshd_log bastion; forget_sshd_log otter
	it "$transport: 4 MB go both ways through a bastion that changes its keys" both_ways
	it "$transport: the bastion changed its keys a hundred times" at_least 100 key_exchanges bastion
	it "$transport: the server changed its keys a hundred times" at_least 100 key_exchanges otter
	it "$transport: the bastion had one login" is 1 logins bastion
	it "$transport: another session works after that" is otter ssh "$behind" hostname
	sed -i '/^gateway-transport/d' "$config"
done
cxssh gateway close "$bastion" >/dev/null
restart_sshd bastion; restart_sshd otter

# The order of keys: the one of the stack first, whatever else there is.  From 10.1 on the
# sockets of agents are in ~/.ssh/agent.
mkdir -p -m 700 "$HOME/.ssh/agent"
eval "$(ssh-agent -a "$HOME/.ssh/agent/s.test")" >/dev/null
trap 'kill "$SSH_AGENT_PID"; cleanup' EXIT
for number in 1 2 3 4 5 6 7 8; do
	ssh-keygen -q -t ed25519 -N '' -f "other$number" && ssh-add -q "other$number"
done
ssh-keygen -q -t ed25519 -N '' -f "$HOME/.ssh/own"
printf '\nHost *\n  IdentityFile ~/.ssh/own\n' >>"$HOME/.ssh/config"
first_key() {
	ssh -v "$1" true 2>&1 | tr -d '\r' |
		sed -n 's/^debug1: [OT][a-z]* p[a-z]* key: \([^ ]*\).*/\1/p' | head -n 1
}
stack_key=$HOME/.ssh/cx_609b30031d56fd640ba7f43b1657495b
it 'ssh logs in beside an agent with 8 other keys' is lion ssh myapp-lion hostname
it 'the key of the stack is tried first' is "$stack_key" first_key myapp-lion
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
it 'the bastion is logged in on beside that agent' is otter ssh "$behind" hostname
cxssh gateway close "$bastion" >/dev/null
ssh-add -q "$SANDBOX/bastion_key"
ssh-add -q -d other1 other2 other3 other4 other5 other6 other7
sed -i '/^gateway-key/d' "$config"
for transport in libssh2 openssh; do
	echo "gateway-transport $bastion = $transport" >>"$config"
	it "$transport: the bastion is logged in on with a key of the agent in ~/.ssh/agent" \
		is otter ssh "$behind" hostname
	cxssh gateway close "$bastion" >/dev/null
	sed -i '/^gateway-transport/d' "$config"
done
echo 'keys = agent' >>"$config"
cxssh key remove myapp-lion >/dev/null
cxssh sync >/dev/null
it 'ssh logs in with a key that is in that agent alone' is lion ssh myapp-lion hostname
it 'no private key of the stack is in a file' test ! -e "$stack_key"
sed -i '/^keys/d' "$config"
cxssh key remove myapp-lion >/dev/null
cxssh sync >/dev/null

# A private key in PEM, as the API gives them, with no FILE.pub beside it.
ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f pem
cat pem.pub >>"$SANDBOX/hosts/lion/home/.ssh/authorized_keys"
cat pem.pub >>"$SANDBOX/hosts/bastion/home/.ssh/authorized_keys"
mv pem.pub pem.public
cat pem >"$SANDBOX/keys/myapp"
it 'ssh logs in with a key in PEM and no FILE.pub' is lion ssh myapp-lion hostname
it 'the key is in PEM' grep -q 'BEGIN RSA PRIVATE KEY' "$stack_key"
it 'no FILE.pub is there' test ! -e "$stack_key.pub"
cxssh gateway key "$bastion" "$work/pem" >/dev/null
for transport in libssh2 openssh; do
	echo "gateway-transport $bastion = $transport" >>"$config"
	it "$transport: a key in PEM without FILE.pub is used for the bastion" is otter ssh "$behind" hostname
	cxssh gateway close "$bastion" >/dev/null
	sed -i '/^gateway-transport/d' "$config"
done

# ssh -G prints its keywords in lower case from 10.6 on, and in another case before.
it 'sync --check is content with what ssh -G prints' cxssh sync --check
mkdir other-case
cat >other-case/ssh <<'SH'
#!/bin/sh
case " $* " in *' -G '*) /usr/bin/ssh "$@" | awk '{ $1 = '"$CASE"'; print }' ;; *) exec /usr/bin/ssh "$@" ;; esac
SH
chmod +x other-case/ssh
checks() { # AWK-EXPRESSION
	sed "s/'\"\$CASE\"'/$1/" other-case/ssh >ssh.new && cat ssh.new >other-case/ssh.case
	mkdir -p bin && cp other-case/ssh.case bin/ssh && chmod +x bin/ssh
	PATH=$work/bin:$PATH cxssh sync --check
}
for letters in 'toupper($1)' 'tolower($1)' 'toupper(substr($1, 1, 1)) substr($1, 2)'; do
	it "sync --check is content with the keywords as $letters" checks "$letters"
	cp "$HOME/.ssh/config" kept
	{ echo 'Port 2222'; cat kept; } >"$HOME/.ssh/config"
	it "sync --check finds a foreign Port among the keywords as $letters" \
		fails_with 1 'Port' checks "$letters"
	cp kept "$HOME/.ssh/config"
done
done_testing

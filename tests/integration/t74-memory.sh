#!/bin/sh
# SPDX-License-Identifier: MIT
# What a gateway's broker keeps in memory: the bastion's key while it logs in, and not
# for the hours after.
# shellcheck disable=SC1091,SC2034,SC2094,SC2154 # lib.sh, brokers.sh
no_sandbox=1
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/brokers.sh"

hunter=$CXSSH_BUILD/tests/integration/secret_hunter
[ -x "$hunter" ] || skip_all 'secret_hunter is not built'
gw=$user@127.0.0.2

# The same key in the forms in which it may lie in memory: the file's lines, its
# numbers, and OpenSSL's, whose words are the other way round on these machines.
hex() { od -An -v -tx1 | tr -d ' \n'; }
backwards() { sed 's/\(..\)/\1 /g' | tr ' ' '\n' | sed '/^$/d' | tac | tr -d '\n'; }
lines_of() { # FILE: a few of its lines of base64
	grep -v -- ----- "$1" | awk 'NR > 1 && length($0) >= 60 { print "line" NR " text " $0 }' | tail -n 3
}
numbers_of_rsa() { # FILE
	for number in prime1 prime2 privateExponent exponent1 coefficient; do
		digits=$(openssl rsa -in "$1" -noout -text 2>/dev/null | awk -v name="$number:" '
			$1 == name { on = 1; next } /^[a-zA-Z]/ { on = 0 } on { printf "%s", $1 }' | tr -d : |
			sed 's/^00//')
		[ -n "$digits" ] || { echo "Bail out! no $number" >&2; exit 1; }
		echo "$number hex $digits"
		echo "$number-backwards hex $(echo "$digits" | backwards)"
	done
}
number_of_ec() { # FILE
	digits=$(openssl ec -in "$1" -noout -text 2>/dev/null | awk '
		$1 == "priv:" { on = 1; next } /^[a-zA-Z]/ { on = 0 } on { printf "%s", $1 }' | tr -d : | sed 's/^00//')
	echo "number hex $digits"
	echo "number-backwards hex $(echo "$digits" | backwards)"
}
# In an OpenSSH file the seed comes before the last copy of the public key.
seed_of_openssh() { # FILE
	public=$(cut -d ' ' -f 2 "$1.pub" | base64 -d | tail -c 32 | hex)
	echo "seed hex $(grep -v -- ----- "$1" | base64 -d | hex | sed "s/.*\(.\{64\}\)$public.*/\1/")"
}
: >authorized
ssh-keygen -q -t ed25519 -N '' -C x -f ed25519
ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -C x -f rsa_pem
ssh-keygen -q -t rsa -b 2048 -m PKCS8 -N '' -C x -f rsa_pkcs8
ssh-keygen -q -t ecdsa -m PEM -N '' -C x -f ecdsa_pem
ssh-keygen -q -t rsa -b 3072 -N '' -C x -f rsa_openssh
cat ./*.pub >authorized
cp rsa_openssh rsa_openssh.pem && ssh-keygen -q -p -m PEM -P '' -N '' -f rsa_openssh.pem >/dev/null
{ lines_of ed25519; seed_of_openssh ed25519; } >ed25519.secrets
for name in rsa_pem rsa_pkcs8; do { lines_of $name; numbers_of_rsa $name; } >$name.secrets; done
{ lines_of rsa_openssh; numbers_of_rsa rsa_openssh.pem; } >rsa_openssh.secrets
{ lines_of ecdsa_pem; number_of_ec ecdsa_pem; } >ecdsa_pem.secrets
echo "path text $work/ed25519" >path.secrets

start_bastion 127.0.0.2
start_server 127.0.0.9 22 greeting
behind "$gw" uid1 127.0.0.9
greets() { "$drive" pipe "$gw" uid1 22 </dev/null >said && grep -q SSH-2.0-test said; }
forgotten() { "$drive" close "$gw"; wait_for no_broker "$gw"; }
holds() { "$hunter" memory "$(broker_pid "$gw")" "$1"; [ $? = 1 ]; }
holds_none() { "$hunter" memory "$(broker_pid "$gw")" "$1" >found; _code=$?; cat found >&2; return "$_code"; }

serve "$gw" "$work/ed25519" 1
greets
if [ "$(id -u)" != 0 ]; then
	# As it shall be; then nothing more can be searched here.
	it 'the broker lets only root read the memory of a broker' fails_with 69 'Permission denied' \
		"$hunter" memory "$(broker_pid "$gw")" path.secrets
	forgotten
	done_testing
fi
it 'the broker is searched to the bottom: what must be there is found' holds path.secrets
forgotten
for name in ed25519 rsa_pem rsa_pkcs8 rsa_openssh ecdsa_pem; do
	kill -STOP "$(cat sshd.127.0.0.2.pid)" # which then does not answer
	serve "$gw" "$work/$name" 1
	it "the broker holds the key $name while it logs in" holds $name.secrets
	lines_of $name >lines
	it "the broker holds no line of the file of $name while it logs in" holds_none lines
	kill -CONT "$(cat sshd.127.0.0.2.pid)"
	it "the broker serves by the key $name" wait_for greets
	it "the broker holds nothing of the key $name once it serves" holds_none $name.secrets
	forgotten
done

# A locked key is used by the agent, which alone knows its passphrase.
secret='correct horse battery staple'
ssh-keygen -q -t ed25519 -N "$secret" -C x -f locked
cat locked.pub >>authorized
eval "$(ssh-agent -a "$runtime/agent")" >/dev/null
printf '#!/bin/sh\necho "%s"\n' "$secret" >askpass; chmod 700 askpass
SSH_ASKPASS=$work/askpass SSH_ASKPASS_REQUIRE=force setsid ssh-add -q locked </dev/null
{ echo "secret text $secret"; lines_of locked; } >locked.secrets
serve "$gw" "$work/locked" 1
it 'the broker serves by a locked key in the agent' wait_for greets
it 'the broker holds nothing of a locked key in the agent' holds_none locked.secrets
kill "$SSH_AGENT_PID"
forgotten
done_testing

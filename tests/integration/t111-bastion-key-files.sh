#!/bin/sh
# SPDX-License-Identifier: MIT
# "cxssh gateway key" looks at a file first; and keys of the bastion that ssh-agent has.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh
SANDBOX_OPTIONS='--hosts "bastion otter"'
. "$(dirname "$0")/../lib.sh"

cxssh sync --yes >/dev/null
bastion=203.0.113.30
config=$HOME/.config/cxssh/config
works() { is otter quietly within 20 ssh my-awesome-app-otter hostname; }
runtime=$SANDBOX/run; mkdir -p -m 700 "$runtime"
start_agent() { eval "$(ssh-agent -a "$runtime/agent")" >/dev/null; }
end_agent() { kill "$SSH_AGENT_PID"; unset SSH_AUTH_SOCK SSH_AGENT_PID; rm -f "$runtime/agent"; }
set_key() { cxssh gateway key "$bastion" "$1"; }
close() { cxssh gateway close "$bastion" >/dev/null; rm -rf "$HOME/.cache/cxssh/failed"; }
unset SSH_AUTH_SOCK

it 'cxssh takes a private key' set_key "$SANDBOX/bastion_key"
it 'cxssh connects through the bastion' works

# Whatever is no use replaces no key.
refuses() { # STATUS PATTERN FILE
	fails_with "$1" "$2" set_key "$3" && grep -q "^gateway-key $bastion = .*bastion_key\$" "$config"
}
file() { cat >"$1"; chmod 600 "$1"; }
echo hello | file hello
it 'cxssh refuses words' refuses 78 'hello is not a private key' hello
printf 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n' | file key.ppk
it 'cxssh refuses a key of PuTTY, and says how to convert it' \
	refuses 78 'key.ppk is a key of PuTTY, not of OpenSSH; run: puttygen .*key.ppk -O private-openssh' key.ppk
printf '%s\n' '-----BEGIN CERTIFICATE-----' MAA= '-----END CERTIFICATE-----' | file cert.pem
it 'cxssh refuses an X.509 certificate' refuses 78 'cert.pem is a certificate' cert.pem
head -n 3 "$SANDBOX/bastion_key" | file half
it 'cxssh refuses half a key' refuses 78 'half is damaged' half
ssh-keygen -q -t ed25519 -N geheim -f locked
it 'cxssh refuses an encrypted key that no agent has, and says how to load it' \
	refuses 77 'locked is encrypted and not in ssh-agent.*; run: ssh-add .*locked' locked
ssh-keygen -q -t ed25519 -N '' -f other
it 'cxssh refuses a public key without an agent' \
	refuses 77 'other.pub is a public key and not in ssh-agent (there is no ssh-agent)' other.pub
mkfifo -m 600 fifo
it 'cxssh refuses a FIFO, and does not wait for it' refuses 78 'fifo is not a regular file' fifo
cp "$SANDBOX/bastion_key" beside; chmod 600 beside; mkfifo beside.pub
it 'cxssh does not wait for a FIFO in place of FILE.pub' within 30 cxssh gateway key "$bastion" beside
it 'cxssh goes back' set_key "$SANDBOX/bastion_key"
mkdir folder
it 'cxssh refuses a folder' refuses 78 'folder is not a regular file' folder
it 'cxssh still connects' works

# libssh2 gets the key from cxssh, which takes such line ends; ssh takes them of no file in
# this format.
sed 's/$/\r/' "$SANDBOX/bastion_key" | file crlf
it 'cxssh takes a private key with CR LF' set_key crlf
close
it 'cxssh connects through the bastion by a key with CR LF' works
close
echo "gateway-transport $bastion = openssh" >>"$config"
it 'names a key file that ssh cannot load' fails_with 255 \
	"gateway $bastion gets no key: ssh cannot load $work/crlf: [a-z]" within 20 ssh my-awesome-app-otter true
close
sed -i '/^gateway-transport/d' "$config"
it 'cxssh takes the first key again' set_key "$SANDBOX/bastion_key"

# The agent's key, chosen by its public half: nine keys, the right one last.
start_agent
for n in 1 2 3 4 5 6 7 8; do
	ssh-keygen -q -t ed25519 -N '' -f "many$n" && ssh-add -q "many$n"
done
cp "$SANDBOX/bastion_key" right; chmod 600 right
ssh-keygen -y -f right >right.pub; chmod 600 right.pub
ssh-add -q right; rm right
it 'cxssh refuses a public key that the agent does not have' \
	refuses 77 'other.pub is a public key and not in ssh-agent' other.pub
it 'cxssh takes a public key that the agent has' set_key right.pub
it 'cxssh connects by the ninth key of the agent' works
close
sed -i '/^gateway-key/d' "$config"
it 'cxssh says how many keys of the agent were tried' fails_with 255 \
	'with the first 3 of 9 keys in ssh-agent' within 20 ssh my-awesome-app-otter true
close

# An agent that cannot help is named.
printf '#!/bin/sh\necho x\n' >askpass; chmod +x askpass
lock() { SSH_ASKPASS=$work/askpass SSH_ASKPASS_REQUIRE=force ssh-add "$1" >/dev/null 2>&1 </dev/null; }
names_agent() { # PATTERN
	close
	fails_with 255 "$1" within 20 ssh my-awesome-app-otter true
}
lock -x
it 'names an agent that is locked' names_agent "ssh-agent at $runtime/agent is locked or has no key"
lock -X
kill -STOP "$SSH_AGENT_PID"
it 'names an agent that is silent' names_agent "no key for gateway $bastion: $runtime/agent: ssh-agent did not answer"
kill -CONT "$SSH_AGENT_PID"
socket=$SSH_AUTH_SOCK; end_agent; SSH_AUTH_SOCK=$socket; export SSH_AUTH_SOCK
it 'names an agent that is dead' names_agent "ssh-agent does not answer ($runtime/agent)"
unset SSH_AUTH_SOCK
it 'cxssh says that there is no agent' names_agent "no key for gateway $bastion: there is no ssh-agent"

# A certificate that only the agent has: OpenSSH's own client logs in.
start_agent
ssh-keygen -q -t ed25519 -N '' -f authority
cp authority.pub "$SANDBOX/hosts/bastion/authority.pub" 2>/dev/null || :
restart_sshd bastion "TrustedUserCAKeys $work/authority.pub" 'AuthorizedKeysFile none'
by_openssh() { cxssh gateway list | grep -q . && grep -q 'openssh' "$config"; }
for type in ed25519 ecdsa rsa; do
	ssh-add -q -D
	ssh-keygen -q -t "$type" -N '' -f certified
	ssh-keygen -q -s authority -I test -n jump certified.pub 2>/dev/null
	ssh-add -q certified; rm -f certified certified.pub certified-cert.pub
	close
	sed -i '/^gateway-transport/d' "$config"
	it "cxssh logs in by a certificate of type $type that only the agent has" works
	it "cxssh remembers that the bastion needs OpenSSH's own client ($type)" by_openssh
done
close
end_agent
it 'cxssh leaves no process' wait_for no_leftovers
done_testing

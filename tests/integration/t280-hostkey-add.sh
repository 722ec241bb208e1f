#!/bin/sh
# SPDX-License-Identifier: MIT
# A host key that is named before the first contact: by a file, or by its fingerprint.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh
SANDBOX_OPTIONS='--hosts "lion heron otter bastion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

ours=$HOME/.ssh/cxssh/known_hosts
lines() { grep -c '^[^#]' "$ours" || :; }
fingerprint() { ssh-keygen -lf "$SANDBOX/hosts/$1/ssh_host_ed25519_key.pub" | cut -d ' ' -f 2; }
works() { is "$1" quietly within 20 ssh "$2" hostname; }
cxssh sync --yes >/dev/null
cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key" >/dev/null
before=$(api_calls POST)

# Files.
cp "$SANDBOX/hosts/lion/ssh_host_ed25519_key.pub" lion.pub
it 'cxssh hostkey add takes the key in a .pub file' prints "the host key of myapp-lion is known: $(fingerprint lion)" \
	cxssh hostkey add myapp-lion lion.pub
it 'cxssh hostkey add writes it under the name that ssh asks for' grep -q "^cxssh-[0-9a-f]*,myapp-lion $(cut -d ' ' -f 1,2 lion.pub)$" "$ours"
it 'cxssh hostkey add opens no firewall for a file' is "$before" api_calls POST
cp "$ours" whole
it 'the first connection works with that key' works lion myapp-lion
it 'the first connection has nothing left to learn' cmp whole "$ours"
it 'cxssh hostkey add takes the same key again' cxssh hostkey add myapp-lion lion.pub
it 'cxssh hostkey add refuses another key for a host that is known' fails_with 78 'run: cxssh hostkey forget myapp-lion' \
	cxssh hostkey add myapp-lion "$SANDBOX/hosts/heron/ssh_host_ed25519_key.pub"
printf '# scanned\n203.0.113.22 %s\n' "$(cut -d ' ' -f 1,2 lion.pub)" >scanned
it 'cxssh hostkey add takes lines as ssh-keyscan prints them' cxssh hostkey add myapp-heron scanned
it 'a server that shows another key than the one named is refused' fails_with 255 '' within 20 ssh myapp-heron true
cxssh hostkey forget myapp-heron >/dev/null
cp "$ours" whole

# What is no key.
echo hello >junk; : >empty; mkfifo fifo; head -c 100000 /dev/urandom >bytes
ssh-keygen -q -t ed25519 -N '' -f own
printf 'ssh-ed25519 AAAA\nssh-ed25519 %s\n' "$(cut -d ' ' -f 2 lion.pub | cut -c 1-40)" >cut
for file in junk empty bytes own cut; do
	it "cxssh hostkey add refuses a file without a host key: $file" fails_with 78 'has no public host key' cxssh hostkey add myapp-heron "$file"
done
it 'cxssh hostkey add does not wait for a FIFO' fails_with 78 'not a regular file' within 5 cxssh hostkey add myapp-heron fifo
it 'names a file that is not there' fails_with 78 'nothere: no such file' cxssh hostkey add myapp-heron nothere
it 'cxssh hostkey add refuses half a fingerprint' fails_with 64 'a fingerprint is SHA256:' cxssh hostkey add myapp-heron SHA256:abc
it 'cxssh hostkey add asks for one server of a role' fails_with 64 'a role with [0-9]* servers' cxssh hostkey add myapp-web lion.pub
it 'names the nearest of a host that is not there' fails_with 66 'myapp-heron' cxssh hostkey add myapp-heronn lion.pub
it 'cxssh hostkey add writes nothing of all that' cmp whole "$ours"

# Fingerprints.
it 'cxssh hostkey add refuses a server whose key has another fingerprint' fails_with 78 'shows no host key with' \
	within 60 cxssh hostkey add myapp-heron "$(fingerprint lion)"
it 'cxssh hostkey add keeps no key of a server that was refused' cmp whole "$ours"
it 'cxssh hostkey add takes the key with that fingerprint' within 60 cxssh hostkey add myapp-heron "$(fingerprint heron)"
it 'cxssh hostkey add connects to the server whose fingerprint was given' works heron myapp-heron
it 'cxssh hostkey add refuses another fingerprint for a host that is known' fails_with 78 'another host key of myapp-heron is known already' \
	within 60 cxssh hostkey add myapp-heron "$(fingerprint lion)"
it 'cxssh hostkey add refuses a bastion whose key has another fingerprint' fails_with 78 'shows no host key with' \
	within 60 cxssh hostkey add 203.0.113.30 "$(fingerprint lion)"
it 'cxssh hostkey add takes the key of a bastion with that fingerprint' within 60 cxssh hostkey add 203.0.113.30 "$(fingerprint bastion)"
it 'cxssh hostkey add takes the key of a server behind it' within 60 cxssh hostkey add my-awesome-app-otter "$(fingerprint otter)"
it 'cxssh hostkey add connects to the server behind the bastion' works otter my-awesome-app-otter
done_testing

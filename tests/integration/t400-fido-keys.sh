#!/bin/sh
# SPDX-License-Identifier: MIT
# Keys of a FIDO token for a bastion, in a file and in ssh-agent: OpenSSH logs in with them
# by itself, since libssh2 cannot.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh
SANDBOX_OPTIONS='--hosts "bastion otter"'
. "$(dirname "$0")/../lib.sh"

# A broker and its ssh may read ~/.ssh, and not the folder of the test.
token=$HOME/.ssh/token.so; mkdir -p -m 700 "$HOME/.ssh"
${CC:-cc} -shared -fPIC -o "$token" "$tests/preload/security_key.c" -lcrypto ||
	skip_all 'no libcrypto to make a token of'
chmod 755 "$token"
ssh-keygen -q -t ed25519-sk -w "$token" -N '' -f fido 2>said ||
	skip_all "this ssh has no FIDO keys: $(head -n 1 said)"
unset SSH_AUTH_SOCK
bastion=203.0.113.30
config=$HOME/.config/cxssh/config
works() { is otter quietly within 20 ssh my-awesome-app-otter hostname; }
forget() {
	cxssh gateway close "$bastion" >/dev/null
	rm -rf "$HOME/.cache/cxssh/failed"
	sed -i '/^gateway-/d' "$config"
}
cxssh sync --yes >/dev/null
cp fido.pub "$SANDBOX/hosts/bastion/home/.ssh/authorized_keys"
mkdir -p "$(dirname "$config")"

# The token is not the system's: ssh is told where it is.
mkdir bin
printf '#!/bin/sh\nexec /usr/bin/ssh -oSecurityKeyProvider=%s "$@"\n' "$token" >bin/ssh
chmod 755 bin/ssh
path=$PATH PATH=$work/bin:$PATH
it 'gateway key takes the file of a FIDO key' cxssh gateway key "$bastion" fido
it 'a session goes through a bastion that knows the FIDO key alone' works
it 'OpenSSH has logged in there' grep -q "^gateway-transport $bastion = openssh" "$config"
forget
PATH=$path

runtime=$SANDBOX/run; mkdir -p -m 700 "$runtime"
eval "$(ssh-agent -P "$HOME/.ssh/*" -a "$runtime/agent")" >/dev/null
trap 'kill "$SSH_AGENT_PID"; cleanup' EXIT
ssh-add -q -S "$token" fido || skip_all 'this ssh-agent has no FIDO keys'
mv fido fido.away
it 'a FIDO key that only the agent has is tried by itself' works
it 'OpenSSH has logged in with the key of the agent' grep -q "^gateway-transport $bastion = openssh" "$config"
logins=$(logins bastion)
it 'the next session shares that login' works
it 'no other login was made' is "$logins" logins bastion
forget
it 'gateway key takes the public half of a FIDO key in the agent' cxssh gateway key "$bastion" fido.pub
it 'a session goes through the bastion by the public half' works
cxssh gateway close "$bastion" >/dev/null
done_testing

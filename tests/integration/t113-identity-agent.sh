#!/bin/sh
# SPDX-License-Identifier: MIT
# IdentityAgent of ssh_config(5) for the bastion: which agent has the key to log in with.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh
SANDBOX_OPTIONS='--hosts "bastion otter"'
. "$(dirname "$0")/../lib.sh"
command -v ssh-agent >/dev/null || skip_all 'needs ssh-agent'
cxssh sync --yes >/dev/null
bastion=203.0.113.30
ssh-agent -a "$SANDBOX/empty" >empty.env
ssh-agent -a "$SANDBOX/full" >full.env
SSH_AUTH_SOCK=$SANDBOX/full ssh-add -q "$SANDBOX/bastion_key"
SSH_AUTH_SOCK=$SANDBOX/empty; export SSH_AUTH_SOCK
cp "$HOME/.ssh/config" config.first
identity_agent() { # VALUE
	{ cat config.first; printf 'Host %s\n  IdentityAgent %s\n' "$bastion" "$1"; } >"$HOME/.ssh/config"
	cxssh gateway close "$bastion" >/dev/null; rm -rf "$HOME/.cache/cxssh/failed"
}
works() { is otter quietly within 20 ssh my-awesome-app-otter hostname; }
fails() { fails_with 255 "$1" within 20 ssh my-awesome-app-otter true; }

it 'cxssh asks the agent at $SSH_AUTH_SOCK where nothing else is said' fails "ssh-agent at $SANDBOX/empty is locked or has no key"
identity_agent "$SANDBOX/full"
it 'cxssh logs in by the agent that IdentityAgent names for the bastion' works
# As 1Password documents it.
odd="$HOME/Group Containers/t"
mkdir -p "$odd" && ln -s "$SANDBOX/full" "$odd/agent.sock"
identity_agent '"~/Group Containers/t/agent.sock"'
it 'cxssh logs in by an agent below ~ whose path has blanks' works
identity_agent '"%d/Group Containers/t/agent.sock"'
it 'cxssh logs in by an agent below %d' works
identity_agent '"${HOME}/Group Containers/t/agent.sock"'
it 'cxssh logs in by an agent whose path has a variable' works
{ cat config.first; printf 'Match host %s\n  IdentityAgent "~/Group Containers/t/agent.sock"\n' "$bastion"; } >"$HOME/.ssh/config"
cxssh gateway close "$bastion" >/dev/null
it 'cxssh logs in by the agent that a Match names for the bastion' works
identity_agent '"~/Group Containers/t/agent.sock"'
echo "gateway-transport $bastion = openssh" >>"$HOME/.config/cxssh/config"
it 'OpenSSH logs in by an agent whose path has blanks' works
sed -i '/^gateway-transport/d' "$HOME/.config/cxssh/config"
OTHER=$SANDBOX/full; export OTHER
identity_agent '$OTHER'
it 'cxssh logs in by the agent that a variable names' works
SSH_AUTH_SOCK=$SANDBOX/full
identity_agent SSH_AUTH_SOCK
it 'cxssh logs in by the agent at $SSH_AUTH_SOCK where IdentityAgent says so' works
identity_agent none
it 'cxssh asks no agent where IdentityAgent says none' fails "no key for gateway $bastion: there is no ssh-agent"
ssh-keygen -y -f "$SANDBOX/bastion_key" >right.pub
it 'cxssh takes no key of an agent that is not to be asked' \
	fails_with 77 'is a public key and not in ssh-agent (there is no ssh-agent)' \
	cxssh gateway key "$bastion" right.pub
identity_agent "$SANDBOX/full"
SSH_AUTH_SOCK=$SANDBOX/empty
it 'cxssh takes a key of the agent that IdentityAgent names' cxssh gateway key "$bastion" right.pub
it 'cxssh logs in by that key' works
for env in empty full; do sh -c ". ./$env.env; kill \$SSH_AGENT_PID" >/dev/null; done
cxssh gateway close "$bastion" >/dev/null
it 'cxssh leaves no process' wait_for no_leftovers
done_testing

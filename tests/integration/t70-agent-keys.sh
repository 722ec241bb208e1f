#!/bin/sh
# SPDX-License-Identifier: MIT
# keys = agent: server keys live in ssh-agent for a time and never on the disk.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2016 # expanded elsewhere
SANDBOX_OPTIONS='--hosts "lion heron bastion otter"'
. "$(dirname "$0")/../lib.sh"

command -v ssh-agent >/dev/null || skip_all 'needs ssh-agent'
mkdir -p "$HOME/.config/cxssh"
setting() { printf '%s\n' "$@" "gateway-key 203.0.113.30 = $SANDBOX/bastion_key" >"$HOME/.config/cxssh/config"; }
setting 'keys = agent'
chmod 600 "$SANDBOX/bastion_key"
eval "$(ssh-agent -a "$SANDBOX/agent")" >/dev/null
in_agent() { ssh-add -l 2>/dev/null | grep -c " cx_$1" || :; }
downloads() { api_calls 'GET .*include_private_key=1 200'; }
# Nowhere in the laptop's home, and nowhere in the folders that programs share.
no_key_file() {
	! grep -rls 'PRIVATE KEY' "$HOME/.ssh/"cx_* "$HOME/.ssh/cxssh" "$HOME/.cache" "$HOME/.config" "$HOME/.cloud66" >&2 &&
		! ls "$HOME"/.ssh/cx_*_pkey "$HOME"/.ssh/cx_????????????????????????????????
}
# lion's stack hands out one key for all of its servers.
stack=609b30031d56fd640ba7f43b1657495b
pub=$HOME/.ssh/cx_$stack.pub

it 'cxssh writes a configuration' cxssh sync --yes
it 'cxssh writes the public half as IdentityFile' grep -q "IdentityFile ~/.ssh/cx_$stack.pub\$" "$HOME/.ssh/cxssh/config"
it 'cxssh lets ssh try that one key only' sh -c 'ssh -G myapp-lion | grep -qx "identitiesonly yes"'
it 'cxssh fetches no key when it writes a configuration' is 0 in_agent "$stack"
probed=$(downloads) # sync asks which stacks have one
it 'ssh works at once' is lion quietly ssh myapp-lion hostname
it 'cxssh has the key in the agent after the first ssh' is 1 in_agent "$stack"
it 'cxssh fetches the key once for the agent' is $((probed + 1)) downloads
it 'cxssh has no private key in a file' no_key_file
it 'cxssh has the public half in a file' grep -q '^ssh-rsa ' "$pub"
it 'cxssh keeps the public half readable for its owner alone'"'"'s alone' is 600 stat -c %a "$pub"
it 'ssh works again' is lion quietly ssh myapp-lion hostname
it 'cxssh works with the key in the agent for another server of the stack' is heron quietly ssh myapp-heron hostname
it 'cxssh downloads the key once for all servers of the stack' is $((probed + 1)) downloads
copies() {
	head -c 300000 /dev/urandom >sent && quietly scp -q sent myapp-lion:sent &&
		quietly scp -q myapp-lion:sent back && cmp sent back
}
it 'scp works' copies
it 'ssh works through a gateway' is otter quietly ssh my-awesome-app-otter hostname
it 'cxssh has the key of the stack behind the gateway in the agent, too' is 2 sh -c 'ssh-add -l | grep -c " cx_"'
it 'cxssh has no key in a file after ssh through a gateway' no_key_file
# Of ssh's own log: the key offered is the agent's, and no other of the agent's is.
ssh-add -q "$HOME/.ssh/id_ed25519"
offered() {
	ssh -v myapp-lion true 2>&1 | grep '^debug1: Offering public key' >offers
	[ "$(wc -l <offers)" = 1 ] && grep -q "cx_$stack.*agent" offers
}
it 'cxssh offers no other key of the agent' offered
ssh-add -q -d "$HOME/.ssh/id_ed25519"

# cxssh key
it 'cxssh lists it' prints "cx_$stack.pub  *in ssh-agent until then" cxssh key list
refreshed() { prints ', in ssh-agent$' cxssh key refresh myapp-lion && is 1 in_agent "$stack"; }
before=$(downloads)
it 'cxssh fetches it anew when told to' refreshed
it 'cxssh downloads the key once when told to fetch it anew' is $((before + 1)) downloads
removed() { cxssh key remove myapp-lion && is 0 in_agent "$stack" && [ ! -e "$pub" ]; }
it 'cxssh takes it out of the agent when told to' removed
it 'cxssh leaves the keys of other stacks in the agent' is 1 in_agent ab7a7e42cd7c9ba69bd4fb616287d225
it 'cxssh has it again when it is needed' is lion quietly ssh myapp-lion hostname

# A key that another program took out of the agent.
ssh-add -q -D
it 'cxssh lists what is not there' prints "cx_$stack.pub  *not in ssh-agent" cxssh key list
it 'cxssh fetches what the agent has lost' is lion quietly ssh myapp-lion hostname
crowd() {
	ssh-add -q -D
	before=$(downloads) n=0 pids=
	while [ "$n" -lt 8 ]; do ssh myapp-lion hostname >>crowd.out 2>&1 & pids="$pids $!"; n=$((n + 1)); done
	for pid in $pids; do wait "$pid" || { cat crowd.out >&2; return 1; }; done
	is $((before + 1)) downloads
}
it 'cxssh fetches what the agent has lost once for many' crowd

# The lifetime.
setting 'keys = agent' 'key-lifetime = 3s'
short() { cxssh key refresh myapp-lion && is 1 in_agent "$stack"; }
it 'cxssh gives it for the time that is set' short
it 'cxssh lets the agent forget the key after the time that is set' wait_for sh -c "! ssh-add -l 2>/dev/null | grep -q cx_$stack"
it 'cxssh works after the agent has forgotten the key' is lion quietly ssh myapp-lion hostname

# Agents that do not help: one sentence, at once, and nothing on the disk.
setting 'keys = agent'
refused() { ssh myapp-lion true; }
ssh-add -q -D
it 'cxssh says what is missing without an agent' fails_with 255 \
	'keys = agent: there is no ssh-agent; run: eval "$(ssh-agent)"' env -u SSH_AUTH_SOCK ssh myapp-lion true
cp err last
it 'cxssh says in one line that an agent is missing' is 1 grep -c cxssh last
it 'cxssh says to cxssh key that an agent is missing' fails_with 69 'keys = agent: there is no ssh-agent' \
	env -u SSH_AUTH_SOCK cxssh key refresh myapp-lion
kill -STOP "$SSH_AGENT_PID"
it 'cxssh does not wait for one that hangs' fails_with 255 'ssh-agent did not answer' within 10 ssh myapp-lion true
# Taken out only when it says so; the file by which it is found stays when it says nothing.
kept_by_one_that_hangs() { fails_with 69 'ssh-agent did not answer' cxssh key remove myapp-lion && [ -e "$pub" ]; }
it 'cxssh keeps the public half of a key that it cannot take out of the agent' kept_by_one_that_hangs
queue_full() { # ssh-agent's own: a connection in it stays in it
	n=0 pids=
	while [ "$n" -lt 150 ]; do
		timeout 3 ssh-add -l >/dev/null 2>&1 & pids="$pids $!"; n=$((n + 1))
	done
	for pid in $pids; do wait "$pid"; done
}
queue_full
it 'cxssh does not wait for an agent that does not accept' fails_with 255 'ssh-agent does not answer' \
	within 10 ssh myapp-heron true
it 'cxssh leaves no process waiting for an agent that does not accept' wait_for sh -c "! pgrep -f '[b]in/cxssh open'"
kill -CONT "$SSH_AGENT_PID"
expire_failures
printf '#!/bin/sh\necho geheim\n' >askpass; chmod +x askpass
lock() { SSH_ASKPASS=$work/askpass SSH_ASKPASS_REQUIRE=force setsid ssh-add "$1" </dev/null; }
lock -x >/dev/null 2>&1
it 'cxssh says when it is locked' fails_with 255 'ssh-agent does not take the key.*run: ssh-add -X' refused
it 'cxssh does not say that it took a key out of it' prints "removed $pub; no ssh-agent gave up a key" cxssh key remove myapp-lion
lock -X >/dev/null 2>&1
expire_failures
it 'cxssh works when it is unlocked' is lion quietly ssh myapp-lion hostname
away() { prints "removed $pub; no ssh-agent gave up a key" env -u SSH_AUTH_SOCK cxssh key remove myapp-lion && is 1 in_agent "$stack"; }
it 'cxssh does not say so of one that it does not reach' away
cxssh key refresh myapp-lion >/dev/null
it 'cxssh leaves no key in a file in all this' no_key_file
no_secret() { ! grep -rl 'PRIVATE KEY' "$HOME/.cache/cxssh"; }
it 'cxssh leaves no key in a log' no_secret

# Back to files.
setting 'keys = file'
it 'cxssh goes back to files' cxssh sync --yes
it 'cxssh works with a key in a file again' is lion quietly ssh myapp-lion hostname
it 'cxssh has written the key into a file again' test -s "$HOME/.ssh/cx_$stack"
setting 'keys = agent'
left_behind() {
	cxssh sync 2>said >/dev/null && cat said >&2 && [ "$(grep -c '' said)" = 1 ] &&
		grep -q "private keys .* are still in files (~/.ssh/cx_$stack; 1 in all); run: cxssh key remove myapp-[a-z]*$" said
}
it 'cxssh says which files are left when keys = agent is set again' left_behind
both() { cxssh key remove myapp-lion && [ ! -e "$pub" ] && [ ! -e "$HOME/.ssh/cx_$stack" ] && is 0 in_agent "$stack"; }
it 'cxssh removes both forms of it' both
it 'cxssh has nothing to say after both forms are removed' quietly cxssh sync
kill "$SSH_AGENT_PID"
done_testing

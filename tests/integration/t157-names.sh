#!/bin/sh
# SPDX-License-Identifier: MIT
# Names that clients use: a role's alias in known_hosts, and no alias with a dot.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts "lion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

known=$HOME/.ssh/cxssh/known_hosts
mkdir -p "$HOME/.config/cxssh" && echo 'stacks = myapp' >"$HOME/.config/cxssh/config"
cxssh sync --yes >/dev/null
knows() { ssh-keygen -F "$1" -f "$known" >/dev/null; }
it 'ssh reaches a role' ssh -T -o BatchMode=yes myapp-web true
it 'known_hosts has the key under the alias of the role' knows myapp-web
it 'known_hosts has the key under the alias of the server' knows myapp-lion
it 'a client without HostKeyAlias finds the key of a role' \
	ssh -T -o BatchMode=yes -o HostKeyAlias=myapp-web myapp-web true
it 'sync keeps the alias of the role' sh -c 'cxssh sync >/dev/null && ssh-keygen -F myapp-web -f "$1" >/dev/null' sh "$known"
it 'hostkey forget removes the key' cxssh hostkey forget myapp-lion
it 'hostkey forget removes the name of the role, too' sh -c '! ssh-keygen -F myapp-web -f "$1"' sh "$known"

change_fleet 's/"lion"/"codecommit.us-east-1.amazonaws.com"/'
cxssh sync >/dev/null
it 'an alias has no dot, which the name of another host may have' \
	grep -qx 'Host myapp-codecommit-us-east-1-amazonaws-c[a-z0-9-]*\|Host myapp-codecommit-us-east-1-amazonaws-com' "$HOME/.ssh/cxssh/config"
it 'no generated block has a dot in its name' sh -c '! grep "^Host .*\." "$1"' sh "$HOME/.ssh/cxssh/config"

done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# The files that version 0.1 left, as src/doc/upgrade.md has them: each is read, made again or
# kept; no connection waits for a sync.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317,SC2016 # functions are called through it(); expanded there
SANDBOX_OPTIONS='--hosts "lion heron bastion otter" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

cache=$HOME/.cache/cxssh own=$HOME/.config/cxssh ssh=$HOME/.ssh
printf 'Host other\n  User me\n' >"$ssh/config"
cp "$ssh/config" config.first
cxssh sync --yes >/dev/null
cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key" >/dev/null
cxssh prepare --yes myapp-lion my-awesome-app-otter >/dev/null

# Version 0.1 had these in its configuration, and a template with ~/.ssh/cxssh/%C.
cat >>"$own/config" <<'END'
lease-minutes = 30
sync-age = 12h
control-master = no
forward-agent = no
gateway-persist = 5m
keys = file
key-lifetime = 10m
from-ip = AUTO
log-size = 100000
END
mkdir "$own/ssh_config.d"
cat >"$own/ssh_config.d/server.conf" <<'END'
## The block that each server gets in ~/.ssh/cxssh/config.
Host {{alias}}
  HostName {{alias}}
  HostKeyAlias {{host_key_alias}}
  User {{user}}
  Port {{port}}
  IdentityFile {{identity}}
  {{?identity}}IdentitiesOnly yes
  UserKnownHostsFile {{known_hosts}}
  StrictHostKeyChecking yes
  UpdateHostKeys no
  ServerAliveInterval 15
  ServerAliveCountMax 3
  {{?forward_agent}}ForwardAgent yes
  {{?control_master}}ControlMaster auto
  {{?control_master}}ControlPath ~/.ssh/cxssh/%C
  {{?control_master}}ControlPersist 600
  ProxyUseFdpass yes
  ProxyCommand {{proxy}} {{target}} %p
  Compression no
END
chmod -R go= "$own"
# Files had no version; names that were given were in no file; and one Include was all.
cxssh gateway close 203.0.113.30 >/dev/null
rm -r "$cache/run" "$cache/names" "$own/aliases" "$ssh/cxssh/new" "$cache"/autosync*
sed -i '/^version=/d' "$cache"/routes/*
printf default >"$cache/profile"
sed -i 's/^{"cxssh_format":1,/{"fetched_at":0,/; s/"cxssh_[a-z_]*prefix":"[^"]*",//g' "$cache/inventory.json"
sed -i 's/^  ServerAliveInterval 15/&\n  ServerAliveCountMax 3/' "$ssh/cxssh/config"
sed -i '/^Host \*$/d; /^Include cxssh\/new$/d' "$ssh/config"
cp "$ssh/config" config.one; cp "$own/config" own.first; keys() { cut -d ' ' -f 2,3 "$ssh/cxssh/known_hosts"; }
keys >keys.first
no_files_of_now() { ! grep -l '^version\|cxssh_format' "$cache"/routes/* "$cache/inventory.json" "$cache/profile"; }
it 'no file says its version before an upgrade' no_files_of_now

it 'a server is reached by the block of version 0.1' reaches lion myapp-lion
it 'a role is reached by the block of version 0.1' reaches lion myapp-web
it 'a server behind a bastion is reached by the block of version 0.1' reaches otter my-awesome-app-otter
it 'the inventory of version 0.1 is made again for a list' prints '^myapp .* myapp-lion ' cxssh list myapp
it 'a sync without a terminal takes all files of version 0.1' prints '104 servers and 11 roles' cxssh sync
it 'a sync without a terminal leaves the one line of ~/.ssh/config alone' cmp "$ssh/config" config.one
it 'the configuration of version 0.1 is left as it is' cmp "$own/config" own.first
same_keys() { keys | cmp - keys.first; }
it 'host keys that version 0.1 has learnt stay' same_keys
it 'a template of version 0.1 is used' test "$(grep -c '^  Compression no' "$ssh/cxssh/config")" = 104
it 'ssh accepts what a template of version 0.1 makes' prints '^compression no' ssh -G myapp-lion
it 'the keepalive of the roles is that of this version' sh -c '! grep -A 12 "^Host myapp-web$" "$0" | grep CountMax' "$ssh/cxssh/config"
small() { ls "$cache"/routes/* "$cache/names" "$cache/profile" "$cache/autosync" "$cache/autosync-times"; }
cxssh sync --quiet
versions() { grep -q '^{"cxssh_format"' "$cache/inventory.json" &&
	for file in $(small) "$own/aliases" "$ssh/cxssh/state"; do
		head -n 1 "$file" | grep -qE '^version=[12]$' || { echo "$file"; return 1; }
	done; }
it 'all files say their version after a sync' versions
it 'names that were given are kept in a file after a sync' grep -q '^myapp-lion ' "$own/aliases"
it 'a server is reached after a sync' reaches lion myapp-lion

# Files of a later version: a cache is made again, what cannot be made again is left alone.
cp -p "$own/aliases" aliases.first
later() { small | while read -r file; do sed -i '1s/.*/version=99/; 2,$s/^/later /' "$file"; done
	sed -i 's/^{"cxssh_format":1,/{"cxssh_format":99,/' "$cache/inventory.json"; }
later; rm -f "$cache"/autosync-started
it 'a server is reached beside files of a later version' reaches lion myapp-lion
it 'a role is reached beside files of a later version' reaches lion myapp-web
anew() { cxssh sync >/dev/null && versions; }
it 'a sync makes files of a later version anew' anew
sed -i '1s/.*/version=99/' "$own/aliases"; cp -p "$own/aliases" aliases.later
it 'a sync does not lead names of a later version elsewhere' fails_with 78 'aliases is of a newer version of cxssh' cxssh sync
it 'the file of names of a later version is left alone' cmp "$own/aliases" aliases.later
cp -p aliases.first "$own/aliases"

it 'sync --yes adds the two lines at the end' sh -c 'cxssh sync --yes && [ "$(tail -n 2 "$1")" = "Host *
Include cxssh/new" ]' sh "$ssh/config"
it 'sync --remove gives back what was there before version 0.1' sh -c 'cxssh sync --remove && cmp "$1" config.first' sh "$ssh/config"
done_testing

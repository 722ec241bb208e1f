#!/bin/sh
# SPDX-License-Identifier: MIT
# No alias is another host's name.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317,SC2016,SC2088 # lib.sh
SANDBOX_OPTIONS='--hosts lion --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

ours=$HOME/.ssh/cxssh/config
users=$HOME/.ssh/config
is_tagged() { no_block "$1" && grep -qE "^Host $1-[0-9a-f]{6}\$" "$ours"; }

mkdir -p -m 700 "$HOME/.ssh/more"
cat >"$users" <<-CONFIG
	Host myapp-tiger
	  HostName tiger.example.com
	Host MyApp-Shark other
	  User me
	  HostName 198.51.100.7
	Host myapp-her*
	  HostName heron.example.com
	Host myapp-web
	  User me
	Host bulk-ant1
	  HostName bulk-ant1
	Host !bulk-ant2 bulk-*
	  HostName ant2.example.com
	Include more/*
	Match host bulk-ant3
	  HostName ant3.example.com
CONFIG
printf 'Host bulk-ant4\n  HostName ant4.example.com\n' >"$HOME/.ssh/more/included"
key=$(key_of lion)
{
	echo "bulk-ant5,198.51.100.8 $key"
	echo "bulk-ant6 $key"
	echo "* $key"
	echo "@cert-authority bulk-* $key"
	echo "bulk-ant8x $key"
} >"$HOME/.ssh/known_hosts"
ssh-keygen -qHf "$HOME/.ssh/known_hosts" 2>/dev/null || :
echo "bulk-ant7 $key" >>"$HOME/.ssh/known_hosts"
ssh -G myapp-tiger >tiger.before
cxssh sync --yes >told 2>warned
it 'a name that the user gave to another host is given with the uid' is_tagged myapp-tiger
it 'the case of the name does not count' is_tagged myapp-shark
it 'a pattern is the name of no host' has_block myapp-heron
it 'a block without HostName is about no other host' has_block myapp-web
it 'a block with the same HostName is about no other host' has_block bulk-ant1
it 'a name that is excluded is that of no host' has_block bulk-ant2
it 'a Match block has no names' has_block bulk-ant3
it 'a name in an included file counts' is_tagged bulk-ant4
it 'a name that known_hosts lists counts' is_tagged bulk-ant7
it 'a name that known_hosts lists hashed counts' is_tagged bulk-ant6
it 'a hashed name beside an address counts' is_tagged bulk-ant5
it 'a longer name in known_hosts is another one' has_block bulk-ant8
it 'sync tells that the name is given with the uid' \
	grep -qE 'warning: myapp-tiger is another host in ~/.ssh/config or ~/.ssh/known_hosts; the server of this name is written as myapp-tiger-[0-9a-f]{6}$' warned
it 'the settings of the other host stay' sh -c 'ssh -G myapp-tiger | cmp - tiger.before'
cp "$ours" before
cxssh sync --yes >told 2>warned
it 'another sync changes nothing' cmp before "$ours"
it 'another sync does not tell it again' sh -c '! grep "another host" warned'

# Names that were given are not looked at again.
echo "myapp-lion $key" >>"$HOME/.ssh/known_hosts"
printf 'Host myapp-heron\n  HostName heron.example.com\n' >>"$users"
sed -i 's/^Host myapp-tiger$/Host tiger/' "$users"
cxssh sync --yes >told 2>&1
it 'a name that was given stays when known_hosts gets it' has_block myapp-lion
it 'a name that was given stays when a block of the user has it' has_block myapp-heron
it 'a name with the uid stays when the other host is gone' is_tagged myapp-tiger

# Names with dots.
change_fleet '/"uid":"609b/s/"name":"myapp"/"name":"git"/;/"name":"shark"/s/"name":"shark"/"name":"codecommit.us-east-1.amazonaws.com"/'
cxssh sync --yes >told 2>&1
it 'a dot becomes a hyphen' has_block git-codecommit-us-east-1-amazonaws-com
it 'no alias has a dot' sh -c '! grep -E "^Host .*\." "$1"' sh "$ours"
echo "git-zebra $key" >>"$HOME/.ssh/known_hosts"
change_fleet 's/"name":"tiger"/"name":"zebra"/'
cxssh sync --rename --yes >told 2>&1
it 'sync --rename looks at all names again' is_tagged git-zebra

# Files that cannot be read.
mkdir "$HOME/.ssh/more/folder"
printf 'Include more/../config\n' >"$HOME/.ssh/more/loop"
it 'an Include that leads to itself ends' within 20 cxssh sync --rename --dry-run

done_testing

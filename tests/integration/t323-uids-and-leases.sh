#!/bin/sh
# SPDX-License-Identifier: MIT
# One uid in two stacks, and a program that tries every host.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317,SC2016,SC2088 # lib.sh
SANDBOX_OPTIONS='--hosts "lion heron falcon wolf" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

ours=$HOME/.ssh/cxssh/config
lion=9ae1611c97a92c90fac60c884e1d8240
falcon=f3cef7ad1a94ba8fbaec66eb06b16be0

change_fleet "s/$falcon/$lion/"
cxssh sync --yes >/dev/null 2>warned
it 'a uid that two stacks give to different servers is that of the first stack' has_block myapp-lion
it 'the server of the other stack has no host' no_block shop-production-falcon
it 'a role that has no other server has no host' no_block shop-production-web
it 'sync warns of it' grep -q 'skipped server falcon of stack shop: its uid is that of another' warned
it 'the name of the first stack leads to its server' is lion quietly ssh -o BatchMode=yes myapp-lion hostname
it 'list has the server once' is 1 sh -c 'cxssh list | grep -cw "203\.0\.113\.21"'
first_fleet
cxssh sync --yes >/dev/null 2>warned
it 'both servers have hosts when the API has mended it' sh -c 'grep -qx "Host myapp-lion" "$1" && grep -qx "Host shop-production-falcon" "$1"' sh "$ours"
it 'sync warns no more' sh -c '! grep "uid is that" warned'

# Leases of programs without a terminal.
mkdir -p "$HOME/.config/cxssh"
echo 'leases-per-minute = 2' >"$HOME/.config/cxssh/config"
rm -f "$HOME/.cache/cxssh/lease-times" "$HOME/.cache/cxssh/routes"/*
cxssh sync --yes >/dev/null
for host in lion heron falcon wolf; do firewall_reset "$host"; done
try() { ssh -o BatchMode=yes "$1" true </dev/null >/dev/null 2>>tried; }
before=$(api_calls 'POST .*/firewalls')
new_leases() { echo $(($(api_calls 'POST .*/firewalls') - before)); }
try myapp-lion; try myapp-heron; try shop-production-falcon
it 'leases of as many servers as leases-per-minute are requested within a minute' is 2 new_leases
it 'the reason names the key' grep -q 'leases-per-minute allows 2 to programs without a terminal' tried
it 'the reason names the command that helps' grep -q 'run: cxssh prepare' tried
it 'why has the reason' sh -c 'cxssh why shop-production-falcon | grep -q leases-per-minute'
it 'a server with a lease is reached still' is lion quietly ssh -o BatchMode=yes myapp-lion hostname
expire_failures
it 'prepare is not counted' cxssh prepare shop-production-falcon
it 'the server is reached then' is falcon quietly ssh -o BatchMode=yes shop-production-falcon hostname
echo 'leases-per-minute = 0' >"$HOME/.config/cxssh/config"
it '0 is no limit' is wolf quietly ssh -o BatchMode=yes shop-staging-wolf hostname
echo 'leases-per-minute = -1' >"$HOME/.config/cxssh/config"
it 'a number below 0 is refused' fails_with 78 'leases-per-minute: ' cxssh list
echo 'leases-per-minute = 2' >"$HOME/.config/cxssh/config"
printf 'version=1\n\001\377 junk 9999999999999999999999 -1 %s' "$(date +%s)0" >"$HOME/.cache/cxssh/lease-times"
firewall_reset lion; rm -f "$HOME/.cache/cxssh/routes/$lion"
it 'a count that is no count is begun anew' is lion quietly ssh -o BatchMode=yes myapp-lion hostname

done_testing

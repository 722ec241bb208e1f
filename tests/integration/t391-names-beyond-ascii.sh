#!/bin/sh
# SPDX-License-Identifier: MIT
# Stacks, environments and servers whose names have letters beyond ASCII get aliases, and
# are found by their name as it is and without accents.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh
SANDBOX_OPTIONS='--hosts "lion heron" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

change_fleet 's/"name":"myapp"/"name":"Caf\\u00e9 Z\xc3\xbcrich"/; s/"name":"heron"/"name":"H\xc3\xa9ron"/
	s/"name":"tiger"/"name":"\xe5\x90\x8d\xe5\x89\x8d"/; s/"name":"Bulk"/"name":"\xd0\x9c\xd0\xb0\xd0\xb3\xd0\xb0\xd0\xb7\xd0\xb8\xd0\xbd"/
	s/"name":"shop"/"name":"\xf0\x9f\x9b\x92 shop"/; s/"environment":"staging"/"environment":"Pr\xc3\xbcfung"/
	s/"name":"solo"/"name":"Solo\xe2\x80\xae"/; s/"name":"Solo"/"name":"Solo\xe2\x80\xae"/'
sync() { cxssh sync --yes; }
it 'sync reads names with letters beyond ASCII' sync
cp "$work/err" warned
it 'ssh reaches a server by names without their accents' is lion ssh cafe-zurich-lion hostname
it 'ssh reaches a server whose own name has an accent' is heron ssh cafe-zurich-heron hostname
it 'cxssh ssh finds stack and server by their names as they are' is heron cxssh ssh -s 'café zürich' -e production HÉRON hostname
it 'cxssh ssh finds them without accents' is heron cxssh ssh -s 'Cafe Zurich' heron hostname
it 'list finds a stack by its name as it is' prints cafe-zurich-lion cxssh list 'Café Zürich'
it 'sync --stack takes the name as it is' cxssh sync --dry-run --stack 'Café Zürich'
it 'a stack of other letters is called by the begin of its uid' prints '9d323dae-ant1 ' cxssh list ant1
it 'a server of other letters is called by the begin of its uid' prints cafe-zurich-01837329 cxssh list --stack 'Café Zürich'
it 'an environment with an accent tells two stacks of one name apart' prints shop-prufung-wolf cxssh list wolf
text() { ! LC_ALL=C grep -rn '[^ -~]' "$HOME/.ssh/cxssh" "$HOME/.cache/cxssh/inventory.json" "$HOME/.cache/cxssh/log" warned >&2; }
it 'no file and no message has a letter beyond ASCII' text
it 'a name with a mark that turns the direction is left out, with a warning' grep -q 'its name is missing or not allowed' warned
done_testing

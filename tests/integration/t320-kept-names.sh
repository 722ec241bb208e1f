#!/bin/sh
# SPDX-License-Identifier: MIT
# An alias, once given, leads to the same stack on this machine.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317,SC2016,SC2088 # lib.sh
SANDBOX_OPTIONS='--hosts "falcon wolf" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

ours=$HOME/.ssh/cxssh/config
kept=$HOME/.config/cxssh/aliases
cache=$HOME/.cache/cxssh
production=7977c25f3a28b625d22b17cf06cd9f41
staging=14aed771fa6f605a300ba3e5564ba1f4
target_of() { ssh -G "$1" | sed -n 's/^proxycommand .*cxssh-proxy \([^ ]*\) .*/\1/p'; }

change_fleet "/\"uid\":\"$staging\"/s/\"name\":\"shop\"/\"name\":\"other\"/"
cxssh sync --yes >/dev/null
it 'a stack alone has its own name' has_block shop-falcon
it 'the names that were given are kept with the uid of their stack' grep -qx "shop-falcon $production" "$kept"
it 'the prefix of a stack is kept with its uid' grep -qx "shop-\\* $production" "$kept"
it 'the file is for its user alone' is 600 stat -c %a "$kept"
it 'a host is reached by its name' reaches falcon shop-falcon
uid=$(target_of shop-falcon)

# A second environment.
first_fleet
cxssh sync >told
it 'a second environment renames no host' has_block shop-falcon
it 'the name still leads to the same server' is "$uid" target_of shop-falcon
it 'a name with the environment leads there, too' is "$uid" target_of shop-production-falcon
it 'a host is reached by the old name' reaches falcon shop-falcon
it 'a host is reached by the name with the environment' reaches falcon shop-production-falcon
it 'a role has both names' sh -c 'grep -qx "Host shop-web" "$1" && grep -qx "Host shop-production-web" "$1"' sh "$ours"
it 'the second environment only has names with it' no_block shop-wolf
it 'sync tells which names are kept' grep -q '^kept: shop-\* leads to shop (production) on this machine, as shop-production-\* does on all' told
it 'a host of a stack whose name was kept is not told as gone' sh -c '! grep "^gone:.*falcon" told'
cxssh list >listed
it 'list tells which names are kept' grep -qx 'kept: shop-\*; elsewhere, and here too: shop-production-\*' listed
cxssh list --json >json
it 'list --json prints the name of all machines' grep -q '"host": *"shop-production-falcon"' json
it 'list --json prints the kept name besides' grep -q '"kept": *"shop-falcon"' json
cxssh list --ansible >inventory
it 'list --ansible prints the name of all machines' grep -qx shop-production-falcon inventory
it 'list --ansible prints no kept name' sh -c '! grep -qx shop-falcon inventory'
it 'show finds a host by its kept name' prints falcon cxssh show shop-falcon
it 'show finds a host by the name of all machines' prints falcon cxssh show shop-production-falcon
cxssh prepare shop-production-falcon >told 2>&1
it 'prepare gives known_hosts both names' sh -c 'grep -q "shop-falcon" "$1" && grep -q "shop-production-falcon" "$1"' sh "$HOME/.ssh/cxssh/known_hosts"
it 'sync --check finds nothing to do' cxssh sync --check
cp "$ours" before
cxssh sync >/dev/null
it 'another sync changes nothing' cmp before "$ours"
it 'a sync in the background changes nothing' sh -c 'rm -f "$2"/autosync*; cxssh sync --quiet && cmp before "$1"' sh "$ours" "$cache"

# The first environment is gone, and another stack has its name.
change_fleet "/\"uid\":\"$production\"/s/\"name\":\"shop\"/\"name\":\"elsewhere\"/;/\"uid\":\"$staging\"/s/\"name\":\"shop\"/\"name\":\"shop\"/"
cxssh sync --yes >/dev/null
it 'a stack that was renamed keeps its names' is "$uid" target_of shop-falcon
it 'a stack that was renamed has its new name, too' is "$uid" target_of elsewhere-falcon
it 'the other environment keeps its names' has_block shop-staging-wolf
it 'the other environment does not get a name that led elsewhere' no_block shop-wolf
change_fleet "s/$production/00112233445566778899aabbccddeeff/g"
first_fleet; change_fleet "s/$production/00112233445566778899aabbccddeeff/g"
cxssh sync --yes >told
it 'a new stack of the same name does not get the names of the old one' no_block shop-falcon
it 'a new stack of the same name gets them with its environment' sh -c 'grep -q "^Host shop-production-.*falcon" "$1"' sh "$ours"

# --rename.
cxssh sync --rename --yes >told
it 'sync --rename gives the names anew' has_block shop-production-falcon
it 'sync --rename gives up the kept ones' no_block shop-falcon
it 'sync --rename leaves no line of a stack that is gone' sh -c '! grep "$1" "$2"' sh "$production" "$kept"
cp "$ours" before
cxssh sync --yes >told
it 'the sync after that changes nothing' cmp before "$ours"
it 'no name is kept then' sh -c '! grep "^kept" told'
it '--rename does not go with --remove' fails_with 64 'either --remove or --rename' cxssh sync --rename --remove
it '--rename does not go with --quiet' fails_with 64 '' cxssh sync --rename --quiet

# The file.
cp "$kept" kept.before
printf 'this line is not ours\nshop-production-falcon ffffffffffffffffffffffffffffffff' >"$kept"
cxssh sync --yes >told
it 'a line of another form stays' grep -qx 'this line is not ours' "$kept"
it 'a name that the file gives to another stack is not given' no_block shop-production-falcon
it 'a file without a final newline is continued on a line of its own' \
	grep -qx 'shop-production-falcon ffffffffffffffffffffffffffffffff' "$kept"
chmod 666 "$kept"
it 'a file that others can write is refused' fails_with 78 'aliases' cxssh sync --yes
chmod 600 "$kept"; cp kept.before "$kept"; rm "$ours"
cxssh sync --yes >/dev/null
rm "$kept"
first_fleet; change_fleet "s/$production/00112233445566778899aabbccddeeff/g;/\"uid\":\"$staging\"/s/\"name\":\"shop\"/\"name\":\"other\"/"
cxssh sync --yes >/dev/null
it 'without the file the names of the last sync are kept' has_block shop-production-falcon
syncs=
for _ in 1 2 3 4; do cxssh sync --yes >/dev/null 2>&1 & syncs="$syncs $!"; done
# shellcheck disable=SC2086 # several
wait $syncs
it 'syncs at the same time leave each name once' is '' sh -c 'grep -v "^#" "$1" | cut -d" " -f1 | sort | uniq -d' sh "$kept"

done_testing

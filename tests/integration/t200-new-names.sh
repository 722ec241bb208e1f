#!/bin/sh
# SPDX-License-Identifier: MIT
# Names that came after the last sync: reached at once, and in ssh_config soon after.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317,SC2016,SC2088 # lib.sh
SANDBOX_OPTIONS='--hosts "lion heron" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

ours=$HOME/.ssh/cxssh
users=$HOME/.ssh/config
cache=$HOME/.cache/cxssh
known=$ours/known_hosts
line() { grep '^Match host myapp-' "$ours/new"; }

change_fleet '/"name":"lion"/d'
cxssh sync --yes >/dev/null
it 'sync puts two lines at the end of ~/.ssh/config' \
	is "$(printf 'Host *\nInclude cxssh/new')" tail -n 2 "$users"
it 'the file for new names has one block for each stack' \
	is 6 grep -c '^Match host ' "$ours/new"
longest_first() {
	sed -n 's/^Match host \([a-z0-9-]*\)-\*.*/\1/p' "$ours/new" | awk '{ if (n && length > n) exit 1; n = length }'
}
it 'the longest prefix comes first' longest_first
it 'a block asks cxssh-proxy, and only for names without a dot' \
	grep -qE '^Match host myapp-\*,!\*\.\*,[^ ]* originalhost myapp-\*,!\*\.\* exec "/[^ ]*/cxssh-proxy --claims %h"$' "$ours/new"
it 'the first list of a block leaves out names that have a block of their own' \
	grep -qE '^Match host myapp-[^ ]*,!myapp-heron[, ]' "$ours/new"
it 'a block has the proxy, by the name that was typed' grep -qE '^  ProxyCommand /[^ ]*/cxssh-proxy %h %p$' "$ours/new"
it 'a block has the user that most servers have' grep -qx '  User deploy' "$ours/new"
it 'the file is for its user alone' is 600 stat -c %a "$ours/new"
it 'no line is longer than 1000 bytes' awk 'length >= 1000 { exit 1 }' "$ours/new"

it '--claims says yes for a name of the fleet' cxssh-proxy --claims myapp-heron
it '--claims says yes in capitals, too' cxssh-proxy --claims MyApp-Heron
it '--claims says yes for a name that nothing resolves' within 3 cxssh-proxy --claims myapp-nothing
echo '203.0.113.77 myapp-intranet' >>/etc/hosts
it '--claims says no for a name of another host' fails_with 1 '' cxssh-proxy --claims myapp-intranet
it '--claims says no for a name with a dot' fails_with 1 '' cxssh-proxy --claims myapp-heron.example.com
it '--claims says no for what is no name' fails_with 1 '' cxssh-proxy --claims '-oX;y'
it '--claims says nothing' is '' cxssh-proxy --claims myapp-heron

# What ssh spends on its configuration counts: the client's time is one.
mkdir beside
cp "$(command -v cxssh-proxy)" beside
printf '#!/bin/sh\necho "$*" >"%s/asked"\nexit 69\n' "$work" >beside/cxssh
chmod +x beside/cxssh
{
	echo 'Match host myapp-late exec "sleep 3"'
	printf 'Host myapp-late myapp-soon\n  ProxyUseFdpass yes\n  ProxyCommand %s %%h %%p\n' "$work/beside/cxssh-proxy"
} >slow.conf
within_ms() { ssh -F slow.conf "$1" true 2>/dev/null; sed 's/.*--within=\([0-9]*\).*/\1/' asked; }
at_most() { _ms=$(within_ms "$2"); [ "${_ms:-9999}" -le "$1" ] || { echo "$_ms ms" >&2; false; }; }
more_than() { ! at_most "$@" 2>/dev/null; }
it 'the proxy gives up earlier by what a Match exec took' at_most 5800 myapp-late
it 'the proxy has the whole time where ssh started it at once' more_than 5800 myapp-soon

# A new server.
it 'a name that is not there is told with the nearest ones' \
	fails_with 255 'no host myapp-hero; nearest: myapp-heron' within 20 ssh -o BatchMode=yes myapp-hero true
lists() { api_calls 'GET /api/3/stacks/[0-9a-f]*/servers.json'; }
fetches() { api_calls 'GET /api/3/stacks.json'; }
keys() { api_calls 'GET .*include_private_key'; }
it 'why knows it by the name that was typed' \
	prints '^The last connection to myapp-hero, .* failed: no host myapp-hero; nearest: myapp-heron; do: cxssh list$' cxssh why MyApp-Hero
it 'why --list knows it, too' prints ' myapp-hero  .* no host myapp-hero; nearest' cxssh why --list myapp-hero
before=$(lists)
it 'asking for it again within a minute costs no call' \
	fails_with 255 'nearest' within 20 ssh -o BatchMode=yes myapp-hero true
it 'a name that is missing costs no call twice' is "$before" lists
cp "$users" users.before
first_fleet
before=$(lists) stacks=$(fetches)
touch "$cache/autosync-started" # nothing in the background for now
it 'a new server is reached by its name at once' reaches lion myapp-lion
it 'only its stack is fetched for that' is $((before + 1)) lists
it 'the list of stacks is not fetched for a new server' is "$stacks" fetches
it 'the host key of a new server is known by its alias' ssh-keygen -F myapp-lion -f "$known"
it 'in capitals it is the same server' reaches lion MYAPP-LION
it 'a new role is reached by its name at once' reaches lion myapp-app
it 'no block was written yet' no_block myapp-lion
rm "$cache/autosync-started"
keys=$(keys) leases=$(api_calls 'POST .*firewalls')
it 'the next connection starts a sync in the background' reaches lion myapp-lion
it 'the sync in the background writes the block of the server' wait_for has_block myapp-lion
it 'the sync in the background writes the block of the role' has_block myapp-app
it 'the server is reached by its block' reaches lion myapp-lion
it 'the role is reached by its block' reaches lion myapp-app
it 'why has the last one of a name that has its block now' prints '^The last connection to myapp-lion, .* handed to' cxssh why myapp-lion
it '~/.ssh/config is as before' cmp "$users" users.before
it 'no key was fetched for that' is "$keys" keys
it 'no lease was opened by the sync in the background' is "$leases" api_calls 'POST .*firewalls'

# A stack that had no server at the last sync.
change_fleet '/"name":"\(shark\|tiger\|lion\)"/d; s/.*"name":"heron".*/]}/'
rm -f "$cache/routes/"* "$HOME"/.ssh/cx_*
cxssh sync --yes >/dev/null
it 'a stack without a server has a block for its names' line
it 'the block of a stack without a server has the user that most servers have' \
	sh -c 'sed -n "/^Match host myapp-/,/^$/p" "$1" | grep -qx "  User deploy"' sh "$ours/new"
it 'the block of a stack without a server names the key of the stack' \
	sh -c 'sed -n "/^Match host myapp-/,/^$/p" "$1" | grep -qx "  IdentityFile ~/.ssh/cx_609b30031d56fd640ba7f43b1657495b"' sh "$ours/new"
it 'a name of a stack without a server is told as missing' \
	fails_with 255 'no host myapp-lion' within 20 ssh -o BatchMode=yes myapp-lion true
first_fleet
no_background
it 'the first server of a stack is reached by its name at once' reaches heron myapp-heron
it 'the first role of a stack is reached by its name at once' reaches lion myapp-app
change_fleet '/"vendor_uid".*,$/d; s/.*"vendor_uid".*/]}/'
cxssh sync --yes >/dev/null
it 'an account without any server has no block for new names' sh -c '! grep "^Match" "$1"' sh "$ours/new"
first_fleet
cxssh sync --yes >/dev/null

# A server that the API lists without an address, as while it is being made.
change_fleet 's/"address":"203.0.113.21"/"address":null/; s/"address":"203.0.113.99"/"address":""/'
cxssh sync --yes >/dev/null 2>warned
no_background
it 'a sync names a server without an address' \
	grep -q 'warning: skipped server lion of stack myapp: the API names no address for it yet$' warned
none='has no address: the API names none yet, as for a server that is being made; run: cxssh sync'
it 'ssh says that the server has no address, and what to do' \
	fails_with 255 "cxssh: myapp-lion $none" within 20 ssh -o BatchMode=yes myapp-lion true
it 'a server whose address is empty has none, too' \
	fails_with 255 "cxssh: myapp-tiger $none" within 20 ssh -o BatchMode=yes myapp-tiger true
it 'the toolbelt'"'"'s line says it by the name' fails_with 75 "cxssh: Lion $none" cxssh ssh -s myapp Lion true
it 'show says it by the uid' fails_with 75 "$none" cxssh show 9ae1611c97a92c90fac60c884e1d8240
it 'list WORD says it' fails_with 75 "lion $none" cxssh list lion
it 'list names the servers without an address' prints '^no address yet: tiger (myapp), lion (myapp)$' cxssh list
it 'list of another stack does not' sh -c '! cxssh list shop | grep "no address yet"'
it 'the next server of the stack is reached' reaches heron myapp-heron
first_fleet
no_background
expire_failures
it 'a server is reached as soon as it has an address' reaches lion myapp-lion
cxssh sync --yes >/dev/null
rm -f "$cache/routes/9ae1611c97a92c90fac60c884e1d8240"* "$cache/inventory.json"
change_fleet 's/"address":"203.0.113.21"/"address":null/'
it 'the block of a server that has no address any more says so' \
	fails_with 255 "cxssh: myapp-lion $none" within 20 ssh -o BatchMode=yes myapp-lion true
first_fleet
cxssh sync --yes >/dev/null

# A server with another name.
change_fleet 's/"name":"lion"/"name":"puma"/'
it 'a renamed server is reached by its new name at once' reaches lion myapp-puma
it 'a renamed server is reached by its old name as long as the block is there' reaches lion myapp-lion

# How often.
n=$(fetches)
it 'sync --quiet works at most once a minute' cxssh sync --quiet
it 'a second sync --quiet within a minute fetches nothing' is "$n" fetches
now=$(date +%s)
printf 'version=1\n%s' $((now - 60)) >"$cache/autosync-times"
it 'after a minute it works again' cxssh sync --quiet
it 'sync --quiet after a minute fetches' is $((n + 1)) fetches
it 'sync --quiet writes the new name' has_block myapp-puma
printf 'version=1\n%s' "$(seq -s ' ' $((now - 3000)) 1 $((now - 2991)))" >"$cache/autosync-times"
it 'sync --quiet works at most ten times an hour' cxssh sync --quiet
it 'the eleventh sync --quiet of an hour fetches nothing' is $((n + 1)) fetches
rm -f "$cache/autosync-times"

# An inventory that is old.
touch -d '2 days ago' "$cache/inventory.json"
rm -f "$cache/autosync-started"
it 'with an old inventory a connection works' reaches lion myapp-puma
is_young() { [ -z "$(find "$cache/inventory.json" -mmin +1)" ]; }
it 'an old inventory is fetched in the background' wait_for is_young

# A refresh that fails takes nothing away.
rm -f "$cache/autosync-times" "$cache/autosync-started"
cp "$ours/config" config.before && cp "$ours/new" new.before && cp "$cache/inventory.json" inventory.before
fault 'GET /stacks*' status 401
fails_quietly() { ! quietly cxssh sync --quiet && [ ! -s said ]; }
it 'a refresh that the API refuses fails without a word' fails_quietly
it 'a refresh that fails is one line in the log' is 1 sh -c "grep -c 'sync in the background: ' '$cache/log'"
no_faults
rm -f "$cache/autosync-times"
fault 'GET /stacks*' truncate 100
it 'an answer that is cut off changes nothing' fails_quietly
no_faults
same_files() { cmp "$ours/config" config.before && cmp "$ours/new" new.before && cmp "$cache/inventory.json" inventory.before; }
it 'a refresh that fails changes no file' same_files
fault 'GET */servers*' status 500
it 'what the API does with a new name has this name in front' \
	fails_with 255 ' cxssh: myapp-heroin: app.cloud66.test: HTTP status 500' within 20 ssh -o BatchMode=yes myapp-heroin true
it 'why does not say the name twice' \
	prints '^The last connection to myapp-heroin, .* failed: app.cloud66.test; because HTTP status 500' cxssh why
no_faults

# --remove, and auto-sync = no.
rm -f "$cache/autosync-times"
it 'sync --remove gives ~/.ssh/config back' cxssh sync --remove
it 'sync --remove removes a file that sync made' test ! -e "$users"
it 'sync --remove removes both generated files' test ! -e "$ours/config" -a ! -e "$ours/new"
it 'sync --quiet does nothing then' cxssh sync --quiet
it 'sync --quiet writes no file after --remove' test ! -e "$ours/config" -a ! -e "$ours/new"

mkdir -p "$HOME/.config/cxssh" && echo 'auto-sync = no' >"$HOME/.config/cxssh/config"
printf 'Host mine\n  User me' >"$users"
cp "$users" users.before
it 'auto-sync = no works' cxssh sync --yes
it 'auto-sync = no adds the first line alone' is "$(printf 'Include cxssh/config\nHost mine\n  User me')" cat "$users"
it 'auto-sync = no writes no block for new names' sh -c '! grep "^Match" "$1"' sh "$ours/new"
touch -d '2 days ago' "$cache/inventory.json"
it 'auto-sync = no connects' reaches lion myapp-puma
it 'auto-sync = no lets sync --quiet end at once' cxssh sync --quiet
it 'auto-sync = no leaves no plan for the proxy' sh -c '! [ -e "$1/autosync" ]' sh "$cache"
rm "$HOME/.config/cxssh/config"
it 'with auto-sync the lines come to an end that has no newline' cxssh sync --yes
it 'the lines are the last ones of the file' is "$(printf 'Include cxssh/config\nHost mine\n  User me\nHost *\nInclude cxssh/new')" cat "$users"
it 'sync --remove takes the last lines out' cxssh sync --remove
it 'sync --remove leaves a file without a newline at its end' cmp "$users" users.before
it '--inline has the block alone' cxssh sync --inline --yes
it '--inline writes no Include' sh -c '! grep Include "$1"' sh "$users"
it 'sync --remove takes the block out' cxssh sync --remove
it 'sync --remove after --inline gives the file back to the byte' cmp "$users" users.before

done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# Stacks that are renamed again and again, roles with odd names, stacks that are empty or
# that the account may not see any more, and an API that lies to a sync in the background.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317,SC2016 # lib.sh
SANDBOX_OPTIONS='--hosts "lion falcon wolf" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
ours=$HOME/.ssh/cxssh/config
cache=$HOME/.cache/cxssh
production=7977c25f3a28b625d22b17cf06cd9f41
staging=14aed771fa6f605a300ba3e5564ba1f4
myapp=609b30031d56fd640ba7f43b1657495b
quiet_sync() { rm -f "$cache"/autosync*; cxssh sync --quiet; }
renamed() { change_fleet "/\"uid\":\"$production\"/s/\"name\":\"[a-z]*\"/\"name\":\"$1\"/"; cxssh sync --yes; }

change_fleet "/\"uid\":\"$staging\"/s/\"name\":\"shop\"/\"name\":\"other\"/"
cxssh sync --yes >/dev/null
no_background
for name in one two three; do renamed $name; done >/dev/null
it 'a stack that was renamed three times is reached by its first name' reaches falcon shop-falcon
it 'the stack is reached by its last name' reaches falcon three-falcon
it 'the stack is reached by a name in between' reaches falcon one-falcon
it 'the stack is reached by another name in between' reaches falcon two-falcon
it 'a role of the stack is reached by a name in between' reaches falcon two-web
it 'commands find a name in between' prints 'f3cef7ad1a94ba8fbaec66eb06b16be0' cxssh show one-falcon
it 'a name in between that is no host is told' fails_with 255 'no host one-flacon' ssh -o BatchMode=yes one-flacon true
change_fleet "/\"uid\":\"$staging\"/s/\"name\":\"other\"/\"name\":\"one\"/"
cxssh sync --yes >/dev/null
it 'another stack that takes the name does not take its hosts' reaches falcon one-falcon
it 'the other stack has a name of its own' sh -c 'grep -q "^Host one-.*-wolf" "$1" && ! grep -qx "Host one-wolf" "$1"' sh "$ours"
cxssh sync --rename --yes >/dev/null
it 'after --rename only the last name is left' no_block shop-falcon
it 'after --rename a name in between leads nowhere' fails_with 255 '' ssh -o BatchMode=yes two-falcon true
first_fleet
cxssh sync --rename --yes >/dev/null

# Roles.
change_fleet 's/"server_roles":\["web","app","worker"\]/"server_roles":["WEB","my role","a.b","-x","caf\\u00e9","x;rm","web"]/'
cxssh sync --yes >told 2>&1
it 'a role with a blank has a name' reaches lion myapp-my-role
it 'a role with a dot has a name' has_block myapp-a-b
it 'roles whose names are not allowed are told, once' is 1 grep -c 'skipped roles of stack myapp: a name in server_roles is not allowed' told
it 'a role with a blank is found as it is written' prints myapp-my-role cxssh show 'my role'
it 'list narrows to a role with a blank' prints myapp-lion cxssh list --role 'My Role'
it 'the toolbelt'"'"'s line takes a role with a blank' is lion cxssh ssh -s myapp 'my role' hostname
first_fleet
cxssh sync --yes >/dev/null
no_background

# A stack that lost its servers, or that the account may not see.
it 'a host is reached before' reaches lion myapp-lion
cp "$ours" before
fault "GET /stacks/$myapp/servers* status 403"
it 'a sync skips a stack that may not be read, and names it' \
	prints 'warning: skipped the servers of stack myapp: .*not allowed' sh -c 'cxssh sync --yes 2>&1'
it 'hosts of other stacks stay when one stack may not be read' has_block shop-staging-wolf
it 'hosts of a stack that may not be read are gone after a sync' sh -c '! grep -q "^Host.*myapp-lion" "$1"' sh "$ours"
no_faults
it 'a stack that may be read again has its hosts again' sh -c 'cxssh sync --yes >/dev/null; cmp before "$1"' sh "$ours"
fault 'GET /stacks/*/servers* status 403'
it 'a sync stops when no stack may be read' fails_with 77 'servers of stack' cxssh sync
it 'a sync that stopped leaves the configuration as it was' cmp before "$ours"
no_faults
fault "GET /stacks/$myapp/servers* status 401"
it 'a token that is refused meanwhile stops a sync' fails_with 77 'the token is not accepted' cxssh sync
it 'a sync that was stopped by the token leaves the configuration as it was' cmp before "$ours"
no_faults
fault "GET /stacks/$myapp/servers* status 403"
it 'a sync in the background changes nothing then' sh -c 'rm -f "$2"/autosync*; cxssh sync --quiet; cmp before "$1"' sh "$ours" "$cache"
it 'the host is reached all the same' reaches lion myapp-lion
no_faults
change_fleet "/\"uid\":\"$myapp\"/s/\"uid\":\"$myapp\"/\"uid\":\"\"/"
no_background
it 'a host of a stack that is gone from the account is reached as before' reaches lion myapp-lion
first_fleet

# An API that lies, to a sync in the background.
lie() { # WHAT PATH  a body is in $work/lie
	no_faults
	fault "GET $2 body $work/lie"
	it "a sync in the background that is told $1 changes nothing" \
		sh -c 'rm -f "$2"/autosync*; cxssh sync --quiet </dev/null >said 2>&1; [ ! -s said ] && cmp before "$1"' sh "$ours" "$cache"
	it "a host is reached while the API tells $1" reaches lion myapp-lion
}
echo '{"response":[],"count":0,"pagination":null}' >lie
lie 'that there is no stack' '/stacks.json*'
lie 'that a stack has no server' "/stacks/$myapp/servers*"
echo '{"response":{"a":1},"count":1}' >lie
lie 'an object in place of a list' "/stacks/$myapp/servers*"
echo '{"response":["x",1,null,[]],"count":4,"pagination":{"next":"x","current":[]}}' >lie
lie 'words in place of servers' "/stacks/$myapp/servers*"
echo '{"response":[{"uid":17,"name":["lion"],"address":{},"user_name":true}],"count":1,"pagination":{"previous":null,"next":null,"current":1}}' >lie
lie 'wrong types' "/stacks/$myapp/servers*"
echo '{"response":[' >lie
lie 'half a page' "/stacks/$myapp/servers*"
server='{"uid":"9ae1611c97a92c90fac60c884e1d8240","name":"lion","address":"203.0.113.22","user_name":"deploy","server_roles":["web"],"health_state":3}'
printf '{"response":[%s,%s],"count":2,"pagination":{"previous":null,"next":null,"current":1}}' "$server" "$(echo "$server" | sed 's/lion/lynx/')" >lie
no_faults
fault "GET /stacks/$myapp/servers* body $work/lie"
quiet_sync
it 'a uid that a page has twice is one server' is 1 sh -c 'grep -c "cxssh-proxy 9ae1611c97a92c90fac60c884e1d8240" "$1"' sh "$ours"
no_faults
cxssh sync --yes >/dev/null
it 'after the lies all is as before' cmp before "$ours"
done_testing

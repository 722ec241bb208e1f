#!/bin/sh
# SPDX-License-Identifier: MIT
# whoami and logout; --profile and --org, before and behind any command.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts lion --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

cloud=$HOME/.cloud66
profiles() { # LAST
	cat >"$cloud/cxprofiles.json" <<-JSON
		{"last_profile":"$1","profiles":{
		"default":{"base_url":"$SANDBOX_BASE_URL","client_id":"","client_secret":"",
		"organization":"","name":"default","token_file":"cx.json"},
		"Work":{"base_url":"$SANDBOX_BASE_URL","client_id":"","client_secret":"","organization":"Acme",
		"name":"Work","token_file":"cx_work.json"}}}
	JSON
}
profiles default
cp -p "$cloud/cx.json" "$cloud/cx_work.json"

it 'whoami names the profile' prints '^profile  *default  (the toolbelt' cxssh whoami
it 'whoami names the API' prints "^API  *$SANDBOX_BASE_URL\$" cxssh whoami
it 'whoami names the token file' prints '^token  *~/.cloud66/cx.json' cxssh whoami
it 'whoami says that the token is accepted' prints '^login  *accepted by the API' cxssh whoami
it 'whoami lists the accounts' prints '^account  *Acme' cxssh whoami
it 'whoami shows no token' sh -c '! cxssh whoami | grep -F "$SANDBOX_TOKEN"'
it 'whoami takes --profile behind it' prints '^profile  *Work  (as configured)' cxssh whoami --profile Work
it 'whoami takes --profile before it' prints '^profile  *Work  (as configured)' cxssh --profile Work whoami
it 'whoami takes --profile=NAME' prints '^profile  *Work' cxssh --profile=Work whoami
it 'whoami says where the organization comes from' prints '^organization  *Acme  (of the profile)' cxssh whoami --profile Work
it 'whoami says which account is in use' prints '^account  *Acme  (in use)' cxssh whoami --profile Work
it 'whoami takes --org' prints '^organization  *acme  (as configured)' cxssh --org acme whoami
it 'an organization that the token does not see is an error' fails_with 78 'no account named "Nowhere"' cxssh whoami --org Nowhere
fault 'GET /ping* status 401'
it 'whoami says when the token is not accepted' fails_with 77 'the token is not accepted' cxssh whoami
no_faults

calls_with_account() { # COMMAND...
	: >"$SANDBOX/api/requests.log"
	"$@" >/dev/null 2>&1
	grep -q 'stacks.json?page=1 200 77 ok' "$SANDBOX/api/requests.log"
}
it 'sync without an organization asks with no account' sh -c 'cxssh sync --yes >/dev/null'
it 'sync --org asks with that account' calls_with_account cxssh sync --org Acme
# An inventory of this very second is not fetched again.
it 'a later call keeps the organization of the sync' wait_for calls_with_account cxssh show no-such-host
it 'ssh reaches the host of the organization' is lion quietly ssh myapp-lion hostname
it 'another profile is not answered from the inventory' sh -c \
	': >"$SANDBOX/api/requests.log"; cxssh list --profile Work >/dev/null && grep -q stacks.json "$SANDBOX/api/requests.log"'
it 'a list for another profile leaves the inventory alone' prints 'as at the last sync' cxssh whoami
it 'a profile may have a name with blanks and an accent' prints '^next: cxssh login --profile "Acmé Prod"$\|^next: cxssh login --profile "Acm.* Prod"$' \
	cxssh profile create 'Acmé Prod' --base-url "$SANDBOX_BASE_URL"
cp "$cloud/cx_work.json" "$cloud/cx_acmé prod.json"
it 'a profile whose name has blanks is logged in by its token file' prints '^stack  *myapp (production)$' cxssh show --profile 'Acmé Prod' myapp-lion
it 'a profile whose name is a path is refused' fails_with 78 'not a plain file name' cxssh profile create ../x
cxssh profile delete 'Acmé Prod' >/dev/null
it 'every command takes --profile' sh -c 'cxssh show --profile Work myapp-lion && cxssh --profile Work key list && cxssh hostkey --profile Work list'

it 'logout removes the token' prints '^removed ~/.cloud66/cx.json; the toolbelt (cx) is logged out, too$' cxssh logout
it 'the token file is gone after logout' test ! -e "$cloud/cx.json"
it 'logout leaves the token of another profile alone' test -s "$cloud/cx_work.json"
it 'the next command says how to log in' fails_with 77 'run: cxssh login' cxssh whoami
it 'a second logout says that there is no token' prints '^not logged in' cxssh logout
it 'logout takes --profile' prints 'removed ~/.cloud66/cx_work.json' cxssh logout --profile Work

done_testing

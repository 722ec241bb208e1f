#!/bin/sh
# SPDX-License-Identifier: MIT
# make check-account: an API whose answers are as expected, and planted differences.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317,SC2016 # functions are called through it(); expanded there
SANDBOX_OPTIONS='--hosts "lion"'
. "$(dirname "$0")/../lib.sh"

command -v curl >/dev/null || skip_all 'no curl'
account=$tests/account

it 'an API as the sandbox has it differs in nothing' prints 'stacks: nothing differs$' "$account"
only_reads() { ! grep -E '^[0-9]+ [^ ]+ (POST|PUT|DELETE|PATCH)' "$SANDBOX/api/requests.log"; }
it 'the account is only read' only_reads
no_key_asked() { ! grep include_private_key "$SANDBOX/api/requests.log"; }
it 'no private key is asked for' no_key_asked
it 'as many stacks are looked into as wanted' prints ' of 1 stacks: ' "$account" --stacks 1

# An answer with planted differences, in the place of the API's own.
plant() { cat >"$work/planted"; no_faults; fault "GET $1" body "$work/planted"; }
says() { fails_with 1 '' "$account" --stacks 1 && grep -qxF -- "$1" out; }
no_value() { ! grep -iE 'secretname|203\.0\.113|0a1b2c|hunter2' out err; }
plant '/stacks.json*' <<'END'
{"response":[{"uid":"0a1b2c","name":"secretname","environment":7,"hunter2_4711":1}],
 "pagination":{"next":null,"current":1}}
END
it 'a text that became a number is a difference' \
	says 'differs: GET /stacks: "environment" is integer, not string or null'
it 'no value of the account is printed' no_value
it 'a new member whose name may be a value is not named' \
	says 'note: GET /stacks: members that cxssh does not know: (another name)'
plant '/stacks.json*' <<'END'
{"response":[{"uid":"0a1b2c","environment":null,"color":"red"}],"pagination":{"next":"2","current":1}}
END
it 'a member that is missing is a difference' says 'differs: GET /stacks: "name" is missing'
it 'a new member is named' says 'note: GET /stacks: members that cxssh does not know: color'
it 'pages that are counted by texts are a difference' \
	says 'differs: GET /stacks, pagination: "next" is string, not integer or null'
plant '/stacks/*/servers.json*' <<'END'
{"response":[{"uid":"0a1b2c","name":"secretname","stack_uid":"0a1b2c","address":"203.0.113.9","server_roles":["web",3],
 "has_deploy_gateway":"true","ssh_private_key":"hunter2"}],"pagination":{"next":null,"current":1}}
END
it 'a role that is no text is a difference' \
	says 'differs: GET /stacks/*/servers: "server_roles" has a member that is integer, not string'
it 'a truth that became a text is a difference' \
	says 'differs: GET /stacks/*/servers: "has_deploy_gateway" is string, not boolean or null'
it 'a private key that was not asked for is a difference' \
	says 'differs: GET /stacks/*/servers: the list has a private key that was not asked for'
it 'no value of a server is printed' no_value
plant '/stacks/*/containers.json*' <<'END'
{"response":[{"uid":"0a1b2c","server_uid":7,"service_name":"secretname"},
 {"uid":"0a1b2c","server_uid":"0a1b2c","service_name":"secretname"}],"pagination":{"next":null,"current":1}}
END
printf '{"response":{"name":"secretname","wrap_command":["hunter2"]}}' >"$work/service"
fault 'GET /stacks/*/services/*' body "$work/service"
it 'a server of a container that is no text is a difference' \
	says 'differs: GET /stacks/*/containers: "server_uid" is integer, not string'
it 'a command for a service that is no text is a difference' \
	says 'differs: GET /stacks/*/services/*: "wrap_command" is array, not string'
it 'no value of a container or service is printed' no_value
plant '/stacks.json*' <<'END'
[{"uid":"0a1b2c","name":"secretname","environment":null}]
END
it 'a list without an envelope is a note' prints '^note: GET /stacks: no envelope "response"$' "$account" --stacks 0
plant '/stacks.json*' <<'END'
{"response":{"hunter2":1}}
END
it 'an object in the place of a list is a difference' says 'differs: GET /stacks: the response is no array but object'
plant '/ping/auth*' <<'END'
hunter2
END
it 'an answer that is no JSON is a difference' says 'differs: GET /ping/auth: the answer is no JSON'
it 'nothing of an answer that is no JSON is printed' no_value
no_faults
fault 'GET /accounts.json*' status 403
it 'an answer that the token may not have is a note' prints '^note: GET /accounts: HTTP status 403$' "$account" --stacks 0
no_faults
fault 'GET /stacks.json*' status 503
it 'a throttled API is told' fails_with 75 'throttled' "$account"
no_faults

# The login.
fault '* *' expire-token
it 'a token that is not accepted is told with what helps' \
	fails_with 77 'does not accept the token; run: cxssh login --token' "$account"
no_faults
plainly_http() { CXSSH_BASE_URL=http://app.cloud66.test "$account"; }
it 'the token is not sent without TLS' fails_with 78 'must begin with https://' plainly_http
api_down
it 'an API that is down is told' fails_with 69 'does not answer' "$account"
rm -r "$HOME/.cloud66"
it 'a user without a login is told' fails_with 77 'not logged in' "$account"
it 'an unknown option is refused' fails_with 64 'no option --all' "$account" --all
# CI has no account, and a person's is not its to read.
it 'no check of CI uses an account' sh -c '! grep -rn "check-account\|tests/account" "$1/../.ci" "$1/../.github/workflows"' sh "$tests"
done_testing

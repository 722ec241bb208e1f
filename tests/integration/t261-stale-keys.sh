#!/bin/sh
# SPDX-License-Identifier: MIT
# Keys and host keys of stacks that are gone: sync says so, key remove --stale removes them.
# shellcheck disable=SC1091,SC2154,SC2034,SC2016 # lib.sh
SANDBOX_OPTIONS='--hosts lion --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

gone=0123456789abcdef0123456789abcdef
lion=9ae1611c97a92c90fac60c884e1d8240
known=$HOME/.ssh/cxssh/known_hosts
cxssh sync --yes >/dev/null && ssh myapp-lion true
myapp=$(find "$HOME/.ssh" -name 'cx_*' | head -1)
plant() { (umask 077; cp "$myapp" "$HOME/.ssh/cx_$gone"; cp "$myapp" "$HOME/.ssh/cx_${gone}_pkey"); }
host_key() { echo "cxssh-$gone,old-bear $(key_of lion)" >>"$known"; }
says_nothing() { cxssh sync >&2 && ! cxssh sync | grep stale; }
it 'sync says nothing where all keys have a stack' says_nothing
it 'cxssh finds no key where all have a stack' prints '^no key of a stack that is gone$' cxssh key remove --stale
plant; host_key
(umask 077; cp "$myapp" "$HOME/.ssh/cx_home"; cp "$myapp" "$HOME/.ssh/cx_${gone}1")
it 'sync says how many keys have lost their stack' \
	prints '^2 server keys in ~/.ssh of stacks that are gone; to remove them, run: cxssh key remove --stale$' cxssh sync
it 'sync --dry-run says nothing of them' sh -c '! cxssh sync --dry-run | grep stale'
it 'cxssh lists them, and removes nothing without a terminal' fails_with 64 'nothing removed.*; run: cxssh key remove --stale --yes' \
	cxssh key remove --stale
it 'a stale key file is still there without a terminal' test -e "$HOME/.ssh/cx_$gone"
api_down
it 'cxssh removes nothing when the API does not answer' fails_with 69 . cxssh key remove --stale --yes
api_up
it 'a stale key file is still there when the API did not answer' test -e "$HOME/.ssh/cx_$gone"
fault 'GET /stacks* status 401'
it 'cxssh removes nothing when the login is not accepted' fails_with 77 . cxssh key remove --stale --yes
no_faults
# A second profile sees the stack.
cat >"$HOME/.cloud66/cxprofiles.json" <<-JSON
	{"last_profile":"default","profiles":{
	"default":{"base_url":"$SANDBOX_BASE_URL","client_id":"","client_secret":"","organization":"","name":"default","token_file":"cx.json"},
	"Work":{"base_url":"http://127.0.0.1:8001","client_id":"","client_secret":"","organization":"","name":"Work","token_file":"cx_work.json"}}}
JSON
cp -p "$HOME/.cloud66/cx.json" "$HOME/.cloud66/cx_work.json"
it 'cxssh removes nothing when another profile cannot ask' fails_with 69 'profile Work' cxssh key remove --stale --yes
rm "$HOME/.cloud66/cx_work.json"
it 'cxssh removes them with --yes' prints "^removed $HOME/.ssh/cx_$gone\$" cxssh key remove --stale --yes
it 'cxssh has no key of the stack that is gone' sh -c "! ls '$HOME/.ssh' | grep -x 'cx_${gone}\\(_pkey\\)*'"
it 'cxssh has no host key of the server that is gone' sh -c "! grep -e 'cxssh-$gone' -e old-bear '$known'"
it 'cxssh keeps the key of a stack that is there' test -e "$myapp"
it 'cxssh keeps the host key of a server that is there' grep -q "cxssh-$lion" "$known"
it 'cxssh keeps a key of the user that is called alike' test -e "$HOME/.ssh/cx_home"
it 'cxssh keeps a key whose name is no uid' test -e "$HOME/.ssh/cx_${gone}1"
it 'ssh works as before' is lion quietly ssh myapp-lion hostname
it 'cxssh takes no HOST beside --stale' fails_with 64 'HOST beside --stale' cxssh key remove --stale myapp-lion
it 'cxssh takes no key remove without a HOST' fails_with 64 'HOST is missing' cxssh key remove
keys_of_another_account() { # a stack that only the second profile sees
	plant
	printf 'HTTP/1.1 200 OK\r\nContent-Length: 98\r\n\r\n{"response":[{"uid":"%s","name":"x","environment":"p"}],"pagination":{}}' "$gone" >answer
	sed -i "s/Content-Length: 98/Content-Length: $(($(wc -c <answer) - $(head -3 answer | wc -c)))/" answer
	"$CXSSH_BUILD/tests/integration/say_bytes" 8001 "$work/answer" "$work/asked" >/dev/null & say=$!
	cp -p "$HOME/.cloud66/cx.json" "$HOME/.cloud66/cx_work.json"
	cxssh key remove --stale --yes >&2
	kill "$say"
	[ -e "$HOME/.ssh/cx_$gone" ]
}
it 'cxssh keeps the key of a stack that another profile sees' keys_of_another_account
rm -f "$HOME/.cloud66/cx_work.json"

# logout.
at_logout() { # ANSWER
	mkfifo typing && : >shown
	script -qefc 'cxssh logout' shown <typing >/dev/null 2>&1 & script=$!
	exec 6>typing; rm typing
	wait_for grep -q 'server keys in' shown && printf '%s\n' "$1" >&6
	wait "$script"; _code=$?
	exec 6>&-
	cat shown >&2
	return "$_code"
}
if command -v script >/dev/null; then
	cp -p "$HOME/.cloud66/cx.json" kept.json
	stays() { at_logout n && test -e "$myapp"; }
	it 'logout keeps the server keys when that is the answer' stays
	cp -p kept.json "$HOME/.cloud66/cx.json"
	goes() { at_logout y && test ! -e "$myapp" && test -e "$HOME/.ssh/cx_home"; }
	it 'logout removes the server keys, and no other, when asked to' goes
	cp -p kept.json "$HOME/.cloud66/cx.json"
	it 'the key is fetched again after the next login' is lion quietly ssh myapp-lion hostname
fi
it 'logout keeps the server keys without a terminal, and says so' prints '^Server keys stay' cxssh logout
done_testing

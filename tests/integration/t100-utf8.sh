#!/bin/sh
# SPDX-License-Identifier: MIT
# Names with letters beyond ASCII in the API's answers and in the toolbelt's files, with
# json-c as it is here and as its version 0.18 is (Debian 13).
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
SANDBOX_OPTIONS='--hosts lion --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

${CC:-cc} -shared -fPIC -D_GNU_SOURCE -o "$work/strict_json.so" \
	"$tests/preload/strict_json.c" -ldl || { echo 'Bail out! no shared object'; exit 1; }
json_0_18() {
	LD_PRELOAD=$work/strict_json.so ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 "$@"
}
change_fleet 's/"My Awesome App"/"Caf\xc3\xa9 Z\xc3\xbcrich"/; s/Acme/M\xc3\xbcller \& S\xc3\xb6hne/'
cloud=$HOME/.cloud66
cat >"$cloud/cxprofiles.json" <<-JSON
	{"last_profile":"default","profiles":{"default":{"base_url":"$SANDBOX_BASE_URL",
	"client_id":"","client_secret":"","organization":"Müller & Söhne","name":"default",
	"token_file":"cx.json"}}}
JSON
lion_is_there() {
	cxssh list --json >list.json && grep -q '"name": *"lion"' list.json
}
it 'sync reads an account and a stack with letters beyond ASCII' cxssh sync --yes
it 'list has a server of that stack' lion_is_there
rm -r "$HOME/.cache/cxssh" "$HOME/.ssh/cxssh"
it 'sync reads them with json-c 0.18' json_0_18 cxssh sync --yes
it 'list reads the inventory with json-c 0.18' json_0_18 lion_is_there
alias=$(sed -n 's/^Host \([^ ]*lion\).*/\1/p' "$HOME/.ssh/cxssh/config" | head -n 1)
it 'ssh reaches a server of that stack with json-c 0.18' is lion json_0_18 ssh "$alias" hostname
it 'cxssh show names that host' json_0_18 cxssh show "$alias"
done_testing

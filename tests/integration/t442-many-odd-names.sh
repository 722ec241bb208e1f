#!/bin/sh
# SPDX-License-Identifier: MIT
# Ten thousand servers in a hundred stacks, whose names have blanks, dots, capitals, the
# same beginnings and letters beyond ASCII: each has a name of its own and is found by it.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317,SC2016 # lib.sh
SANDBOX_OPTIONS='--hosts lion --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
command -v python3 >/dev/null || skip_all 'python3 is not installed'
config=$HOME/.ssh/cxssh/config

cat >fleet.py <<'PY'
import json, sys
path = sys.argv[1]
fleet = json.load(open(path))
like = {k: v for k, v in fleet["stacks"][0].items() if k != "servers"}
server = next(s for s in fleet["stacks"][0]["servers"] if s["name"] == "lion")
stacks = ["app", "App", "app one", "app.one", "app-one", "\u00c4pp", "app 1", "a" * 30, "ap"]
environments = ["production", "staging", "Production", "pre prod", "test.1", ""]
names = ["%d", "Web %d", "web.%d", "WEB-%d", "w\u00e9b %d", "\u732b%d", "a.b.c.%d", "My  Server  %d", "server_%d",
         "%d prod", "x" * 60 + "%d", "Stra\u00dfe %d", "\u00c5ngstr\u00f6m%d", "db%d.example.com", "it's %d"]
roles = [["web", "app"], ["Web"], ["my role"], ["db.1"], []]
for i in range(100):
    stack = dict(like, uid="%032x" % (0x1000 + i), environment=environments[i % 6], servers=[],
                 name=stacks[i % 9] + (" %d" % i if i % 7 else ""), git="git@example.com:acme/%d.git" % i)
    for k in range(100):
        n = 100 * i + k
        stack["servers"].append(dict(server, uid="%032x" % (0x1000000 + n), name=names[n % len(names)] % k,
            address="10.%d.%d.1" % (n // 256, n % 256), server_roles=roles[k % 5], stack_uid=stack["uid"],
            dns_record=None, ext_ipv4=None, _host=None, _key_file=None))
    fleet["stacks"].append(stack)
json.dump(fleet, open(path + ".new", "w"))
PY
# STACK_UID, UID, ALIAS and NAME of each server, with tabs
cat >servers.py <<'PY'
import json, sys
for s in json.load(sys.stdin):
    if s["kind"] == "server":
        print(s["stack_uid"], s["uid"], s["kept"] or s["host"], s["name"], sep="\t")
PY
touch "$HOME/.ssh/config"
ssh -G github.com >github 2>/dev/null
python3 fleet.py "$SANDBOX/fleet.json" && mv "$SANDBOX/fleet.json.new" "$SANDBOX/fleet.json"
it 'a sync of ten thousand servers with odd names ends' within 240 cxssh sync --yes
it 'a second sync gives the same names' prints ', nothing new$' within 240 cxssh sync --yes
sed -n 's/^Host //p' "$config" | tr ' ' '\n' | sort >aliases
it 'no name is given twice' is '' uniq -d aliases
it 'each name is of letters, digits and "-", and at most 40 of them' sh -c '! grep -vE "^[a-z0-9][a-z0-9-]{0,39}$" aliases >&2'
it 'no generated line has 1000 bytes' awk 'length >= 1000 { exit 1 }' "$config" "$HOME/.ssh/cxssh/new"
it 'list --json ends' within 60 cxssh list --json
cp out json
python3 servers.py <json >servers
it 'no server is left out' is 10000 grep -c '^0000' servers
it 'list has a line for each server' sh -c '[ "$(cxssh list | grep -c "^[^ ].*  .*  ")" -gt 10000 ]'
leads() { # each five-hundredth alias leads ssh to the server that the API names so
	awk 'NR % 500 == 7' servers >some
	[ -s some ] || return 1
	while IFS='	' read -r _ uid alias _; do
		ssh -G "$alias" 2>/dev/null </dev/null | grep -q "^proxycommand .*/cxssh-proxy $uid %p$" ||
			{ echo "$alias does not lead to $uid" >&2; return 1; }
	done <some
}
it 'ssh -G of a name has the server of this name' leads
named() { # and its own name, in its stack
	while IFS='	' read -r stack uid _ name; do
		cxssh ssh -G -s "$stack" "$name" 2>/dev/null </dev/null | grep -q "^proxycommand .*/cxssh-proxy $uid %p$" ||
			{ echo "$name in $stack does not lead to $uid" >&2; return 1; }
	done <some
}
it 'the toolbelt'"'"'s line finds a server by its own name' named
it 'another host is as before' sh -c 'ssh -G github.com 2>/dev/null | diff github - >&2'
it 'completion of nothing offers all names' is "$(wc -l <aliases)" sh -c 'cxssh complete -- show "" | cut -f 1 | sort -u | wc -l'
it 'completion of a beginning offers the names that begin so' is "$(grep '^app-9' aliases)" \
	sh -c 'cxssh complete -- show app-9 | cut -f 1 | sort'
it 'a server among them is reached' reaches lion myapp-lion
it 'a name that is none of them is told with near ones' fails_with 66 'nearest: myapp-lion' within 60 cxssh show myapp-lino
done_testing

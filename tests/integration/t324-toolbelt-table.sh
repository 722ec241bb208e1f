#!/bin/sh
# SPDX-License-Identifier: MIT
# Command lines of the toolbelt: what the real client makes of them, and what cxssh does.
# shellcheck disable=SC1091,SC2154,SC2034,SC2317,SC2016,SC2088 # lib.sh
SANDBOX_OPTIONS='--hosts "lion bastion otter" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

cxssh sync --yes >/dev/null
touch file
cp "$SANDBOX/bastion_key" "$HOME/.ssh/jump" && chmod 600 "$HOME/.ssh/jump"
myapp=609b30031d56fd640ba7f43b1657495b
awesome=ab7a7e42cd7c9ba69bd4fb616287d225
staging=14aed771fa6f605a300ba3e5564ba1f4_pkey
production=7977c25f3a28b625d22b17cf06cd9f41

# The address of what ssh is given as proxycommand: of a role, that of its first server.
address() { # TARGET
	route=$HOME/.cache/cxssh/routes/$1
	first=$(sed -n 's/^servers=\([^ ]*\).*/\1/p' "$route" 2>/dev/null | head -n 1)
	sed 's/[{]/\n&/g' "$HOME/.cache/cxssh/inventory.json" |
		grep -A1 "\"uid\": *\"${first:-$1}\"" | sed -n 's/.*"address": *"\([^"]*\)".*/\1/p' | head -n 1
}
# USER ADDRESS KEY PORT of cxssh ssh, or "fails".
ours() {
	cxssh "$@" >given 2>why || { echo fails; return; }
	awk '{ if (!($1 in v)) v[$1] = $2; if ($1 == "proxycommand") target = $3 }
		END { print v["user"], target, v["identityfile"], v["port"] }' given >parts
	read -r user target key port <parts
	echo "$user $(address "$target") ${key##*/cx_} $port"
}

agree=0 differ=0
# row WORDS-OF-THE-TOOLBELT | what it does | what cxssh does where that differs | why
row() {
	words=$1 theirs=$2 wanted=${3:-$2} why=${4-}
	eval "set -- $words"
	got=$(ours ssh -G "$@")
	if [ "$wanted" = "$theirs" ]; then agree=$((agree + 1)); else
		differ=$((differ + 1)); echo "# differs: cx ssh $words: $why"
	fi
	it "cx ssh $words: ${why:-as the toolbelt}" is "$wanted" echo "$got"
}
lion="deploy 203.0.113.21 $myapp 22"
heron="deploy 203.0.113.22 $myapp 22"
shark="deploy 203.0.113.98 $myapp 22"
wolf="deploy 203.0.113.24 $staging 22"
falcon="deploy 203.0.113.25 $production 22"
otter="deploy 10.10.0.21 $awesome 22"

row '-s myapp lion' "$lion"
row '--stack myapp lion' "$lion"
row '--stack=myapp lion' "$lion"
row '-s MyApp LION' "$lion"
row '-s mya lion' "$lion"
row '-s myapp li' "$lion"
row 'lion -s myapp' "$lion"
row '-s myapp 203.0.113.22' "$heron"
row '-s myapp db' "$heron"
row '-s myapp DB' "$heron"
row '-s myapp tig' "deploy 203.0.113.99 $myapp 22"
row '-s myapp worker' "$shark"
row '-s shop -e staging wolf' "$wolf"
row '-s shop -e stag wolf' "$wolf"
row '-s shop -e STAGING web' "$wolf"
row '--stack shop --environment staging web' "$wolf"
row '-e production -s shop falcon' "$falcon"
row '-s sho -e prod web' "$falcon"
row '-v -s myapp lion' "$lion"
row '--vv -s myapp lion' "$lion"
row '--vvv -s myapp lion' "$lion"
row '-s "My Awesome App" --gateway-key ~/.ssh/jump Otter' "$otter"
row '-s "my awesome" --gateway-key=$HOME/.ssh/jump otter' "$otter"
row '-e "" -s myapp lion' "$lion"
row '-s shop web' fails
row '-s zebra web' fails
row '-s my lion' fails
row '-s myapp cat' fails
row '-s myapp 203.0.113.77' fails
row '-s myapp -e staging lion' fails
row '-s myapp' fails
row 'zebra' fails
row '--gateway-key /nonexistent -s "My Awesome App" Otter' "$otter" fails \
	'a key file that is not there is said before ssh starts'
row '-s myapp web' "deploy 203.0.113.99 $myapp 22" "$lion" \
	'a server that the API calls failed comes last in its role'
row "-s myapp ''" "$shark" fails 'no name is not the name of the first server'
row 'lion' fails "$lion" 'a clear name needs no stack'
row '203.0.113.21' fails "$lion" 'an address needs no stack'
row 'myapp-lion' fails "$lion" 'an alias needs no stack'
row "-s $myapp lion" fails "$lion" 'the uid of a stack stands wherever its name does'
row '-s "My Awesome App" Otter' fails "$otter" 'the key of a bastion may be configured, or in ssh-agent'
row 'lion -s myapp -e production' "$lion"
row '-s myapp lion -e production' fails "$lion" 'options stand behind the name, too'
row '-s myapp lion -p 2222' fails "deploy 203.0.113.21 $myapp 2222" 'options of ssh are passed on'
row '-s myapp lion -l root' fails "root 203.0.113.21 $myapp 22" 'options of ssh are passed on'

# The siblings: what runs, as CXDEBUG prints it, against the toolbelt's meaning.
sibling() { # WORDS | PATTERN | why it differs
	[ -n "${3-}" ] && differ=$((differ + 1)) && echo "# differs: cx $1: $3"
	[ -n "${3-}" ] || agree=$((agree + 1))
	words=$1 pattern=$2
	it "cx $1: ${3:-as the toolbelt}" ran_as "$words" "$pattern"
}
ran_as() {
	_pattern=$2
	eval "set -- $1"
	CXDEBUG=1 within 20 cxssh "$@" >given 2>steps </dev/null
	sed -n 's/.*running //p' steps >ran
	grep -qE -- "$_pattern" ran || { cat steps >&2; return 1; }
}
sibling 'upload -s myapp --server lion file' '/scp .*-- file myapp-lion:/tmp$'
sibling 'upload -s myapp --server lion file /var/tmp/x' '/scp .*-- file myapp-lion:/var/tmp/x$'
sibling 'download -s myapp --server lion /etc/hostname' '/scp .*-- myapp-lion:/etc/hostname \.$'
sibling 'download -s myapp --server lion /etc/hostname here' '/scp .*-- myapp-lion:/etc/hostname here$'
sibling 'run -s myapp --server lion "echo a"' '/ssh .*myapp-lion .*cloud66_env'
sibling 'run -s shop -e staging --server wolf -i' '/ssh .*-t shop-staging-wolf .*cloud66_env'
sibling 'tail -s myapp lion production.log' "/ssh .*myapp-lion tail -F -- '/var/deploy/app/web_head/current/log/production.log'\$" \
	'tail -F goes on when a log is rotated'
sibling 'tail -s myapp lion /var/log/syslog' "tail -F -- '/var/log/syslog'\$"
tunnel() { # as the toolbelt: --server, -r REMOTE, -l LOCAL
	CXDEBUG=1 timeout 5 cxssh tunnel -s myapp --server lion "$@" >given 2>steps </dev/null
	sed -n 's/.*running //p' steps | grep -qE -- "$_pattern" || { cat steps >&2; return 1; }
}
_pattern='/ssh .*-L ?(127\.0\.0\.1:)?6000:(127\.0\.0\.1|localhost):5432.*myapp-lion'
it "cx tunnel --server lion -r 5432 -l 6000: the server's own port by 127.0.0.1" tunnel -r 5432 -l 6000
echo '# differs: cx tunnel: the far end is 127.0.0.1, not the public address'
differ=$((differ + 1))
lease() { cxssh lease -s myapp -t 5 -f 198.51.100.7 -p 3306 >given && grep -q '3306' given; }
it 'cx lease -s myapp -t 5 -f ADDRESS -p PORT: as the toolbelt' lease
agree=$((agree + 1))
for where in before behind; do
	profiled() {
		if [ "$where" = before ]; then cxssh --profile nosuch list; else cxssh list --profile nosuch; fi
	}
	it "cx --profile $where the command is taken" fails_with 78 'no profile named nosuch' profiled
	agree=$((agree + 1))
done
echo "# $agree command lines agree with the toolbelt, $differ differ on purpose"

done_testing

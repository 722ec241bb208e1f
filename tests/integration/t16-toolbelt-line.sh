#!/bin/sh
# SPDX-License-Identifier: MIT
# The toolbelt's own command lines, in front of the real ssh.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2016 # expanded elsewhere
SANDBOX_OPTIONS='--hosts "lion heron wolf falcon bastion otter" --lease-delay 100'
. "$(dirname "$0")/../lib.sh"

asked() { api_calls 'POST .*/firewalls'; }
asks() { # N command... succeeds with N leases more
	count_before=$(asked) more=$1; shift
	"$@" && is $((count_before + more)) asked
}

# cxssh sync has not run yet.
it 'cxssh ssh needs no sync before' is lion quietly cxssh ssh -s myapp lion hostname
it 'cxssh ssh leaves ~/.ssh/config alone' test ! -e "$HOME/.ssh/config"
it 'cxssh ssh keeps what it learnt' is lion quietly cxssh ssh -s myapp lion hostname

# Names that are found.
it 'cxssh ssh finds a server by a prefix' is lion cxssh ssh -s myapp li hostname
it 'cxssh ssh finds a server in any case of letters' is lion cxssh ssh -s MyApp LION hostname
it 'cxssh ssh finds a server by its address' is heron cxssh ssh -s myapp 203.0.113.22 hostname
it 'cxssh ssh finds a role' is heron cxssh ssh -s myapp db hostname
it 'cxssh ssh finds a role by a prefix' is lion cxssh ssh -s myapp we hostname
it 'cxssh ssh finds a stack by a prefix' is lion cxssh ssh -s mya lion hostname
it 'cxssh ssh refuses a prefix that fits more than one stack' fails_with 66 'more than one stack begins with my' cxssh ssh -s my lion true
it 'cxssh ssh takes the long option' is lion cxssh ssh --stack myapp lion hostname
it 'cxssh ssh takes the long option with an equals sign' is lion cxssh ssh --stack=myapp lion hostname
it 'cxssh ssh takes the stack after the name' is lion cxssh ssh lion -s myapp hostname
it 'cxssh ssh takes the environment' is wolf cxssh ssh -s shop -e staging wolf hostname
it 'cxssh ssh takes the environment after the name' is falcon cxssh ssh -s shop web -e production hostname
it 'cxssh ssh takes a prefix of the environment' is wolf cxssh ssh -s shop -e stag web hostname
it 'cxssh ssh takes an alias without a stack' is lion cxssh ssh myapp-lion hostname
it 'cxssh ssh takes an alias with options of ssh' is lion cxssh ssh -q myapp-web hostname

# Names that are not found.
it 'cxssh ssh wants an environment where there are two' \
	fails_with 66 'more than one stack is called shop; add -e' cxssh ssh -s shop web true
it 'cxssh ssh knows no other stack' fails_with 66 'no stack is called zebra.*run: cxssh list' \
	cxssh ssh -s zebra web true
it 'cxssh ssh knows no other server' fails_with 66 'stack myapp has no server and no role cat' \
	cxssh ssh -s myapp cat true
it 'cxssh ssh knows no other address' fails_with 66 'no server and no role 203.0.113.77' \
	cxssh ssh -s myapp 203.0.113.77 true
it 'cxssh ssh does not take nothing for the first server' fails_with 66 '' cxssh ssh -s myapp '' true
it 'cxssh ssh takes -- before the name' is lion cxssh ssh -s myapp -- lion hostname
it 'cxssh ssh with -- alone says what is missing' fails_with 64 'NAME|IP|ROLE is missing' cxssh ssh --
it 'cxssh ssh with an empty name in a stack says so' fails_with 66 '^cxssh: the name of the host is empty; run: cxssh list$' cxssh ssh -s myapp ' ' true
it 'cxssh ssh with an empty name says so' fails_with 66 '^cxssh: the name of the host is empty; run: cxssh list$' cxssh ssh '' true
it 'cxssh ssh without a name says what is missing' fails_with 64 '^cxssh: ssh: NAME|IP|ROLE is missing; run: cxssh ssh --help$' cxssh ssh -s myapp
it 'cxssh ssh names the option that needs a value' fails_with 64 '^cxssh: ssh: -s needs a value; run: ' cxssh ssh lion -s
it 'cxssh ssh finds a server by its own name where no stack is given' is lion cxssh ssh lion hostname
it 'cxssh ssh knows no other name without a stack' fails_with 66 '^cxssh: no host zebra; run: cxssh list' cxssh ssh zebra true

# A repository of the stack, and .cx.yml.
mkdir repo && cd repo || exit 1
git init -q -b main . && git -c user.name=t -c user.email=t@example.com commit -q --allow-empty -m x
git remote add origin git@example.com:acme/myapp.git
it 'cxssh ssh finds the stack by the repository' is lion quietly cxssh ssh lion hostname
git remote set-url origin https://example.com/acme/myapp
it 'cxssh ssh finds the stack by the repository whatever the URL scheme' is lion cxssh ssh lion hostname
git remote set-url origin git@example.com:acme/shop.git
it 'cxssh ssh finds the stack by the branch of the repository' is falcon cxssh ssh falcon hostname
git checkout -q -b develop
it 'cxssh ssh finds the environment by the branch of the repository' is wolf cxssh ssh web hostname
git checkout -q -b feature
git -c user.name=t -c user.email=t@example.com commit -q --allow-empty -m y
it 'cxssh ssh finds no stack by a branch that none is deployed from' fails_with 66 '^cxssh: .*no stack given, and none is deployed from' \
	cxssh ssh web true
echo 'stack: myapp' >.cx.yml
it 'cxssh ssh finds it by .cx.yml first' is lion cxssh ssh lion hostname
it 'cxssh ssh prefers the options to .cx.yml' is wolf cxssh ssh -s shop -e staging web hostname
printf 'other: 1\r\nstack: "myapp"\r\n' >.cx.yml
it 'cxssh ssh reads a .cx.yml with quotes and CRLF' is lion cxssh ssh lion hostname
cd ..

# What ssh gets.
it 'cxssh ssh passes an exit status on' fails_with 7 '' cxssh ssh -s myapp lion exit 7
it 'cxssh ssh passes the status of a signal on' fails_with 255 '' cxssh ssh -s myapp lion 'kill -9 $$'
it 'cxssh ssh passes words on' is 'a b|c|' cxssh ssh -s myapp lion printf '"%s|"' '"a b"' c
it 'cxssh ssh passes options of the command on' is 3 cxssh ssh -s myapp lion -- sh -c '"echo 1 2 3"' '| wc -w'
it 'cxssh ssh passes options after the command on, even -s' is '-s x' cxssh ssh -s myapp lion echo -s x
input() { echo hello | cxssh ssh -s myapp lion cat; }
it 'cxssh ssh passes input on' is hello input
it 'cxssh ssh passes -v on' fails_with 0 'debug1: Authenticated\|Authenticated to' cxssh ssh -v -s myapp lion true
it 'cxssh ssh passes -v on after the name' fails_with 0 'Authenticated to' cxssh ssh -s myapp lion -v true
it 'cxssh ssh takes the spelling --vv of the toolbelt' fails_with 0 debug2 cxssh ssh --vv -s myapp lion true
it 'cxssh ssh passes -o on' fails_with 255 '' cxssh ssh -s myapp lion -o User=stranger -o BatchMode=yes true
it 'cxssh ssh passes -l on' is deploy cxssh ssh -s myapp lion -l deploy whoami
cxssh ssh -s myapp lion -N -L 2222:127.0.0.1:22 2>forward.err &
forward=$!
banner() { bash -c 'read -r line </dev/tcp/127.0.0.1/2222 && echo "$line"'; }
it 'cxssh ssh passes -N and -L on' wait_for prints '^SSH-2.0' banner
kill "$forward"

# Live steps.
live() { CXDEBUG=1 within 30 cxssh ssh -s myapp lion hostname; }
firewall_reset lion
rm -f "$HOME"/.ssh/cx_* "$HOME/.cache/cxssh/routes"/*
it 'cxssh ssh shows its steps with CXDEBUG=1' fails_with 0 '^cxssh.*: +[0-9]* ms  ' live
it 'cxssh ssh shows the steps of the proxy with CXDEBUG=1' fails_with 0 '^cxssh-proxy: +[0-9]* ms  ' live
secret() { # of one that asks the API
	firewall_reset lion; rm -f "$HOME"/.ssh/cx_* "$HOME/.cache/cxssh/routes"/*
	live >steps 2>&1 && grep -q ' POST /stacks/.*/firewalls: ' steps && ! grep -F "$SANDBOX_TOKEN" steps
}
it 'cxssh ssh shows no token with CXDEBUG=1' secret
it 'cxssh ssh writes no token into the log' sh -c "! grep -F '$SANDBOX_TOKEN' '$HOME/.cache/cxssh/log'"
it 'cxssh ssh is silent with CXDEBUG=0' is lion quietly env CXDEBUG=0 cxssh ssh -s myapp lion hostname

# After a sync it goes on, and the user's own settings count.
cxssh sync --yes >/dev/null
it 'cxssh ssh works after a sync' is lion quietly cxssh ssh -s myapp lion hostname
printf '%s\n' 'Include cxssh/config' 'Host *' '  SendEnv LC_CXSSH' >"$HOME/.ssh/config"
own_settings() { LC_CXSSH=mine cxssh ssh -s myapp lion 'echo $LC_CXSSH'; }
it "cxssh ssh works with the user's own settings after a sync" is mine own_settings
it 'cxssh ssh does not touch what is fresh' sh -c "
	before=\$(stat -c %Y '$HOME/.ssh/cxssh/config'); cxssh ssh -s myapp lion true
	[ \"\$before\" = \"\$(stat -c %Y '$HOME/.ssh/cxssh/config')\" ]"

# By hand.
for host in lion heron; do firewall_reset "$host"; done
it 'cxssh ssh opens a host by hand' prints '^port 22 of myapp-heron is open for your address for 20 minutes' \
	cxssh lease myapp-heron
it 'cxssh ssh opens the firewall of the server that is named' firewall_open heron
it 'cxssh ssh leaves the firewalls of other servers closed' firewall_closed lion
it 'cxssh ssh opens a host by hand so that ssh asks for no lease' asks 0 is heron quietly ssh -o ServerAliveInterval=0 myapp-heron hostname
firewall_reset heron
it 'cxssh ssh opens a whole stack' prints '^port 22 of myapp is open' cxssh lease -s myapp
it 'cxssh ssh opens the firewall of one server of the stack' firewall_open lion
it 'cxssh ssh opens the firewalls of all servers of the stack' firewall_open heron
for host in lion heron; do firewall_reset "$host"; done
it 'cxssh ssh opens a role' cxssh lease myapp-web
it 'cxssh ssh opens the firewall of a server of the role' firewall_open heron
it 'cxssh ssh takes minutes, an address and a port' \
	prints '^port 3306 of myapp-lion is open for 198.51.100.7 for 3 minutes' \
	cxssh lease -t 3 -f 198.51.100.7 -p 3306 myapp-lion
it 'cxssh ssh opens the firewall for the address that is named' sh -c "'$sandbox/on' lion nft list chain inet firewall leases | grep -q 198.51.100.7"
it 'cxssh ssh takes no minutes beyond 240' fails_with 64 'lease-minutes' cxssh lease -t 241 myapp-lion
it 'cxssh ssh takes no address that is none' fails_with 64 'from-ip' cxssh lease -f me myapp-lion
it 'cxssh ssh takes no port that is none' fails_with 64 'port' cxssh lease -p 70000 myapp-lion
it 'lease wants a host or a stack' fails_with 64 'no stack given: add -s APP' cxssh lease
it 'cxssh ssh knows no other host' fails_with 66 'no host nosuch' cxssh lease nosuch
fault 'POST * refuse-lease'
it 'cxssh ssh says when it is refused' fails_with 77 'refused by test' cxssh lease myapp-lion
no_faults
# Through a bastion.
it 'cxssh ssh asks for the key of the bastion' fails_with 255 'cxssh gateway key' \
	cxssh ssh -s 'My Awesome App' web hostname
plain_words() { "$@" 2>said; code=$?; cat said >&2; ! LC_ALL=C grep '[^ -~]' said >&2 && return "$code"; }
odd=$(printf 'no\033[2Jsuch')
it 'names a key file that is not there in plain text' fails_with 78 'no?\[2Jsuch' \
	plain_words cxssh ssh -s 'My Awesome App' --gateway-key "$odd" web true
it 'names a key file that is not there in plain text to cxssh gateway key' fails_with 78 'no?\[2Jsuch' plain_words cxssh gateway key 203.0.113.30 "$odd"
it 'cxssh ssh takes it from the command line' is otter quietly \
	cxssh ssh -s 'My Awesome App' --gateway-key "$SANDBOX/bastion_key" web hostname
it 'cxssh ssh remembers the key of the bastion from the command line' is otter quietly cxssh ssh -s 'my awesome app' otter hostname
done_testing

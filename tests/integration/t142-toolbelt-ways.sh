#!/bin/sh
# SPDX-License-Identifier: MIT
# What a user of the toolbelt types: stacks of a repository, one way to find a host for
# every command, --gateway-key, CXDEBUG, and cxssh prepare.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2016 # expanded elsewhere
SANDBOX_OPTIONS='--hosts "lion heron wolf falcon bastion otter" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

# Before the first sync the user's configuration counts.
mkdir -p "$HOME/.ssh"
printf 'Host *\n  SetEnv WHO=user\n  ForwardX11 yes\nHost myapp-lion\n  LogLevel ERROR\n' >"$HOME/.ssh/config"
in_force() { # OPTION HOST WORDS...: what ssh is run with
	option=$1; shift
	cxssh ssh -G "$@" 2>/dev/null | awk -v o="$option" '$1 == o { print $2; exit }'
}
it "before a sync an option of the user's Host * counts" is yes in_force forwardx11 -s myapp lion
it "before a sync the user's block for the alias counts" is ERROR in_force loglevel -s myapp lion
it 'before a sync the generated block comes first' is deploy in_force user -s myapp lion
it 'before a sync ssh logs in' is lion cxssh ssh -s myapp lion hostname
it 'list says that ssh does not know the names yet' sh -c \
	'cxssh list >/dev/null 2>said && grep -q "^cxssh: ssh does not know these names yet; run: cxssh sync --yes$" said'
cxssh sync --yes >/dev/null
it 'list says so no more after the sync' quietly cxssh list

it 'a uid is found in any case' prints '^host  *myapp-lion$' cxssh show 9AE1611C97A92C90FAC60C884E1D8240
it 'the uid of a stack is found in any case' is lion cxssh ssh -s 609B30031D56FD640BA7F43B1657495B lion hostname

# -e without -s, where no repository says the stack.
it '-e alone is not ignored: a server of another environment is none' \
	fails_with 66 '^cxssh: no host lion in environment staging; run: cxssh list$' cxssh ssh -e staging lion hostname
it '-e alone is not ignored for an alias' fails_with 66 'no host myapp-lion in environment stag' cxssh ssh -e stag myapp-lion hostname
it '-e alone decides between roles of one name' is wolf cxssh ssh -e staging web hostname
it '-e alone takes a prefix in any case' is lion cxssh ssh -e PROD lion hostname
it 'run takes -e alone' is lion cxssh run -e production lion hostname
it 'run on another environment is none' fails_with 66 'no host lion in environment staging' cxssh run -e staging lion hostname
it 'lease HOST takes -e' fails_with 66 'no host lion in environment staging' cxssh lease -e staging lion
it '-e alone with a name that is nowhere tells the nearest' fails_with 66 'no host myapp-lino; nearest: myapp-lion' cxssh ssh -e staging myapp-lino true

# A repository.
repository() { # ORIGIN
	rm -rf repo; mkdir repo && cd repo && git init -q -b main . &&
		git -c user.name=t -c user.email=t@example.com commit -q --allow-empty -m x &&
		git remote add origin "git@example.com:acme/$1.git"
}
repository shop || exit 1
it 'without -e the branch decides' is falcon cxssh ssh web hostname
it '-e decides among the stacks of the repository' is wolf cxssh ssh -e staging web hostname
it '-e takes a prefix' is wolf cxssh ssh -e stag web hostname
it '-e with an environment that the repository has not is an error' \
	fails_with 66 'none in environment test is deployed from this repository' cxssh ssh -e test web true
it 'an empty -e is no filter' is falcon cxssh ssh -e '' web hostname
it 'an empty -s is no stack' is falcon cxssh ssh -s '' web hostname
git tag v1 && git branch aaa
it 'a tag and another branch on the commit change nothing' is falcon cxssh ssh web hostname
git checkout -q --detach
it 'a checked out commit is found by a branch' is wolf cxssh ssh -e staging web hostname
git checkout -q main
printf '\357\273\277# of the team\nstack: "myapp"   # production\n' >.cx.yml
it '.cx.yml is read as YAML has it' is lion cxssh ssh lion hostname
it 'lease in the folder of a stack opens its firewalls' prints '^port 22 of myapp is open' cxssh lease
it "lease takes the toolbelt's --tto" prints 'for 5 minutes' cxssh lease --tto 5
cd .. || exit 1

# One way to find a host.
found() { # COMMAND... ends well and knows lion
	"$@" >found 2>&1 && grep -q 'lion' found
}
for name in myapp-lion MYAPP-LION lion Lion 203.0.113.21 9ae1611c97a92c90fac60c884e1d8240 myapp-li lio; do
	it "show finds $name" found cxssh show "$name"
	it "ssh finds $name" is lion cxssh ssh "$name" hostname
	it "lease finds $name" cxssh lease "$name"
	it "hostkey list finds $name" found cxssh hostkey list "$name"
	it "why finds $name" found cxssh why "$name"
done
it 'key refresh finds a server by its name' cxssh key refresh lion
it 'a name of several hosts is an error that names them' \
	fails_with 66 'web means several hosts: .*myapp-web' cxssh show web
it 'a role is found by its clear name' prints 'role  *app' cxssh show app
it 'list takes a part of a name' prints 'myapp-lion' cxssh list yap
it 'list takes a uid' sh -c 'cxssh list 609b30031d56fd640ba7f43b1657495b | grep -q myapp-lion'
it '-s takes a uid' is lion cxssh ssh -s 609b30031d56fd640ba7f43b1657495b lion hostname
it 'list knows no other word' fails_with 66 'no server is like this' cxssh list zebra

# The way by hand.
by_hand() { # with nothing there
	rm -rf "$HOME"/.ssh/cx_* "$HOME/.cache/cxssh/routes"; firewall_reset heron
	cxssh show myapp-heron | sed -n 's/^by hand  *//p' >line
	grep -q '^cxssh prepare myapp-heron && ssh ' line || return
	echo "$(cat line) -o StrictHostKeyChecking=no hostname" | sh | tail -n 1
}
it 'the line that show prints works as it is' is heron by_hand

# prepare.
rm -rf "$HOME"/.ssh/cx_* "$HOME/.cache/cxssh/routes" "$HOME/.ssh/cxssh/known_hosts"
firewall_reset lion; firewall_reset heron
it 'prepare makes a server ready' prints '^myapp-lion is ready$' cxssh prepare myapp-lion
it 'prepare fetches the key' test -s "$HOME/.ssh/cx_609b30031d56fd640ba7f43b1657495b"
it 'prepare opens the firewall' firewall_open lion
it 'prepare learns the host key' grep -q cxssh-9ae1611c97a92c90fac60c884e1d8240 "$HOME/.ssh/cxssh/known_hosts"
it 'a second prepare opens nothing' sh -c '! cxssh prepare myapp-lion | grep -q lease'
it 'prepare of a role prepares its servers' sh -c \
	'cxssh prepare myapp-db && grep -q cxssh-6453e47af3d11e8cf5572f523305d260 "$HOME/.ssh/cxssh/known_hosts"'
it 'prepare goes on after a failure and tells it' sh -c \
	'cxssh prepare myapp-shark myapp-lion >ready 2>failed; code=$?; cat ready failed; [ "$code" = 69 ] && grep -q "lion is ready" ready && grep -q shark failed'
it 'prepare asks before it opens more than ten leases' fails_with 64 'more than 10 leases to open; nothing done; run: cxssh prepare --yes' \
	sh -c 'cxssh prepare $(cxssh list bulk | grep -o "bulk-ant[0-9]*" | head -n 11) </dev/null'

# --gateway-key.
otter=my-awesome-app-otter
key=$SANDBOX/bastion_key
config=$HOME/.config/cxssh/config
ssh-keygen -q -t ed25519 -N '' -f "$work/wrong"
it 'a missing file of --gateway-key is an error' fails_with 78 '^cxssh: --gateway-key: nosuch: does not exist' \
	cxssh ssh --gateway-key nosuch "$otter" true
it 'a wrong key is refused' fails_with 77 '^cxssh: --gateway-key is not kept: ' \
	cxssh ssh --gateway-key "$work/wrong" "$otter" true
it 'a wrong key is not kept' sh -c "! grep -q wrong '$config'"
it 'a right key works' is otter cxssh ssh --gateway-key "$key" "$otter" hostname
it 'a right key is kept' grep -q "^gateway-key 203.0.113.30 = $key\$" "$config"
cp "$key" "$work/other" && cxssh gateway close 203.0.113.30 >/dev/null
printf 'gateway-key 203.0.113.30 = %s\n' "$work/wrong" >"$config"
it 'the command line wins over a wrong key that is set' is otter cxssh ssh --gateway-key "$work/other" "$otter" hostname
it 'the key of the command line replaces the one that was set' grep -q "= $work/other\$" "$config"
it 'another wrong key does not replace it' sh -c \
	"cxssh ssh --gateway-key '$work/wrong' $otter true 2>/dev/null; grep -q '= $work/other\$' '$config'"

# CXDEBUG.
it 'CXDEBUG=false is off' quietly env CXDEBUG=false cxssh ssh lion true
it 'CXDEBUG=0 is off' quietly env CXDEBUG=0 cxssh ssh lion true
it 'CXDEBUG=1 prints the line that runs' sh -c \
	'CXDEBUG=1 cxssh ssh -q lion true 2>&1 | grep -q "running [^ ]*/ssh -q myapp-lion true$"'

# --profile.
it 'ssh takes --profile before the command' is lion cxssh --profile default ssh lion hostname
it 'ssh takes --profile before the host' is lion cxssh ssh --profile default lion hostname
it 'ssh takes --profile behind the host' is lion cxssh ssh lion --profile default hostname
it 'a profile that is not there is an error' fails_with 78 'no profile named nosuch' cxssh ssh --profile nosuch lion true

# Throttled.
throttled() { # on a terminal
	fault 'GET /stacks* status 429 retry-after=120'
	: >shown
	script -qefc 'cxssh sync' shown </dev/null >/dev/null 2>&1 & script=$!
	wait_for grep -q 'app.cloud66.test is throttled, goes on in [12] min [0-9]* s (Ctrl-C to stop)' shown; code=$?
	timeout 5 cxssh list >listed 2>&1 || code=1
	kill "$script"; pkill -x cxssh; wait "$script"
	no_faults
	cat shown listed >&2
	return "$code"
}
if command -v script >/dev/null; then
	it 'a throttled sync says so, and list needs not wait for it' throttled
fi

it 'a misspelt server of a stack is told with the nearest one' \
	fails_with 66 "stack myapp has no server and no role loin; nearest: lion; run: cxssh list 'myapp'" cxssh ssh -s myapp loin true
it 'a name that is like none is told alone' \
	fails_with 66 "stack myapp has no server and no role xyzzy; run: cxssh list 'myapp'" cxssh ssh -s myapp xyzzy true
done_testing

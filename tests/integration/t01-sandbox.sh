#!/bin/sh
# SPDX-License-Identifier: MIT
# The sandbox is what it says: what all other tests stand on.
# shellcheck disable=SC1091,SC2154 # lib.sh
# shellcheck disable=SC2086,SC2016 # lists of options; expanded elsewhere
. "$(dirname "$0")/../lib.sh"

known="-o UserKnownHostsFile=$SANDBOX/known_hosts -o StrictHostKeyChecking=yes"
options="$known -o BatchMode=yes -o ConnectTimeout=5 -o LogLevel=ERROR"
myapp="ssh $options -i $SANDBOX/keys/myapp"
jump="ssh $options -i $SANDBOX/bastion_key"
cat >jump_config <<-CONF
	Host bastion
		HostName 203.0.113.30
		User jump
		IdentityFile $SANDBOX/bastion_key
	Host otter
		HostName 10.10.0.21
		User deploy
		IdentityFile $SANDBOX/keys/awesome
	Host *
		UserKnownHostsFile $SANDBOX/known_hosts
		StrictHostKeyChecking yes
		BatchMode yes
		ConnectTimeout 10
		ControlPath none
CONF
# A plain connect: 0 when something answers, 124 when nothing does in time.
touches() { within "${3-1}" bash -c ": </dev/tcp/$1/$2"; }
differ() { [ "$(sort "$@" | uniq -d | wc -l)" = 0 ]; }

# The laptop.
it 'the sandbox calls the laptop laptop' is laptop hostname
it 'the sandbox gives the account its home in the sandbox' \
	is "$HOME" sh -c 'getent passwd "$(id -u)" | cut -d : -f 6'
it 'the sandbox keeps the account itself' is "$(id -u)" sh -c 'getent passwd "$(id -un)" | cut -d : -f 3'
it 'the sandbox asks no name server' fails_with 2 '' getent hosts example.com
it 'the sandbox knows the API by name' prints 203.0.113.5 getent hosts app.cloud66.test
it 'the sandbox has a toolbelt that is logged in' \
	grep -q "\"AccessToken\":\"$SANDBOX_TOKEN\"" "$HOME/.cloud66/cx.json"
it 'the sandbox gives the token to no other user' is 600 stat -c %a "$HOME/.cloud66/cx.json"
it 'the sandbox writes no /etc of the machine' sh -c 'touch /etc/sandbox && ! test -e /run/machine/etc/sandbox'

# The API.
it 'the sandbox serves the API with a certificate that is trusted' \
	curl -sSf -H "Authorization: Bearer $SANDBOX_TOKEN" "$SANDBOX_BASE_URL/api/3/stacks.json"
it 'the sandbox writes down what the API is asked' is 1 api_calls 'GET .*/stacks'
api_down
it 'the sandbox can lose its API' fails_with 7 '' curl -sS "$SANDBOX_BASE_URL/api/3/ping.json"
it 'the sandbox can have its API back' api_up
it 'the sandbox serves the API again after it has been down' curl -sSf "$SANDBOX_BASE_URL/api/3/ping.json"

# Public servers.
it 'the sandbox keeps port 22 silent before a lease' fails_with 124 '' touches 203.0.113.21 22
it 'the sandbox has a closed firewall then' firewall_closed lion
open_firewall lion 60
it 'the sandbox opens it for a lease' firewall_open lion
it 'the sandbox lets a user in' is lion $myapp deploy@203.0.113.21 hostname
it 'the sandbox starts in the home folder of passwd' \
	is "$SANDBOX/hosts/lion/home" $myapp deploy@203.0.113.21 'echo ~'
it 'the sandbox counts logins' is 2 logins lion
mkfifo to from
$myapp deploy@203.0.113.21 'while read -r line; do echo "$line"; done' <to >from &
exec 5>to 6<from
echo before >&5; read -r answer <&6
it 'the sandbox holds a session' test "$answer" = before
it 'the sandbox opens no other server of that key' fails_with 124 '' touches 203.0.113.22 22
firewall_reset lion
open_firewall lion 1
it 'the sandbox closes it again when the lease ends' wait_for firewall_closed lion
it 'the sandbox is silent again then' fails_with 124 '' touches 203.0.113.21 22
echo after >&5; read -r answer <&6
it 'the sandbox lets the session go on' test "$answer" = after
exec 5>&- 6<&-
open_firewall lion 60 0.0.0.0/0
open_firewall lion 0.4 203.0.113.10
wait_for is 1 leases lion
it 'the sandbox ends one lease without the others' touches 203.0.113.21 22 5
firewall_reset lion
it 'the sandbox can end all leases' fails_with 124 '' touches 203.0.113.21 22
open_firewall lion
it 'the sandbox refuses a wrong key' fails_with 255 'Permission denied' \
	ssh $options -o IdentitiesOnly=yes -i "$SANDBOX/keys/shop-staging" deploy@203.0.113.21 true
laptop_moves 203.0.113.11
it 'the sandbox does not know a laptop that moved' fails_with 124 '' touches 203.0.113.21 22
open_firewall lion 60 203.0.113.11
it 'the sandbox knows it when told so' is lion $myapp deploy@203.0.113.21 hostname
laptop_moves 203.0.113.10
stop_sshd lion
it 'the sandbox refuses a connection where no sshd runs' fails_with 1 refused touches 203.0.113.21 22 5
restart_sshd lion 'MACs hmac-sha2-256-etm@openssh.com' 'Ciphers aes128-ctr'
it 'the sandbox restarts an sshd with other options' fails_with 255 'no matching MAC' \
	ssh $known -o BatchMode=yes -o MACs=hmac-sha2-256 deploy@203.0.113.21 true
new_host_keys lion
it 'the sandbox changes the host keys of a server' fails_with 255 'IDENTIFICATION HAS CHANGED' \
	ssh $known -o BatchMode=yes deploy@203.0.113.21 true
open_firewall newt
it "the sandbox knows the user's own key on newt" is newt ssh $options deploy@203.0.113.26 hostname
it 'the sandbox never answers from the address of a dead server' \
	fails_with 124 '' touches 203.0.113.99 22 2

# Behind the bastion.
it 'the sandbox has a bastion that is open' is bastion $jump jump@203.0.113.30 hostname
it 'the sandbox refuses the key of the servers on the bastion' fails_with 255 'Permission denied' \
	ssh $options -o IdentitiesOnly=yes -i "$SANDBOX/keys/awesome" jump@203.0.113.30 true
it 'the sandbox has no way from the laptop to otter' fails_with 124 '' touches 10.10.0.21 22
it 'the sandbox reaches otter through the bastion' is otter ssh -F jump_config -J bastion otter hostname
it 'the sandbox tells every hostname apart' is 'lion heron wolf falcon newt bastion otter badger' sh -c '
	for host in lion heron wolf falcon newt bastion otter badger; do
		"$0" $host hostname
	done | paste -s -d " "' "$sandbox/on"
it 'the sandbox tells every host key apart' differ "$SANDBOX"/hosts/*/ssh_host_*_key.pub

# Two at once, the end of each, and an ordinary user.
second() { "$sandbox/sandbox" --no-api --hosts lion "$@"; }
it 'the sandbox runs inside another one, as a network of its own' \
	second "$sandbox/on" lion nft list chain inet firewall leases
it 'the sandbox ends with the status of its command' fails_with 7 '' second sh -c 'exit 7'
it 'the sandbox ends with 125 when there is no such host' fails_with 125 'no host is called cat' \
	"$sandbox/sandbox" --hosts cat true
mkdir tmp && chmod 1777 tmp
TMPDIR=$work/tmp; export TMPDIR
it 'the sandbox leaves nothing behind' sh -c "'$sandbox/sandbox' --no-api true && rmdir tmp && mkdir -m 1777 tmp"
processes() { pgrep -c -f '^sleep 2147483647$' || :; }
before=$(processes) mounts=$(wc -l </proc/self/mounts)
rm -f stays
"$sandbox/sandbox" --no-api --hosts lion sh -c ': >"$0"; sleep 100' "$work/stays" 2>stay.err &
outer=$!
wait_for test -e stays
kill -TERM "$outer"
it 'the sandbox ends when it is told to' fails_with 143 '' wait "$outer"
it 'the sandbox leaves no file then' rmdir tmp
it 'the sandbox leaves no process then' wait_for is "$before" processes
it 'the sandbox leaves no mount then' is "$mounts" sh -c 'wc -l </proc/self/mounts'
mkdir -m 1777 tmp
rm -f stays
"$sandbox/sandbox" --no-api --hosts lion sh -c ': >"$0"; sleep 100' "$work/stays" 2>stay.err &
outer=$!
wait_for test -e stays
kill -KILL "$outer"
it 'the sandbox leaves no process when it is killed' wait_for is "$before" processes
it 'the sandbox leaves no file when it is killed' wait_for rmdir tmp

# The harness: what is wrong must not look right, nor wait for ever.
mkdir -p tmp harness/integration && ln -s "$tests/lib.sh" "$tests/sandbox" harness
limit=60
a_test() { # LINE... is the test; what it prints is what it does
	printf '%s\n' '#!/bin/sh' 'no_sandbox=1' "test_timeout=$limit" \
		'. "$(dirname "$0")/../lib.sh"' "$@" >harness/integration/t.sh
	chmod +x harness/integration/t.sh
	harness/integration/t.sh
}
it 'the sandbox passes a test that holds' prints '^1..2' a_test 'it works true' done_testing
it 'the sandbox fails a test that does not' fails_with 1 '' a_test 'it breaks false' done_testing
it 'the sandbox fails a crash where a refusal is due' fails_with 1 '' \
	a_test 'it refuses fails_with 1 "" sh -c "kill -SEGV \$\$"' done_testing
it 'the sandbox fails a test that leaves a sanitizer report' fails_with 1 '' \
	a_test 'it writes touch "$SANDBOX/sanitizer.1"' 'echo x >"$SANDBOX/sanitizer.1"' done_testing
limit=1
hangs() {
	fails_with 137 '' a_test 'it hangs sleep 300' done_testing &&
		grep -q '^Bail out! t.sh hangs' "$work/out"
}
it 'the sandbox ends a test that hangs, and says so' hangs
unset TMPDIR
chmod 755 "$work"
# The checkout may lie where no other user can read it, as a clone in /root does.
mkdir -m 755 readable && cp -R "$sandbox" readable && chmod -R a+rX readable
ordinary() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
if [ "$(id -u)" = 0 ]; then
	it 'the sandbox works for an ordinary user' ordinary readable/sandbox/sandbox --no-api --hosts lion sh -c "
		'$work/readable/sandbox/open-firewall' lion 203.0.113.10 22 60 &&
		ssh -o UserKnownHostsFile=\$SANDBOX/known_hosts -o StrictHostKeyChecking=yes \
			-i \$SANDBOX/keys/myapp deploy@203.0.113.21 true"
fi
done_testing

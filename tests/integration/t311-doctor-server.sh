#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh doctor HOST logs in, and says what helps against what the server answers.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion newt" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

mkdir -p "$HOME/.config/cxssh"
config=$HOME/.config/cxssh/config
: >"$config"
cxssh sync --yes >/dev/null
cp "$config" config.was
finds() { # STATUS PATTERN ARGUMENT...  of doctor
	wanted=$1 pattern=$2; shift 2
	timeout -k 1 $((60 * patience)) cxssh doctor "$@" >said 2>complaint
	status=$?
	[ "$status" = "$wanted" ] && grep -qE "$pattern" said && return
	{ echo "exit status $status"; cat said complaint; } >&2
	return 1
}
advises() { grep -q -- "-> $1" said || { cat said >&2; return 1; }; }

ssh myapp-lion true </dev/null
echo 'from-ip = 192.0.2.7' >>"$config"
it 'a from-ip that is not the address of ssh is a warning' \
	finds 0 '^warn +address +ssh leaves by 203.0.113.10, but leases are for 192.0.2.7 \(from-ip\)'
ready_lease
it 'a host whose firewall lets in another address is told with both' finds 1 \
	'^fail +session +myapp-lion .* does not answer on port 22; its firewall lets in 192.0.2.7 \(from-ip\), this computer has 203.0.113.10' myapp-lion
it 'doctor names from-ip as the cure' advises 'set from-ip in '
cp config.was "$config"
ssh myapp-lion true </dev/null
home=$SANDBOX/hosts/lion/home
restart_sshd lion 'StrictModes no'
chmod 775 "$home/.ssh"
it 'the modes on the server are seen by its own stat' \
	finds 0 '^warn +permissions +mode of .*\.ssh on the server is 775: sshd may refuse its keys' myapp-lion
it 'doctor names the command to run on the server' advises 'on the server, run: chmod go-w .*\.ssh'
chmod 700 "$home/.ssh"; restart_sshd lion
stop_sshd lion
it 'a closed port is named with its host' finds 1 '^fail +session +myapp-lion \(203.0.113.21\) does not answer on port 22: nothing listens there' myapp-lion
it 'the remedy of a closed port is not doctor again' sh -c "grep -q -- '-> start sshd on the server' said && ! grep -q -- '-> run: cxssh doctor' said"
restart_sshd lion
key=$(echo "$HOME"/.ssh/cx_*_pkey "$HOME"/.ssh/cx_* | tr ' ' '\n' | grep -v '[*]' | head -n 1)
cp "$key" key.was; ssh-keygen -q -t ed25519 -N '' -f stale; cat stale >"$key"
mkdir away; mv "$HOME"/.ssh/id_* away
it 'a stale key is a failure of the session' finds 1 '^fail +session +ssh says: .*Permission denied' myapp-lion
it 'key refresh is the cure of a stale key' advises 'run: cxssh key refresh myapp-lion'
cat key.was >"$key"
it 'where the API has no key, a key that the server does not know is a failure' finds 1 '^fail +session +ssh says: .*Permission denied' solo-newt
it 'key upload is the cure where the API has no key' advises 'run: cxssh key upload'
mv away/id_* "$HOME/.ssh"
new_host_keys lion
it 'a changed host key is a failure of the session' finds 1 '^fail +session +ssh says: ' myapp-lion
it 'hostkey forget is the cure of a changed host key' advises 'if the server was replaced, run: cxssh hostkey forget myapp-lion'
cxssh hostkey forget myapp-lion >/dev/null

done_testing

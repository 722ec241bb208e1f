#!/bin/sh
# SPDX-License-Identifier: MIT
# Each way in which a connection can fail, by ssh and by Ansible with its defaults: what
# they print, after how many seconds, and which command helps.  With REPORT=FILE in the
# environment FILE gets the table, as src/doc/failures.md has it; ONLY=PATTERN has only the
# faults that match.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion heron bastion otter" --lease-delay 100'
test_timeout=1800
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"
command -v ansible >/dev/null ||
	skip_all 'ansible is not installed; run: ./install.sh --deps --for-clients'
export LC_ALL=C.UTF-8
export ANSIBLE_LOCAL_TEMP="$work/ansible" ANSIBLE_PYTHON_INTERPRETER=/usr/bin/python3
report=${REPORT-/dev/null}
make_clock

cxssh sync --yes >/dev/null
cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key" >/dev/null
for host in myapp-lion myapp-heron my-awesome-app-otter; do ssh "$host" true </dev/null; done
cp -a "$HOME/.ssh" ssh.was; cp -a "$HOME/.config" config.was; cp -a "$HOME/.cache/cxssh" cache.was
host=lion
all_was() { # the files of before
	for _kept in ".ssh ssh.was" ".config config.was" ".cache/cxssh cache.was"; do
		rm -rf "${HOME:?}/${_kept% *}"; cp -a "${_kept#* }" "$HOME/${_kept% *}"
	done
	chmod 600 "$HOME"/.cloud66/*
	route lease-made "$(($(date +%s) - 120))"; route lease-until "$(($(date +%s) + 1200))"
	open_firewall lion 1200
}
seconds() { # FILE COMMAND...  its output goes to FILE
	_began=$(date +%s%N) _to=$1; shift
	"$@" >"$_to" 2>&1 </dev/null
	took=$(awk "BEGIN { printf \"%.1f\", ($(date +%s%N) - $_began) / 1e9 }")
}
words() { # FILE: the reason, or the last line of what was printed
	sed 's/\\r//g; s/\\n/\n/g; s/\\"/"/g' "$1" | sed -n 's/^.*cxssh: /cxssh: /p' | sed 's/"[,}]*$//' | tail -n 1 >reason
	[ -s reason ] || sed 's/\\r//g; s/\\n/\n/g; s/\\"/"/g' "$1" | grep . | grep -v '^[]})]*$' |
		grep -v '"unreachable"' | sed 's/^.*via ssh: //; s/"[,}]*$//' | tail -n 1 >reason
	tr '|' '/' <reason | tr -d '\r'
}
next_step() { # WORDS
	case $1 in
	*' run: '*) echo "${1##* run: }" ;;
	*again*) echo "${1##*[;,:] }" ;;
	*Host?key* | *IDENTIFICATION*) cxssh why "$name" | sed -n 's/^.*IDENT.*run: */cxssh why: /p' | sed 's/  (.*//' ;;
	*dialer* | *resolve*) cxssh why "$name" | sed -n 's/^ssh \(cannot start\|does not ask.* now:\)/cxssh why: \1/p' | head -n 1 ;;
	*) cxssh why "$name" 2>&1 | sed -n 's/^.*  run: */cxssh why: /p' | sed 's/  (.*//' | head -n 1 ;;
	esac
}
end_masters() { # Ansible's
	for _master in "$HOME"/.ansible/cp/*; do
		[ ! -S "$_master" ] || ssh -O exit -o ControlPath="$_master" x
	done >/dev/null 2>&1
}
is_wanted() { echo "$1" | grep -qE -- "${ONLY-.}"; }
begun=
# fails FAULT WORDS [WRAPPER]   the fault has been made; the words are a pattern
fails() {
	is_wanted "$1" || return 0
	[ -n "$begun" ] || { # with how long Ansible takes without a fault
		seconds by_ssh ssh myapp-heron true; ssh_took=$took
		seconds by_ansible ansible -i myapp-heron, all -m ping
		printf '| fault | words | ssh | Ansible | next step |\n|---|---|--:|--:|---|\n| none | | %s s | %s s | |\n' \
			"$ssh_took" "$took" >"$report"
		begun=yes
	}
	rm -rf "$cache/failed"
	seconds by_ssh ${3-} timeout 60 ssh "$name" true; ssh_took=$took
	wait_for helpers_gone
	rm -rf "$cache/failed"; end_masters
	seconds by_ansible ${3-} timeout 60 ansible -i "$name," all -m ping; ansible_took=$took
	said=$(words by_ssh) by_ansible_said=$(words by_ansible)
	step=$(next_step "$said")
	said=${said#cxssh: }
	printf '| %s | `%s` | %s s | %s s%s | `%s` |\n' "$1" "$(echo "$said" | sed 's/; if you expected.*//; s/; run: .*//')" "$ssh_took" "$ansible_took" \
		"$(echo "$by_ansible_said" | grep -qE -- "$2" || printf ', which says `%s`' "$by_ansible_said")" "$step" >>"$report"
	it "$1: ssh shows why" sh -c 'cat by_ssh >&2; printf "%s" "$1" | grep -qE -- "$2"' - "$said" "$2"
	it "$1: Ansible shows why" sh -c 'cat by_ansible >&2; printf "%s" "$1" | grep -qE -- "$2"' - "$by_ansible_said" "$2"
	it "$1: a next step is named" test -n "$step"
}
# try FAULT WORDS STEP BREAK   by the words of faults.sh
try() {
	is_wanted "$1" || return 0
	step=$3 broken=$4
	wait_for helpers_gone; all_was
	"ready_$3"; "break_$3" "$4"
	fails "$1" "$2"
	mend
}

target=$lion name=myapp-lion host=lion
try 'token revoked' 'the token is not accepted' lease 401
try 'token without the right' 'not allowed with this token' lease 403
try 'API down' 'no connection: nothing listens there' lease refused
try 'API silent' 'no answer in the time allowed' lease dropped
try 'API answers 503' 'too busy' lease 503
try 'API answers 500' 'HTTP status 500' lease 500
try 'API throttles' 'too many calls, try again in' lease throttled-long
all_was; ready_lease; ip link set eth0 down
fails 'no network' 'this computer has no network'
mend
try 'lease refused' 'refused to open the firewall' action refused-by-api
try 'lease still being applied' 'the firewall is still being opened' action never
try 'firewall never opens' 'does not answer on port 22' action firewall-never
all_was; ready_lease; echo 'from-ip = 192.0.2.7' >>"$HOME/.config/cxssh/config"
fails 'firewall opened for another address (from-ip)' 'its firewall lets in 192.0.2.7 .from-ip., this computer has 203.0.113.10'
wait_for helpers_gone; api_down; api_up # it forgets the rules that there were
all_was; ready_lease; ip address add 203.0.113.77/24 dev eth0; ip route add 203.0.113.5/32 dev eth0 src 203.0.113.77
fails 'firewall opened for another address (VPN)' 'its firewall lets in 203.0.113.77 .as the API sees it., this computer has 203.0.113.10'
ip route del 203.0.113.5/32; ip address del 203.0.113.77/24 dev eth0
wait_for helpers_gone; all_was; ssh myapp-heron true </dev/null; meets lion 22 drop
fails 'server silent, its sibling answers' 'it seems to be down, myapp-heron of its stack answers'
mend
sed -i '/myapp-heron/d' cache.was/log
try 'server silent' 'does not answer on port 22$|does not answer on port 22; ' connect dropped
try 'nothing listens' 'nothing listens there' connect refused
try 'turned away by sshd' 'turns this address away' hostkey not-allowed
all_was; key=$HOME/.ssh/cx_609b30031d56fd640ba7f43b1657495b
ssh-keygen -q -t ed25519 -N '' -f stale; cat stale >"$key"; rm -f "$HOME"/.ssh/id_*
fails 'stale key' 'Permission denied'
all_was; new_host_keys lion
fails 'host key of the server changed' 'Host key verification failed|IDENTIFICATION HAS CHANGED'
all_was; sed -i '/cxssh-/d' "$HOME/.ssh/cxssh/known_hosts"; rm -rf ssh.was; ssh myapp-lion true </dev/null
ssh my-awesome-app-otter true </dev/null; cp -a "$HOME/.ssh" ssh.was
all_was; ready_lease; clock_shows $((400 * 86400)) 0
fails 'clock 400 days fast' 'it has expired by this computer.s clock' by_clock
all_was; ready_lease; clock_shows $((-400 * 86400)) 0
fails 'clock 400 days slow' 'it is not yet valid by this computer.s clock' by_clock
clock_shows 0 0
all_was; ready_lease; chmod 644 "$HOME"/.cloud66/cx*.json; chmod 777 "$HOME/.ssh"
fails 'home/.ssh open to others' 'must be a folder that only you can write'
wait_for helpers_gone; all_was; ready_lease
mkdir full; mount -t tmpfs -o size=1m,mode=700 none full; cp -a "$HOME/.ssh/." full; rm -f full/cx_*
mount --bind full "$HOME/.ssh"; cat /dev/zero >"$HOME/.ssh/fill" 2>/dev/null
fails 'disk full' 'No space left'
umount "$HOME/.ssh"; umount full
all_was; proxy=$(sed -n 's/^ *ProxyCommand \([^ ]*\) .*/\1/p' "$HOME/.ssh/cxssh/config" | head -n 1)
sed -i "s|$proxy|/opt/gone/cxssh-proxy|" "$HOME/.ssh/cxssh/config"
fails 'cxssh-proxy moved' 'proxy dialer did not pass back'
all_was; sed -i '/cxssh/d' "$HOME/.ssh/config"
fails 'Include missing' 'not resolve'
all_was; printf 'Host myapp-lion\n  ProxyCommand false\n' | cat - "$HOME/.ssh/config" >mine; cat mine >"$HOME/.ssh/config"
fails 'a line that leads past cxssh' 'proxy dialer did not pass back'
all_was

behind_bastion
try 'bastion down' 'gateway 203.0.113.30 does not listen' bastion refused
try 'bastion silent' 'gateway 203.0.113.30 does not answer' bastion dropped
try 'bastion refuses the key' 'does not let jump in' login key-refused
try 'bastion forbids forwarding' 'does not allow' channel forbidden
try 'bastion turns away' 'turns this address away' login not-allowed
try 'server behind the bastion silent' 'cannot reach my-awesome-app-otter' channel dropped
try 'server behind the bastion closed' 'cannot reach my-awesome-app-otter' channel refused
all_was; end_brokers; restart_sshd bastion 'AuthenticationMethods publickey,password' 'PasswordAuthentication yes'
fails 'bastion wants a second factor' 'asks for a second factor'
restart_sshd bastion; end_brokers
try 'host key of the bastion changed' 'is not the one in' login other-host-key
[ ! -s "$report" ] || sed 's/^/# /' "$report"
done_testing

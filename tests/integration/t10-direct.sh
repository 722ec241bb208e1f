#!/bin/sh
# SPDX-License-Identifier: MIT
# A server without a bastion: every program that uses ssh, knowing only its name.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2016 # expanded elsewhere
SANDBOX_OPTIONS='--hosts "lion heron"'
. "$(dirname "$0")/../lib.sh"

lion_home=$SANDBOX/hosts/lion/home
key=$HOME/.ssh/cx_609b30031d56fd640ba7f43b1657495b
uid=9ae1611c97a92c90fac60c884e1d8240
known=$HOME/.ssh/cxssh/known_hosts
head -c 5000000 /dev/urandom >big
forget_all() { # as after the very first sync
	rm -rf "$HOME/.cache/cxssh" "$key"
	: >"$known"
	firewall_reset lion
}
requests() { wc -l <"$SANDBOX/api/requests.log"; }
asks_nothing() { # command... succeeds without a single call of the API
	before=$(requests)
	"$@" && is "$before" requests
}
running() { pgrep -x "$1" >/dev/null; }

it 'cxssh writes the hosts' cxssh sync --yes
it 'cxssh opens no firewall by that' firewall_closed lion
it 'cxssh downloads no key by that' test ! -e "$key"
it 'cxssh knows no host key by that' test ! -s "$known"

# The first connection.
downloads() { api_calls "GET .*/$uid.json.include_private_key"; }
probed=$(downloads)
it 'cxssh reaches a server never seen before, silently' \
	is lion quietly within 30 ssh -o ConnectTimeout=30 myapp-lion hostname
it 'cxssh has opened its firewall' firewall_open lion
it 'cxssh leaves the firewalls of other servers closed' firewall_closed heron
it 'cxssh opens the firewall with one lease' is 1 api_calls 'POST .*/firewalls'
it 'cxssh has downloaded its key, once' is $((probed + 1)) downloads
it 'cxssh keeps the downloaded key readable for its owner alone' is 600 stat -c %a "$key"
it 'cxssh keeps the key byte by byte as the API gave it' cmp "$key" "$SANDBOX/keys/myapp"
it 'cxssh has learnt its host key under uid and name' \
	prints "^cxssh-$uid,myapp-lion ssh-ed25519 " cat "$known"
it 'cxssh writes down the host key that the server has' sh -c '
	grep -q -F "$(cut -d " " -f 2 "$0")" "$1"' "$SANDBOX/hosts/lion/ssh_host_ed25519_key.pub" "$known"
it 'cxssh learns the host key with one connection more than ssh needs' is 2 connections lion

# From then on.
it 'cxssh asks the API nothing the second time' asks_nothing quietly ssh myapp-lion true
it 'cxssh connects once to a server whose host key is known' is 3 connections lion
it 'cxssh passes the exit status on' fails_with 7 '' ssh myapp-lion exit 7
it 'cxssh passes the words on' is 'a b  c' ssh myapp-lion 'echo "a b  c"'
it "cxssh keeps ssh's own word for a failure" fails_with 255 '' \
	ssh -o BatchMode=yes -o IdentityFile=none -l nobody myapp-lion true
it 'cxssh takes another user and port from the command line' is lion ssh -p 22 deploy@myapp-lion hostname
it 'cxssh takes a URL' is lion ssh ssh://deploy@myapp-lion:22 hostname

echo_5mb() { quietly ssh myapp-lion cat <big >back && cmp big back; }
it 'cxssh carries 5 MB both ways at once' echo_5mb

# Other programs that use ssh.
it 'cxssh takes scp up' quietly scp -q big myapp-lion:up
it 'cxssh carries a file up by scp byte by byte' cmp big "$lion_home/up"
it 'cxssh takes scp down' quietly scp -q myapp-lion:up down
it 'cxssh carries a file down by scp byte by byte' cmp big down
it 'cxssh takes the old protocol of scp' quietly scp -q -O myapp-lion:up old
it 'cxssh carries a file by the old protocol of scp byte by byte' cmp big old
printf '%s\n' 'put big by-sftp' 'get by-sftp got' bye >commands
it 'cxssh takes sftp' quietly sftp -q -b commands myapp-lion
it 'cxssh carries a file by sftp byte by byte' cmp big got
mkdir -p files/deep && cp big files/deep && echo hello >files/hello
if command -v rsync >/dev/null; then
	it 'cxssh takes rsync' quietly rsync -a files/ myapp-lion:files/
	it 'cxssh carries every file up by rsync' diff -r files "$lion_home/files"
	it 'cxssh takes rsync back' quietly rsync -a myapp-lion:files/ returned/
	it 'cxssh carries every file back by rsync' diff -r files returned
fi
git_round() {
	ssh myapp-lion git init -q --bare repo &&
		git init -q made && git -C made -c user.name=t -c user.email=t@example.com \
			commit -q --allow-empty -m first &&
		git -C made push -q myapp-lion:repo HEAD:refs/heads/main &&
		git clone -q -b main myapp-lion:repo cloned &&
		is first git -C cloned log --format=%s
}
command -v git >/dev/null && it 'cxssh takes git push and clone' quietly git_round
open_firewall heron 600 203.0.113.21
it 'cxssh serves as a jump host' is heron ssh -J myapp-lion -i "$SANDBOX/keys/myapp" \
	-o UserKnownHostsFile="$SANDBOX/known_hosts" deploy@203.0.113.22 hostname

# Sessions that stay.
ssh -N -D 1080 -L 2222:127.0.0.1:22 myapp-lion 2>forward.err &
forward=$!
banner() { bash -c 'read -r line </dev/tcp/127.0.0.1/2222 && echo "$line"'; }
it 'cxssh forwards a port' wait_for prints '^SSH-2.0' banner
socks() { curl -sSf --socks5 127.0.0.1:1080 https://app.cloud66.test/api/3/ping.json; }
it 'cxssh forwards by SOCKS' socks
it 'cxssh forwards by SOCKS, so that the request leaves from the server' grep -q ' 203.0.113.21 GET /api/3/ping.json' "$SANDBOX/api/requests.log"
it 'cxssh leaves no process of its own in a session' no_leftovers
kill "$forward"
it 'cxssh was silent' test ! -s forward.err
persist="-o ControlPath=$work/mux -o ControlPersist=60"
# shellcheck disable=SC2086 # a list of options
it 'a connection can be a ControlMaster' is lion quietly ssh -o ControlMaster=auto $persist myapp-lion hostname
check() { ssh -O check -o ControlPath="$work/mux" myapp-lion 2>&1; }
it 'cxssh leaves the master running' prints 'Master running' check
shared() { is lion ssh -o ControlPath="$work/mux" myapp-lion hostname && is "$1" connections lion; }
it 'cxssh serves a second session over the master without a connection' shared "$(connections lion)"
it 'cxssh lets the master end on ssh -O exit' quietly ssh -q -O exit -o ControlPath="$work/mux" myapp-lion
in_background() {
	quietly ssh -f myapp-lion 'sleep 0.3; touch later' </dev/null >/dev/null &&
		wait_for test -e "$lion_home/later"
}
it 'cxssh survives ssh -f' in_background

# From nothing, in odd places.
captured() {
	out=$(ssh myapp-lion 'hostname; hostname >&2' 2>&1)
	[ "$out" = "lion
lion" ]
}
forget_all
it 'cxssh starts from nothing, and captured output ends with ssh' within 30 sh -c '
	out=$(ssh -o ConnectTimeout=30 myapp-lion hostname 2>&1) && [ "$out" = lion ]'
it 'cxssh ends a captured command with ssh on a warm connection, too' captured
forget_all
it 'cxssh needs no environment, not even from nothing' \
	is lion quietly env -i "$(command -v ssh)" -o ConnectTimeout=30 myapp-lion hostname
forget_all
it 'cxssh needs no working folder' is lion quietly sh -c '
	mkdir gone && cd gone && rmdir ../gone && exec ssh -o ConnectTimeout=30 myapp-lion hostname'
it 'cxssh needs no HOME that is right' is lion quietly env HOME=/nonexistent ssh \
	-F "$HOME/.ssh/cxssh/config" myapp-lion hostname
it 'cxssh leaves no cxssh process running' no_leftovers
# Two servers of a stack have one key.
rm -f "$key"
all_downloads() { api_calls 'GET .*[?]include_private_key'; }
before=$(all_downloads)
fault 'GET *include_private_key* slow 1500'
both() {
	within 20 ssh myapp-lion true & one=$!
	within 20 ssh myapp-heron true & other=$!
	wait "$one" && wait "$other"
}
it 'cxssh reaches two servers of a stack at once' quietly both
it 'cxssh downloads the key of a stack once for two servers' is $((before + 1)) all_downloads
no_faults
done_testing

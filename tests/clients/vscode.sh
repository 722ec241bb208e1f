#!/bin/sh
# SPDX-License-Identifier: MIT
# VS Code Remote-SSH's start: ssh -v -T -D PORT, and a script for bash on stdin.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs curl
# What the extension sends: a marker, a server that it starts, and that server's port.
cat >bootstrap <<'SH'
echo "running"
name=$(cat ~/name)
echo "$name" >~/page; cd ~ || exit
python3 -u -c '
import http.server, sys
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
print("listeningOn==%d==" % server.server_port, flush=True)
server.serve_forever()' 2>/dev/null &
server=$!
trap 'kill $server' EXIT
echo "name==$name=="
echo "a6e0: start"
echo "a6e0: end"
cat >/dev/null
SH
askpass
cat >reach <<'SH'
#!/bin/sh
port=$((20000 + $$ % 20000))
mkfifo "in.$$"
ssh -v -T -D "$port" -o ConnectTimeout=15 "$1" bash <"in.$$" >"out.$$" 2>"err.$$" &
ssh=$!
exec 3>"in.$$"; cat bootstrap >&3
until grep -q 'a6e0: end' "out.$$" && remote=$(sed -n 's/^listeningOn==\(.*\)==$/\1/p' "out.$$") && [ -n "$remote" ]; do
	kill -0 $ssh 2>/dev/null || { grep -v '^debug1' "err.$$" >&2; exit 1; }
	sleep 0.1
done
curl -s -m 10 --socks5-hostname "localhost:$port" "http://127.0.0.1:$remote/page"
status=$?
if [ -n "${STAYS-}" ]; then echo "$ssh $port $remote" >"$STAYS"; cat >/dev/null <&4; fi
exec 3>&-
wait $ssh
exit "$status"
SH
gives_up=15
remark='its start, as `ssh -v -T -D`'
battery 'VS Code Remote-SSH' "$(version_of ssh -V)"

# One that stays until 4 is closed.
stays() { # HOST
	mkfifo keep
	STAYS=$work/stays ./reach "$1" 4<keep >reached 2>&1 &
	window=$!
	exec 5>keep
	wait_for test -s stays || return 1
	read -r ssh_pid socks remote <stays
}
page() { curl -s -m 20 --socks5-hostname "localhost:$socks" "http://127.0.0.1:$remote/page"; }
leaves() { exec 5>&-; wait "$window"; }
for host in myapp-lion "$behind"; do
	rm -f stays keep; cold
	it "a window on $host stays" stays "$host"
	it 'its page comes through the SOCKS proxy' is "$(server_of "$host")" page
	cut_network; sleep 4; mend_network
	it 'its page comes after the network was cut for four seconds' is "$(server_of "$host")" page
	it 'the same ssh runs' kill -0 "$ssh_pid"
	it 'the window ends when it is closed' leaves
done
laptop_moves 203.0.113.11
for host in myapp-lion "$behind"; do
	it "a reload of the window works at once on another network, to $host" reaches "$host"
done
it 'VS Code Remote-SSH never asks by askpass' nothing_asked
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# sshuttle: connections to a network are made by the server, over ssh.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs sshuttle
for of in 'lion 7' 'otter 8'; do
	server=${of% *} address=198.51.100.${of#* }
	on "$server" ip address add "$address/32" dev lo
	on "$server" /usr/bin/python3 -m http.server -b "$address" -d "$SANDBOX/hosts/$server/home" 80 \
		>"http.$server" 2>&1 </dev/null &
done
cat >reach <<'SH'
#!/bin/sh
case $1 in *otter) address=198.51.100.8 ;; *) address=198.51.100.7 ;; esac
sshuttle --method nft --no-latency-control -r "$1" "$address/32" >"said.$$" 2>&1 &
pid=$!
until page=$(curl -s -m 2 "http://$address/name"); do
	kill -0 $pid 2>/dev/null || { cat "said.$$" >&2; exit 1; }
	sleep 0.2
done
echo "$page"
kill $pid; wait $pid 2>/dev/null; true
SH
at_once=1
battery sshuttle "$(version_of sshuttle --version)"
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# mosh, which needs UDP: a lease opens none.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs mosh
cat >reach <<'SH'
#!/bin/sh
export TERM=xterm LC_ALL=C.UTF-8
timeout 12 script -qefc "stty rows 24 cols 80; mosh --experimental-remote-ip=remote $1 -- cat name" "mosh.$$" </dev/null >/dev/null 2>&1
sed 's/my[a-z-]*-lion//g' "mosh.$$" | grep -aoE 'lion|otter' | head -n 1 | grep . && exit
cat "mosh.$$" >&2; exit 1
SH
chmod +x reach
for server in lion otter; do echo "$server" >"$SANDBOX/hosts/$server/home/name"; done
cold
it 'mosh starts its server, and waits for UDP that no lease opens' \
	fails_with 1 'UDP' ./reach myapp-lion
on lion nft insert rule inet firewall input udp dport 60000-61000 accept
cold
it 'mosh works where UDP is open' is lion ./reach myapp-lion
break_lease
it 'mosh shows the reason when there is no lease' fails_with 1 "$reason" ./reach myapp-lion
mend_lease
# On failure of these sentences the row is not written.
[ "$failed" != 0 ] || report_row "| mosh | $(version_of mosh --version) | no | no | no | no | no | yes | UDP, which no lease opens; where it is open: \`mosh --experimental-remote-ip=remote\` |"
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# autossh, which starts ssh anew when it ends.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs autossh
cat >reach <<'SH'
#!/bin/sh
exec autossh -M 0 "$1" cat name
SH
battery autossh "$(version_of autossh -V)"

# A tunnel through which its own ssh is seen to come back.
greets() { curl -s -m 5 --http0.9 http://localhost:2201 | head -c 8 | grep -q '^SSH-2.0-'; }
tunnel_of() { pgrep -P "$(cat "$work/autossh.pid")" -x ssh; }
for host in myapp-lion "$behind"; do
	cold
	AUTOSSH_GATETIME=0 AUTOSSH_PIDFILE="$work/autossh.pid" \
		autossh -f -M 0 -N -L 2201:localhost:22 -o ExitOnForwardFailure=yes "$host"
	it "autossh: its tunnel to $host is there" wait_for greets
	kill -KILL "$(tunnel_of)"
	it "autossh: its tunnel to $host comes back when ssh was killed" wait_for greets
	kill "$(cat autossh.pid)"
	no_tunnel() { ! greets; }
	it "autossh: its tunnel to $host ends with it" wait_for no_tunnel
done
done_testing

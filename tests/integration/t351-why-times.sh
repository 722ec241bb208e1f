#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh why: times count from the start of the connection, with the steps of the broker
# that it waited for; what helps is named once.
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion bastion otter" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
ssh my-awesome-app-otter true </dev/null
behind_bastion; end_brokers
bad bastion not-allowed
ssh my-awesome-app-otter true </dev/null >/dev/null 2>&1
cxssh why otter >explained
cxssh why --json otter >document
good bastion
it 'a bastion that turns away: what helps is named once' \
	grep -qx 'The last connection to my-awesome-app-otter, .*; because it turns this address away (too many connections, or a penalty); do: try again in 15 s' explained
it 'the steps of the broker are among those of the connection' \
	grep -q '^ *[0-9]* ms  cxssh-gateway .*the broker starts' explained
late() { awk '/ cxssh-proxy .* failed: / && $1 > 3000 { late = 1 } END { exit !late }' explained; }
it 'the failure has the time that was waited' late
it 'the JSON document has the same times' python3 -c '
import json
d = json.load(open("document"))
assert d["do"] == "try again in 15 s" and "try again" not in d["because"], d
assert d["steps"][-1]["ms"] > 3000 and d["steps"][0]["program"] == "cxssh-gateway", d'
it 'the list has the time of the connection' sh -c 'cxssh why --list otter | sed -n 1p | grep -q " [3-9][0-9][0-9][0-9] ms  \| [1-9][0-9]\{4\} ms  "'

wait_for helpers_gone; end_brokers
: >"$HOME/.ssh/cxssh/known_hosts"; rm "$HOME"/.ssh/cx_* "$cache/routes/$otter"
bad bastion not-allowed
it 'a bastion that turns away, on the first connection: the last try does not hide the reason' \
	fails_with 255 'it turns this address away (too many connections, or a penalty); try again in 15 s' within 30 ssh my-awesome-app-otter true
good bastion

ssh myapp-lion true </dev/null
wait_for helpers_gone; ready_lease; fault 'POST * status 429 retry-after=252'
ssh myapp-lion true </dev/null 2>/dev/null
no_faults
it 'a throttled API: the time is what helps' \
	sh -c 'cxssh why lion | grep -qx "The last connection.* too many calls; do: try again in 4 min 1[0-9] s"'

# Another server is made ready meanwhile: "cxssh run" with several hosts, say.
wait_for helpers_gone; ready_lease
ssh myapp-lion true </dev/null
wait_for helpers_gone
sed -i "s/^\([^ ]*\) cxssh-proxy\[[0-9]*\] $lion \([^ ]*\) started cxssh open.*/&\n\1 cxssh-open[99999] 6453e47af3d11e8cf5572f523305d260 \2 lease for myapp-heron: 20 minutes/" "$cache/log"
it 'the log has a step of another server' grep -q 'lease for myapp-heron' "$cache/log"
it 'why does not show the step of another server' \
	sh -c 'cxssh why lion >said; grep -q "started cxssh open" said && ! grep heron said >&2'
done_testing

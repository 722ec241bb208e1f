#!/bin/sh
# SPDX-License-Identifier: MIT
# Mutagen: scp for its agent, then ssh, each with ConnectTimeout=5.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
printf 'echo agent; cat name\n' >agent
askpass
cat >reach <<'SH'
#!/bin/sh
options='-oConnectTimeout=5 -oServerAliveInterval=10 -oServerAliveCountMax=1'
export LC_ALL=C
setsid -w scp -C $options agent "$1:agent.$$" && setsid -w ssh -C $options "$1" "sh agent.$$" | sed 1d
SH
sed -i 's/^#!.bin.sh$/#!\/bin\/bash\nset -o pipefail/' reach
remark='its way to use scp and ssh'
battery Mutagen "$(version_of ssh -V)"
it 'Mutagen never asks by askpass' nothing_asked
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# PuTTY's plink, which runs no ProxyCommand, over cxssh listen.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs plink
needs puttygen
cat >reach <<'SH'
#!/bin/sh
. "${0%reach}listening"
puttygen "$key" -O private -o "key.$$.ppk" &&
	plink -batch -ssh -P "$port" -i "key.$$.ppk" -hostkey "$fingerprint" "$user@127.0.0.1" cat name
SH
listening
remark='over `cxssh listen`'
battery "PuTTY's plink" "$(version_of plink -V)"
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# scp: by the protocol of sftp, by its own, and from server to server.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
cat >reach <<'SH'
#!/bin/sh
scp "$1:name" "name.$$" && cat "name.$$"
SH
battery scp "$(version_of ssh -V)"

cat >reach <<'SH'
#!/bin/sh
scp -O "$1:name" "name.$$" && cat "name.$$"
SH
battery 'scp -O' "$(version_of ssh -V)"

cold
it 'scp -3 copies between two cold servers' scp -q -3 myapp-lion:name "$behind:from-lion"
it 'scp -3 has copied it' is lion cat "$SANDBOX/hosts/otter/home/from-lion"
it 'scp -r copies a folder' scp -q -r "$SANDBOX/api" myapp-lion:folder
it 'scp takes a URL' scp -q "scp://$behind/name" by-url
it 'scp by a URL has copied it' is otter cat by-url
done_testing

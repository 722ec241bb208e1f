#!/bin/sh
# SPDX-License-Identifier: MIT
# git over ssh.
# shellcheck disable=SC1091,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs git
ssh myapp-lion git init -q --bare /tmp/repo </dev/null
it 'git lists a remote' git ls-remote myapp-lion:/tmp/repo
break_lease
it 'git fetch shows the reason' shows_reason git ls-remote myapp-lion:/tmp/repo
mend_lease
it 'git works again' git ls-remote myapp-lion:/tmp/repo
done_testing

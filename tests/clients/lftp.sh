#!/bin/sh
# SPDX-License-Identifier: MIT
# lftp by sftp://, which runs ssh on a terminal of its own.
# shellcheck disable=SC1091,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs lftp
user=$(ssh -G myapp-lion | sed -n 's/^user //p')
commands="set net:max-retries 1; set net:timeout 8; open sftp://$user:x@myapp-lion; ls /"
list() { lftp -c "$commands"; }
it 'lftp lists a folder' list
break_lease
it 'lftp shows the reason' shows_reason lftp -d -c "$commands"
mend_lease
it 'lftp works again' list
done_testing

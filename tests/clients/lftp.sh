#!/bin/sh
# SPDX-License-Identifier: MIT
# lftp by sftp://, which runs ssh on a terminal of its own.
# shellcheck disable=SC1091,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs lftp
list() { lftp -c 'set net:max-retries 1; set net:timeout 8; open -u , sftp://myapp-lion; ls /' ; }
it 'lftp lists a folder' list
break_lease
it 'lftp shows the reason' shows_reason lftp -d -c \
	'set net:max-retries 1; set net:timeout 8; open -u , sftp://myapp-lion; ls /'
mend_lease
it 'lftp works again' list
done_testing

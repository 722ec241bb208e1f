#!/bin/sh
# SPDX-License-Identifier: MIT
# libssh, which gives its ProxyCommand one socket for both directions.
# shellcheck disable=SC1091,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs cc
cat >client.c <<'C'
#include <libssh/libssh.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char *argv[])
{
	ssh_session session = ssh_new();
	char config[4096];

	(void)argc;
	snprintf(config, sizeof(config), "%s/.ssh/cxssh/config", argv[1]);
	ssh_options_set(session, SSH_OPTIONS_HOST, "myapp-lion");
	if (ssh_options_parse_config(session, config) != 0 || ssh_connect(session) != SSH_OK) {
		fprintf(stderr, "%s\n", ssh_get_error(session));
		return 1;
	}
	puts("connected");
	ssh_disconnect(session);
	return 0;
}
C
cc -o client client.c -lssh 2>/dev/null ||
	skip_all 'libssh is not installed; run: ./install.sh --deps --for-clients'
it 'libssh connects' prints connected ./client "$HOME"
break_lease
it 'libssh shows the reason' shows_reason ./client "$HOME"
mend_lease
it 'libssh works again' prints connected ./client "$HOME"
done_testing

#!/bin/sh
# SPDX-License-Identifier: MIT
# libssh, which gives its ProxyCommand one socket for both directions.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs cc
cat >client.c <<'C'
#include <libssh/libssh.h>
#include <stdio.h>
#include <stdlib.h>

static int say_name(ssh_session session)
{
	ssh_channel channel = ssh_channel_new(session);
	char name[64];
	int n = -1;

	if (ssh_channel_open_session(channel) == SSH_OK &&
	    ssh_channel_request_exec(channel, "cat name") == SSH_OK)
		n = ssh_channel_read_timeout(channel, name, sizeof(name), 0, 15000);
	if (n > 0)
		fwrite(name, 1, (size_t)n, stdout);
	ssh_channel_free(channel);
	return n > 0 ? SSH_OK : SSH_ERROR;
}

int main(int argc, char *argv[])
{
	ssh_session session = ssh_new();
	char config[4096];

	(void)argc;
	snprintf(config, sizeof(config), "%s/.ssh/config", getenv("HOME"));
	ssh_options_set(session, SSH_OPTIONS_HOST, argv[1]);
	if (ssh_options_parse_config(session, config) != SSH_OK || ssh_connect(session) != SSH_OK ||
	    ssh_session_is_known_server(session) != SSH_KNOWN_HOSTS_OK ||
	    ssh_userauth_publickey_auto(session, NULL, NULL) != SSH_AUTH_SUCCESS ||
	    say_name(session) != SSH_OK) {
		fprintf(stderr, "no: %s\n", ssh_get_error(session));
		return 1;
	}
	ssh_disconnect(session);
	ssh_free(session);
	return 0;
}
C
cc -o client client.c -lssh 2>cc.log || missing libssh-dev
printf '#!/bin/sh\nexec ./client "$1"\n' >reach
battery libssh "$(version_of dpkg-query -Wf '${Version}' libssh-dev)"
hundred_times() {
	for _ in $(seq 100); do ./client myapp-lion; done | grep -c '^lion$'
}
cold
it 'libssh connects a hundred times, one after the other' is 100 hundred_times
it 'no proxy is left of them' wait_for no_leftovers
done_testing

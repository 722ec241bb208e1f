/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/strvec.h"
#include "bastion/opensshlogin.h"
#include "bastion/opensshmux.h"
#include "bastion/opensshoptions.h"
#include "bastion/transport.h"
#include "net/unixsock.h"
#include "runtime/spawn.h"

enum { END_MS = 2000 };

char *opensshlogin_path(const char *gateway)
{
	return unixsock_path(gateway, ".login");
}

bool opensshlogin_exists(const char *gateway)
{
	char *path = opensshlogin_path(gateway);
	int fd = opensshmux_connect(path);
	bool exists = fd != -1;

	fd_close(&fd);
	free(path);
	return exists;
}

int opensshlogin_run(const struct transport_config *config, struct error *err)
{
	struct strvec argv = STRVEC_INIT;
	char *control = opensshlogin_path(config->gateway);
	char *revoked = unixsock_path(config->gateway, ".login-revoked");
	int rc;

	(void)opensshlogin_end(config->gateway);
	(void)unlink(control);
	strvec_push(&argv, "-f");
	strvec_pushf(&argv, "-oControlPersist=%d", OPENSSHLOGIN_IDLE_S);
	rc = opensshoptions_command(config, control, revoked, &argv, err);
	/* For ssh, which inherits it: the terminal may close before ssh has left it. */
	(void)signal(SIGHUP, SIG_IGN);
	if (rc == 0 && spawn_run_on_terminal(argv.items) != 0)
		rc = error_set(err, ERROR_DENIED, "ssh did not log in on gateway %s",
		               config->address);
	(void)unlink(revoked);
	free(revoked);
	free(control);
	strvec_release(&argv);
	return rc;
}

bool opensshlogin_end(const char *gateway)
{
	char *path = opensshlogin_path(gateway);
	bool ended = opensshmux_terminate(path, deadline_in(END_MS));

	free(path);
	return ended;
}

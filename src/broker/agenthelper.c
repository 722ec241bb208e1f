/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/error.h"
#include "base/fd.h"
#include "broker/agenthelper.h"
#include "keys/agent.h"
#include "net/fdpass.h"

enum { FILES_MAX = 1024 };

static int helper = -1; /* the broker's end of the socketpair */

/* A request is a byte and a socket.  The reply through that socket is a connection to the
 * agent, or nothing. */
static void serve(int socket)
{
	char byte;
	int reply;

	for (int fd = STDERR_FILENO + 1; fd < FILES_MAX; fd++) {
		if (fd != socket)
			(void)close(fd);
	}
	while (fdpass_read(socket, &byte, 1, &reply) == 1) {
		struct error ignored = ERROR_INIT;
		int agent = reply != -1 ? agent_open(NULL, &ignored) : -1;

		if (agent != -1)
			(void)fdpass_write(reply, "", 1, agent, 0);
		fd_close(&agent);
		fd_close(&reply);
	}
	_exit(0);
}

void agenthelper_start(void)
{
	int ends[2];
	pid_t pid;

	if (agent_socket(NULL)[0] == '\0' || fd_socketpair(ends) == -1)
		return;
	pid = fork();
	if (pid == 0) {
#ifdef __linux__
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
		serve(ends[1]);
	}
	fd_close(&ends[1]);
	helper = ends[0];
	if (pid == -1)
		fd_close(&helper);
	else
		(void)fd_nonblocking(helper);
}

int agenthelper_open(struct error *err)
{
	int ends[2];

	if (helper == -1)
		return error_set(err, ERROR_UNAVAILABLE, "there is no ssh-agent");
	if (fd_socketpair(ends) == -1)
		return error_errno(err, ERROR_INTERNAL, "socketpair");
	if (fdpass_write(helper, "", 1, ends[1], 0) != 1 || fd_nonblocking(ends[0]) == -1)
		fd_close(&ends[0]);
	fd_close(&ends[1]);
	if (ends[0] == -1)
		return error_set(err, ERROR_UNAVAILABLE, "ssh-agent does not answer (%s)",
		                 agent_socket(NULL));
	return ends[0];
}

/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "broker/agenthelper.h"
#include "keys/agent.h"
#include "net/fdpass.h"

enum { ANSWER_MS = 2000, FILES_MAX = 1024 };

static int helper = -1; /* our end of the socketpair */

/* One byte is a request; the reply is a byte, with a descriptor if the agent answers. */
static void serve(int socket)
{
	char byte;
	int none;

	for (int fd = STDERR_FILENO + 1; fd < FILES_MAX; fd++) {
		if (fd != socket)
			(void)close(fd);
	}
	while (fdpass_read(socket, &byte, 1, &none) == 1) {
		struct error ignored = ERROR_INIT;
		int agent = agent_open(NULL, &ignored);

		(void)fdpass_write(socket, "", 1, agent, 0);
		fd_close(&agent);
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
	struct pollfd pfd = { .fd = helper, .events = POLLIN };
	struct deadline until = deadline_in(ANSWER_MS);
	char byte;
	int fd = -1;

	if (helper == -1)
		return error_set(err, ERROR_UNAVAILABLE, "there is no ssh-agent");
	/* A reply that came too late for its request. */
	while (fdpass_read(helper, &byte, 1, &fd) == 1)
		fd_close(&fd);
	if (fdpass_write(helper, "", 1, -1, 0) == 1 &&
	    poll(&pfd, 1, deadline_left(until)) == 1)
		(void)fdpass_read(helper, &byte, 1, &fd);
	if (fd == -1)
		return error_set(err, ERROR_UNAVAILABLE, "ssh-agent does not answer (%s)",
		                 agent_socket(NULL));
	return fd;
}

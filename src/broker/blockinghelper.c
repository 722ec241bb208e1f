/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/error.h"
#include "base/fd.h"
#include "base/strbuf.h"
#include "bastion/bastionkey.h"
#include "broker/blockinghelper.h"
#include "keys/agent.h"
#include "net/fdpass.h"

enum {
	QUESTION_MAX = 128 * 1024,
	CHILDREN_MAX = 16, /* that wait; what is asked beyond gets no answer */
};

enum { AGENT = 'a', BASTIONKEY = 'k' };

static int helper = -1; /* the broker's end of the socketpair */

static void end_with_parent(void)
{
#ifdef __linux__
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

static void hand_over_agent(int reply)
{
	struct error ignored = ERROR_INIT;
	int agent = agent_open(NULL, &ignored);

	if (agent != -1)
		(void)fdpass_write(reply, "", 1, agent, 0);
}

static void answer_bastionkey(int reply)
{
	struct strbuf question = STRBUF_INIT;
	struct strbuf answer = STRBUF_INIT;
	char block[4096];
	ssize_t n;

	while (question.len <= QUESTION_MAX &&
	       (n = read(reply, block, sizeof(block))) > 0)
		strbuf_add(&question, block, (size_t)n);
	bastionkey_answer(&question, &answer);
	for (size_t sent = 0; sent < answer.len; sent += (size_t)n) {
		n = send(reply, answer.data + sent, answer.len - sent, MSG_NOSIGNAL);
		if (n <= 0)
			break;
	}
	strbuf_release(&answer);
	strbuf_release(&question);
}

/* A request is a byte and a socket, through which the reply comes. */
static void start_reply(int socket, char what, int reply)
{
	static int children;

	while (children > 0 && waitpid(-1, NULL, WNOHANG) > 0)
		children--;
	if (reply == -1 || children >= CHILDREN_MAX)
		return;
	switch (fork()) {
	case -1: break;
	case 0:
		end_with_parent();
		(void)close(socket);
		if (what == AGENT)
			hand_over_agent(reply);
		else
			answer_bastionkey(reply);
		_exit(0);
	default: children++;
	}
}

static void serve(int socket)
{
	char what;
	int reply;

	(void)signal(SIGCHLD, SIG_DFL);
	while (fdpass_read(socket, &what, 1, &reply) == 1) {
		start_reply(socket, what, reply);
		fd_close(&reply);
	}
	_exit(0);
}

void blockinghelper_start(int listener)
{
	int ends[2];
	pid_t pid;

	if (fd_socketpair(ends) == -1)
		return;
	pid = fork();
	if (pid == 0) {
		end_with_parent();
		/* A client would wait for one who holds the listener and accepts none. */
		(void)close(listener);
		(void)close(ends[0]);
		serve(ends[1]);
	}
	fd_close(&ends[1]);
	helper = ends[0];
	if (pid == -1)
		fd_close(&helper);
	else
		(void)fd_nonblocking(helper);
}

/* The descriptor through which the reply comes, or -1. */
static int ask(char what)
{
	int ends[2];

	if (helper == -1 || fd_socketpair(ends) == -1)
		return -1;
	if (fdpass_write(helper, &what, 1, ends[1], 0) != 1 ||
	    fd_nonblocking(ends[0]) == -1)
		fd_close(&ends[0]);
	fd_close(&ends[1]);
	return ends[0];
}

int blockinghelper_open_agent(struct error *err)
{
	int fd;

	if (agent_socket(NULL)[0] == '\0')
		return error_set(err, ERROR_UNAVAILABLE, "there is no ssh-agent");
	fd = ask(AGENT);
	if (fd == -1)
		return error_set(err, ERROR_UNAVAILABLE, "ssh-agent does not answer (%s)",
		                 agent_socket(NULL));
	return fd;
}

int blockinghelper_ask_bastionkey(const struct strbuf *question, struct error *err)
{
	int fd = ask(BASTIONKEY);

	if (fd != -1 && (send(fd, question->data, question->len, MSG_NOSIGNAL) !=
	                         (ssize_t)question->len ||
	                 shutdown(fd, SHUT_WR) == -1))
		fd_close(&fd);
	if (fd == -1)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "known_hosts cannot be read now");
	return fd;
}

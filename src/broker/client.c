/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "broker/client.h"
#include "net/fdpass.h"
#include "net/unixsock.h"
#include "runtime/lock.h"
#include "runtime/log.h"
#include "runtime/paths.h"
#include "runtime/spawn.h"

enum { STARTS_MAX = 5, PAUSE_MS = 20, QUERY_MS = 2000 };

static enum broker_result connect_broker(const char *gateway, struct deadline until,
                                         int *fd, struct error *err)
{
	struct sockaddr_un address;
	char *path = unixsock_socket_path(gateway);
	int rc = unixsock_address(path, &address, err);

	free(path);
	if (rc == -1)
		return BROKER_ERROR;
	/* EAGAIN: the listener's queue is full. */
	while ((*fd = unixsock_connect(&address)) == -1 && errno == EAGAIN &&
	       !deadline_passed(until))
		deadline_sleep(until, PAUSE_MS);
	if (*fd != -1)
		return BROKER_ANSWERED;
	if (errno == EPERM)
		return error_set(err, ERROR_CONFIG,
		                 "the socket of gateway %s belongs to another user",
		                 gateway);
	return BROKER_ABSENT;
}

enum broker_result broker_read_reply(int fd, struct deadline until,
                                     char answer[BROKER_LINE_MAX], int *passed,
                                     struct error *err)
{
	size_t len = 0;

	*passed = -1;
	for (;;) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		int got = -1;
		ssize_t n =
			fdpass_read(fd, answer + len, BROKER_LINE_MAX - 1 - len, &got);

		if (got != -1) {
			fd_close(passed);
			*passed = got;
		}
		if (n == 0 || (n == -1 && errno != EAGAIN))
			return BROKER_ABSENT;
		if (n > 0) {
			len += (size_t)n;
			if (answer[len - 1] == '\n') {
				answer[len - 1] = '\0';
				return BROKER_ANSWERED;
			}
			if (len == BROKER_LINE_MAX - 1)
				return BROKER_ABSENT;
			continue;
		}
		if (poll(&pfd, 1, deadline_left(until)) == 0)
			return error_set(err, ERROR_UNAVAILABLE, "no answer in time");
	}
}

struct query {
	const char *gateway;
	const char *request;
	struct broker_watch *watch;
	struct deadline until;
};

/* Poll until limit: 1 when the broker writes, 0 when time is up, -1 when the caller hangs
 * up before. */
static int poll_answer(int broker, const struct query *q, struct deadline limit,
                       struct error *err)
{
	struct pollfd pfds[2] = {
		{ .fd = broker, .events = POLLIN },
		{ .fd = q->watch->caller, .events = 0 },
	};
	int n;

	while ((n = poll(pfds, 2, deadline_left(limit))) == -1 && errno == EINTR)
		;
	if ((pfds[1].revents & (POLLHUP | POLLERR)) != 0)
		return error_set(err, ERROR_CLIENT_GONE, "the client hung up");
	return n == 0 ? 0 : 1;
}

/* Wait until the broker writes; -1 when the caller hangs up before, or gives up. */
static int await_answer(int broker, const struct query *q, struct error *err)
{
	struct broker_watch *watch = q->watch;
	struct deadline limit =
		watch->is_useless != NULL && watch->slow_at.at_ms < q->until.at_ms ?
			watch->slow_at :
			q->until;
	int rc = poll_answer(broker, q, limit, err);

	if (rc == 0 && watch->is_useless != NULL && !deadline_passed(q->until)) {
		bool useless = watch->is_useless(broker, watch->cookie);

		watch->is_useless = NULL;
		if (useless)
			return error_set(err, ERROR_UNAVAILABLE,
			                 "the server has moved meanwhile");
		rc = poll_answer(broker, q, q->until, err);
	}
	return rc == -1 ? -1 : 0;
}

static enum broker_result query_broker(const struct query *q,
                                       char answer[BROKER_LINE_MAX], int *fd,
                                       struct error *err)
{
	size_t len = strlen(q->request);
	int broker;
	int rc = connect_broker(q->gateway, q->until, &broker, err);

	*fd = -1;
	if (rc != BROKER_ANSWERED)
		return rc;
	/* An empty socket takes so short a line at once; else the broker is gone. */
	if (fdpass_write(broker, q->request, len, -1, 0) != (ssize_t)len)
		rc = BROKER_ABSENT;
	else if ((rc = await_answer(broker, q, err)) == 0)
		rc = broker_read_reply(broker, q->until, answer, fd, err);
	if (rc != BROKER_ANSWERED)
		fd_close(fd);
	fd_close(&broker);
	return rc;
}

/* A request that every version answers, without a descriptor. */
static enum broker_result query_any_version(const char *gateway, const char *request,
                                            struct deadline until,
                                            char answer[BROKER_LINE_MAX],
                                            struct error *err)
{
	struct broker_watch watch = { .caller = -1 };
	const struct query q = { .gateway = gateway,
		                 .request = request,
		                 .watch = &watch,
		                 .until = deadline_within(until, QUERY_MS) };
	int fd;
	int rc = query_broker(&q, answer, &fd, err);

	fd_close(&fd);
	return rc;
}

static enum broker_result status_within(const char *gateway, struct deadline until,
                                        struct broker_status *status, struct error *err)
{
	char answer[BROKER_LINE_MAX];
	int rc = query_any_version(gateway, "status\n", until, answer, err);

	*status = (struct broker_status){ .pid = 0 };
	if (rc != BROKER_ANSWERED)
		return rc;
	if (sscanf(answer, "ok %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %15s %15s",
	           &status->pid, &status->channels, &status->served, &status->uptime_s,
	           status->transport, status->protocol) < 5)
		return error_set(err, ERROR_INTERNAL,
		                 "the broker of gateway %s gives no status", gateway);
	return BROKER_ANSWERED;
}

enum broker_result broker_status(const char *gateway, struct broker_status *status,
                                 struct error *err)
{
	return status_within(gateway, deadline_in(QUERY_MS), status, err);
}

/* Clients that come now start another broker. */
static void remove_socket(const char *gateway)
{
	char *path = unixsock_socket_path(gateway);

	(void)unlink(path);
	free(path);
}

/* End a broker that does not answer, by its process id. */
static enum broker_result kill_broker(const char *gateway, struct deadline until,
                                      struct error *err)
{
	pid_t pid;
	int fd;
	int rc = connect_broker(gateway, until, &fd, err);

	if (rc != BROKER_ANSWERED)
		return rc;
	pid = unixsock_peer_pid(fd);
	fd_close(&fd);
	if (pid <= 0 || kill(pid, SIGKILL) == -1)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "the broker of gateway %s does not answer", gateway);
	log_step("gateway %s: the broker did not answer; process %d was killed", gateway,
	         (int)pid);
	while (kill(pid, 0) == 0 && !deadline_passed(until))
		deadline_sleep(until, PAUSE_MS);
	remove_socket(gateway);
	return BROKER_ANSWERED;
}

static enum broker_result close_within(const char *gateway, struct deadline until,
                                       struct error *err)
{
	char answer[BROKER_LINE_MAX];
	int rc = query_any_version(gateway, "close\n", until, answer, err);

	return rc == BROKER_ERROR && err->code == ERROR_UNAVAILABLE ?
	               kill_broker(gateway, until, err) :
	               rc;
}

enum broker_result broker_close(const char *gateway, struct error *err)
{
	return close_within(gateway, deadline_in(2 * QUERY_MS), err);
}

/* Under the lock of start_broker(): end a broker of another version if it is idle; else
 * only remove its socket, so that it serves its channels to their end. */
static enum broker_result retire_other_version(const char *gateway, struct deadline until,
                                               struct error *err)
{
	struct broker_status status;
	int rc = status_within(gateway, until, &status, err);

	if (rc != BROKER_ANSWERED || strcmp(status.protocol, BROKER_PROTOCOL) == 0)
		return rc;
	log_step("gateway %s: process %" PRId64 " is a broker of another version with "
	         "%" PRId64 " channels; a new broker is started",
	         gateway, status.pid, status.channels);
	if (status.channels == 0)
		return close_within(gateway, until, err) == BROKER_ERROR ? BROKER_ERROR :
		                                                           BROKER_ABSENT;
	remove_socket(gateway);
	return BROKER_ABSENT;
}

void broker_start_ahead(const char *gateway)
{
	struct error ignored = ERROR_INIT;
	char *program = paths_program("cxssh");
	char *argv[] = { program, (char[]){ "gateway" }, (char *)gateway, NULL };
	struct child child = CHILD_INIT;
	int broker = -1;

	if (connect_broker(gateway, deadline_in(0), &broker, &ignored) == BROKER_ABSENT &&
	    spawn_start(argv, &child, &ignored) == 0)
		spawn_detach(&child);
	fd_close(&broker);
	free(program);
}

static int run_gateway_command(const char *gateway, struct deadline until,
                               struct error *err)
{
	struct strbuf output = STRBUF_INIT;
	char *program = paths_program("cxssh");
	char *argv[] = { program, (char[]){ "gateway" }, (char *)gateway, NULL };
	int status = 0;
	int rc = spawn_run(argv, until, &output, &status, err);

	if (rc == 0 && status != 0) {
		output.data[strcspn(output.data, "\n")] = '\0';
		rc = error_set(err, error_from_status(status), "%s",
		               output.len > 0 ? output.data :
		                                "cxssh gateway could not be started");
	}
	strbuf_release(&output);
	free(program);
	return rc;
}

/* Make sure that a broker of this version listens; a lock lets one client start it. */
static int start_broker(const char *gateway, bool other_version, struct deadline until,
                        struct error *err)
{
	char *path = unixsock_path(gateway, ".start");
	int lock = lock_take(path, until, err);
	int broker = -1;
	int rc = -1;

	free(path);
	if (lock == -1)
		return -1;
	if (other_version) {
		rc = retire_other_version(gateway, until, err);
	} else {
		rc = connect_broker(gateway, until, &broker, err);
		fd_close(&broker);
	}
	if (rc == BROKER_ABSENT)
		rc = run_gateway_command(gateway, until, err);
	lock_release(lock);
	return rc == -1 ? -1 : 0;
}

const char *broker_reply_text(const char *answer)
{
	static const char version[] = BROKER_PROTOCOL " ";
	size_t len = sizeof(version) - 1;

	return strncmp(answer, version, len) == 0 ? answer + len : NULL;
}

int broker_parse_error_reply(const char *text, struct error *err)
{
	static const char word[] = "error ";
	char shown[BROKER_LINE_MAX];
	char digits[8] = "";
	int64_t status = 0;
	size_t len;

	if (strncmp(text, word, strlen(word)) != 0)
		return error_set(err, ERROR_INTERNAL,
		                 "the gateway's broker answers neither ok nor error");
	text += strlen(word);
	len = strcspn(text, " ");
	if (len < sizeof(digits))
		memcpy(digits, text, len);
	if (parse_int(digits, 1, 255, &status, err) == -1)
		status = 0;
	text += len;
	return error_set(err,
	                 status == 0 ? ERROR_INTERNAL : error_from_status((int)status),
	                 "%s",
	                 printable_text(*text == ' ' ? text + 1 : text, shown,
	                                sizeof(shown)));
}

/* The descriptor of an "ok", or -1 with the broker's reason. */
static int channel_of_reply(const char *text, int fd, struct error *err)
{
	if (strcmp(text, "ok") == 0 && fd != -1)
		return fd;
	fd_close(&fd);
	return broker_parse_error_reply(text, err);
}

int broker_open_channel(const char *gateway, const char *uid, uint16_t port,
                        struct broker_watch *watch, struct deadline until,
                        struct error *err)
{
	char request[BROKER_LINE_MAX];
	char answer[BROKER_LINE_MAX];
	const struct query q = {
		.gateway = gateway, .request = request, .watch = watch, .until = until
	};
	int fd = -1;

	(void)snprintf(request, sizeof(request), BROKER_PROTOCOL " channel %s %u\n", uid,
	               (unsigned int)port);
	/* A broker that is just ending hangs up without a reply: ask again. */
	for (int starts = 0; starts <= STARTS_MAX; starts++) {
		int rc = query_broker(&q, answer, &fd, err);
		const char *text =
			rc == BROKER_ANSWERED ? broker_reply_text(answer) : NULL;

		if (rc == BROKER_ERROR)
			return error_prefix(err, "gateway %s", gateway);
		if (text != NULL)
			return channel_of_reply(text, fd, err);
		fd_close(&fd);
		if (deadline_passed(until))
			break;
		if (starts > 0)
			deadline_sleep(until, PAUSE_MS);
		if (start_broker(gateway, rc == BROKER_ANSWERED, until, err) == -1)
			return -1;
	}
	return error_set(err, ERROR_UNAVAILABLE, "gateway %s: no broker could be started",
	                 gateway);
}

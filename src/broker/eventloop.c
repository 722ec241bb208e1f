/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "bastion/libssh2transport.h"
#include "bastion/opensshlogin.h"
#include "bastion/opensshtransport.h"
#include "broker/blockinghelper.h"
#include "broker/brokerrequest.h"
#include "broker/client.h"
#include "broker/confine.h"
#include "broker/dispatcher.h"
#include "broker/eventloop.h"
#include "net/pollset.h"
#include "net/unixsock.h"
#include "runtime/lock.h"
#include "runtime/log.h"
#include "runtime/paths.h"

enum {
	FAILURE_MS = 1000,     /* how long new clients are told of a failed login */
	JUMP_MS = 2000,        /* a sleep of the machine that may cost connections */
	LOCK_WAIT_MS = 100,    /* to wait for the lock, between events */
	START_GRACE_MS = 1000, /* for the client that started the broker to connect */
	PROGRAM_MS = 60000,    /* between looks at the program file, when idle */
	REQUEST_MS = 5000,     /* for a client to send its request */
	ACCEPT_PAUSE_MS = 100, /* when no descriptor is free for another client */
	CLIENTS_MAX = 1024,
};

struct client {
	struct broker_request *request;
	int64_t since_ms;
	size_t slot;
};

struct loop {
	const struct broker_config *config;
	int listener;
	int lock; /* once the listener is closed */
	struct dispatcher *dispatcher;
	struct client *clients; /* whose request is not complete */
	size_t client_count;
	struct broker_request *close_request; /* gets its reply at the end */
	int64_t started_ms;
	int64_t busy_ms;   /* when there was last a channel or request */
	int64_t failed_ms; /* when login became impossible, or 0 */
	int64_t slept_ms;  /* how long the machine has slept until now */
	int64_t accept_paused_until_ms;
	dev_t socket_dev; /* of the socket file */
	ino_t socket_ino;
	char *program; /* the cxssh that runs, and its file */
	struct stat program_file;
	size_t listener_slot;
	size_t signal_slot;
};

/* SIGTERM writes to it; signals belong to the process, so it is global. */
static int signal_pipe[2] = { -1, -1 };

static void on_signal(int number)
{
	int saved = errno;

	(void)number;
	(void)!write(signal_pipe[1], "", 1);
	errno = saved;
}

static void set_signals(void)
{
	static const int ignored[] = { SIGPIPE, SIGINT, SIGHUP, SIGQUIT, SIGTSTP };
	struct sigaction action = { .sa_handler = SIG_IGN };
	sigset_t none;

	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)sigaction(ignored[i], &action, NULL);
	action.sa_handler = SIG_DFL;
	(void)sigaction(SIGCHLD, &action, NULL);
	if (fd_pipe(signal_pipe) == 0) {
		(void)fd_nonblocking(signal_pipe[1]);
		action.sa_handler = on_signal;
		(void)sigaction(SIGTERM, &action, NULL);
	}
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* How long the machine has slept since it started. */
static int64_t sleep_total_ms(void)
{
#if defined(CLOCK_BOOTTIME) || defined(CLOCK_UPTIME_RAW)
#ifdef CLOCK_BOOTTIME
	const clockid_t with = CLOCK_BOOTTIME;
	const clockid_t without = CLOCK_MONOTONIC;
#else
	const clockid_t with = CLOCK_MONOTONIC; /* macOS */
	const clockid_t without = CLOCK_UPTIME_RAW;
#endif
	struct timespec a;
	struct timespec b;

	(void)clock_gettime(with, &a);
	(void)clock_gettime(without, &b);
	return (int64_t)(a.tv_sec - b.tv_sec) * 1000 + (a.tv_nsec - b.tv_nsec) / 1000000;
#else
	return 0;
#endif
}

static void accept_clients(struct loop *l)
{
	int fd = -1;

	while (l->client_count < CLIENTS_MAX && (fd = fd_accept(l->listener)) != -1) {
		l->clients =
			xgrow_array(l->clients, l->client_count, sizeof(*l->clients));
		l->clients[l->client_count++] =
			(struct client){ .request = broker_request_new(fd),
			                 .since_ms = deadline_now_ms() };
	}
	if (fd == -1 && (errno == EMFILE || errno == ENFILE))
		l->accept_paused_until_ms = deadline_now_ms() + ACCEPT_PAUSE_MS;
}

static bool is_accepting(const struct loop *l)
{
	return l->client_count < CLIENTS_MAX &&
	       deadline_now_ms() >= l->accept_paused_until_ms;
}

static void reply_status(const struct loop *l, struct broker_request *request)
{
	char text[BROKER_LINE_MAX];

	(void)snprintf(text, sizeof(text), "ok %d %zu %" PRId64 " %" PRId64 " %s %s",
	               (int)getpid(), dispatcher_relays(l->dispatcher),
	               dispatcher_served(l->dispatcher),
	               (deadline_now_ms() - l->started_ms) / 1000,
	               dispatcher_transport(l->dispatcher), BROKER_PROTOCOL);
	broker_request_reply(request, text, -1);
}

/* Read the clients' requests; a client whose request is complete leaves the list. */
static void read_requests(struct loop *l)
{
	for (size_t i = l->client_count; i-- > 0;) {
		struct broker_request *request = l->clients[i].request;

		switch (broker_request_read(request)) {
		case BROKER_REQUEST_READING:
			if (deadline_now_ms() - l->clients[i].since_ms < REQUEST_MS)
				continue;
			broker_request_free(request);
			break;
		case BROKER_REQUEST_CHANNEL:
			dispatcher_enqueue(l->dispatcher, request);
			break;
		case BROKER_REQUEST_STATUS:
			reply_status(l, request);
			broker_request_free(request);
			break;
		case BROKER_REQUEST_CLOSE:
			broker_request_free(l->close_request);
			l->close_request = request;
			break;
		case BROKER_REQUEST_GONE: broker_request_free(request); break;
		}
		l->clients[i] = l->clients[--l->client_count];
	}
}

static bool is_idle(const struct loop *l)
{
	return dispatcher_relays(l->dispatcher) == 0 &&
	       dispatcher_waiting(l->dispatcher) == 0;
}

/* When to end if no client comes. */
static int64_t idle_until(const struct loop *l)
{
	int64_t grace = l->started_ms + START_GRACE_MS;
	int64_t idle = l->busy_ms + l->config->idle_ms;

	return idle > grace ? idle : grace;
}

/* Wait for the next event or time limit; more: do not wait. */
static void wait_for_events(struct loop *l, struct pollset *set, bool more)
{
	int wait_ms = INT_MAX;

	pollset_clear(set);
	l->listener_slot = pollset_add(set, is_accepting(l) ? l->listener : -1, POLLIN);
	l->signal_slot = pollset_add(set, signal_pipe[0], POLLIN);
	for (size_t i = 0; i < l->client_count; i++)
		l->clients[i].slot =
			pollset_add(set, broker_request_fd(l->clients[i].request),
		                    POLLIN);
	if (is_idle(l)) {
		wait_ms = PROGRAM_MS;
		deadline_limit(idle_until(l), &wait_ms);
	}
	if (deadline_now_ms() < l->started_ms + START_GRACE_MS)
		deadline_limit(l->started_ms + START_GRACE_MS, &wait_ms);
	if (!is_accepting(l) && l->client_count < CLIENTS_MAX)
		deadline_limit(l->accept_paused_until_ms, &wait_ms);
	for (size_t i = 0; i < l->client_count; i++)
		deadline_limit(l->clients[i].since_ms + REQUEST_MS, &wait_ms);
	if (l->failed_ms != 0)
		deadline_limit(l->failed_ms + FAILURE_MS, &wait_ms);
	dispatcher_poll(l->dispatcher, set, &wait_ms);
	if (more)
		wait_ms = 0;
	while (poll(set->items, (nfds_t)set->count, wait_ms) == -1 && errno == EINTR)
		wait_ms = 0;
}

/* Handle the events; true when more may be possible without waiting. */
static bool turn(struct loop *l, const struct pollset *set)
{
	int64_t slept = sleep_total_ms();
	bool moved;

	if (slept - l->slept_ms > JUMP_MS) {
		log_step("the machine slept for %d s",
		         (int)((slept - l->slept_ms) / 1000));
		dispatcher_probe(l->dispatcher);
	}
	l->slept_ms = slept;
	if (pollset_got(set, l->listener_slot) != 0)
		accept_clients(l);
	if (l->client_count > 0)
		read_requests(l);
	moved = dispatcher_step(l->dispatcher, set);
	if (!is_idle(l))
		l->busy_ms = deadline_now_ms();
	if (dispatcher_failure(l->dispatcher) != NULL && l->failed_ms == 0)
		l->failed_ms = deadline_now_ms();
	return moved;
}

/* Has cxssh been upgraded or removed since the broker started? */
static bool is_program_replaced(const struct loop *l)
{
	struct stat now;

	return l->program_file.st_ino != 0 &&
	       (stat(l->program, &now) == -1 || now.st_dev != l->program_file.st_dev ||
	        now.st_ino != l->program_file.st_ino);
}

static void note_program(struct loop *l)
{
	l->program = l->config->program != NULL ? xstrdup(l->config->program) :
	                                          paths_program("cxssh");
	if (stat(l->program, &l->program_file) == -1)
		l->program_file.st_ino = 0;
}

/* Why to end, or NULL.  *at_once: although there are channels. */
static const char *reason_to_end(const struct loop *l, const struct pollset *set,
                                 bool *at_once)
{
	int64_t now = deadline_now_ms();

	*at_once = true;
	if (l->close_request != NULL)
		return "a client asked";
	if (pollset_got(set, l->signal_slot) != 0)
		return "SIGTERM";
	*at_once = false;
	if (l->failed_ms != 0)
		return now - l->failed_ms >= FAILURE_MS ? "no login is possible" : NULL;
	if (dispatcher_is_over(l->dispatcher))
		return "the connection is lost";
	if (is_idle(l) && now >= idle_until(l))
		return "idle";
	if (is_idle(l) && now >= l->started_ms + START_GRACE_MS && is_program_replaced(l))
		return "its program was replaced";
	return NULL;
}

/* After the file was removed another broker may have made one with its name. */
static bool is_our_socket(const struct loop *l, const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == l->socket_dev &&
	       st.st_ino == l->socket_ino;
}

static void note_socket(struct loop *l)
{
	char *path = unixsock_socket_path(l->config->gateway);
	struct stat st;

	if (stat(path, &st) == 0) {
		l->socket_dev = st.st_dev;
		l->socket_ino = st.st_ino;
	}
	free(path);
}

/* Close the listener under the lock, so that each client is served or starts another
 * broker.  False when there is a client after all. */
static bool stop_listening(struct loop *l, bool at_once)
{
	struct error why = ERROR_INIT;
	char *lock_path = unixsock_path(l->config->gateway, ".lock");
	char *path = unixsock_socket_path(l->config->gateway);
	char *name_path = unixsock_path(l->config->gateway, ".name");
	int lock = lock_take(lock_path, deadline_in(LOCK_WAIT_MS), &why);
	bool closed = false;

	accept_clients(l);
	read_requests(l);
	/* No lock but no ERROR_RETRY either: the folder is gone, and no client finds it.
	 */
	if (at_once || ((lock != -1 || why.code != ERROR_RETRY) && is_idle(l))) {
		if (is_our_socket(l, path)) {
			(void)unlink(path);
			(void)unlink(name_path);
		}
		fd_close(&l->listener);
		closed = true;
	}
	if (closed)
		l->lock = lock; /* until the cleanup: the next broker's files have the
		                   same names */
	else
		lock_release(lock);
	free(name_path);
	free(path);
	free(lock_path);
	return closed;
}

static void release(struct loop *l)
{
	dispatcher_free(l->dispatcher);
	for (size_t i = 0; i < l->client_count; i++)
		broker_request_free(l->clients[i].request);
	free(l->clients);
	if (l->close_request != NULL)
		broker_request_reply(l->close_request, "ok", -1);
	broker_request_free(l->close_request);
	fd_close(&l->listener);
	lock_release(l->lock);
	free(l->program);
}

void brokerloop_run(const struct broker_config *config, int listener)
{
	static const struct pool_backend backend = { .libssh2 = libssh2transport_start,
		                                     .openssh = opensshtransport_start,
		                                     .has_login = opensshlogin_exists,
		                                     .confine = confine_settle };
	struct pollset set = POLLSET_INIT;
	struct loop l = { .config = config, .listener = listener, .lock = -1 };
	const char *reason = NULL;
	bool at_once;
	bool more = true;

	set_signals();
	note_socket(&l);
	note_program(&l);
	(void)fd_nonblocking(listener);
	l.started_ms = l.busy_ms = deadline_now_ms();
	l.slept_ms = sleep_total_ms();
	l.dispatcher = dispatcher_new(&(struct dispatcher_config){
		.gateway = config->gateway,
		.key_file = config->key_file,
		.transport = config->transport,
		.backend = &backend,
		.open_agent = blockinghelper_open_agent,
		.ask_bastionkey = blockinghelper_ask_bastionkey });
	dispatcher_preconnect(l.dispatcher);
	do {
		wait_for_events(&l, &set, more);
		more = turn(&l, &set);
		reason = reason_to_end(&l, &set, &at_once);
	} while (reason == NULL || !stop_listening(&l, at_once));
	log_step("gateway %s: the broker ends: %s", config->gateway, reason);
	release(&l);
	pollset_release(&set);
}

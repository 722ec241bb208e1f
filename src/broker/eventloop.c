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
#include "broker/brokerrequest.h"
#include "broker/client.h"
#include "broker/dispatcher.h"
#include "broker/eventloop.h"
#include "net/pollset.h"
#include "net/unixsock.h"
#include "runtime/lock.h"
#include "runtime/log.h"

enum {
	SHARED_MS = 1000,   /* how long a failure is told to those who come */
	JUMP_MS = 2000,     /* a sleep of the machine that connections may not survive */
	LOCK_WAIT_MS = 100, /* to wait for the lock before thinking again */
	START_GRACE_MS = 1000, /* whoever had us started needs a moment to come */
	REQUEST_MS = 5000,     /* to say what one wants */
	ACCEPT_PAUSE_MS = 100, /* where there is no descriptor left for another caller */
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
	int lock; /* once the client is closed */
	struct dispatcher *dispatcher;
	struct client *clients; /* those who have not said what they want */
	size_t client_count;
	struct broker_request *close_request; /* asked us to end; told when we have */
	int64_t started_ms;
	int64_t busy_ms;                /* when somebody last needed us */
	int64_t failed_ms;              /* when nobody let us log in, or 0 */
	int64_t asleep_ms;              /* how long the machine has slept until now */
	int64_t accept_paused_until_ms; /* nobody is let in before */
	dev_t socket_dev;               /* which socket file is ours */
	ino_t socket_ino;
	size_t listener_slot;
	size_t signal_slot;
};

/* The pipe that a signal is heard through; there is one set of signals a process. */
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

/* How long the machine has been asleep since it started. */
static int64_t slept_ms(void)
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
		l->clients = xrealloc_array(l->clients, l->client_count + 1,
		                            sizeof(*l->clients));
		l->clients[l->client_count++] =
			(struct client){ .request = broker_request_new(fd),
			                 .since_ms = deadline_now_ms() };
	}
	if (fd == -1 && (errno == EMFILE || errno == ENFILE))
		l->accept_paused_until_ms = deadline_now_ms() + ACCEPT_PAUSE_MS;
}

/* May somebody come in? */
static bool is_accepting(const struct loop *l)
{
	return l->client_count < CLIENTS_MAX &&
	       deadline_now_ms() >= l->accept_paused_until_ms;
}

static void tell_status(const struct loop *l, struct broker_request *request)
{
	char text[BROKER_LINE_MAX];

	(void)snprintf(text, sizeof(text), "ok %d %zu %" PRId64 " %" PRId64 " %s %s",
	               (int)getpid(), dispatcher_relays(l->dispatcher),
	               dispatcher_served(l->dispatcher),
	               (deadline_now_ms() - l->started_ms) / 1000,
	               dispatcher_transport(l->dispatcher), BROKER_PROTOCOL);
	broker_request_reply(request, text, -1);
}

/* Hear what those at the client want; who has said it is no longer there. */
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
			tell_status(l, request);
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

/* Who only asks how we are does not need us. */
static bool is_idle(const struct loop *l)
{
	return dispatcher_relays(l->dispatcher) == 0 &&
	       dispatcher_waiting(l->dispatcher) == 0;
}

/* When to leave if nobody comes. */
static int64_t idle_until(const struct loop *l)
{
	int64_t young = l->started_ms + START_GRACE_MS;
	int64_t idle = l->busy_ms + l->config->idle_ms;

	return idle > young ? idle : young;
}

/* Not longer than until then. */
static void wait_at_most(int64_t at_ms, int *wait_ms)
{
	int64_t left = at_ms - deadline_now_ms();

	if (left < *wait_ms)
		*wait_ms = left > 0 ? (int)left : 0;
}

/* Sleep until something can be done; 0 ms when more is known to be possible. */
static void wait_for(struct loop *l, struct pollset *set, bool more)
{
	struct deadline idle = { .at_ms = idle_until(l) };
	struct deadline shared = { .at_ms = l->failed_ms + SHARED_MS };
	int wait_ms = deadline_left(idle);

	pollset_clear(set);
	l->listener_slot = pollset_add(set, is_accepting(l) ? l->listener : -1, POLLIN);
	l->signal_slot = pollset_add(set, signal_pipe[0], POLLIN);
	for (size_t i = 0; i < l->client_count; i++)
		l->clients[i].slot =
			pollset_add(set, broker_request_fd(l->clients[i].request),
		                    POLLIN);
	if (!is_idle(l))
		wait_ms = INT_MAX;
	if (!is_accepting(l) && l->client_count < CLIENTS_MAX)
		wait_at_most(l->accept_paused_until_ms, &wait_ms);
	for (size_t i = 0; i < l->client_count; i++)
		wait_at_most(l->clients[i].since_ms + REQUEST_MS, &wait_ms);
	if (l->failed_ms != 0 && deadline_left(shared) < wait_ms)
		wait_ms = deadline_left(shared);
	dispatcher_poll(l->dispatcher, set, &wait_ms);
	if (more)
		wait_ms = 0;
	while (poll(set->items, (nfds_t)set->count, wait_ms) == -1 && errno == EINTR)
		wait_ms = 0;
}

/* One turn; true when more may be possible at once. */
static bool turn(struct loop *l, const struct pollset *set)
{
	int64_t asleep = slept_ms();
	bool moved;

	if (asleep - l->asleep_ms > JUMP_MS) {
		log_step("the machine slept for %d s",
		         (int)((asleep - l->asleep_ms) / 1000));
		dispatcher_probe(l->dispatcher);
	}
	l->asleep_ms = asleep;
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

/* Why to leave, or NULL.  *at_once: whatever else is going on. */
static const char *reason_to_leave(const struct loop *l, const struct pollset *set,
                                   bool *at_once)
{
	int64_t now = deadline_now_ms();

	*at_once = true;
	if (l->close_request != NULL)
		return "asked to";
	if (pollset_got(set, l->signal_slot) != 0)
		return "told to by a signal";
	*at_once = false;
	if (l->failed_ms != 0)
		return now - l->failed_ms >= SHARED_MS ? "no login" : NULL;
	if (dispatcher_is_over(l->dispatcher))
		return "the connection is lost";
	if (is_idle(l) && now >= idle_until(l))
		return "nobody needs it";
	return NULL;
}

/* In a folder that was removed and made again there may be another broker's. */
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

/*
 * Close the client so that everybody who knocked is served by us or finds it shut
 * and starts another broker.  False when there is somebody after all.
 */
static bool stop_listening(struct loop *l, bool at_once)
{
	struct error why = ERROR_INIT;
	char *lock_path = unixsock_path(l->config->gateway, ".lock");
	char *path = unixsock_socket_path(l->config->gateway);
	int lock = lock_take(lock_path, deadline_in(LOCK_WAIT_MS), &why);
	bool closed = false;

	accept_clients(l);
	read_requests(l);
	/* Where no lock can be made our folder has gone, and nobody finds us any more. */
	if (at_once || ((lock != -1 || why.code != ERROR_RETRY) && is_idle(l))) {
		if (is_our_socket(l, path))
			(void)unlink(path);
		fd_close(&l->listener);
		closed = true;
	}
	if (closed)
		l->lock = lock; /* until we have tidied up: names of ours are our heir's,
		                   too */
	else
		lock_release(lock);
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
}

void brokerloop_run(const struct broker_config *config, int listener)
{
	struct pollset set = POLLSET_INIT;
	struct loop l = { .config = config, .listener = listener, .lock = -1 };
	const char *reason = NULL;
	bool at_once;
	bool more = true;

	set_signals();
	note_socket(&l);
	(void)fd_nonblocking(listener);
	l.started_ms = l.busy_ms = deadline_now_ms();
	l.asleep_ms = slept_ms();
	l.dispatcher = dispatcher_new(
		&(struct dispatcher_config){ .gateway = config->gateway,
	                                     .key_file = config->key_file,
	                                     .transport = config->transport,
	                                     .send_buffer = config->send_buffer });
	dispatcher_preconnect(l.dispatcher);
	do {
		wait_for(&l, &set, more);
		more = turn(&l, &set);
		reason = reason_to_leave(&l, &set, &at_once);
	} while (reason == NULL || !stop_listening(&l, at_once));
	log_step("gateway %s: the broker leaves: %s", config->gateway, reason);
	release(&l);
	pollset_release(&set);
}

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "net/dial.h"
#include "net/resolver.h"

/*
 * While a firewall is being opened each attempt is one packet, and the next one must
 * follow soon after the port opens.  An attempt ends when its slot in the ring is needed
 * again: after 0.8 s at first, later after 8 s, in which a distant server answers, too.
 */
enum { STEP_MS = 50, STEPS = 64, LATER_MS = 500 };

struct dial {
	struct endpoint addresses[RESOLVER_MAX];
	size_t count;
	size_t next; /* address of the next attempt */
	int64_t started_ms;
	size_t attempts;
	size_t oldest;       /* slot of the next attempt */
	int fds[DIAL_FDS];   /* connects in progress; -1: free */
	size_t to[DIAL_FDS]; /* which address each of them is to */
	bool refused[RESOLVER_MAX];
	bool turned_back; /* an attempt failed by ICMP, or by this machine's own rules */
};

/* A socket with its connect(2) in progress, or -1 with errno. */
static int begin(const struct endpoint *to)
{
	int fd = fd_socket(to->at.ss_family, SOCK_STREAM, 0);
	int on = 1;

	if (fd == -1)
		return -1;
	if (fd_nonblocking(fd) == -1)
		goto fail;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (const struct sockaddr *)&to->at, to->len) == 0 ||
	    errno == EINPROGRESS || errno == EINTR)
		return fd;
fail:
	fd_close(&fd);
	return -1;
}

/*
 * sshd sends its host-key announcement in small packets and, by Nagle's algorithm, holds
 * the next one until they are acknowledged; a kernel may delay that by 40 ms.  Newer
 * Linux kernels take a limit for it, in microseconds, from some ticks up: the first value
 * that is taken stays.  Older kernels know no such option.
 */
static void acknowledge_soon(int fd)
{
#ifdef __linux__
	enum { DELACK_MAX_US = 46 }; /* TCP_DELACK_MAX_US of linux/tcp.h */
	static const int values[] = { 1000, 2000, 4000, 8000, 16000, 32000 };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (setsockopt(fd, IPPROTO_TCP, DELACK_MAX_US, &values[i],
		               sizeof(values[i])) == 0 ||
		    errno != EINVAL)
			return;
#else
	(void)fd;
#endif
}

enum outcome { FAILED = -1, PENDING, CONNECTED };

/* FAILED sets errno. */
static enum outcome outcome(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	int reason = 0;
	socklen_t len = sizeof(reason);

	if (poll(&pfd, 1, 0) <= 0)
		return PENDING;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &len) == -1)
		return FAILED;
	errno = reason;
	return reason == 0 ? CONNECTED : FAILED;
}

struct dial *dial_start(const char *address, uint16_t port, struct deadline until,
                        struct error *err)
{
	struct dial *d = xcalloc(1, sizeof(*d));

	for (size_t i = 0; i < DIAL_FDS; i++)
		d->fds[i] = -1;
	d->count = resolver_lookup(address, port, until, d->addresses, err);
	if (d->count == 0) {
		dial_free(d);
		return NULL;
	}
	d->started_ms = deadline_now_ms();
	return d;
}

void dial_free(struct dial *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < DIAL_FDS; i++)
		fd_close(&d->fds[i]);
	free(d);
}

void dial_restart(struct dial *d)
{
	d->started_ms = deadline_now_ms();
	d->attempts = 0;
}

static int64_t due_ms(const struct dial *d)
{
	if (d->attempts < STEPS)
		return d->started_ms + (int64_t)d->attempts * STEP_MS;
	return d->started_ms + STEPS * STEP_MS +
	       (int64_t)(d->attempts - STEPS) * LATER_MS;
}

/* An attempt to the address has failed with errno. */
static void note_failure(struct dial *d, size_t to)
{
	if (errno == ECONNREFUSED)
		d->refused[to] = true;
	if (errno == EHOSTUNREACH || errno == ENETUNREACH || errno == EACCES ||
	    errno == EPERM)
		d->turned_back = true;
}

static void attempt(struct dial *d)
{
	fd_close(&d->fds[d->oldest]);
	d->fds[d->oldest] = begin(&d->addresses[d->next]);
	d->to[d->oldest] = d->next;
	if (d->fds[d->oldest] == -1)
		note_failure(d, d->next);
	d->oldest = (d->oldest + 1) % DIAL_FDS;
	d->attempts++;
	d->next = (d->next + 1) % d->count;
}

int dial_step(struct dial *d)
{
	if (deadline_now_ms() >= due_ms(d))
		attempt(d);
	for (size_t i = 0; i < DIAL_FDS; i++) {
		int fd = d->fds[i];
		enum outcome state = fd == -1 ? PENDING : outcome(fd);

		if (state == CONNECTED) {
			d->fds[i] = -1;
			acknowledge_soon(fd);
			return fd;
		}
		if (state == FAILED) {
			note_failure(d, d->to[i]);
			fd_close(&d->fds[i]);
		}
	}
	return -1;
}

size_t dial_poll(const struct dial *d, struct pollfd *pfds, size_t max, int *wait_ms)
{
	int64_t left = due_ms(d) - deadline_now_ms();
	size_t n = 0;

	for (size_t i = 0; i < DIAL_FDS && n < max; i++) {
		if (d->fds[i] != -1)
			pfds[n++] = (struct pollfd){ .fd = d->fds[i], .events = POLLOUT };
	}
	*wait_ms = left < 0 ? 0 : (int)left;
	return n;
}

bool dial_refused(const struct dial *d)
{
	for (size_t i = 0; i < d->count; i++) {
		if (!d->refused[i])
			return false;
	}
	return true;
}

int dial_unanswered(const struct dial *d, const char *name, const char *address,
                    uint16_t port, struct error *err)
{
	bool refused = dial_refused(d);

	error_set(err, ERROR_UNAVAILABLE, "%s (%s) does not answer on port %u%s", name,
	          address, port,
	          refused ? ": nothing listens there" :
	          d->turned_back ?
	                    ": a router or firewall says that it cannot be reached" :
	                    "");
	err->cause = refused ? CAUSE_NOT_LISTENING : CAUSE_SILENT;
	return -1;
}

#include <errno.h>
#include <netdb.h>
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
#include "route/dial.h"

/*
 * While a firewall is being opened each attempt is one packet, and the next one
 * must not be far when the door opens.  An attempt is given up when its slot in the
 * ring is needed again: after 0.8 s at first, later after 8 s, in which a far
 * server answers, too.
 */
enum { STEP_MS = 50, STEPS = 64, LATER_MS = 500 };

struct dial {
	struct addrinfo *addresses;
	struct addrinfo *next; /* what the next attempt goes to */
	int64_t started_ms;
	size_t attempts;
	size_t oldest;     /* slot to be used next */
	int fds[DIAL_FDS]; /* attempts under way; -1: free */
	bool refused;
};

static struct addrinfo *resolve(const char *address, uint16_t port, struct error *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		                  .ai_flags = AI_NUMERICHOST };
	struct addrinfo *found = NULL;
	int rc = getaddrinfo(address, NULL, &hints, &found);

	if (rc == EAI_NONAME) {
		hints.ai_flags = AI_ADDRCONFIG;
		rc = getaddrinfo(address, NULL, &hints, &found);
	}
	if (rc != 0) {
		error_set(err, ERROR_UNAVAILABLE, "the address %s cannot be resolved",
		          address);
		return NULL;
	}
	for (struct addrinfo *a = found; a != NULL; a = a->ai_next) {
		if (a->ai_family == AF_INET)
			((struct sockaddr_in *)(void *)a->ai_addr)->sin_port =
				htons(port);
		else if (a->ai_family == AF_INET6)
			((struct sockaddr_in6 *)(void *)a->ai_addr)->sin6_port =
				htons(port);
	}
	return found;
}

/* A connect under way, or -1 with errno. */
static int begin(const struct addrinfo *to)
{
	int fd = fd_socket(to->ai_family, SOCK_STREAM, 0);
	int on = 1;

	if (fd == -1)
		return -1;
	if (fd_nonblocking(fd) == -1)
		goto fail;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, to->ai_addr, to->ai_addrlen) == 0 || errno == EINPROGRESS ||
	    errno == EINTR)
		return fd;
fail:
	fd_close(&fd);
	return -1;
}

/* 1 connected, 0 under way, -1 failed with errno. */
static int outcome(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	int reason = 0;
	socklen_t len = sizeof(reason);

	if (poll(&pfd, 1, 0) <= 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &len) == -1)
		return -1;
	errno = reason;
	return reason == 0 ? 1 : -1;
}

struct dial *dial_start(const char *address, uint16_t port, struct error *err)
{
	struct dial *d = xcalloc(1, sizeof(*d));

	for (size_t i = 0; i < DIAL_FDS; i++)
		d->fds[i] = -1;
	d->addresses = resolve(address, port, err);
	if (d->addresses == NULL) {
		dial_free(d);
		return NULL;
	}
	d->next = d->addresses;
	d->started_ms = deadline_now_ms();
	return d;
}

void dial_free(struct dial *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < DIAL_FDS; i++)
		fd_close(&d->fds[i]);
	if (d->addresses != NULL)
		freeaddrinfo(d->addresses);
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

static void attempt(struct dial *d)
{
	fd_close(&d->fds[d->oldest]);
	d->fds[d->oldest] = begin(d->next);
	if (d->fds[d->oldest] == -1 && errno == ECONNREFUSED)
		d->refused = true;
	d->oldest = (d->oldest + 1) % DIAL_FDS;
	d->attempts++;
	d->next = d->next->ai_next != NULL ? d->next->ai_next : d->addresses;
}

int dial_step(struct dial *d)
{
	if (deadline_now_ms() >= due_ms(d))
		attempt(d);
	for (size_t i = 0; i < DIAL_FDS; i++) {
		int fd = d->fds[i];
		int state = fd == -1 ? 0 : outcome(fd);

		if (state == 1) {
			d->fds[i] = -1;
			return fd;
		}
		if (state == -1) {
			d->refused = d->refused || errno == ECONNREFUSED;
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

int dial_wait(struct dial *d, struct deadline until)
{
	int fd;

	while ((fd = dial_step(d)) == -1 && !deadline_passed(until)) {
		struct pollfd pfds[DIAL_FDS];
		int wait;
		size_t n = dial_poll(d, pfds, DIAL_FDS, &wait);
		int left = deadline_left(until);

		(void)poll(pfds, (nfds_t)n, wait < left ? wait : left);
	}
	return fd;
}

bool dial_refused(const struct dial *d)
{
	return d->refused;
}

int dial_unanswered(const struct dial *d, const char *called, const char *address,
                    uint16_t port, struct error *err)
{
	return error_set(err, ERROR_UNAVAILABLE, "%s (%s) does not answer on port %u%s",
	                 called, address, port,
	                 d->refused ? ": nothing listens there" : "");
}

int dial_tcp(const char *address, uint16_t port, struct deadline until, struct error *err)
{
	struct addrinfo *addresses = resolve(address, port, err);
	int fd = -1;

	if (addresses == NULL)
		return -1;
	error_set(err, ERROR_UNAVAILABLE, "no answer from %s port %u", address, port);
	for (const struct addrinfo *a = addresses; a != NULL && fd == -1;
	     a = a->ai_next) {
		/* What is left is shared among the addresses that are left. */
		struct deadline share = until;
		struct pollfd pfd = { .events = POLLOUT };

		if (a->ai_next != NULL)
			share = deadline_within(until, deadline_left(until) / 2);
		fd = begin(a);
		if (fd == -1)
			continue;
		pfd.fd = fd;
		while (poll(&pfd, 1, deadline_left(share)) == -1 && errno == EINTR)
			;
		if (outcome(fd) == 1)
			break;
		if (errno == ECONNREFUSED)
			error_set(err, ERROR_UNAVAILABLE, "%s does not listen on port %u",
			          address, port);
		fd_close(&fd);
	}
	freeaddrinfo(addresses);
	return fd;
}

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "net/resolver.h"

enum { FRESH_MS = 5000 };

/* getaddrinfo(3) of one name in a thread. */
struct query {
	char *name;
	struct addrinfo *_Atomic found; /* NULL: none */
	int ended[2];       /* a pipe; the thread closes the second end when done */
	int64_t ended_ms;   /* 0: not done yet */
	atomic_int holders; /* the thread and the caller */
};

static void query_release(struct query *s)
{
	if (s == NULL || atomic_fetch_sub(&s->holders, 1) > 1)
		return;
	fd_close(&s->ended[0]);
	fd_close(&s->ended[1]);
	if (s->found != NULL)
		freeaddrinfo(s->found);
	free(s->name);
	free(s);
}

static struct addrinfo *run_getaddrinfo(const char *address, int flags)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags };
	struct addrinfo *found = NULL;

	return getaddrinfo(address, NULL, &hints, &found) == 0 ? found : NULL;
}

static void *run(void *arg)
{
	struct query *s = arg;

	s->found = run_getaddrinfo(s->name, AI_ADDRCONFIG);
	fd_close(&s->ended[1]);
	query_release(s);
	return NULL;
}

/* All signals are blocked in the thread: the main thread handles them. */
static bool start_thread(struct query *s)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all;
	sigset_t before;
	bool good;

	if (pthread_attr_init(&attributes) != 0)
		return false;
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	good = pthread_create(&thread, &attributes, run, s) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attributes);
	return good;
}

static struct query *query_start(const char *name)
{
	struct query *s = xcalloc(1, sizeof(*s));

	s->name = xstrdup(name);
	s->ended[0] = s->ended[1] = -1;
	atomic_init(&s->holders, 2);
	if (fd_pipe(s->ended) == 0 && start_thread(s))
		return s;
	atomic_store(&s->holders, 1);
	query_release(s);
	return NULL;
}

static bool is_usable(const struct query *s, const char *name)
{
	return s != NULL && strcmp(s->name, name) == 0 &&
	       (s->ended_ms == 0 ||
	        (s->found != NULL && deadline_now_ms() - s->ended_ms < FRESH_MS));
}

/* Block until it is done; false at the deadline. */
static bool query_wait(struct query *s, struct deadline until)
{
	struct pollfd pfd = { .fd = s->ended[0], .events = POLLIN };

	while (s->ended_ms == 0) {
		if (poll(&pfd, 1, deadline_left(until)) > 0) {
			s->ended_ms = deadline_now_ms();
			fd_close(&s->ended[0]);
		} else if (deadline_passed(until)) {
			return false;
		}
	}
	return true;
}

static void set_port(struct endpoint *to, uint16_t port)
{
	if (to->at.ss_family == AF_INET)
		((struct sockaddr_in *)&to->at)->sin_port = htons(port);
	else if (to->at.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&to->at)->sin6_port = htons(port);
}

static size_t take(const struct addrinfo *list, uint16_t port,
                   struct endpoint found[static RESOLVER_MAX])
{
	size_t n = 0;

	for (; list != NULL && n < RESOLVER_MAX; list = list->ai_next) {
		if (list->ai_addrlen > sizeof(found[n].at))
			continue;
		memcpy(&found[n].at, list->ai_addr, list->ai_addrlen);
		found[n].len = list->ai_addrlen;
		set_port(&found[n++], port);
	}
	return n;
}

size_t resolver_lookup(const char *address, uint16_t port, struct deadline until,
                       struct endpoint found[static RESOLVER_MAX], struct error *err)
{
	static struct query *last;
	struct addrinfo *numeric = run_getaddrinfo(address, AI_NUMERICHOST);
	size_t n = take(numeric, port, found);

	if (numeric != NULL) {
		freeaddrinfo(numeric);
		return n;
	}
	if (!is_usable(last, address)) {
		query_release(last);
		last = query_start(address);
	}
	if (last != NULL && query_wait(last, until))
		n = take(last->found, port, found);
	if (n == 0)
		error_set(err, ERROR_UNAVAILABLE, "the address %s cannot be resolved",
		          address);
	return n;
}

bool resolver_has_route(int family)
{
	/* Of the addresses for documentation, RFC 5737 and 3849; connecting a datagram
	 * socket only asks the routing table. */
	const char *to = family == AF_INET6 ? "2001:db8::1" : "192.0.2.1";
	struct endpoint found[RESOLVER_MAX];
	struct error ignored = ERROR_INIT;
	int fd = fd_socket(family, SOCK_DGRAM, 0);
	bool full = fd == -1 && (errno == EMFILE || errno == ENFILE);
	bool has = fd != -1 &&
	           resolver_lookup(to, 9, deadline_in(0), found, &ignored) > 0 &&
	           connect(fd, (const struct sockaddr *)&found[0].at, found[0].len) == 0;

	fd_close(&fd);
	return has || full; /* without a descriptor there may be one */
}

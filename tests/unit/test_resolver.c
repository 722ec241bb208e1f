/* SPDX-License-Identifier: MIT */
/* The addresses of names, from a resolver of the test's own that may be slow. */

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "descriptors.h"
#include "net/resolver.h"
#include "tap.h"

static atomic_int asked;        /* for names */
static atomic_bool slow_answer; /* names that begin with "slow" are answered */

/* It stands for libc's: "slow..." takes as long as the test wants, "many" has more
 * addresses than a lookup takes. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **list)
{
	bool numeric = (hints->ai_flags & AI_NUMERICHOST) != 0;
	int count = strcmp(node, "many") == 0 ? RESOLVER_MAX + 4 : 1;
	struct in_addr at = { htonl(0xc0000207) };

	(void)service;
	if (!numeric)
		atomic_fetch_add(&asked, 1);
	while (strncmp(node, "slow", 4) == 0 && !numeric && !atomic_load(&slow_answer))
		(void)usleep(1000);
	if (strcmp(node, "unknown") == 0 ||
	    (numeric && inet_pton(AF_INET, node, &at) != 1))
		return EAI_NONAME;
	*list = NULL;
	for (int i = 0; i < count; i++) {
		struct addrinfo *a = calloc(1, sizeof(*a) + sizeof(struct sockaddr_in));
		struct sockaddr_in *in = (struct sockaddr_in *)(void *)(a + 1);

		in->sin_family = AF_INET;
		in->sin_addr = at;
		a->ai_addr = (struct sockaddr *)in;
		a->ai_addrlen = sizeof(*in);
		a->ai_next = *list;
		*list = a;
	}
	return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
	while (list != NULL) {
		struct addrinfo *next = list->ai_next;

		free(list);
		list = next;
	}
}

static struct endpoint found[RESOLVER_MAX];

static const char *first(void)
{
	static char text[INET_ADDRSTRLEN];
	const struct sockaddr_in *in = (const struct sockaddr_in *)&found[0].at;

	return inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
}

static void test_finds(void)
{
	struct error err = ERROR_INIT;
	int before = open_descriptors();

	ok(resolver_lookup("192.0.2.1", 22, deadline_in(0), found, &err) == 1,
	   "a numeric address is resolved to one address");
	is_str(first(), "192.0.2.1", "a numeric address is resolved to itself");
	ok(((const struct sockaddr_in *)&found[0].at)->sin_port == htons(22),
	   "a numeric address has the port");
	ok(found[0].len == sizeof(struct sockaddr_in),
	   "a numeric address has its length");
	ok(atomic_load(&asked) == 0, "no name server is asked for a numeric address");
	ok(resolver_lookup("name", 22, deadline_in(2000), found, &err) == 1,
	   "a name is resolved to one address");
	is_str(first(), "192.0.2.7", "a name is resolved to its address");
	ok(((const struct sockaddr_in *)&found[0].at)->sin_port == htons(22),
	   "the address of a name has the port");
	ok(resolver_lookup("many", 22, deadline_in(2000), found, &err) == RESOLVER_MAX,
	   "of many addresses the first ones are taken");
	ok(resolver_lookup("unknown", 22, deadline_in(2000), found, &err) == 0 &&
	           err.code == ERROR_UNAVAILABLE,
	   "a name without an address is refused");
	is_str(err.text, "the address unknown cannot be resolved",
	       "a name without an address is named in the error");
	ok(open_descriptors() == before, "a resolver leaves no descriptor open");
}

static void test_in_time(void)
{
	struct error err = ERROR_INIT;
	int before = open_descriptors();
	int count = atomic_load(&asked);

	ok(resolver_lookup("slow", 22, deadline_in(50), found, &err) == 0 &&
	           err.code == ERROR_UNAVAILABLE,
	   "an answer after the deadline is not awaited");
	atomic_store(&slow_answer, true);
	ok(resolver_lookup("slow", 22, deadline_in(5000), found, &err) == 1,
	   "a later lookup gets the late answer");
	ok(atomic_load(&asked) == count + 1,
	   "a lookup of a name that is being asked for asks no second time");
	ok(resolver_lookup("slow", 80, deadline_in(0), found, &err) == 1,
	   "later lookups of an answered name ask no second time");
	ok(((const struct sockaddr_in *)&found[0].at)->sin_port == htons(80),
	   "each lookup has its own port");
	ok(atomic_load(&asked) == count + 1, "a name is asked for once");
	ok(open_descriptors() == before, "a late answer leaves no descriptor open");
}

/* A lookup that was given up frees its memory when its answer comes. */
static void test_left(void)
{
	struct error err = ERROR_INIT;
	int before = open_descriptors();
	struct deadline until = deadline_in(20000);

	atomic_store(&slow_answer, false);
	ok(resolver_lookup("slow-one", 22, deadline_in(0), found, &err) == 0,
	   "a slow lookup runs out of time");
	ok(resolver_lookup("slow-other", 22, deadline_in(0), found, &err) == 0,
	   "a second slow lookup runs out of time");
	ok(resolver_lookup("name", 22, deadline_in(2000), found, &err) == 1,
	   "a quick lookup beside slow ones succeeds");
	atomic_store(&slow_answer, true);
	while (open_descriptors() != before && !deadline_passed(until))
		(void)usleep(1000);
	ok(open_descriptors() == before,
	   "lookups that were given up leave no descriptor open");
}

int main(void)
{
	(void)alarm(60);
	test_finds();
	test_in_time();
	test_left();
	return done_testing();
}

/* SPDX-License-Identifier: MIT */
/* The addresses of names, from a resolver of our own that may be slow. */

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

static atomic_int asked; /* for names */

/* It stands for libc's: "slow..." takes a second, "many" has more than we take. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **list)
{
	bool numeric = (hints->ai_flags & AI_NUMERICHOST) != 0;
	int count = strcmp(node, "many") == 0 ? RESOLVER_MAX + 4 : 1;
	struct in_addr at = { htonl(0xc0000207) };

	(void)service;
	if (!numeric)
		atomic_fetch_add(&asked, 1);
	if (strncmp(node, "slow", 4) == 0 && !numeric)
		(void)usleep(1000000);
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
	   "an address is one");
	is_str(first(), "192.0.2.1", "itself");
	ok(((const struct sockaddr_in *)&found[0].at)->sin_port == htons(22),
	   "with the port");
	ok(found[0].len == sizeof(struct sockaddr_in), "and its length");
	ok(atomic_load(&asked) == 0, "and nobody is asked");
	ok(resolver_lookup("name", 22, deadline_in(2000), found, &err) == 1,
	   "a name has one");
	is_str(first(), "192.0.2.7", "which is found");
	ok(((const struct sockaddr_in *)&found[0].at)->sin_port == htons(22),
	   "with the port");
	ok(resolver_lookup("many", 22, deadline_in(2000), found, &err) == RESOLVER_MAX,
	   "of many, the first ones are taken");
	ok(resolver_lookup("unknown", 22, deadline_in(2000), found, &err) == 0 &&
	           err.code == ERROR_UNAVAILABLE,
	   "what has none is refused");
	is_str(err.text, "the address unknown cannot be resolved", "and so it is said");
	ok(open_descriptors() == before, "nothing stays open");
}

static void test_in_time(void)
{
	struct error err = ERROR_INIT;
	int64_t began = deadline_now_ms();
	int before = open_descriptors();
	int count = atomic_load(&asked);

	ok(resolver_lookup("slow", 22, deadline_in(50), found, &err) == 0 &&
	           err.code == ERROR_UNAVAILABLE,
	   "a late answer is not awaited");
	ok(deadline_now_ms() - began < 900, "longer than told");
	ok(resolver_lookup("slow", 22, deadline_in(5000), found, &err) == 1,
	   "but the next one has it");
	ok(atomic_load(&asked) == count + 1, "and does not ask again");
	ok(resolver_lookup("slow", 80, deadline_in(0), found, &err) == 1,
	   "nor do later ones");
	ok(((const struct sockaddr_in *)&found[0].at)->sin_port == htons(80),
	   "each with its own port");
	ok(atomic_load(&asked) == count + 1, "asked once");
	ok(open_descriptors() == before, "nothing stays open");
}

/* Whoever is no longer wanted frees what is his when he comes home. */
static void test_left(void)
{
	struct error err = ERROR_INIT;
	int before = open_descriptors();

	ok(resolver_lookup("slow-one", 22, deadline_in(0), found, &err) == 0,
	   "one that is slow");
	ok(resolver_lookup("slow-other", 22, deadline_in(0), found, &err) == 0,
	   "then another");
	ok(resolver_lookup("name", 22, deadline_in(2000), found, &err) == 1,
	   "and one that is quick");
	(void)usleep(1800000);
	ok(open_descriptors() == before, "nothing stays open");
}

int main(void)
{
	(void)alarm(60);
	test_finds();
	test_in_time();
	test_left();
	return done_testing();
}

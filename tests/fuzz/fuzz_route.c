/* SPDX-License-Identifier: MIT */
/* A route file: what is taken from one is fit for its use, and written it reads the same.
 */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "route/routefile.h"

static int read_route(const char *text, size_t len, struct route *route)
{
	char *copy = fuzz_copy(text, len);
	int rc = routefile_parse("0a1b2c.web", copy, len, route);

	free(copy);
	return rc;
}

static void check(const struct route *r)
{
	require(fuzz_is_harmless(r->alias) && fuzz_is_file_name(r->stack_uid));
	require(fuzz_is_harmless(r->user));
	require(r->address == NULL || fuzz_is_harmless(r->address));
	require(r->gateway == NULL || fuzz_is_harmless(r->gateway));
	require(r->lease_network == NULL || fuzz_is_harmless(r->lease_network));
	require(r->identity == NULL || r->identity[0] == '/');
	require(routefile_has_servers(r) || r->address != NULL);
	for (size_t i = 0; i < r->servers.count; i++)
		require(fuzz_is_file_name(r->servers.items[i]));
}

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* b is a, written and read. */
static void compare(const struct route *a, const struct route *b)
{
	require(same(a->alias, b->alias) && same(a->stack_uid, b->stack_uid));
	require(same(a->user, b->user) && same(a->address, b->address));
	require(same(a->gateway, b->gateway) && same(a->identity, b->identity));
	require(same(a->lease_network, b->lease_network));
	require(a->lease_until == b->lease_until);
	require(a->lease_until == 0 || a->lease_made == b->lease_made);
	require(b->servers.count == a->servers.count || b->servers.count == 512);
	for (size_t i = 0; i < b->servers.count; i++)
		require(same(a->servers.items[i], b->servers.items[i]));
}

static void check_lease(const struct route *r)
{
	const int64_t times[] = { 0, 1, r->lease_made, r->lease_until, INT64_MAX };

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		enum lease_state state = routefile_lease(r, times[i], "192.0.2.1");

		require(routefile_lease(r, times[i], NULL) == LEASE_NONE);
		require(state == LEASE_NONE ||
		        (r->lease_made <= times[i] && times[i] < r->lease_until));
	}
}

void fuzz_input(const uint8_t *data, size_t size)
{
	struct strbuf first = STRBUF_INIT;
	struct strbuf second = STRBUF_INIT;
	struct route route;
	struct route again;

	if (read_route((const char *)data, size, &route) == 0)
		return;
	check(&route);
	check_lease(&route);
	routefile_format(&route, &first);
	require(read_route(first.data, first.len, &again) == 1);
	compare(&route, &again);
	routefile_format(&again, &second);
	require(fuzz_same(&first, &second));
	routefile_release(&again);
	routefile_release(&route);
	strbuf_release(&second);
	strbuf_release(&first);
}

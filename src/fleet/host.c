/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fleet/host.h"
#include "fleet/model.h"

bool fleet_next_host(const struct fleet *fleet, struct host *host)
{
	size_t i = 0;
	size_t k = 0;

	if (host->stack != NULL) {
		i = (size_t)(host->stack - fleet->stacks);
		k = host->server != NULL ?
		            (size_t)(host->server - host->stack->servers) + 1 :
		            host->stack->server_count +
		                    (size_t)(host->role - host->stack->roles) + 1;
	}
	for (; i < fleet->stack_count; i++, k = 0) {
		struct stack *s = &fleet->stacks[i];

		for (; k < s->server_count + s->role_count; k++) {
			if (k < s->server_count) {
				*host = (struct host){ s, &s->servers[k], NULL };
				if (s->servers[k].alias[0] != '\0')
					return true;
			} else {
				struct role *role = &s->roles[k - s->server_count];

				*host = (struct host){ s, NULL, role };
				if (role->alias[0] != '\0')
					return true;
			}
		}
	}
	return false;
}

const char *host_alias(const struct host *host)
{
	return host->server != NULL ? host->server->alias : host->role->alias;
}

const char *host_second_alias(const struct host *host)
{
	return host->server != NULL ? host->server->second_alias :
	                              host->role->second_alias;
}

const char *host_qualified_alias(const struct host *host)
{
	const char *second = host_second_alias(host);

	return second != NULL ? second : host_alias(host);
}

bool host_has_alias(const struct host *host, const char *name)
{
	return strcmp(host_alias(host), name) == 0 ||
	       strcmp(host_qualified_alias(host), name) == 0;
}

char *host_target(const struct host *host)
{
	return host->server != NULL ?
	               xstrdup(host->server->uid) :
	               xasprintf("%s.%s", host->stack->uid, host->role->name);
}

size_t host_servers(const struct host *host, struct server ***servers)
{
	size_t all = host->stack->server_count;
	size_t n = 0;

	*servers = xcalloc(all + 1, sizeof(**servers));
	if (host->server != NULL)
		(*servers)[n++] = host->server;
	for (int failed = 0; host->role != NULL && failed <= 1; failed++) {
		for (size_t i = 0; i < all; i++) {
			struct server *s = &host->stack->servers[i];

			if (strvec_has(&s->roles, host->role->name) &&
			    (s->health == HEALTH_FAILED) == (failed == 1))
				(*servers)[n++] = s;
		}
	}
	return n;
}

struct server *host_first_server(const struct host *host)
{
	struct server **servers;
	struct server *first;

	(void)host_servers(host, &servers);
	first = servers[0];
	free(servers);
	return first;
}

/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "cloud66/api.h"
#include "http/outbound.h"
#include "route/routefile.h"
#include "route/routelease.h"
#include "route/sourceaddr.h"
#include "runtime/config.h"
#include "runtime/log.h"

enum { REFUSED_S = 120, MARGIN_S = 5 };

int64_t routelease_now(void)
{
	return (int64_t)time(NULL);
}

int64_t routelease_left(const char *uid)
{
	struct error ignored = ERROR_INIT;
	struct route route;
	int64_t left;

	if (routefile_read(uid, &route, &ignored) != 1)
		return 0;
	left = route.lease_until - routelease_now();
	routefile_release(&route);
	return left > 0 ? left : 0;
}

static int note(struct route *route, int64_t made, int64_t seconds, const char *network,
                struct error *err)
{
	free(route->lease_network);
	route->lease_network = xstrdup_or_null(network);
	route->lease_made = made;
	route->lease_until = made + seconds;
	return routefile_write(route, err);
}

struct api_lease_request *routelease_ask(struct api *api, const struct config *config,
                                         const struct route *route, struct deadline until,
                                         struct error *err)
{
	struct api_lease lease = {
		.stack_uid = route->stack_uid,
		.server_uid = route->target,
		.from_ip = config->from_ip,
		.port = SSH_PORT,
		.minutes = config->lease_minutes,
	};

	return api_lease_ask(api, &lease, until, err);
}

int routelease_note(const struct config *config, struct route *route, int64_t made,
                    const char *network, struct error *err)
{
	log_step("lease for %s: %d minutes%s", route->alias, (int)config->lease_minutes,
	         strcmp(config->from_ip, "AUTO") == 0 && outbound_was_proxied() ?
	                 ", for the address of the API's proxy; set from-ip" :
	                 "");
	/* made is from before the request, so the note ends before the lease does. */
	return note(route, made, config->lease_minutes * 60 - MARGIN_S, network, err);
}

int routelease_failed(const struct route *route, struct error *err)
{
	return error_prefix(err, "%s (%s): no lease", route->alias, route->address);
}

int routelease_take(struct api *api, const struct config *config, struct route *route,
                    struct deadline until, struct error *err)
{
	int64_t made = routelease_now();
	char source[SOURCEADDR_SIZE];
	const char *network = sourceaddr_of_route(route, source);
	struct api_lease_request *opening =
		routelease_ask(api, config, route, until, err);

	if (opening == NULL || api_lease_wait(opening, err) == -1)
		return routelease_failed(route, err);
	return routelease_note(config, route, made, network, err);
}

int routelease_give_up(struct route *route, struct error *err)
{
	char source[SOURCEADDR_SIZE];

	return note(route, routelease_now(), REFUSED_S,
	            sourceaddr_of_route(route, source), err);
}

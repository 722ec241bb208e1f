/* SPDX-License-Identifier: MIT */
/* lease - ask for a lease by hand: for another port, another address, longer. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/parse.h"
#include "base/sshaddress.h"
#include "cli/errorline.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "cli/proxywarning.h"
#include "cloud66/api.h"
#include "command/command.h"
#include "command/leaselist.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "fleet/resolve.h"
#include "fleet/store.h"
#include "http/outbound.h"
#include "route/routefile.h"
#include "route/routelease.h"
#include "route/sourceaddr.h"
#include "runtime/config.h"
#include "runtime/lock.h"

enum { LEASE_MS = 5 * 60 * 1000 };

struct options {
	struct config *config;
	struct resolve_words words;
	uint16_t port;
	bool list;
};

static int set_value(char letter, const char *value, void *cookie, struct error *err)
{
	struct options *options = cookie;

	if (letter == 'p')
		return parse_port(value, &options->port, err);
	return config_set(options->config, letter == 'f' ? "from-ip" : "lease-minutes",
	                  value, err);
}

static int parse(int argc, char *argv[], struct options *options, struct error *err)
{
	const struct options_place places[] = {
		{ 's', .text = &options->words.app },
		{ 'e', .text = &options->words.environment },
		{ 't', .call = set_value, .cookie = options },
		{ 'U', .call = set_value, .cookie = options },
		{ 'f', .call = set_value, .cookie = options },
		{ 'p', .call = set_value, .cookie = options },
		{ 'L', .flag = &options->list },
		{ .letter = '\0' },
	};
	int first = options_parse(argc, argv, places, 0, 1, err);

	if (first == -1)
		return -1;
	options->words.server = argv[first];
	if (options->words.server != NULL && options->words.app != NULL)
		return options_error(manual_find(argc, argv, NULL), err,
		                     "either HOST or --stack, not both");
	return 0;
}

/*
 * A lease for ssh from this address: note it in the route, so that the proxy does not ask
 * again.  made: when the lease was made that covers this server, too; 0: make one.
 */
static int lease_ssh(struct api *api, const struct config *config,
                     const struct server *server, int64_t made, struct deadline until,
                     struct error *err)
{
	int lock = routefile_lock(server->uid, until, err);
	char network[SOURCEADDR_SIZE];
	struct route route;
	int rc = -1;

	if (lock == -1)
		return -1;
	if (fleet_write_route(&(struct host){ .server = (struct server *)server }, config,
	                      err) == 0 &&
	    routefile_read(server->uid, &route, err) == 1) {
		rc = made == 0 ?
		             routelease_take(api, config, &route, until, err) :
		             routelease_note(config, &route, made,
		                             sourceaddr_of_route(&route, network), err);
		routefile_release(&route);
	}
	lock_release(lock);
	return rc;
}

/* Does it let ssh in from this address? */
static bool is_for_ssh(const struct config *config, uint16_t port)
{
	return port == SSH_PORT && strcmp(config->from_ip, "AUTO") == 0;
}

static struct api_lease lease_of(const struct config *config, const char *stack_uid,
                                 const char *server_uid, uint16_t port)
{
	return (struct api_lease){
		.stack_uid = stack_uid,
		.server_uid = server_uid,
		.from_ip = config->from_ip,
		.port = port,
		.minutes = config->lease_minutes,
	};
}

static int lease_server(struct api *api, const struct config *config,
                        const struct server *server, uint16_t port, struct deadline until,
                        struct error *err)
{
	struct api_lease lease = lease_of(config, server->stack_uid, server->uid, port);

	if (is_for_ssh(config, port))
		return lease_ssh(api, config, server, 0, until, err);
	return api_lease(api, &lease, until, err);
}

/* One rule for all servers that the stack owns. */
static int lease_stack(struct api *api, const struct config *config,
                       const struct stack *stack, uint16_t port, struct deadline until,
                       struct error *err)
{
	struct api_lease lease = lease_of(config, stack->uid, "", port);
	int64_t made = routelease_now();
	int rc = api_lease(api, &lease, until, err);

	for (size_t i = 0; i < stack->server_count && rc == 0; i++) {
		if (is_for_ssh(config, port) &&
		    strcmp(stack->servers[i].stack_uid, stack->uid) == 0)
			rc = lease_ssh(api, config, &stack->servers[i], made, until, err);
	}
	return rc;
}

/* A server, or each server of a role. */
static int lease_host(struct api *api, const struct config *config,
                      const struct host *host, uint16_t port, struct deadline until,
                      struct error *err)
{
	struct server **servers;
	size_t count = host_servers(host, &servers);
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = lease_server(api, config, servers[i], port, until, err);
	free(servers);
	return rc;
}

/* The host or the stack of the command line. */
static int find(const struct options *options, const struct config *config,
                struct fleet *fleet, struct host *found, struct deadline until,
                struct error *err)
{
	if (options->words.server != NULL)
		return resolve_host_in(config, &options->words, fleet, found, until, err);
	return resolve_stack(config, &options->words, fleet, &found->stack, until, err);
}

static int lease_what(const struct options *options, const struct config *config,
                      struct fleet *fleet, struct deadline until, struct error *err)
{
	struct host found = { .stack = NULL };
	struct api *api = NULL;
	int rc = find(options, config, fleet, &found, until, err);

	if (rc == -1 || (api = api_session(config, until, err)) == NULL)
		return -1;
	if (options->words.server != NULL)
		rc = lease_host(api, config, &found, options->port, until, err);
	else
		rc = lease_stack(api, config, found.stack, options->port, until, err);
	api_free(api);
	if (rc == -1 && options->words.server != NULL)
		errorline_advise(err, host_alias(&found));
	proxywarning_print(config);
	if (rc == 0)
		(void)printf("port %u of %s is open for %s for %" PRId64 " minutes\n",
		             options->port,
		             options->words.server != NULL ? options->words.server :
		                                             found.stack->name,
		             strcmp(config->from_ip, "AUTO") != 0 ? config->from_ip :
		             outbound_was_proxied() ? "the proxy's address" :
		                                      "your address",
		             config->lease_minutes);
	return rc;
}

static int list_what(const struct options *options, const struct config *config,
                     struct fleet *fleet, struct deadline until, struct error *err)
{
	struct host found = { .stack = NULL };
	int rc = options->words.server == NULL && options->words.app == NULL ?
	                 fleet_load(config, 0, fleet, until, err) :
	                 find(options, config, fleet, &found, until, err);

	return rc == 0 ? leaselist_print(config, fleet, &found, until, err) : -1;
}

int command_lease(int argc, char *argv[], struct config *config, struct error *err)
{
	struct fleet fleet = FLEET_INIT;
	struct options options = { .config = config, .port = SSH_PORT };
	int rc = parse(argc, argv, &options, err);

	if (rc == 0)
		rc = (options.list ? list_what : lease_what)(&options, config, &fleet,
		                                             deadline_in(LEASE_MS), err);
	fleet_release(&fleet);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* prepare - make key, lease and host key of hosts ready, as cxssh-proxy has it done. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/confirm.h"
#include "cli/errorline.h"
#include "cli/options.h"
#include "command/command.h"
#include "command/syncquiet.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "fleet/resolve.h"
#include "fleet/store.h"
#include "prepare/steps.h"
#include "route/routefile.h"
#include "route/routelease.h"
#include "route/sourceaddr.h"
#include "sshconfig/write.h"

enum { PREPARE_MS = 60000, HOSTS_MAX = 1000, LEASES_MAX = 10 };

struct servers {
	struct strvec uids;
	struct strvec aliases; /* of each */
	struct strvec roles; /* target of the role it is a server of; "": named itself */
	struct strbuf generated; /* ~/.ssh/cxssh/config */
	char *new_alias;         /* NULL: each name has a block there */
};

/* Is the server there before the end'th, in that role; NULL: in any? */
static bool is_there(const struct servers *servers, size_t end, const char *uid,
                     const char *role)
{
	for (size_t i = 0; i < end; i++) {
		if (strcmp(servers->uids.items[i], uid) == 0 &&
		    (role == NULL || strcmp(servers->roles.items[i], role) == 0))
			return true;
	}
	return false;
}

/* Has the host no block, being newer than the last sync? */
static bool is_new(const struct strbuf *generated, const struct host *found)
{
	char *target = host_target(found);
	char *alias = sshconfig_alias_of(generated->data, target);
	bool missing = alias == NULL;

	free(alias);
	free(target);
	return missing;
}

/* Add the servers of the host called name, and write their routes. */
static int add_host(const char *name, const struct config *config,
                    struct servers *servers, struct error *err)
{
	struct fleet fleet = FLEET_INIT;
	struct server **list = NULL;
	struct host found;
	size_t count = 0;
	char *role = NULL;
	int rc = resolve_host(config, name, &fleet, &found, deadline_in(PREPARE_MS), err);

	if (rc == 0) {
		role = found.role != NULL ? host_target(&found) : xstrdup("");
		count = host_servers(&found, &list);
		rc = fleet_write_route(&found, config, err);
		if (servers->new_alias == NULL && is_new(&servers->generated, &found))
			servers->new_alias = xstrdup(host_alias(&found));
	}
	for (size_t i = 0; i < count && rc == 0; i++) {
		if (is_there(servers, servers->uids.count, list[i]->uid, role))
			continue;
		strvec_push(&servers->uids, list[i]->uid);
		strvec_push(&servers->aliases, list[i]->alias);
		strvec_push(&servers->roles, role);
		rc = fleet_write_route(&(struct host){ found.stack, list[i], NULL },
		                       config, err);
	}
	free(list);
	free(role);
	fleet_release(&fleet);
	return rc;
}

/* How many of the servers need a lease. */
static size_t count_leases(const struct servers *servers)
{
	struct error ignored = ERROR_INIT;
	size_t count = 0;

	for (size_t i = 0; i < servers->uids.count; i++) {
		char network[SOURCEADDR_SIZE];
		struct route route;

		if (is_there(servers, i, servers->uids.items[i], NULL) ||
		    routefile_read(servers->uids.items[i], &route, &ignored) != 1)
			continue;
		count += routefile_lease(&route, routelease_now(),
		                         sourceaddr_of_route(&route, network)) ==
		         LEASE_NONE;
		routefile_release(&route);
	}
	return count;
}

/* Say how many leases will be made; above LEASES_MAX ask. */
static bool agreed(size_t leases, bool yes)
{
	char question[64];

	if (leases > 0)
		(void)printf("%zu lease%s to open\n", leases, leases == 1 ? "" : "s");
	if (yes || leases <= LEASES_MAX)
		return true;
	if (!confirm_is_possible())
		return false;
	(void)snprintf(question, sizeof(question), "Open %zu firewalls?", leases);
	return confirm(question, false);
}

/* The role's names are written beside those of the server, too: a client that has no
 * HostKeyAlias looks there. */
static int prepare_server(const struct servers *servers, size_t i,
                          const struct config *config, struct error *err)
{
	const char *uid = servers->uids.items[i];
	const char *role = servers->roles.items[i];
	struct prepare o = { .config = config,
		             .target = uid,
		             .as = role[0] != '\0' ? role : NULL,
		             .started_ms = deadline_wall_ms(),
		             .until = deadline_in(PREPARE_MS) };
	int rc = prepare_target(&o, err);

	prepare_release(&o);
	if (rc == 0 && !is_there(servers, i, uid, NULL))
		(void)printf("%s is ready\n", servers->aliases.items[i]);
	(void)fflush(stdout);
	return rc;
}

/* The status of the first server that failed, or 0; the others go on. */
static int prepare_all(const struct servers *servers, const struct config *config)
{
	int status = 0;

	for (size_t i = 0; i < servers->uids.count; i++) {
		struct error err = ERROR_INIT;

		if (prepare_server(servers, i, config, &err) == 0)
			continue;
		errorline_advise(&err, servers->aliases.items[i]);
		errorline_print(&err);
		if (status == 0)
			status = error_exit_status(err.code);
	}
	return status;
}

/* Clients that know no Match with exec need the block of a new name itself. */
static void write_blocks(const char *alias, const struct config *config)
{
	struct error err = ERROR_INIT;

	if (syncquiet_new_name(alias, config, &err) == -1)
		errorline_warn(&err);
}

int command_prepare(int argc, char *argv[], struct config *config, struct error *err)
{
	struct servers servers = { .generated = STRBUF_INIT };
	bool yes = false;
	const struct options_place places[] = { { 'y', .flag = &yes },
		                                { .letter = '\0' } };
	int first = options_parse(argc, argv, places, 1, HOSTS_MAX, err);
	int rc = first == -1 ? -1 : 0;

	sshconfig_read(&servers.generated);
	for (int i = first; i != -1 && i < argc && rc == 0; i++)
		rc = add_host(argv[i], config, &servers, err);
	if (rc == 0 && !agreed(count_leases(&servers), yes))
		rc = error_set(err, ERROR_USAGE,
		               "more than %d leases to open; nothing done; run: cxssh "
		               "prepare --yes HOST...",
		               LEASES_MAX);
	if (rc == 0)
		rc = prepare_all(&servers, config);
	if (rc != -1 && servers.new_alias != NULL)
		write_blocks(servers.new_alias, config);
	strvec_release(&servers.uids);
	strvec_release(&servers.aliases);
	strvec_release(&servers.roles);
	strbuf_release(&servers.generated);
	free(servers.new_alias);
	return rc;
}

/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "cloud66/api.h"
#include "connect/helper.h"
#include "prepare/letin.h"
#include "prepare/state.h"
#include "runtime/config.h"
#include "runtime/log.h"

enum { ASK_MS = 2000 };

struct letin {
	const char *source; /* of this computer */
	int64_t newest;     /* id of the rule of from */
	char from[SOURCEADDR_SIZE];
	bool lets_us_in; /* or perhaps: a network, not one address */
};

static int on_rule(const struct json *rule, void *cookie, struct error *err)
{
	struct letin *l = cookie;
	const char *from = json_text(rule, "from_ip");
	char address[SOURCEADDR_SIZE];
	char *slash;
	int64_t port = 0;
	int64_t id;

	(void)err;
	if (from == NULL || !json_number(rule, "id", &id) ||
	    !json_number(rule, "port", &port) || port != SSH_PORT)
		return 0;
	(void)snprintf(address, sizeof(address), "%s", from);
	slash = strchr(address, '/');
	if (slash != NULL && strcmp(slash, "/32") == 0)
		*slash = '\0';
	if (!valid_ip(address) || strcmp(address, l->source) == 0) {
		l->lets_us_in = true;
	} else if (id > l->newest) {
		l->newest = id;
		memcpy(l->from, address, sizeof(address));
	}
	return 0;
}

void letin_tell(const struct prepare *o)
{
	struct error ignored = ERROR_INIT;
	struct letin l = { .source = o->network };
	char *path;

	if (o->api == NULL || o->network[0] == '\0' ||
	    strcmp(o->config->from_ip, "AUTO") != 0)
		return;
	path = xasprintf("/stacks/%s/firewalls", o->route.stack_uid);
	if (api_list(o->api, path, on_rule, &l, deadline_within(o->until, ASK_MS),
	             &ignored) == 0 &&
	    l.newest > 0 && !l.lets_us_in) {
		log_step("the newest firewall rule lets in %s, this computer has %s",
		         l.from, o->network);
		prepare_tell(o, HELPER_LETS_IN, l.from);
	}
	free(path);
}

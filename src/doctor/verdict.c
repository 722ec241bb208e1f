/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/mem.h"
#include "doctor/history.h"
#include "doctor/localchecks.h"
#include "doctor/verdict.h"
#include "fleet/host.h"
#include "fleet/inventory.h"
#include "fleet/model.h"
#include "fleet/selection.h"
#include "route/routefile.h"
#include "runtime/paths.h"
#include "sshconfig/effective.h"
#include "sshconfig/usershell.h"
#include "sshconfig/write.h"

enum { SSH_MS = 5000, SHELL_MS = 2000 };

void verdict_release(struct verdict *v)
{
	free(v->host);
	free(v->reason);
	free(v->cause);
	free(v->remedy);
	free(v->overridden);
	free(v->proxy);
	for (size_t i = 0; i < v->said_count; i++)
		free(v->said[i].what);
}

/* Take "HOST: " off the front of text, which the verdict's sentence names. */
static void drop_host(char *text, const char *host)
{
	size_t len = strlen(host);

	if (strncmp(text, host, len) == 0 && strncmp(text + len, ": ", 2) == 0)
		memmove(text, text + len + 2, strlen(text + len + 2) + 1);
}

/* "WHAT: CAUSE; run: COMMAND"; a host in front, "ALIAS (ADDRESS): ", belongs to WHAT. */
static void split_reason(struct verdict *v, char *text)
{
	static const char mark[] = "; run: ";
	char *run = strstr(text, mark);
	char *again = strstr(text, " try again");
	char *colon;

	if (run != NULL) {
		*run = '\0';
		v->remedy = xstrdup(run + strlen(mark));
	} else if (again != NULL && again > text && strchr(";,", again[-1]) != NULL) {
		again[-1] = '\0';
		v->remedy = xstrdup(again + 1);
	} else if (strstr(text, "again") != NULL ||
	           strcmp(text, "the client hung up") == 0) {
		v->remedy = xstrdup("try again");
	} else {
		v->remedy = xasprintf("cxssh doctor %s", v->host);
	}
	drop_host(text, v->host);
	colon = strstr(text, "): ");
	colon = strstr(colon != NULL ? colon + 3 : text, ": ");
	if (colon != NULL && memchr(text, ';', (size_t)(colon - text)) == NULL) {
		*colon = '\0';
		v->cause = xstrdup(colon + 2);
	}
	v->reason = text;
}

static void may_have_said(struct verdict *v, const char *words, char *what)
{
	v->said[v->said_count++] = (struct verdict_said){ .words = words, .what = what };
}

/* Only ssh knows what followed after it had got the connection. */
static void list_said(struct verdict *v, const struct fleet *fleet, const char *alias)
{
	static const char denied[] = "Permission denied";
	struct host found = { .server = NULL };
	bool known = selection_by_alias(fleet, alias, &found) && found.server != NULL;

	if (known && found.server->key == KEY_NONE)
		may_have_said(v, denied,
		              xstrdup("cxssh key upload  (the API has no key for this "
		                      "server: yours must be on it)"));
	else
		may_have_said(v, denied, xasprintf("cxssh key refresh %s", alias));
	may_have_said(v, denied,
	              xstrdup("ask the account's owner for the right \"Shell to "
	                      "Servers\" (it begins with the role Operation)"));
	may_have_said(v, "REMOTE HOST IDENTIFICATION HAS CHANGED",
	              xasprintf("cxssh hostkey forget %s  (if you expected the change)",
	                        alias));
	may_have_said(v, "Connection closed, or nothing",
	              xasprintf("cxssh doctor %s  (it logs in)", alias));
}

/* Why the user's shell starts no ProxyCommand, or NULL. */
static char *noisy_shell(void)
{
	char *what;
	char *remedy;
	char *text = NULL;

	if (!usershell_is_silent(deadline_in(SHELL_MS), &what, &remedy))
		text = xasprintf("%s; %s", what, remedy);
	free(what);
	free(remedy);
	return text;
}

void verdict_check_ssh(struct verdict *v, const char *alias)
{
	struct error err = ERROR_INIT;
	struct effective effective = EFFECTIVE_INIT;
	char *generated = sshconfig_path();

	if (access(generated, F_OK) == -1)
		v->overridden = xasprintf("%s is missing; run: cxssh sync", generated);
	else if (effective_check(generated, alias, deadline_in(SSH_MS), &effective,
	                         &err) == -1 &&
	         err.code == ERROR_CONFIG) {
		const char *remedy = effective_remedy(&err);

		v->overridden = xasprintf("%s%s%s", err.text, remedy != NULL ? "; " : "",
		                          remedy != NULL ? remedy : "");
	}
	for (size_t i = 0; i < effective.count && v->overridden == NULL; i++) {
		if (!effective.items[i].bypasses)
			continue;
		v->how = effective.items[i].kind;
		v->overridden = xasprintf("%s; %s", effective.items[i].what,
		                          effective.items[i].remedy);
	}
	if (v->overridden != NULL)
		paths_shorten_text(v->overridden);
	effective_release(&effective);
	free(generated);
	v->proxy = localchecks_missing_proxy();
	if (v->proxy == NULL)
		v->proxy = noisy_shell();
}

char *verdict_name_of(const char *target)
{
	struct error ignored = ERROR_INIT;
	struct route route;
	char *name;

	if (routefile_read(target, &route, &ignored) != 1)
		return xstrdup(target);
	name = xstrdup(route.alias != NULL ? route.alias : target);
	routefile_release(&route);
	return name;
}

int64_t verdict_age_of(const struct history_connection *c)
{
	int64_t age = (int64_t)time(NULL) - history_when_ms(&c->last) / 1000;

	return age > 0 ? age : 0;
}

void verdict_judge(const struct history_connection *c, struct verdict *v)
{
	struct error ignored = ERROR_INIT;
	struct fleet fleet = FLEET_INIT;
	char *target = history_target(c);
	char *alias = history_reached(c);

	v->connection = c;
	v->age_s = verdict_age_of(c);
	v->host = verdict_name_of(target);
	if (c->result == HISTORY_FAILED)
		split_reason(v, history_reason(c));
	(void)inventory_load(&fleet, &ignored);
	if (c->result == HISTORY_HANDED || c->result == HISTORY_CARRIED)
		list_said(v, &fleet, alias != NULL ? alias : v->host);
	verdict_check_ssh(v, v->host);
	fleet_release(&fleet);
	free(target);
	free(alias);
}

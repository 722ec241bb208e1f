/* SPDX-License-Identifier: MIT */
/* hostkey - list the known host keys, pin one, and forget one. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "broker/broker.h"
#include "cli/hostkeytarget.h"
#include "cli/options.h"
#include "cli/table.h"
#include "command/command.h"
#include "command/hostkeyadd.h"
#include "fleet/inventory.h"
#include "fleet/model.h"
#include "hostkey/hashedname.h"
#include "hostkey/hostkeyalias.h"
#include "hostkey/knownhostsedit.h"
#include "hostkey/verify.h"
#include "runtime/config.h"

static const char file[] = "~/.ssh/cxssh/known_hosts";

/* ---- list ---- */

struct view {
	const struct hostkeytarget *only; /* NULL: all */
	const struct fleet *fleet;
	struct table *table;
};

/* The server with this uid, as it is in known_hosts: in lower case. */
static const struct server *server_of(const struct fleet *fleet, const char *uid)
{
	for (size_t i = 0; i < fleet->stack_count; i++) {
		const struct stack *s = &fleet->stacks[i];

		for (size_t k = 0; k < s->server_count; k++) {
			if (strcasecmp(s->servers[k].uid, uid) == 0)
				return &s->servers[k];
		}
	}
	return NULL;
}

/* The host that a name in known_hosts means, as the user calls it, and a remark; NULL for
 * a name that does not identify one. */
static const char *key_owner(const struct fleet *fleet, const char *name,
                             const char **note)
{
	const struct server *server;
	const char *uid;

	switch (hostkey_kind(name, strlen(name))) {
	case HOSTKEY_GATEWAY: *note = "bastion"; return name + strlen("cxssh-gateway-");
	case HOSTKEY_SERVER:
		uid = name + strlen("cxssh-");
		server = server_of(fleet, uid);
		*note = server != NULL ? "" : "not in the fleet";
		return server != NULL ? server->alias : uid;
	default: return NULL;
	}
}

static void add_line(struct table *table, const struct kh_line *line, const char *called,
                     const char *fingerprint, const char *note)
{
	char type[64];
	char shown[64];
	char text[64];

	(void)snprintf(text, sizeof(text), "%.*s", (int)line->type.len, line->type.at);
	printable_text(called, shown, sizeof(shown));
	printable_text(text, type, sizeof(type));
	table_add(table, (const char *const[]){ shown, type, fingerprint, note });
}

static const char *marker(const struct kh_line *line)
{
	switch (line->kind) {
	case KH_REVOKED: return "@revoked";
	case KH_CERT_AUTHORITY: return "@cert-authority";
	default: return "by hand";
	}
}

static void show_line(const struct kh_line *line, const char *fingerprint, void *cookie)
{
	struct view *view = cookie;
	struct kh_span list = line->names;
	struct kh_span name;
	char *names = xstrndup(line->names.at, line->names.len);
	const char *called = NULL;
	const char *note = "";
	char *one = NULL;

	while (line->kind == KH_PLAIN && called == NULL && kh_next_name(&list, &name)) {
		free(one);
		one = xstrndup(name.at, name.len);
		called = key_owner(view->fleet, one, &note);
	}
	if (called == NULL && names[0] == '|') {
		called = view->only != NULL ? view->only->called : "(a hashed name)";
		note = line->kind == KH_PLAIN ? "under a hashed name" : marker(line);
	} else if (called == NULL) {
		called = names;
		note = marker(line);
	}
	if (view->only == NULL || kh_match(line, view->only->owner.names.items[0]))
		add_line(view->table, line, called, fingerprint, note);
	free(one);
	free(names);
}

static int list_all(const struct fleet *fleet, struct table *table, struct error *err)
{
	struct view view = { .fleet = fleet, .table = table };
	int rc = knownhostsedit_list(show_line, &view, err);

	if (rc == 0 && table_rows(table) == 0)
		(void)printf("no host key is known yet: a first connection learns it\n");
	return rc;
}

static int list_one(const struct fleet *fleet, const struct hostkeytarget *target,
                    struct table *table, struct error *err)
{
	struct view view = { .fleet = fleet, .only = target, .table = table };
	size_t before = table_rows(table);

	if (knownhostsedit_list(show_line, &view, err) == -1)
		return -1;
	if (table_rows(table) == before)
		(void)printf("no host key of %s is known yet: the next connection learns "
		             "it\n",
		             target->called);
	return 0;
}

static int hostkey_list(const char *host, const struct config *config, struct error *err)
{
	static const struct table_column columns[] = {
		{ .heading = "HOST" },
		{ .heading = "TYPE", .keep = 1 },
		{ .heading = "FINGERPRINT", .keep = 3 },
		{ .heading = "NOTE", .keep = 2, .blank = true },
	};
	struct table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	struct error ignored = ERROR_INIT;
	struct hostkeytargets targets = { .items = NULL };
	struct fleet fleet = FLEET_INIT;
	int rc = host != NULL ? hostkeytargets_find(config, host, &targets, err) : 0;

	(void)inventory_load(&fleet, &ignored);
	if (rc == 0 && host == NULL)
		rc = list_all(&fleet, table, err);
	for (size_t i = 0; rc == 0 && i < targets.count; i++)
		rc = list_one(&fleet, &targets.items[i], table, err);
	table_finish(table);
	hostkeytargets_release(&targets);
	fleet_release(&fleet);
	return rc;
}

/* ---- forget ---- */

/* Say what the next connection does. */
static void print_consequence(const struct hostkeytarget *target,
                              const struct knownhostsedit_forgotten *done)
{
	for (size_t i = 0; i < done->revoked.count; i++)
		(void)printf("%s stays refused: it is marked @revoked in %s\n",
		             done->revoked.items[i], file);
	if (done->certified)
		(void)printf("%s is to show a certificate of the @cert-authority in %s\n",
		             target->called, file);
	else if (done->kept)
		(void)printf("a line of %s with a pattern, which stays, still has a key "
		             "for %s\n",
		             file, target->called);
	else if (target->address != NULL && hostkey_users_know(target->address))
		(void)printf("~/.ssh/known_hosts has a key for %s: the next connection "
		             "takes no other\n",
		             target->address);
	else
		(void)printf("the next connection learns the key that %s shows then, to "
		             "be seen by: cxssh hostkey list %s\n",
		             target->called, target->called);
}

/* Close logins without a session, and brokers that report a failed login. */
static void close_idle(const struct strvec *gateways)
{
	struct error ignored = ERROR_INIT;
	struct broker_status status;

	for (size_t i = 0; i < gateways->count; i++) {
		if (broker_status(gateways->items[i], &status, &ignored) == 1 &&
		    status.channels == 0)
			(void)broker_close(gateways->items[i], &ignored);
	}
}

static int forget(const struct hostkeytarget *target, struct error *err)
{
	struct knownhostsedit_forgotten done;
	int rc = knownhostsedit_forget(&target->owner, &done, err);

	for (size_t i = 0; rc == 0 && i < done.keys.count; i++)
		(void)printf("%s of %s is forgotten\n", done.keys.items[i],
		             target->called);
	if (rc == 0 && done.keys.count == 0)
		(void)printf("no host key of %s was known\n", target->called);
	if (rc == 0) {
		close_idle(&target->gateways);
		print_consequence(target, &done);
	}
	knownhostsedit_forgotten_release(&done);
	return rc;
}

static int hostkey_forget(const char *host, const struct config *config,
                          struct error *err)
{
	struct hostkeytargets targets = { .items = NULL };
	int rc = hostkeytargets_find(config, host, &targets, err);

	for (size_t i = 0; rc == 0 && i < targets.count; i++)
		rc = forget(&targets.items[i], err);
	hostkeytargets_release(&targets);
	return rc;
}

int command_hostkey(int argc, char *argv[], struct config *config, struct error *err)
{
	const char *what = argc >= 2 ? argv[1] : "";
	bool list = strcmp(what, "list") == 0;
	bool add = strcmp(what, "add") == 0;
	int first;

	if (!list && !add && strcmp(what, "forget") != 0)
		return options_no_subcommand(argc, argv, err);
	first = options_parse(argc, argv, NULL, list ? 0 : (add ? 2 : 1), add ? 2 : 1,
	                      err);
	if (first == -1)
		return -1;
	if (add)
		return hostkey_add(argv[first], argv[first + 1], config, err);
	return list ? hostkey_list(argv[first], config, err) :
	              hostkey_forget(argv[first], config, err);
}

/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "cloud66/api.h"
#include "fleet/host.h"
#include "fleet/inventory.h"
#include "fleet/model.h"
#include "fleet/modeljson.h"
#include "fleet/modelread.h"
#include "runtime/atomic.h"
#include "runtime/lock.h"
#include "runtime/log.h"
#include "runtime/paths.h"

enum { FILE_MAX = 256 * 1024 * 1024 };

/* The file's text as a fleet; -1 with the reason. */
static int read_text(struct fleet *fleet, const struct strbuf *text, struct error *err)
{
	int rc = fleet_read(fleet, text->data, text->len, err);

	if (rc == 0 && fleet->warnings.count > 0)
		rc = error_set(err, ERROR_CONFIG, "not as it was written");
	return rc;
}

/* The age is the file's, so that an unchanged fleet writes nothing.  A time in the future
 * means that the clock was set back: the age is not known. */
int64_t inventory_fetched_ms(void)
{
	char *path = paths_cache("inventory.json");
	int64_t at_ms = fd_mtime_ms(path);

	free(path);
	return at_ms != -1 ? at_ms : 0;
}

int inventory_load(struct fleet *fleet, struct error *err)
{
	struct error reason = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	char *path = paths_cache("inventory.json");
	int rc = atomic_read(path, FILE_MAX, &text, err);

	if (rc == INVENTORY_READ && read_text(fleet, &text, &reason) == -1) {
		log_step("the inventory file cannot be used and is fetched anew: %s",
		         reason.text);
		fleet_release(fleet);
		rc = INVENTORY_NONE;
	}
	fleet->fetched_ms = rc == INVENTORY_READ ? inventory_fetched_ms() : 0;
	strbuf_release(&text);
	free(path);
	return rc;
}

int inventory_lock(struct deadline until, struct error *err)
{
	char *path = paths_cache("lock/inventory");
	int lock = lock_take(path, until, err);

	free(path);
	return lock;
}

int inventory_save(const struct fleet *fleet, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	const struct timespec fetched = { .tv_sec = (time_t)(fleet->fetched_ms / 1000),
		                          .tv_nsec = fleet->fetched_ms % 1000 * 1000000 };
	char *path = paths_cache("inventory.json");
	int rc;

	fleet_write(fleet, &text);
	rc = paths_make_for(path, err);
	if (rc == 0)
		rc = atomic_update_cache(path, text.data, text.len, NULL, err);
	if (rc == 0)
		(void)utimensat(AT_FDCWD, path,
		                (const struct timespec[]){ fetched, fetched }, 0);
	strbuf_release(&text);
	free(path);
	return rc;
}

struct filling {
	struct fleet *fleet;
	const struct strvec *only;
	struct strvec names; /* of all stacks, without those that have a quote */
	bool *found;         /* for each of only: a stack has this name */
	size_t stack; /* index: the array of stacks may move while stacks are added */
	const struct inventory_watch *watch; /* or NULL */
};

static bool wanted(struct filling *f, const struct json *item)
{
	const char *name = json_text(item, "name");
	const char *uid = json_text(item, "uid");
	bool any = f->only == NULL || f->only->count == 0;

	for (size_t i = 0; f->only != NULL && i < f->only->count; i++) {
		if ((name != NULL && utf8_same_name(f->only->items[i], name)) ||
		    (uid != NULL && strcmp(f->only->items[i], uid) == 0))
			any = f->found[i] = true;
	}
	return any;
}

static int on_stack(const struct json *item, void *cookie, struct error *err)
{
	struct filling *f = cookie;
	const char *name = json_text(item, "name");

	(void)err;
	/* The hint puts the name between quotes, for the user to paste. */
	if (name != NULL && valid_name(name) && strchr(name, '\'') == NULL)
		strvec_push(&f->names, name);
	if (wanted(f, item))
		(void)fleet_add_stack(f->fleet, item);
	else
		fleet_add_other(f->fleet, item);
	return 0;
}

/* "; there is: myapp, shop": what the user can name instead.  The command would be the
 * one that has just failed, also where the configuration has the names. */
static void add_names(const struct filling *f, struct error *err)
{
	enum { SHOWN = 8 };
	struct strbuf names = STRBUF_INIT;
	size_t len = strlen(err->text);

	for (size_t i = 0; i < f->names.count && i < SHOWN; i++)
		strbuf_addf(&names, "%s%s",
		            i > 0 ? ", " : "; there is: ", f->names.items[i]);
	if (f->names.count > SHOWN)
		strbuf_addf(&names, " and %zu more", f->names.count - SHOWN);
	(void)snprintf(err->text + len, sizeof(err->text) - len, "%s", names.data);
	strbuf_release(&names);
}

/* A warning for each of only that no stack has; -1 when no stack has any of them. */
static int check_wanted(const struct filling *f, struct error *err)
{
	size_t missing = 0;
	const char *near;
	char shown[64];

	for (size_t i = 0; f->only != NULL && i < f->only->count; i++) {
		if (f->found[i])
			continue;
		missing++;
		error_set(err, ERROR_NO_HOST, "no stack is called %s",
		          printable_text(f->only->items[i], shown, sizeof(shown)));
		near = suggest_near(f->only->items[i],
		                    (const char *const *)f->names.items, f->names.count);
		if (near != NULL)
			error_hint(err, "cxssh sync --stack '%s'", near);
		else
			add_names(f, err);
		strvec_push(&f->fleet->warnings, err->text);
	}
	return missing > 0 && missing == f->only->count ? -1 : 0;
}

static int fetch_stacks(struct api *api, struct filling *filling, struct deadline until,
                        struct error *err)
{
	size_t count = filling->only != NULL ? filling->only->count : 0;
	int rc;

	filling->found = xcalloc(count + 1, sizeof(*filling->found));
	rc = api_list(api, "/stacks", on_stack, filling, until, err);
	if (rc == -1)
		error_prefix(err, "list of stacks");
	else
		rc = check_wanted(filling, err);
	free(filling->found);
	strvec_release(&filling->names);
	return rc;
}

static int on_server(const struct json *item, void *cookie, struct error *err)
{
	struct filling *f = cookie;
	const struct server *server =
		fleet_add_server(f->fleet, &f->fleet->stacks[f->stack], item);

	(void)err;
	if (server != NULL && f->watch != NULL)
		f->watch->seen(server, f->watch->cookie);
	return 0;
}

/* What failed, list by list, one for each stack: a login may not read every stack that it
 * sees, and a stack may go between two calls.  A warning then, where another one can be
 * read; -1 with the error of the first list that failed otherwise. */
static int check_lists(struct fleet *fleet, const struct api_list *lists,
                       struct error *err)
{
	bool any = false;

	for (size_t i = 0; i < fleet->stack_count; i++)
		any = any || lists[i].rc == 0;
	for (size_t i = 0; i < fleet->stack_count; i++) {
		const struct api_list *list = &lists[i];
		const struct filling *f = list->cookie;
		const char *name = fleet->stacks[f->stack].name;
		char *what;

		if (list->rc == 0)
			continue;
		if (!any || (list->status != 403 && list->status != 404)) {
			*err = *list->err;
			return error_prefix(err, "servers of stack %s", name);
		}
		what = xasprintf("the servers of stack %s", name);
		fleet_warn(fleet, what, list->err->text);
		free(what);
	}
	return 0;
}

/* The stack that is asked for first: the connection that is open already is its. */
static size_t first_stack(const struct fleet *fleet, const struct inventory_watch *watch)
{
	size_t first = 0;

	for (size_t i = 0;
	     watch != NULL && watch->first_stack != NULL && i < fleet->stack_count; i++) {
		if (strcmp(fleet->stacks[i].uid, watch->first_stack) == 0)
			first = i;
	}
	return first;
}

/* Fetch the servers of all stacks, side by side. */
static int fetch_servers(struct api *api, struct fleet *fleet,
                         const struct inventory_watch *watch, struct deadline until,
                         struct error *err)
{
	size_t count = fleet->stack_count;
	struct api_list *lists = xcalloc(count + 1, sizeof(*lists));
	struct filling *fillings = xcalloc(count + 1, sizeof(*fillings));
	struct error *errors = xcalloc(count + 1, sizeof(*errors));
	size_t first = first_stack(fleet, watch);
	int rc;

	for (size_t i = 0; i < count; i++) {
		size_t stack = (first + i) % count;

		fillings[i] = (struct filling){ .fleet = fleet,
			                        .stack = stack,
			                        .watch = watch };
		lists[i] = (struct api_list){
			.path = xasprintf("/stacks/%s/servers", fleet->stacks[stack].uid),
			.each = on_server,
			.cookie = &fillings[i],
			.err = &errors[i],
		};
	}
	(void)api_lists(api, lists, count, NULL, NULL, until);
	rc = check_lists(fleet, lists, err);
	for (size_t i = 0; i < count; i++)
		free(lists[i].path);
	free(lists);
	free(fillings);
	free(errors);
	return rc;
}

/* ---- servers that the API lists with one uid ---- */

/* By uid, then in the order of the stacks, which are in one array. */
static int by_uid(const void *a, const void *b)
{
	const struct host *x = a;
	const struct host *y = b;
	int order = strcmp(x->server->uid, y->server->uid);

	return order != 0 ? order : (x->stack > y->stack) - (x->stack < y->stack);
}

static bool is_another(const struct server *a, const struct server *b)
{
	return strcmp(a->uid, b->uid) == 0 &&
	       (strcmp(a->name, b->name) != 0 || strcmp(a->address, b->address) != 0);
}

/* Remove the servers without a uid, and the roles that have no server then. */
static void remove_blank(struct stack *stack)
{
	size_t servers = 0;
	size_t roles = 0;

	for (size_t i = 0; i < stack->server_count; i++) {
		if (stack->servers[i].uid[0] == '\0')
			server_release(&stack->servers[i]);
		else
			stack->servers[servers++] = stack->servers[i];
	}
	stack->server_count = servers;
	for (size_t i = 0; i < stack->role_count; i++) {
		if (stack_server_of_role(stack, stack->roles[i].name) != NULL)
			stack->roles[roles++] = stack->roles[i];
		else
			role_release(&stack->roles[i]);
	}
	stack->role_count = roles;
}

/* Every server as a host, by uid; the caller frees the array. */
static struct host *sorted_servers(const struct fleet *fleet, size_t *count)
{
	struct host *all = xcalloc(fleet_server_count(fleet) + 1, sizeof(*all));

	*count = 0;
	for (size_t i = 0; i < fleet->stack_count; i++) {
		struct stack *s = &fleet->stacks[i];

		for (size_t k = 0; k < s->server_count; k++)
			all[(*count)++] = (struct host){ s, &s->servers[k], NULL };
	}
	if (*count > 0)
		qsort(all, *count, sizeof(*all), by_uid);
	return all;
}

/*
 * Skip each server with the uid of another one, of an earlier stack, that has another
 * name or address, and warn of it: the uid names one server.  Stacks may share a server.
 */
static void skip_twins(struct fleet *fleet)
{
	size_t count;
	struct host *all = sorted_servers(fleet, &count);
	const struct server *first = NULL;

	for (size_t i = 0; i < count; i++) {
		struct host *h = &all[i];
		char *what;

		if (first == NULL || !is_another(first, h->server)) {
			first = h->server;
			continue;
		}
		what = xasprintf("server %s of stack %s", h->server->name,
		                 h->stack->name);
		fleet_warn(fleet, what, "its uid is that of another");
		free(what);
		h->server->uid[0] = '\0';
	}
	for (size_t i = 0; i < fleet->stack_count; i++)
		remove_blank(&fleet->stacks[i]);
	free(all);
}

/* ---- the fetch as a whole ---- */

int inventory_fetch(struct api *api, const struct strvec *only,
                    const struct inventory_watch *watch, struct fleet *fleet,
                    struct deadline until, struct error *err)
{
	struct filling filling = { .fleet = fleet, .only = only };

	if (fetch_stacks(api, &filling, until, err) == -1)
		return -1;
	err->code = ERROR_NONE;
	fleet->fetched_ms = deadline_wall_ms();
	if (fetch_servers(api, fleet, watch, until, err) == -1)
		return -1;
	skip_twins(fleet);
	log_step("inventory: %zu stacks fetched", fleet->stack_count);
	return 0;
}

int inventory_refresh_stack(struct api *api, struct fleet *fleet, const char *stack_uid,
                            struct deadline until, struct error *err)
{
	struct stack *stack = fleet_stack(fleet, stack_uid);
	struct fleet before = FLEET_INIT;
	struct filling filling = { .fleet = fleet };
	char *path;
	int rc;

	if (stack == NULL)
		return error_set(err, ERROR_NO_HOST, "no stack with this uid");
	/* Move the old servers into a fleet of one stack, for inventory_carry_over(). */
	before.stacks = xcalloc(1, sizeof(*before.stacks));
	before.stack_count = 1;
	before.stacks[0] = (struct stack){ .uid = xstrdup(stack->uid),
		                           .servers = stack->servers,
		                           .server_count = stack->server_count,
		                           .roles = stack->roles,
		                           .role_count = stack->role_count };
	stack->servers = NULL;
	stack->roles = NULL;
	stack->server_count = stack->role_count = 0;
	strvec_release(&stack->unaddressed);
	filling.stack = (size_t)(stack - fleet->stacks);

	path = xasprintf("/stacks/%s/servers", stack_uid);
	rc = api_list(api, path, on_server, &filling, until, err);
	skip_twins(fleet);
	inventory_carry_over(fleet, &before);
	fleet_release(&before);
	free(path);
	return rc;
}

void inventory_carry_over(struct fleet *fleet, const struct fleet *before)
{
	for (size_t i = 0; i < before->stack_count; i++) {
		const struct stack *old = &before->stacks[i];
		struct stack *new = fleet_stack(fleet, old->uid);

		/* Both are in the API's order: the search nearly always hits at once. */
		for (size_t k = 0, at = 0; new != NULL &&k < new->server_count; k++) {
			for (size_t tries = 0; tries < old->server_count; tries++) {
				const struct server *s =
					&old->servers[at++ % old->server_count];

				if (strcmp(s->uid, new->servers[k].uid) == 0) {
					new->servers[k].key = s->key;
					break;
				}
			}
		}
	}
}

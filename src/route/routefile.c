/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/keyvalue.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/sshaddress.h"
#include "base/strbuf.h"
#include "route/routefile.h"
#include "runtime/atomic.h"
#include "runtime/cachefile.h"
#include "runtime/lock.h"
#include "runtime/paths.h"

enum {
	FILE_MAX = 64 * 1024,
	/* Limits that keep a line and the file within what a reader takes; no client
	 * tries more servers before it gives up. */
	SERVERS_A_LINE = 32,
	SERVERS_MAX = 512,
	VERSION = 2,
};

static bool is_gateway(const char *text)
{
	struct gateway gateway;

	return gateway_split(text, &gateway);
}

static bool is_absolute(const char *text)
{
	return text[0] == '/';
}

/* The members that are text: a cache file is outside text, so each is checked. */
static const struct {
	const char *key;
	size_t offset;
	bool (*is_valid)(const char *text);
} members[] = {
	{ "alias", offsetof(struct route, alias), valid_alias },
	{ "second-alias", offsetof(struct route, second_alias), valid_alias },
	{ "stack", offsetof(struct route, stack_uid), valid_uid },
	{ "user", offsetof(struct route, user), valid_user },
	{ "address", offsetof(struct route, address), valid_address },
	{ "gateway", offsetof(struct route, gateway), is_gateway },
	{ "apn", offsetof(struct route, apn), valid_address },
	{ "identity", offsetof(struct route, identity), is_absolute },
	{ "lease-network", offsetof(struct route, lease_network), valid_ip },
};

enum { MEMBERS = sizeof(members) / sizeof(members[0]) };

static char **member_of(struct route *r, size_t i)
{
	return (char **)(void *)((char *)r + members[i].offset);
}

/* A role of many servers has several such lines. */
static int add_servers(struct route *r, const char *value, struct error *err)
{
	strvec_split(&r->servers, value);
	for (size_t i = 0; i < r->servers.count; i++) {
		if (!valid_uid(r->servers.items[i]))
			return error_set(err, ERROR_CONFIG, "not allowed");
	}
	return 0;
}

struct reading {
	struct route *route;
	bool whole; /* the last line was read: a file that was cut off is not used */
};

static int on_line(const char *key, const char *value, void *cookie, struct error *err)
{
	struct reading *reading = cookie;
	struct route *r = reading->route;

	if (value == NULL)
		return error_set(err, ERROR_CONFIG, "not a route");
	for (size_t i = 0; i < MEMBERS; i++) {
		if (strcmp(key, members[i].key) != 0)
			continue;
		if (!members[i].is_valid(value))
			return error_set(err, ERROR_CONFIG, "not allowed");
		free(*member_of(r, i));
		*member_of(r, i) = xstrdup(value);
		return 0;
	}
	if (strcmp(key, "servers") == 0)
		return add_servers(r, value, err);
	if (strcmp(key, "lease-made") == 0)
		return parse_int(value, 0, INT64_MAX, &r->lease_made, err);
	if (strcmp(key, "lease-until") == 0)
		return parse_int(value, 0, INT64_MAX, &r->lease_until, err);
	if (strcmp(key, "end") == 0)
		reading->whole = true;
	return 0;
}

bool routefile_has_servers(const struct route *route)
{
	return route->servers.count > 0;
}

bool routefile_is_stack_role(const struct route *route)
{
	size_t len = strlen(route->stack_uid);

	return routefile_has_servers(route) &&
	       strncmp(route->target, route->stack_uid, len) == 0 &&
	       route->target[len] == '.';
}

static bool is_complete(const struct route *r)
{
	if (r->alias == NULL || r->stack_uid == NULL || r->user == NULL)
		return false;
	return routefile_has_servers(r) || r->address != NULL;
}

int routefile_parse(const char *target, char *text, size_t len, struct route *route)
{
	struct reading reading = { .route = route };
	struct error broken = ERROR_INIT;
	char *rest = text;

	*route = (struct route){ .target = NULL };
	if (cachefile_version(&rest) != VERSION ||
	    keyvalue_each(rest, len - (size_t)(rest - text), on_line, &reading,
	                  &broken) == -1 ||
	    !reading.whole || !is_complete(route)) {
		routefile_release(route);
		return 0;
	}
	route->target = xstrdup(target);
	return 1;
}

int routefile_read(const char *target, struct route *route, struct error *err)
{
	struct error broken = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	char *path;
	int rc;

	*route = (struct route){ .target = NULL };
	if (!valid_target(target))
		return error_set(err, ERROR_USAGE, "not the name of a target");
	path = paths_cache("routes/%s", target);
	rc = atomic_read(path, FILE_MAX, &text, &broken);
	free(path);
	rc = rc == 1 ? routefile_parse(target, text.data, text.len, route) : 0;
	strbuf_release(&text);
	return rc;
}

void routefile_release(struct route *route)
{
	for (size_t i = 0; i < MEMBERS; i++)
		free(*member_of(route, i));
	free(route->target);
	strvec_release(&route->servers);
	*route = (struct route){ .target = NULL };
}

static void add_list(struct strbuf *out, const struct strvec *servers)
{
	size_t count = servers->count < SERVERS_MAX ? servers->count : SERVERS_MAX;

	for (size_t i = 0; i < count; i++) {
		bool first = i % SERVERS_A_LINE == 0;
		bool last = i + 1 == count || (i + 1) % SERVERS_A_LINE == 0;

		strbuf_addf(out, "%s%s%s", first ? "servers=" : "", servers->items[i],
		            last ? "\n" : " ");
	}
}

void routefile_format(const struct route *r, struct strbuf *out)
{
	struct route members_of = *r; /* a shallow copy: member_of() takes no const */

	cachefile_begin(out, VERSION);
	for (size_t i = 0; i < MEMBERS; i++) {
		const char *value = *member_of(&members_of, i);

		if (value != NULL)
			strbuf_addf(out, "%s=%s\n", members[i].key, value);
	}
	add_list(out, &r->servers);
	if (r->lease_until != 0)
		strbuf_addf(out, "lease-made=%" PRId64 "\nlease-until=%" PRId64 "\n",
		            r->lease_made, r->lease_until);
	strbuf_adds(out, "end=1\n");
}

int routefile_write(const struct route *route, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	char *path = paths_cache("routes/%s", route->target);
	int rc = paths_make_for(path, err);

	routefile_format(route, &text);
	if (rc == 0)
		rc = atomic_update_cache(path, text.data, text.len, NULL, err);
	strbuf_release(&text);
	free(path);
	return rc;
}

int routefile_list(struct strvec *targets, struct error *err)
{
	char *folder = paths_cache("routes");
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int rc = 0;

	if (dir == NULL && errno != ENOENT)
		rc = error_errno(err, ERROR_CONFIG, "%s", folder);
	while (dir != NULL && (errno = 0, entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.') /* a file being written: runtime/atomic.h */
			strvec_push(targets, entry->d_name);
	}
	if (dir != NULL && errno != 0)
		rc = error_errno(err, ERROR_CONFIG, "%s", folder);
	if (dir != NULL)
		(void)closedir(dir);
	free(folder);
	return rc;
}

int routefile_remove(const char *target, struct error *err)
{
	char *path = paths_cache("routes/%s", target);
	int rc = 0;

	if (unlink(path) == -1 && errno != ENOENT)
		rc = error_errno(err, ERROR_CONFIG, "%s", path);
	free(path);
	return rc;
}

int routefile_lock(const char *target, struct deadline until, struct error *err)
{
	/* The prefix keeps a uid, which the API chooses, from naming another lock. */
	char *path = paths_cache("lock/target-%s", target);
	int lock = lock_take(path, until, err);

	free(path);
	return lock;
}

enum lease_state routefile_lease(const struct route *route, int64_t now,
                                 const char *source)
{
	int64_t life = route->lease_until - route->lease_made;

	/* lease_made in the future: the clock was set back. */
	if (route->lease_until <= now || route->lease_made > now)
		return LEASE_NONE;
	if (source == NULL || route->lease_network == NULL ||
	    strcmp(source, route->lease_network) != 0)
		return LEASE_NONE;
	return route->lease_until - now <= life / 4 ? LEASE_ENDING : LEASE_VALID;
}

static const struct {
	const char *folder;
	time_t seconds;
} marks[] = {
	[MARK_DOWN] = { "down", 60 },       [MARK_BUSY] = { "busy", 30 },
	[MARK_CHECKED] = { "checked", 60 }, [MARK_MISSING] = { "missing", 60 },
	[MARK_LOOKED] = { "looked", 10 },
};

static char *mark_path(const char *uid, uint16_t port, enum route_mark mark)
{
	return port == SSH_PORT ? paths_cache("%s/%s", marks[mark].folder, uid) :
	                          paths_cache("%s/%s:%u", marks[mark].folder, uid, port);
}

void routefile_unmark(const char *uid, uint16_t port, enum route_mark mark)
{
	char *path = mark_path(uid, port, mark);

	(void)unlink(path);
	free(path);
}

void routefile_mark(const char *uid, uint16_t port, enum route_mark mark)
{
	struct error ignored = ERROR_INIT;
	char *path = mark_path(uid, port, mark);

	(void)unlink(path); /* the mark's age is the file's modification time */
	if (paths_make_for(path, &ignored) == 0)
		(void)atomic_update_cache(path, "", 0, NULL, &ignored);
	free(path);
}

bool routefile_is_marked(const char *uid, uint16_t port, enum route_mark mark)
{
	char *path = mark_path(uid, port, mark);
	int64_t age = fd_age_s(path);

	free(path);
	return age >= 0 && age < marks[mark].seconds;
}

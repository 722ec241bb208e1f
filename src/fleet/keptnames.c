/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "fleet/host.h"
#include "fleet/inventory.h"
#include "fleet/keptnames.h"
#include "fleet/model.h"
#include "runtime/atomic.h"
#include "runtime/cachefile.h"
#include "runtime/paths.h"

enum {
	FILE_MAX = 64 * 1024 * 1024,
	VERSION = 1,
	NUMBER_LEN = 9 /* digits and a blank */
};

static const char heading[] =
	"# Names that cxssh has given, and the stacks that they lead to on this "
	"machine.\n"
	"# Lines are only added; cxssh sync --rename writes them anew.\n";

void keptnames_release(struct keptnames *kept)
{
	strbuf_release(&kept->text);
	strvec_release(&kept->owners);
	strvec_release(&kept->prefixes);
}

/* "NAME" or "PREFIX-*", the latter with the length of PREFIX. */
static bool split_name(const char *name, size_t *prefix_len)
{
	size_t len = strlen(name);
	char *prefix;
	bool valid;

	*prefix_len = len > 2 && strcmp(name + len - 2, "-*") == 0 ? len - 2 : 0;
	prefix = xstrndup(name, *prefix_len > 0 ? *prefix_len : len);
	valid = *prefix_len > 0 ? valid_prefix(prefix) : valid_alias(prefix);
	free(prefix);
	return valid;
}

static void note(struct keptnames *kept, const char *name, const char *uid)
{
	size_t prefix_len;

	if (!split_name(name, &prefix_len) || !valid_uid(uid))
		return;
	kept->count++;
	strvec_pushf(&kept->owners, "%s %08zu %s", name, kept->count, uid);
	if (prefix_len > 0)
		strvec_pushf(&kept->prefixes, "%s %08zu %.*s", uid, kept->count,
		             (int)prefix_len, name);
}

static void read_lines(struct keptnames *kept)
{
	char *copy = xstrdup(kept->text.data);
	char *rest = copy;

	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		char *name = strsep(&line, " ");

		if (line != NULL)
			note(kept, name, line);
	}
	free(copy);
	strvec_sort(&kept->owners);
	strvec_sort(&kept->prefixes);
}

/* Where in the sorted list the first item that begins with key is, or would be. */
static size_t first_from(const struct strvec *list, const char *key)
{
	size_t len = strlen(key);
	size_t low = 0;
	size_t high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strncmp(list->items[middle], key, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What follows "KEY NUMBER" in the first of the sorted list, or the last. */
static const char *find(const struct strvec *list, const char *key, bool last)
{
	char *start = xasprintf("%s ", key);
	size_t len = strlen(start);
	const char *found = NULL;

	for (size_t i = first_from(list, start);
	     i < list->count && strncmp(list->items[i], start, len) == 0 &&
	     (last || found == NULL);
	     i++)
		found = list->items[i] + len + NUMBER_LEN;
	free(start);
	return found;
}

const char *keptnames_owner(const struct keptnames *kept, const char *name)
{
	return find(&kept->owners, name, false);
}

const char *keptnames_prefix(const struct keptnames *kept, const char *stack_uid,
                             bool last)
{
	return find(&kept->prefixes, stack_uid, last);
}

void keptnames_prefixes(const struct keptnames *kept, const char *stack_uid,
                        struct strvec *prefixes)
{
	char *start = xasprintf("%s ", stack_uid);
	size_t len = strlen(start);

	for (size_t i = first_from(&kept->prefixes, start);
	     i < kept->prefixes.count &&
	     strncmp(kept->prefixes.items[i], start, len) == 0;
	     i++) {
		const char *prefix = kept->prefixes.items[i] + len + NUMBER_LEN;
		char *name = xasprintf("%s-*", prefix);
		const char *owner = keptnames_owner(kept, name);

		if (owner != NULL && strcmp(owner, stack_uid) == 0)
			strvec_push(prefixes, prefix);
		free(name);
	}
	free(start);
}

/* The host of stack whose alias ends as name does behind prefix. */
static bool find_tail(const struct fleet *fleet, const struct stack *stack,
                      const char *tail, struct host *found)
{
	const char *const prefixes[] = { stack->prefix, stack->second_prefix };
	bool is_found = false;

	for (size_t i = 0; i < 2 && !is_found; i++) {
		char *alias = prefixes[i] != NULL ?
		                      xasprintf("%s-%s", prefixes[i], tail) :
		                      NULL;

		for (struct host h = { .server = NULL };
		     alias != NULL && !is_found && fleet_next_host(fleet, &h);) {
			is_found = h.stack == stack && host_has_alias(&h, alias);
			*found = h;
		}
		free(alias);
	}
	return is_found;
}

bool keptnames_find(const struct keptnames *kept, const struct fleet *fleet,
                    const char *name, struct host *found)
{
	bool is_found = false;

	for (size_t i = 0; i < fleet->stack_count && !is_found; i++) {
		const struct stack *stack = &fleet->stacks[i];
		struct strvec prefixes = STRVEC_INIT;

		keptnames_prefixes(kept, stack->uid, &prefixes);
		for (size_t k = 0; k < prefixes.count && !is_found; k++) {
			size_t len = strlen(prefixes.items[k]);

			is_found = strncmp(name, prefixes.items[k], len) == 0 &&
			           name[len] == '-' &&
			           find_tail(fleet, stack, name + len + 1, found);
		}
		strvec_release(&prefixes);
	}
	return is_found;
}

/* ---- the names of a fleet ---- */

static void add_line(struct keptnames *kept, const char *name, const char *uid)
{
	if (name != NULL && name[0] != '\0' && keptnames_owner(kept, name) == NULL)
		strbuf_addf(&kept->text, "%s %s\n", name, uid);
}

static void add_prefix(struct keptnames *kept, const char *prefix, const char *uid)
{
	char *name = prefix != NULL ? xasprintf("%s-*", prefix) : NULL;

	add_line(kept, name, uid);
	free(name);
}

/* Add to the text what it does not have yet. */
static void add_fleet(struct keptnames *kept, const struct fleet *fleet)
{
	if (kept->text.len == 0) {
		cachefile_begin(&kept->text, VERSION);
		strbuf_adds(&kept->text, heading);
	} else if (kept->text.data[kept->text.len - 1] != '\n') {
		strbuf_adds(&kept->text, "\n");
	}
	for (size_t i = 0; i < fleet->stack_count; i++) {
		const struct stack *stack = &fleet->stacks[i];

		if (stack->server_count == 0)
			continue;
		add_prefix(kept, stack->prefix, stack->uid);
		add_prefix(kept, stack->second_prefix, stack->uid);
	}
	for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);) {
		add_line(kept, host_alias(&h), h.stack->uid);
		add_line(kept, host_second_alias(&h), h.stack->uid);
	}
}

/* The names that were in use before there was a file. */
static void take_inventory(struct keptnames *kept)
{
	struct error ignored = ERROR_INIT;
	struct fleet fleet = FLEET_INIT;

	if (inventory_load(&fleet, &ignored) == INVENTORY_READ)
		add_fleet(kept, &fleet);
	fleet_release(&fleet);
}

/* A file of 1.0.0 gets the line of its version in front.  One of a newer version is no
 * cache to be made again: names would lead elsewhere. */
static int check_version(struct keptnames *kept, const char *path, struct error *err)
{
	struct strbuf with_version = STRBUF_INIT;
	char *rest = kept->text.data;
	int version = cachefile_version(&rest);

	if (version != 0 && version != VERSION)
		return error_set(err, ERROR_CONFIG,
		                 "%s is of a newer version of cxssh: install that "
		                 "one, or move the file away",
		                 path);
	if (version == 0 && kept->text.len > 0) {
		cachefile_begin(&with_version, VERSION);
		strbuf_add(&with_version, kept->text.data, kept->text.len);
		strbuf_release(&kept->text);
		kept->text = with_version;
	}
	return 0;
}

int keptnames_load(struct keptnames *kept, struct error *err)
{
	char *path = paths_config("aliases");
	int rc = atomic_read(path, FILE_MAX, &kept->text, err);

	if (rc == 0)
		take_inventory(kept);
	else if (rc == 1)
		rc = check_version(kept, path, err);
	free(path);
	if (rc != -1)
		read_lines(kept);
	return rc == -1 ? -1 : 0;
}

bool keptnames_add(struct keptnames *kept, const struct fleet *fleet)
{
	size_t before = kept->count;

	add_fleet(kept, fleet);
	strvec_release(&kept->owners);
	strvec_release(&kept->prefixes);
	kept->count = 0;
	read_lines(kept);
	return kept->count != before;
}

int keptnames_store(const struct fleet *fleet, bool anew, struct error *err)
{
	struct keptnames kept = KEPTNAMES_INIT;
	char *path = paths_config("aliases");
	int rc = anew ? 0 : keptnames_load(&kept, err);

	if (rc == 0) {
		add_fleet(&kept, fleet);
		rc = paths_make_for(path, err);
	}
	if (rc == 0)
		rc = atomic_update(path, kept.text.data, kept.text.len, 0600, NULL, err);
	keptnames_release(&kept);
	free(path);
	return rc;
}

/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/strvec.h"
#include "base/utf8.h"
#include "fleet/aliastext.h"
#include "fleet/model.h"
#include "fleet/unaddressed.h"

enum { UNADDRESSED_MAX = 1000 }; /* of a stack: against a broken or hostile API */

void unaddressed_add(struct stack *stack, const char *uid, const char *name)
{
	if (stack->unaddressed.count < UNADDRESSED_MAX)
		strvec_pushf(&stack->unaddressed, "%s %s", uid, name);
}

const char *unaddressed_name(const char *entry)
{
	return entry + strcspn(entry, " ") + 1;
}

/* Is alias what a server of this name would have with this prefix? */
static bool would_be(const char *alias, const char *prefix, const char *server)
{
	size_t len = prefix != NULL ? strlen(prefix) : 0;
	char *slug = aliastext_slug(server);
	bool is = len > 0 && strncasecmp(alias, prefix, len) == 0 && alias[len] == '-' &&
	          strcasecmp(alias + len + 1, slug) == 0;

	free(slug);
	return is;
}

static bool is_meant(const struct stack *stack, const char *entry, const char *name)
{
	const char *server = unaddressed_name(entry);
	size_t uid = strcspn(entry, " ");

	return (strlen(name) == uid && strncmp(entry, name, uid) == 0) ||
	       utf8_same_name(name, server) || would_be(name, stack->prefix, server) ||
	       would_be(name, stack->second_prefix, server);
}

bool unaddressed_tell(const struct stack *stacks, size_t count, const char *name,
                      const char *shown, struct error *err)
{
	char printable[64];

	for (size_t i = 0; i < count; i++) {
		const struct strvec *entries = &stacks[i].unaddressed;

		for (size_t k = 0; k < entries->count; k++) {
			if (!is_meant(&stacks[i], entries->items[k], name))
				continue;
			error_set(err, ERROR_RETRY,
			          "%s has no address: the API names none yet, as for a "
			          "server that is being made; run: cxssh sync",
			          printable_text(shown, printable, sizeof(printable)));
			return true;
		}
	}
	return false;
}

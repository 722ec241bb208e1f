/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/deadline.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "connect/claims.h"
#include "net/resolver.h"
#include "route/names.h"

enum { LOOKUP_MS = 2700 }; /* the answer must be there within 3 s */

static bool is_foreign(const char *name)
{
	struct endpoint found[RESOLVER_MAX];
	struct error ignored = ERROR_INIT;
	struct deadline until = deadline_in(LOOKUP_MS);

	return resolver_lookup(name, SSH_PORT, until, found, &ignored) > 0 ||
	       deadline_passed(until);
}

bool claims_name(const char *name)
{
	char *lower = mem_lower(xstrdup(name));
	bool claims = valid_alias(lower) && strchr(lower, '.') == NULL &&
	              (names_has(lower) || !is_foreign(lower));

	free(lower);
	return claims;
}

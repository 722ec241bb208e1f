/* SPDX-License-Identifier: MIT */
/*
 * alias.h - the names that users type: which alias each server and each role of
 * a fleet gets.
 *
 * Knows names only.  The result depends on the set of stacks, servers and roles,
 * never on their order, and a server that comes or goes changes no name but
 * those it would have shared:
 *
 *   myapp-lion                 stack and server, or stack and role
 *   myapp-staging-lion         the stack's name stands in several environments
 *   myapp-0a1b2c-lion          ... or twice in one: the stack's uid
 *   myapp-role-web             a server is called web, too: the server wins
 *   myapp-lion-1f2e3d          two servers slug alike: each gets its uid
 *   a-very-long-na-lion-1f2e3d  cut to 40 characters, and made unique
 */
#ifndef FLEET_ALIAS_H
#define FLEET_ALIAS_H

#include <stddef.h>

enum { ALIAS_MAX = 40 };

struct alias_server {
	const char *name;
	const char *uid;
	char alias[ALIAS_MAX + 1]; /* filled in */
};

struct alias_role {
	const char *name;          /* each only once in its stack */
	char alias[ALIAS_MAX + 1]; /* filled in */
};

struct alias_stack {
	const char *name;
	const char *environment; /* may be NULL or "" */
	const char *uid;
	struct alias_server *servers;
	size_t server_count;
	struct alias_role *roles;
	size_t role_count;
};

/*
 * Fill in every alias; valid_alias() holds for each, and no two are the same.
 * A server that is listed twice, by the same stack and uid, has its alias the
 * first time only, and "" after that.  The same goes for a role.
 */
void alias_assign(struct alias_stack stacks[], size_t count);

/*
 * The letters and digits of text in lower case, dots between them as they are,
 * any other run of bytes as one '-'; "" when nothing is left.  The caller frees it.
 */
char *alias_slug(const char *text);

#endif

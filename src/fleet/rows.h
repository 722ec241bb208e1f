/* SPDX-License-Identifier: MIT */
/*
 * rows.h - the servers of a fleet that a user asks for, sorted for reading.
 *
 * Nothing here blocks.
 */
#ifndef FLEET_ROWS_H
#define FLEET_ROWS_H

#include <stdbool.h>
#include <stddef.h>

struct fleet;
struct host;
struct role;
struct stack;

/* What to look for; a NULL counts as "any".  All have to fit, in any case. */
struct rows_filter {
	const char *stack; /* name or uid; where there is none, begin of a name */
	const char *environment;
	const char *role;
	const char *health; /* one of health_words[] */
	/* NULL-terminated or NULL; each is a part of the stack's name, the environment,
	 * the alias, the server's name, an address or the bastion, or is a role or a uid;
	 * or it is several such words between commas, of which one fits. */
	char *const *words;
};

/*
 * The servers that fit, sorted by stack, environment and name, numbers by their value:
 * *hosts is an array of hosts with borrowed pointers that the caller frees.  Returns how
 * many.
 */
size_t rows_collect(const struct fleet *fleet, const struct rows_filter *filter,
                    struct host **hosts);

/* Is the role one of a server among these hosts? */
bool rows_have_role(const struct host *hosts, size_t count, const struct stack *stack,
                    const struct role *role);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * model.h - stacks, servers and roles, as values that have passed the allow-list.
 *
 * Reads the API's JSON, which is also the form of our cache; knows nothing of
 * where it came from.
 */
#ifndef FLEET_MODEL_H
#define FLEET_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strvec.h"

struct json;

/* Does the API hand out a private key for a server? */
enum key_source { KEY_UNKNOWN = 0, KEY_FROM_API, KEY_NONE };

struct server {
	char *uid;
	char *name;
	char *alias; /* given by whoever names the fleet; "" until then */
	char *address;
	char *user;
	char *stack_uid; /* its owner: key, lease and polling go by this one */
	char *gateway;   /* "user@address", or NULL */
	struct strvec roles;
	bool personal_key;
	int64_t health; /* 0 unknown 1 building 2 impaired 3 healthy 4 failed */
	enum key_source key;
	char *ext_ipv4;   /* or NULL */
	char *dns_record; /* or NULL */
};

struct role {
	char *name;
	char *alias;
};

struct stack {
	char *uid;
	char *name;
	char *environment;
	char *git;        /* or NULL */
	char *git_branch; /* or NULL */
	struct server *servers;
	size_t server_count;
	struct role *roles; /* every role of its servers, once, in order of first use */
	size_t role_count;
	bool roles_skipped; /* it has more than anybody has use for */
};

struct fleet {
	struct stack *stacks;
	size_t stack_count;
	struct stack *others; /* which nobody asked for: uid, name and environment only */
	size_t other_count;
	int64_t fetched_at; /* seconds since the epoch */
	char *profile;      /* whose login it was fetched with; NULL: from the cache */
	struct strvec warnings; /* what was skipped and why: fit for a terminal */
};

#define FLEET_INIT \
	{ \
		.stacks = NULL \
	}
void fleet_release(struct fleet *fleet);

/*
 * Add what item describes.  Where a field does not pass, or a server's uid stands in its
 * stack already, nothing is added and a warning names the field (never its content):
 * the rest of the fleet is not harmed.  The result is borrowed until the next one is
 * added; NULL: skipped.
 */
struct stack *fleet_add_stack(struct fleet *fleet, const struct json *item);
struct server *fleet_add_server(struct fleet *fleet, struct stack *stack,
                                const struct json *item);

/* Note that there is this stack, too, whose name the others are to be told from. */
void fleet_add_other(struct fleet *fleet, const struct json *item);

/* Drop the servers of a stack, to be filled anew. */
void stack_clear(struct stack *stack);

struct stack *fleet_stack(const struct fleet *fleet, const char *uid);
struct server *fleet_server(const struct fleet *fleet, const char *uid,
                            struct stack **stack);

bool server_has_role(const struct server *server, const char *role);

/* What cxssh-proxy calls a role: "STACK_UID.ROLE"; the caller frees it. */
char *role_target(const struct stack *stack, const struct role *role);

/* The servers of a role, healthy ones first, else in the API's order.  *servers is
 * an array of borrowed pointers that the caller frees; returns how many. */
size_t role_servers(const struct stack *stack, const char *role,
                    struct server ***servers);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * model.h - stacks, servers and roles, as values that have passed the allow-list of
 * fleet/modelread.h.  No function here blocks.
 */
#ifndef FLEET_MODEL_H
#define FLEET_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strvec.h"

/* Where logs are below a stack's deploy_directory, as the toolbelt has it. */
#define LOG_FOLDER "web_head/current/log"

enum { HEALTH_FAILED = 4 }; /* of server.health */

/* Does the API hand out a private key for a server? */
enum key_source { KEY_UNKNOWN = 0, KEY_FROM_API, KEY_NONE };

struct server {
	char *uid;
	char *name;
	char *alias;        /* "" until alias_assign() */
	char *second_alias; /* the same host as other machines call it; NULL: no other */
	char *address;
	char *user;
	char *stack_uid; /* the stack that owns it: key, lease and polling use this one */
	char *stack_name; /* of the stack that lists it */
	char *gateway;    /* "user@address", or NULL */
	struct strvec roles;
	int64_t health;   /* 0 unknown 1 building 2 impaired 3 healthy 4 failed */
	char *ext_ipv4;   /* or NULL */
	char *dns_record; /* or NULL */
	enum key_source key;
	bool personal_key;
	bool is_kubernetes_master;
};

struct role {
	char *name;
	char *alias;
	char *second_alias; /* as a server's */
};

struct stack {
	char *uid;
	char *name;
	char *environment;          /* "" where it has none */
	char *git;                  /* or NULL */
	char *git_branch;           /* or NULL */
	char *deploy_directory;     /* absolute, safe in a shell; or NULL */
	char *backend;              /* "docker", "kubernetes", ...; or NULL */
	char *kubernetes_namespace; /* its first one; or NULL */
	char *prefix;        /* its aliases begin so, then comes '-'; NULL: not known */
	char *second_prefix; /* that of the second aliases; NULL: there are none */
	struct server *servers;
	size_t server_count;
	struct role *roles; /* every role of its servers, once, in order of first use */
	size_t role_count;
	struct strvec unaddressed; /* "UID NAME" of servers without an address, see
	                              fleet/unaddressed.h */
	bool roles_skipped;        /* it has more roles than are kept */
	bool roles_bad;            /* one has a name that is not allowed */
};

struct fleet {
	struct stack *stacks;
	size_t stack_count;
	struct stack *others; /* not selected: uid, name and environment only */
	size_t other_count;
	int64_t fetched_ms;     /* since the epoch; 0: not known */
	char *profile;          /* the login that fetched it; NULL: read from the file */
	char *org;              /* likewise, if not the profile's own */
	struct strvec warnings; /* what was skipped and why: printable */
};

#define FLEET_INIT \
	{ \
		.stacks = NULL \
	}
void fleet_release(struct fleet *fleet);

/* Add the warning "skipped WHAT: WHY", up to a limit; both are printable. */
void fleet_warn(struct fleet *fleet, const char *what, const char *why);

/* The role of this name, or NULL; and add one that the stack does not have, without an
 * alias. */
struct role *stack_role(const struct stack *stack, const char *name);
void stack_add_role(struct stack *stack, const char *name);

/* Release the members of a server or role. */
void server_release(struct server *server);
void role_release(struct role *role);

/* By uid; NULL: not found.  *stack, where not NULL, is the first that lists it.
 * fleet_has_other(): is it that of a stack that is not selected? */
struct stack *fleet_stack(const struct fleet *fleet, const char *uid);
bool fleet_has_other(const struct fleet *fleet, const char *uid);
struct server *fleet_server(const struct fleet *fleet, const char *uid,
                            struct stack **stack);
struct server *stack_server(const struct stack *stack, const char *uid);

/* How many servers the stacks have. */
size_t fleet_server_count(const struct fleet *fleet);

/* The first server that has the role, or NULL. */
struct server *stack_server_of_role(const struct stack *stack, const char *role);

/* "healthy" and the like, one of health_words[], which ends with NULL. */
const char *server_health(const struct server *server);
extern const char *const health_words[];

#endif

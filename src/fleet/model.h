/* SPDX-License-Identifier: MIT */
/*
 * model.h - stacks, servers and roles, as values that have passed the allow-list.
 *
 * Reads the API's JSON, which is also the form of the inventory file.  No function here
 * blocks.
 */
#ifndef FLEET_MODEL_H
#define FLEET_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strvec.h"

struct json;

/* Where logs are below a stack's deploy_directory, as the toolbelt has it. */
#define LOG_FOLDER "web_head/current/log"

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
	bool roles_skipped; /* it has more roles than are kept */
};

struct fleet {
	struct stack *stacks;
	size_t stack_count;
	struct stack *others; /* not selected: uid, name and environment only */
	size_t other_count;
	int64_t fetched_at;     /* seconds since the epoch; 0: not known */
	char *profile;          /* the login that fetched it; NULL: read from the file */
	char *org;              /* likewise, if not the profile's own */
	struct strvec warnings; /* what was skipped and why: printable */
};

#define FLEET_INIT \
	{ \
		.stacks = NULL \
	}
void fleet_release(struct fleet *fleet);

/*
 * Add what item describes.  Where a field is not allowed, or the stack has a server of
 * this uid already, nothing is added and a warning names the field (never its content).
 * The result is borrowed until the next call; NULL: skipped.
 */
struct stack *fleet_add_stack(struct fleet *fleet, const struct json *item);
struct server *fleet_add_server(struct fleet *fleet, struct stack *stack,
                                const struct json *item);

/* Add a stack that was not selected: its name still counts when aliases are made. */
void fleet_add_other(struct fleet *fleet, const struct json *item);

/*
 * Skip each server with the uid of another one, of an earlier stack, that has another
 * name or address, and warn of it: the uid names one server.  Stacks may share a server.
 */
void fleet_skip_twins(struct fleet *fleet);

/* Release the servers and roles of a stack. */
void stack_clear(struct stack *stack);

/* By uid; NULL: not found.  *stack, where not NULL, is the first that lists it. */
struct stack *fleet_stack(const struct fleet *fleet, const char *uid);
struct server *fleet_server(const struct fleet *fleet, const char *uid,
                            struct stack **stack);

/* One host of the generated configuration: a server, or a role of a stack. */
struct host {
	struct stack *stack;
	struct server *server; /* NULL: a role */
	struct role *role;     /* NULL: a server */
};

/* The next host: for (struct host h = { NULL }; fleet_next_host(fleet, &h);)
 * goes stack by stack, servers before roles.  What has no alias is passed over. */
bool fleet_next_host(const struct fleet *fleet, struct host *host);

/* "healthy" and the like, one of health_words[], which ends with NULL. */
const char *server_health(const struct server *server);
extern const char *const health_words[];

/* What a user types; borrowed. */
const char *host_alias(const struct host *host);

/* The name besides it that the host has on every machine, or NULL; and that one where
 * there is one, else the alias.  Borrowed. */
const char *host_second_alias(const struct host *host);
const char *host_qualified_alias(const struct host *host);

/* True if name is one of the host's aliases. */
bool host_has_alias(const struct host *host, const char *name);

/* What cxssh-proxy is called with: "UID", or "STACK_UID.ROLE".  The caller frees it. */
char *host_target(const struct host *host);

/* Its servers: itself, or those of the role, healthy ones first, else in the API's
 * order.  *servers is an array of borrowed pointers that the caller frees; returns how
 * many, at least 1. */
size_t host_servers(const struct host *host, struct server ***servers);

#endif

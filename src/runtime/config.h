/* SPDX-License-Identifier: MIT */
/*
 * config.h - the user's settings, from ~/.config/cxssh/config, the environment
 * (CXSSH_LEASE_MINUTES) or a flag; a later one of these wins.
 *
 * Knows the keys, their ranges and defaults; acts on none of them.  Does not block.
 */
#ifndef RUNTIME_CONFIG_H
#define RUNTIME_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strvec.h"

struct error;

enum { CONFIG_FILE_MAX = 256 * 1024 /* bytes */ };

enum gateway_transport { TRANSPORT_AUTO = 0, TRANSPORT_LIBSSH2, TRANSPORT_OPENSSH };

struct gateway_setting {
	char *name; /* the gateway's address or name */
	char *key;  /* absolute path, or NULL */
	enum gateway_transport transport;
};

struct config {
	struct strvec stacks;      /* names or uids to limit sync to; empty: all */
	char *profile;             /* of the toolbelt, or NULL: its last one */
	char *org;                 /* name of an account, or NULL: the profile's */
	char *client_id;           /* of a login in the browser, or NULL: the profile's */
	char *client_secret;       /* of client_id, or NULL; secret */
	char *identity;            /* absolute path, or NULL */
	bool keys_in_agent;        /* keys = agent */
	bool keys_by_variable;     /* CXSSH_KEYS says otherwise than the file */
	int64_t key_lifetime;      /* there, in seconds; 0: as long as a lease */
	int64_t lease_minutes;     /* 1 to 240 */
	int64_t leases_per_minute; /* without a terminal; 0: no limit */
	char *from_ip;             /* "AUTO", an IPv4 address or a CIDR */
	int64_t gateway_persist;   /* seconds */
	int64_t sync_age;          /* seconds until the inventory counts as old */
	bool auto_sync;            /* names without a sync, refreshed in the background */
	bool apn;                  /* servers by NAME.apn first */
	struct strvec apn_on, apn_off; /* stacks, by name or uid, that differ */
	bool control_master;
	bool forward_agent;
	int64_t log_size; /* bytes */
	char *ca_file;    /* absolute path of trusted CA certificates, or NULL */
	char *proxy;      /* URL of the proxy for the API, "none", or NULL */
	struct gateway_setting *gateways;
	size_t gateway_count;
};

/*
 * Fill *config from defaults, file and environment.  A missing file is no error; an
 * unknown key is ERROR_CONFIG and the message names the nearest one.  The caller calls
 * config_release(), also after a failure.
 */
int config_load(struct config *config, struct error *err);
void config_release(struct config *config);

/* The same from the text of a file alone, which is modified. */
int config_parse(struct config *config, char *text, size_t len, struct error *err);

/* Set one key as a line of the file does: for flags. */
int config_set(struct config *config, const char *key, const char *value,
               struct error *err);

/* Are servers of this stack to be reached by NAME.apn first? */
bool config_apn(const struct config *config, const char *stack_name,
                const char *stack_uid);

/* How long ssh-agent keeps a server's key, in seconds. */
int64_t config_key_lifetime(const struct config *config);

/* The settings of the gateway of this address or name, or NULL.  Borrowed. */
const struct gateway_setting *config_gateway(const struct config *config,
                                             const char *address);

/* The file's path; the caller frees it. */
char *config_path(void);

/*
 * Is text, the part of a line before '=', this key, alone or followed by a name?  *name
 * is then that name, borrowed from text, or "".
 */
bool config_key_is(const char *text, const char *key, const char **name);

#endif

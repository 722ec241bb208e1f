/* SPDX-License-Identifier: MIT */
/*
 * generate.h - the text of ~/.ssh/cxssh/config, block by block, from the templates.
 *
 * Decides what may be written; the templates decide how it looks.  No function here
 * blocks.
 */
#ifndef SSHCONFIG_GENERATE_H
#define SSHCONFIG_GENERATE_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct generator;
struct strbuf;

/* One block's values; all borrowed. */
struct generate_host {
	bool role; /* else a server: which template */
	const char *alias;
	const char *host_key_alias; /* NULL: none */
	const char *user;           /* NULL: ssh's own choice */
	uint16_t port;              /* 0: 22 */
	const char *identity;       /* key file, absolute or "~/...", or NULL */
	bool agent;                 /* the key is in the agent at $SSH_AUTH_SOCK */
	const char *target;         /* the argument of cxssh-proxy */
	const char *prefix; /* not NULL: a block for the names that begin so, which has no
	                       alias, host_key_alias and target */
	const char *known;  /* names, separated by commas, that it is not for */
};

struct generate_settings {
	const char *proxy; /* absolute path of cxssh-proxy */
	bool forward_agent;
	bool control_master;
};

/*
 * Load the templates and append the header to *out.  settings must outlive the
 * generator, which the caller frees.  NULL with ERROR_CONFIG: a template as template.h
 * says, or a path of cxssh-proxy that ssh_config cannot carry, or with
 * control_master no folder that is short enough for sockets.
 */
struct generator *generate_begin(const struct generate_settings *settings,
                                 struct strbuf *out, struct error *err);
void generate_end(struct generator *generator); /* NULL is allowed */

/*
 * Append the block of host, its paths in the home folder shortened to "~/".  -1 with
 * ERROR_CONFIG, and *out is of no use: a value that may not be written (the message names
 * field and alias, never the value), or a template as template.h says.
 */
int generate_add(struct generator *generator, const struct generate_host *host,
                 struct strbuf *out, struct error *err);

/* Can ssh_config carry this path of a key?  Else -1 with ERROR_CONFIG, of "its key file".
 */
int generate_check_key_file(const char *path, struct error *err);

/* True if ssh_config can carry this path of a program. */
bool generate_can_name(const char *path);

/* The ProxyCommand of a target as "ssh -G" prints it.  The caller frees it. */
char *generate_proxy_command(const char *proxy, const char *target);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * generate.h - the whole text of ~/.ssh/cxssh/config, from host records and the
 * templates.
 *
 * Knows what a block needs; what it looks like is the templates' matter, and
 * where the records come from the caller's.
 */
#ifndef SSHCONFIG_GENERATE_H
#define SSHCONFIG_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct strbuf;

enum generate_kind { GENERATE_SERVER = 0, GENERATE_ROLE };

struct generate_host {
	enum generate_kind kind;
	const char *alias;
	const char *host_key_alias; /* NULL: none */
	const char *user;           /* NULL: ssh's own choice */
	uint16_t port;              /* 0: 22 */
	const char *identity;       /* key file, absolute or "~/...", or NULL */
	const char *target;         /* what cxssh-proxy is called with */
};

struct generate_settings {
	const char *proxy;       /* absolute path of cxssh-proxy */
	const char *known_hosts; /* NULL: ~/.ssh/cxssh/known_hosts */
	bool forward_agent;
	bool control_master;
};

/*
 * May this host be written?  If not, ERROR_CONFIG names the field, and the alias
 * where that is not what is wrong; never the value.
 */
int generate_check(const struct generate_host *host, struct error *err);

/*
 * Append header and one block per host, in this order, to *out.  Paths in the
 * home folder are shortened to "~/".  A host that generate_check() refuses, an
 * install path that ssh_config cannot carry, and what template.h complains about
 * are ERROR_CONFIG; *out is then of no use.
 */
int generate_config(const struct generate_settings *settings,
                    const struct generate_host hosts[], size_t count, struct strbuf *out,
                    struct error *err);

/* The ProxyCommand that host gets, as "ssh -G" shows it.  The caller frees it. */
char *generate_proxy_command(const struct generate_settings *settings,
                             const struct generate_host *host);

#endif

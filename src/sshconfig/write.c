/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "fleet/host.h"
#include "fleet/keyprobe.h"
#include "fleet/model.h"
#include "hostkey/hostkeyalias.h"
#include "hostkey/verify.h"
#include "keys/agentidentity.h"
#include "runtime/atomic.h"
#include "runtime/config.h"
#include "runtime/paths.h"
#include "sshconfig/generate.h"
#include "sshconfig/newhosts.h"
#include "sshconfig/validate.h"
#include "sshconfig/write.h"

enum { VALIDATE_MS = 10000 };

/* The server that gives a block its user and key.  The servers of a role share the
 * stack's key; one that is down may have none. */
static const struct server *login_server(const struct host *host)
{
	struct server **servers;
	size_t count = host_servers(host, &servers);
	const struct server *found = servers[0];

	for (size_t i = count; i-- > 0;) {
		if (server_identity_is_ours(servers[i]))
			found = servers[i];
	}
	free(servers);
	return found;
}

static int add_host(struct generator *generator, const struct host *host,
                    const char *alias, const struct config *config, struct strbuf *text,
                    struct error *err)
{
	const struct server *login = login_server(host);
	char *target = host_target(host);
	char *key_alias = hostkey_alias(target);
	char *identity = server_identity(login, config);
	bool agent = config->keys_in_agent && server_identity_is_ours(login);
	const char *named = agent && !agentidentity_renewal(identity) ? NULL : identity;
	int rc = generate_add(generator,
	                      &(struct generate_host){ .role = host->server == NULL,
	                                               .alias = alias,
	                                               .host_key_alias = key_alias,
	                                               .user = login->user,
	                                               .identity = named,
	                                               .agent = agent,
	                                               .target = target },
	                      text, err);

	free(target);
	free(key_alias);
	free(identity);
	return rc;
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat one;
	struct stat two;

	return stat(a, &one) == 0 && stat(b, &two) == 0 && one.st_dev == two.st_dev &&
	       one.st_ino == two.st_ino;
}

bool sshconfig_is_written(void)
{
	char *path = sshconfig_path();
	bool is = access(path, F_OK) == 0;

	free(path);
	return is;
}

char *sshconfig_proxy(void)
{
	static const char keyword[] = "ProxyCommand ";
	char *path = sshconfig_path();
	FILE *file = fopen(path, "re");
	char line[LINE_MAX];
	char *proxy = NULL;

	while (file != NULL && proxy == NULL && fgets(line, sizeof(line), file) != NULL) {
		const char *at = line + strspn(line, " \t");

		if (strncmp(at, keyword, strlen(keyword)) == 0)
			proxy = xstrndup(at + strlen(keyword),
			                 strcspn(at + strlen(keyword), " \n"));
	}
	if (file != NULL)
		(void)fclose(file);
	free(path);
	return proxy;
}

/* That, where it is another path of cxssh-proxy: a sync in the background may have
 * another PATH than the one before.  Takes proxy. */
static char *kept_or(char *proxy)
{
	char *kept = sshconfig_proxy();
	char *link = sshconfig_proxy_link();

	if (kept != NULL && strcmp(kept, link) != 0 && is_same_file(kept, proxy)) {
		free(proxy);
		proxy = kept;
	} else {
		free(kept);
	}
	free(link);
	return proxy;
}

/*
 * The path of cxssh-proxy that stays when it is upgraded.  Homebrew, stow and nix install
 * into a folder with the version in its name and link to it from one in PATH.
 */
static char *stable_proxy(void)
{
	char *proxy = paths_program("cxssh-proxy");
	const char *path = getenv("PATH");
	char *found = NULL;

	for (size_t len; path != NULL && *path != '\0';
	     path += len + (path[len] == ':')) {
		char *candidate;

		len = strcspn(path, ":");
		candidate = xasprintf("%.*s/cxssh-proxy", (int)len, path);
		if (strcmp(candidate, proxy) == 0) { /* no link */
			free(found);
			found = candidate;
			break;
		}
		if (found == NULL && generate_can_name(candidate) &&
		    is_same_file(candidate, proxy))
			found = candidate;
		else
			free(candidate);
	}
	if (found == NULL)
		return kept_or(proxy);
	free(proxy);
	return found;
}

/* What the ProxyCommand names: cxssh-proxy, or a link where ssh_config cannot carry its
 * path, if it can carry that of the link. */
static char *named_proxy(void)
{
	char *proxy = stable_proxy();
	char *link = sshconfig_proxy_link();

	if (!generate_can_name(proxy) && generate_can_name(link)) {
		free(proxy);
		return link;
	}
	free(link);
	return proxy;
}

/* Make the link, if it is needed. */
static int make_link(struct error *err)
{
	char *proxy = stable_proxy();
	char *named = named_proxy();
	char *draft = xasprintf("%s.new", named);
	int rc = 0;

	if (strcmp(proxy, named) != 0 && !is_same_file(proxy, named)) {
		(void)unlink(draft);
		if (symlink(proxy, draft) == -1 || rename(draft, named) == -1)
			rc = error_errno(err, ERROR_CONFIG, "cannot make the link %s",
			                 named);
	}
	free(proxy);
	free(named);
	free(draft);
	return rc;
}

typedef int add_blocks_fn(struct generator *generator, const struct fleet *fleet,
                          const struct config *config, struct strbuf *text,
                          struct error *err);

/* Append a file: the header, and what add appends. */
static int render(add_blocks_fn *add, const struct fleet *fleet,
                  const struct config *config, struct strbuf *text, struct error *err)
{
	char *real = stable_proxy();
	char *proxy = named_proxy();
	struct generate_settings settings = {
		.proxy = proxy,
		.forward_agent = config->forward_agent,
		.control_master = config->control_master,
	};
	struct generator *generator = NULL;
	int rc = -1;

	if (access(real, X_OK) == -1)
		error_errno(err, ERROR_CONFIG, "%s, which ssh is to run", real);
	else
		generator = generate_begin(&settings, text, err);
	if (generator != NULL)
		rc = add(generator, fleet, config, text, err);
	generate_end(generator);
	free(real);
	free(proxy);
	return rc;
}

static int add_hosts(struct generator *generator, const struct fleet *fleet,
                     const struct config *config, struct strbuf *text, struct error *err)
{
	for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);) {
		const char *second = host_second_alias(&h);

		if (add_host(generator, &h, host_alias(&h), config, text, err) == -1 ||
		    (second != NULL &&
		     add_host(generator, &h, second, config, text, err) == -1))
			return -1;
	}
	return 0;
}

int sshconfig_render(const struct fleet *fleet, const struct config *config,
                     struct strbuf *text, struct error *err)
{
	return render(add_hosts, fleet, config, text, err);
}

static int write_new(const struct fleet *fleet, const struct config *config,
                     struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	char *path = sshconfig_new_path();
	bool changed;
	int rc = render(newhosts_add, fleet, config, &text, err);

	if (rc == 0)
		rc = validate_replace(path, &text, NULL, deadline_in(VALIDATE_MS),
		                      &changed, err);
	free(path);
	strbuf_release(&text);
	return rc;
}

char *sshconfig_new_path(void)
{
	return paths_ssh("cxssh/new");
}

char *sshconfig_program(void)
{
	char *proxy = sshconfig_proxy();
	char *slash = proxy != NULL ? strrchr(proxy, '/') : NULL;
	char *running = paths_program("cxssh");
	char *program = NULL;

	if (slash != NULL)
		program = xasprintf("%.*s/cxssh", (int)(slash - proxy), proxy);
	if (program != NULL && !is_same_file(program, running)) {
		free(program);
		program = NULL;
	}
	free(running);
	free(proxy);
	return program;
}

char *sshconfig_proxy_link(void)
{
	return paths_ssh("cxssh/cxssh-proxy");
}

char *sshconfig_path(void)
{
	return paths_ssh("cxssh/config");
}

/* Put text in its place, if ssh takes the first of its hosts as it is meant. */
static int replace(const struct fleet *fleet, const char *path, const struct strbuf *text,
                   bool *changed, struct error *err)
{
	struct host first = { .server = NULL };
	bool any = fleet_next_host(fleet, &first);
	char *target = any ? host_target(&first) : xstrdup("");
	char *key_alias = hostkey_alias(target);
	char *proxy = named_proxy();
	char *command = generate_proxy_command(proxy, target);
	struct validate_expected expected = { .alias = any ? host_alias(&first) : NULL,
		                              .host_key_alias = key_alias,
		                              .proxy_command = command };
	int rc = validate_replace(path, text, any ? &expected : NULL,
	                          deadline_in(VALIDATE_MS), changed, err);

	free(target);
	free(key_alias);
	free(proxy);
	free(command);
	return rc;
}

int sshconfig_write(const struct fleet *fleet, const struct config *config, bool *changed,
                    struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	char *path = sshconfig_path();
	bool ignored;
	int rc = -1;

	if (sshconfig_render(fleet, config, &text, err) == 0 &&
	    paths_make_for(path, err) == 0 && make_link(err) == 0 &&
	    hostkey_touch(err) == 0)
		rc = replace(fleet, path, &text, changed != NULL ? changed : &ignored,
		             err);
	if (rc == 0)
		rc = write_new(fleet, config, err);
	free(path);
	strbuf_release(&text);
	return rc;
}

void sshconfig_read(struct strbuf *text)
{
	struct error ignored = ERROR_INIT;
	char *path = sshconfig_path();

	if (atomic_read(path, SSHCONFIG_MAX, text, &ignored) != 1)
		strbuf_clear(text);
	free(path);
}

char *sshconfig_alias_of(const char *text, const char *target)
{
	static const char keyword[] = "\nHost ";
	char *call = xasprintf("cxssh-proxy %s ", target);
	const char *at = strstr(text, call);
	const char *host = NULL;
	char *alias = NULL;

	for (const char *p = text;
	     at != NULL && (p = strstr(p, keyword)) != NULL && p < at;)
		host = p += strlen(keyword);
	if (host != NULL)
		alias = xstrndup(host, strcspn(host, " \n"));
	if (alias != NULL && !valid_alias(alias)) {
		free(alias);
		alias = NULL;
	}
	free(call);
	return alias;
}

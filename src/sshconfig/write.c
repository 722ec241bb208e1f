/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "fleet/keyprobe.h"
#include "fleet/model.h"
#include "hostkey/hostkeyalias.h"
#include "hostkey/verify.h"
#include "keys/agentidentity.h"
#include "runtime/config.h"
#include "runtime/paths.h"
#include "sshconfig/generate.h"
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
                    const struct config *config, struct strbuf *text, struct error *err)
{
	const struct server *login = login_server(host);
	char *target = host_target(host);
	char *key_alias = hostkey_alias(target);
	char *identity = server_identity(login, config);
	bool agent = config->keys_in_agent && server_identity_is_ours(login);
	const char *named = agent && !agentidentity_renewal(identity) ? NULL : identity;
	int rc = generate_add(generator,
	                      &(struct generate_host){ .role = host->server == NULL,
	                                               .alias = host_alias(host),
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

int sshconfig_render(const struct fleet *fleet, const struct config *config,
                     struct strbuf *text, struct error *err)
{
	char *proxy = paths_program("cxssh-proxy");
	struct generate_settings settings = {
		.proxy = proxy,
		.forward_agent = config->forward_agent,
		.control_master = config->control_master,
	};
	struct generator *generator = NULL;
	int rc = -1;

	if (access(proxy, X_OK) == -1)
		error_errno(err, ERROR_CONFIG, "%s, which ssh is to run", proxy);
	else
		generator = generate_begin(&settings, text, err);
	if (generator != NULL)
		rc = 0;
	for (struct host h = { .server = NULL }; rc == 0 && fleet_next_host(fleet, &h);)
		rc = add_host(generator, &h, config, text, err);
	generate_end(generator);
	free(proxy);
	return rc;
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
	char *proxy = paths_program("cxssh-proxy");
	char *command = generate_proxy_command(proxy, target);
	const char *alias = any ? host_alias(&first) : NULL;
	struct validate_expected expected = { .alias = alias,
		                              .hostname = alias,
		                              .host_key_alias = key_alias,
		                              .proxy_command = command };
	int rc = validate_replace(path, text->data, text->len, &expected, any,
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
	    paths_make_for(path, err) == 0 && hostkey_touch(err) == 0)
		rc = replace(fleet, path, &text, changed != NULL ? changed : &ignored,
		             err);
	free(path);
	strbuf_release(&text);
	return rc;
}

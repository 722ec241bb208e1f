/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "fleet/keyprobe.h"
#include "fleet/model.h"
#include "hostkey/verify.h"
#include "runtime/config.h"
#include "runtime/paths.h"
#include "sshconfig/generate.h"
#include "sshconfig/validate.h"
#include "sshconfig/write.h"

enum { VALIDATE_MS = 10000 };

/* The hosts to render, with the strings that they borrow. */
struct hosts {
	struct generate_host *items;
	size_t count;
	struct strvec texts;
};

static const char *own(struct hosts *hosts, char *text)
{
	if (text == NULL)
		return NULL;
	strvec_push(&hosts->texts, text);
	free(text);
	return hosts->texts.items[hosts->texts.count - 1];
}

static const char *identity_of(struct hosts *hosts, const struct server *server,
                               const struct config *config)
{
	char *path = server_identity(server, config);
	char *shown = path != NULL ? paths_shorten(path) : NULL;

	free(path);
	return own(hosts, shown);
}

static void add_server(struct hosts *hosts, const struct server *s,
                       const struct config *config)
{
	hosts->items[hosts->count++] = (struct generate_host){
		.kind = GENERATE_SERVER,
		.alias = s->alias,
		.host_key_alias = own(hosts, hostkey_alias(s->uid)),
		.user = s->user,
		.identity = identity_of(hosts, s, config),
		.target = s->uid,
	};
}

/* Whose login stands for a role: the first with a key of the API, for its members
 * share the stack's; a dead one may have none. */
static const struct server *role_login_server(struct server *const servers[],
                                              size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (server_identity_is_ours(servers[i]))
			return servers[i];
	}
	return servers[0];
}

static void add_role(struct hosts *hosts, const struct host *host,
                     const struct config *config)
{
	struct server **servers;
	size_t count = host_servers(host, &servers);
	char *target = host_target(host);

	if (count > 0)
		hosts->items[hosts->count++] = (struct generate_host){
			.kind = GENERATE_ROLE,
			.alias = host_alias(host),
			.host_key_alias = own(hosts, hostkey_alias(target)),
			.user = role_login_server(servers, count)->user,
			.identity = identity_of(hosts, role_login_server(servers, count),
			                        config),
			.target = own(hosts, xstrdup(target)),
		};
	free(target);
	free(servers);
}

static void collect(const struct fleet *fleet, const struct config *config,
                    struct hosts *hosts)
{
	size_t most = 1;

	for (size_t i = 0; i < fleet->stack_count; i++)
		most += fleet->stacks[i].server_count + fleet->stacks[i].role_count;
	hosts->items = xcalloc(most, sizeof(*hosts->items));
	for (struct host h = { NULL }; fleet_next_host(fleet, &h);) {
		if (h.server != NULL)
			add_server(hosts, h.server, config);
		else
			add_role(hosts, &h, config);
	}
}

static int render(const struct hosts *hosts, const struct config *config,
                  struct strbuf *text, char **proxy_command, struct error *err)
{
	char *proxy = paths_program("cxssh-proxy");
	struct generate_settings settings = {
		.proxy = proxy,
		.forward_agent = config->forward_agent,
		.control_master = config->control_master,
	};
	int rc = access(proxy, X_OK);

	if (rc == -1)
		error_errno(err, ERROR_CONFIG, "%s, which ssh is to run", proxy);
	else
		rc = generate_config(&settings, hosts->items, hosts->count, text, err);
	if (rc == 0 && proxy_command != NULL && hosts->count > 0)
		*proxy_command = generate_proxy_command(&settings, &hosts->items[0]);
	free(proxy);
	return rc;
}

static void hosts_release(struct hosts *hosts)
{
	free(hosts->items);
	strvec_release(&hosts->texts);
}

int sshconfig_render(const struct fleet *fleet, const struct config *config,
                     struct strbuf *text, struct error *err)
{
	struct hosts hosts = { .texts = STRVEC_INIT };
	int rc;

	collect(fleet, config, &hosts);
	rc = render(&hosts, config, text, NULL, err);
	hosts_release(&hosts);
	return rc;
}

char *sshconfig_path(void)
{
	return paths_ssh("cxssh/config");
}

int sshconfig_write(const struct fleet *fleet, const struct config *config, bool *changed,
                    struct error *err)
{
	struct hosts hosts = { .texts = STRVEC_INIT };
	struct strbuf text = STRBUF_INIT;
	char *path = sshconfig_path();
	char *proxy_command = NULL;
	bool written;
	int rc;

	collect(fleet, config, &hosts);
	rc = render(&hosts, config, &text, &proxy_command, err);
	if (rc == 0)
		rc = paths_make_for(path, err);
	if (rc == 0)
		rc = hostkey_touch(err);
	if (rc == 0) {
		struct validate_expected expected = { .alias = NULL };

		if (hosts.count > 0)
			expected = (struct validate_expected){
				.alias = hosts.items[0].alias,
				.hostname = hosts.items[0].alias,
				.host_key_alias = hosts.items[0].host_key_alias,
				.proxy_command = proxy_command,
			};
		rc = validate_replace(path, text.data, text.len, &expected,
		                      hosts.count > 0 ? 1 : 0, deadline_in(VALIDATE_MS),
		                      changed != NULL ? changed : &written, err);
	}
	free(proxy_command);
	free(path);
	strbuf_release(&text);
	hosts_release(&hosts);
	return rc;
}

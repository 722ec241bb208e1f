/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "base/strbuf.h"
#include "runtime/paths.h"
#include "sshconfig/generate.h"
#include "sshconfig/template.h"

/* What every block has in common. */
struct common {
	const struct generate_settings *settings;
	struct template *blocks[2]; /* by kind */
	char *known_hosts;
};

/* A template written without a field says so by NULL; a "" is a mistake of the API's. */
static bool allowed_or_none(const char *text, bool (*allow)(const char *))
{
	return text == NULL || allow(text);
}

static bool valid_key_file(const char *path)
{
	return valid_path(path) && (path[0] == '/' || strncmp(path, "~/", 2) == 0) &&
	       strchr(path + 1, '~') == NULL;
}

int generate_check(const struct generate_host *host, struct error *err)
{
	const char *wrong = NULL;

	if (host->alias == NULL || !valid_alias(host->alias))
		return error_set(err, ERROR_CONFIG, "a host's alias may not be written");
	if (host->target == NULL || !valid_target(host->target))
		wrong = "uid";
	else if (!allowed_or_none(host->host_key_alias, valid_target))
		wrong = "host key alias";
	else if (!allowed_or_none(host->user, valid_user))
		wrong = "user name";
	else if (!allowed_or_none(host->identity, valid_key_file))
		wrong = "key file";
	if (wrong != NULL)
		return error_set(err, ERROR_CONFIG, "%s: its %s may not be written",
		                 host->alias, wrong);
	return 0;
}

/* The path is started by other programs without a shell, and cannot be quoted. */
static int check_proxy(const char *path, struct error *err)
{
	char shown[200];

	if (path[0] == '/' && valid_path(path) && strchr(path, '~') == NULL)
		return 0;
	return error_set(err, ERROR_CONFIG,
	                 "cxssh-proxy lies at %s, and ssh_config can only name a path of "
	                 "letters, digits and . _ - + @ = , from the root on; install "
	                 "cxssh in such a folder",
	                 printable_text(path, shown, sizeof(shown)));
}

static int block(const struct common *common, const struct generate_host *host,
                 struct strbuf *out, struct error *err)
{
	const struct generate_settings *settings = common->settings;
	char *identity = host->identity == NULL ? NULL : paths_shorten(host->identity);
	char port[8];
	const struct template_value values[] = {
		{ "alias", host->alias },
		{ "host_key_alias", host->host_key_alias },
		{ "user", host->user },
		{ "port", port },
		{ "identity", identity },
		{ "known_hosts", common->known_hosts },
		{ "proxy", settings->proxy },
		{ "target", host->target },
		{ "forward_agent", settings->forward_agent ? "yes" : NULL },
		{ "control_master", settings->control_master ? "yes" : NULL },
	};
	int rc;

	(void)snprintf(port, sizeof(port), "%u", host->port == 0 ? SSH_PORT : host->port);
	strbuf_adds(out, "\n");
	rc = template_render(common->blocks[host->kind], values,
	                     sizeof(values) / sizeof(values[0]), out, err);
	free(identity);
	return rc == -1 ? error_prefix(err, "%s", host->alias) : 0;
}

static int header(struct strbuf *out, struct error *err)
{
	struct template *t = template_load("header.conf", err);
	int rc = t == NULL ? -1 : template_render(t, NULL, 0, out, err);

	template_free(t);
	return rc;
}

static int blocks(const struct common *common, const struct generate_host hosts[],
                  size_t count, struct strbuf *out, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (generate_check(&hosts[i], err) == -1 ||
		    block(common, &hosts[i], out, err) == -1)
			return -1;
	}
	return 0;
}

int generate_config(const struct generate_settings *settings,
                    const struct generate_host hosts[], size_t count, struct strbuf *out,
                    struct error *err)
{
	struct common common = { .settings = settings };
	char *known_hosts = settings->known_hosts == NULL ?
	                            paths_ssh("cxssh/known_hosts") :
	                            xstrdup(settings->known_hosts);
	int rc = -1;

	common.known_hosts = paths_shorten(known_hosts);
	if (check_proxy(settings->proxy, err) == -1 || header(out, err) == -1)
		goto out;
	common.blocks[GENERATE_SERVER] = template_load("server.conf", err);
	if (common.blocks[GENERATE_SERVER] == NULL)
		goto out;
	common.blocks[GENERATE_ROLE] = template_load("role.conf", err);
	if (common.blocks[GENERATE_ROLE] == NULL)
		goto out;
	rc = blocks(&common, hosts, count, out, err);
out:
	template_free(common.blocks[GENERATE_SERVER]);
	template_free(common.blocks[GENERATE_ROLE]);
	free(common.known_hosts);
	free(known_hosts);
	return rc;
}

char *generate_proxy_command(const struct generate_settings *settings,
                             const struct generate_host *host)
{
	return xasprintf("%s %s %%p", settings->proxy, host->target);
}

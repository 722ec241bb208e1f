/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "base/strbuf.h"
#include "runtime/paths.h"
#include "sshconfig/generate.h"
#include "sshconfig/template.h"

struct generator {
	const struct generate_settings *settings;
	struct template *server;
	struct template *role;
	struct template *new;
	char *known_hosts;
	char *control_folder; /* NULL: control-master = no */
};

/* NULL leaves the line out; "" is a value, and not allowed. */
static bool allowed_or_none(const char *text, bool (*allow)(const char *))
{
	return text == NULL || allow(text);
}

static bool valid_key_file(const char *path)
{
	return valid_path(path) && (path[0] == '/' || strncmp(path, "~/", 2) == 0) &&
	       strchr(path + 1, '~') == NULL;
}

int generate_check_key_file(const char *path, struct error *err)
{
	char shown[200];
	char bad[8];

	if (valid_key_file(path))
		return 0;
	return error_set(
		err, ERROR_CONFIG,
		"its key file %s has \"%s\" in its path, and ssh_config can only "
		"name letters, digits and . _ - + @ = , below ~; use a link to it",
		printable_path(path, shown, sizeof(shown)),
		bad_path_character(path, bad));
}

static int check_host(const struct generate_host *host, const char *identity,
                      struct error *err)
{
	const char *name = host->prefix != NULL ? host->prefix : host->alias;
	const char *wrong = NULL;

	if (name == NULL || !valid_alias(name))
		return error_set(err, ERROR_CONFIG, "a host's alias may not be written");
	if (host->prefix == NULL && (host->target == NULL || !valid_target(host->target)))
		wrong = "uid";
	else if (!allowed_or_none(host->host_key_alias, valid_target))
		wrong = "host key alias";
	else if (!allowed_or_none(host->user, valid_user))
		wrong = "user name";
	else if (identity != NULL && generate_check_key_file(identity, err) == -1)
		return error_prefix(err, "%s", name);
	if (wrong != NULL)
		return error_set(err, ERROR_CONFIG, "%s: its %s may not be written", name,
		                 wrong);
	return 0;
}

/* Clients start the path without a shell, or with one: quotes do not work for both. */
bool generate_can_name(const char *path)
{
	return path[0] == '/' && valid_path(path) && strchr(path, '~') == NULL;
}

static int check_proxy(const char *path, struct error *err)
{
	char shown[200];

	if (generate_can_name(path))
		return 0;
	return error_set(err, ERROR_CONFIG,
	                 "cxssh-proxy lies at %s, and ssh_config can only name a path of "
	                 "letters, digits and . _ - + @ = , from the root on; install "
	                 "cxssh in such a folder",
	                 printable_path(path, shown, sizeof(shown)));
}

/* ssh reads tokens and variables in the paths of its files, and patterns in that of an
 * Include: also in the part that stands for "~". */
static int check_home_name(struct error *err)
{
	char shown[200];
	const char *home = paths_home();
	const char *bad = strpbrk(home, "%*?[");

	if (bad == NULL && (bad = strstr(home, "${")) == NULL)
		return 0;
	return error_set(err, ERROR_CONFIG,
	                 "ssh finds no file below the home folder %s, because of \"%c\" "
	                 "in its path",
	                 printable_path(home, shown, sizeof(shown)), *bad);
}

int generate_add(struct generator *generator, const struct generate_host *host,
                 struct strbuf *out, struct error *err)
{
	const struct generate_settings *settings = generator->settings;
	char *identity = host->identity == NULL ? NULL : paths_shorten(host->identity);
	char port[8];
	const struct template_value values[] = {
		{ "alias", host->alias },
		{ "host_key_alias", host->host_key_alias },
		{ "user", host->user },
		{ "port", port },
		{ "identity", identity },
		{ "agent", host->agent ? "SSH_AUTH_SOCK" : NULL },
		{ "known_hosts", generator->known_hosts },
		{ "proxy", settings->proxy },
		{ "target", host->target },
		{ "forward_agent", settings->forward_agent ? "yes" : NULL },
		{ "control_master", generator->control_folder == NULL ? NULL : "yes" },
		{ "control_folder", generator->control_folder },
		{ "prefix", host->prefix },
		{ "known", host->known },
	};
	const struct template *template =
		host->role ? generator->role : generator->server;
	int rc = check_host(host, identity, err);

	(void)snprintf(port, sizeof(port), "%u",
	               (unsigned int)(host->port == 0 ? SSH_PORT : host->port));
	if (rc == 0 && host->prefix != NULL) {
		if (generator->new == NULL)
			generator->new = template_load("new.conf", err);
		template = generator->new;
		rc = template == NULL ? -1 : 0;
	}
	if (rc == 0) {
		strbuf_adds(out, "\n");
		rc = template_render(template, values, sizeof(values) / sizeof(values[0]),
		                     out, err);
		if (rc == -1)
			error_prefix(err, "%s",
			             host->prefix != NULL ? host->prefix : host->alias);
	}
	free(identity);
	return rc;
}

/* True if ssh can bind FOLDER/%C there: a name of 40 characters, to which it first
 * appends 17 more. */
static bool fits_a_socket(const char *folder)
{
	return strlen(folder) + strlen("/") + 40 + 17 <
	       sizeof(((struct sockaddr_un *)0)->sun_path);
}

/* A long home folder leaves no room for a socket; $XDG_RUNTIME_DIR may. */
static int choose_control_folder(struct generator *generator, struct error *err)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	char *folder = paths_ssh("cxssh");

	if (!generator->settings->control_master) {
		/* none */
	} else if (fits_a_socket(folder)) {
		generator->control_folder = paths_shorten(folder);
	} else if (run != NULL && run[0] == '/' && valid_path(run) &&
	           fits_a_socket(run)) {
		generator->control_folder = xstrdup(run);
	} else {
		error_set(
			err, ERROR_CONFIG,
			"control-master = yes: %s is too long for the path of a socket, "
			"and XDG_RUNTIME_DIR names no shorter folder; set control-master "
			"= no",
			folder);
		free(folder);
		return -1;
	}
	free(folder);
	return 0;
}

static int header(struct strbuf *out, struct error *err)
{
	struct template *t = template_load("header.conf", err);
	int rc = t == NULL ? -1 : template_render(t, NULL, 0, out, err);

	template_free(t);
	return rc;
}

struct generator *generate_begin(const struct generate_settings *settings,
                                 struct strbuf *out, struct error *err)
{
	struct generator *generator = xcalloc(1, sizeof(*generator));
	char *known_hosts = paths_ssh("cxssh/known_hosts");

	generator->settings = settings;
	generator->known_hosts = paths_shorten(known_hosts);
	free(known_hosts);
	if (check_home_name(err) == 0 && check_proxy(settings->proxy, err) == 0 &&
	    choose_control_folder(generator, err) == 0 && header(out, err) == 0 &&
	    (generator->server = template_load("server.conf", err)) != NULL &&
	    (generator->role = template_load("role.conf", err)) != NULL)
		return generator;
	generate_end(generator);
	return NULL;
}

void generate_end(struct generator *generator)
{
	if (generator == NULL)
		return;
	template_free(generator->server);
	template_free(generator->role);
	template_free(generator->new);
	free(generator->known_hosts);
	free(generator->control_folder);
	free(generator);
}

char *generate_proxy_command(const char *proxy, const char *target)
{
	return xasprintf("%s %s %%p", proxy, target);
}

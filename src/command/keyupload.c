/* SPDX-License-Identifier: MIT */
/* key upload - give the account the user's own public key: the vendor's newer model. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/confirm.h"
#include "cli/options.h"
#include "cloud66/api.h"
#include "command/command.h"
#include "fleet/inventory.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "keys/agentidentity.h"
#include "keys/keyfile.h"
#include "keys/publicline.h"
#include "runtime/config.h"
#include "runtime/configedit.h"
#include "runtime/log.h"
#include "runtime/paths.h"
#include "runtime/spawn.h"
#include "sshconfig/generate.h"
#include "sshconfig/write.h"

enum { API_MS = 60000, AGENT_MS = 2000 };

/* ---- the file ---- */

/* Make a key, with the user's consent; ssh-keygen asks for its passphrase. */
static int make_key(const char *path, struct error *err)
{
	char *tool = paths_tool("ssh-keygen");
	struct strvec argv = STRVEC_INIT;
	char *shown = paths_shorten(path);
	char *question = xasprintf("There is no ssh key.  Make %s by ssh-keygen?", shown);
	int rc = 0;

	strvec_push(&argv, tool);
	strvec_push(&argv, "-t");
	strvec_push(&argv, "ed25519");
	strvec_push(&argv, "-f");
	strvec_push(&argv, path);
	if (!confirm_is_possible())
		rc = error_set(err, ERROR_CONFIG,
		               "there is no ssh key; run: ssh-keygen -t ed25519");
	else if (!confirm(question, true))
		rc = error_set(err, ERROR_CONFIG, "no key was made, nothing was changed");
	else if (spawn_run_on_terminal(argv.items) != 0)
		rc = error_set(err, ERROR_CONFIG, "ssh-keygen made no key");
	strvec_release(&argv);
	free(question);
	free(shown);
	free(tool);
	return rc;
}

/* FILE, or "identity", or the first of ssh's own, or a new one.  The caller frees it. */
static char *choose_file(const char *file, const struct config *config, struct error *err)
{
	static const char *const usual[] = { "id_ed25519", "id_ecdsa", "id_rsa" };
	char *path;

	if (file != NULL)
		return file[0] == '/' || file[0] == '~' ? paths_expand(file) :
		                                          realpath(file, NULL);
	if (config->identity != NULL)
		return xstrdup(config->identity);
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		path = xasprintf("%s/.ssh/%s", paths_home(), usual[i]);
		if (access(path, F_OK) == 0)
			return path;
		free(path);
	}
	path = xasprintf("%s/.ssh/%s", paths_home(), usual[0]);
	if (make_key(path, err) == 0)
		return path;
	free(path);
	return NULL;
}

/* What "identity" is to name: the private key where it is there, else FILE.pub, whose
 * private half ssh-agent may have. */
static char *identity_of(const char *path)
{
	char *half = xstrdup(path);

	if (agentidentity_is_one(path))
		half[strlen(path) - strlen(".pub")] = '\0';
	if (access(half, F_OK) == 0)
		return half;
	free(half);
	return xstrdup(path);
}

static bool agent_has(const char *line)
{
	struct strbuf blob = STRBUF_INIT;
	bool has;

	keyfile_parse_public(line, &blob);
	has = agentidentity_is_loaded(&blob, deadline_in(AGENT_MS));
	strbuf_release(&blob);
	return has;
}

/* May hosts be reached with it?  To be asked before the account's key is replaced. */
static int check_path(const char *path, struct error *err)
{
	char *identity = identity_of(path);
	int rc = generate_check_key_file(identity, err);

	free(identity);
	return rc == 0 ? 0 : error_prefix(err, "identity");
}

/* ---- the account ---- */

static int may_replace(const char *line, bool replace, struct error *err)
{
	char shown[PUBLICLINE_SHOWN];

	publicline_show(line, shown);
	(void)printf("the account has another key: %s\n", shown);
	(void)fflush(stdout);
	if (replace)
		return 0;
	if (!confirm_is_possible())
		return error_set(err, ERROR_CONFIG,
		                 "the account has another key, and holds one for a user; "
		                 "run: cxssh key upload --replace");
	if (!confirm("It holds one for a user.  Replace that one?", false))
		return error_set(err, ERROR_CONFIG, "nothing was changed");
	return 0;
}

/* 1 uploaded, 0 it was there, -1. */
static int upload(struct api *api, const char *line, bool replace, struct error *err)
{
	struct deadline until = deadline_in(API_MS);
	struct strbuf there = STRBUF_INIT;
	char shown[PUBLICLINE_SHOWN];
	int rc = api_access_key(api, &there, until, err);
	bool same = rc == API_KEY_GIVEN && publicline_same(there.data, line);

	publicline_show(line, shown);
	if (rc == API_KEY_GIVEN && !same)
		rc = may_replace(there.data, replace, err);
	if (rc != -1 && !same)
		rc = api_set_access_key(api, line, deadline_in(API_MS), err);
	if (rc != -1)
		(void)printf("%s: %s\n",
		             same ? "the account has this key" :
		                    "the account has this key now",
		             shown);
	strbuf_release(&there);
	return rc == -1 ? -1 : !same;
}

/* ---- this machine ---- */

/* Servers without a key of the API are reached with this one from now on. */
static int use_key(const char *path, const char *line, struct config *config,
                   struct error *err)
{
	struct error ignored = ERROR_INIT;
	struct fleet fleet = FLEET_INIT;
	char *identity = identity_of(path);
	char *shown = paths_shorten(identity);
	int rc = 0;

	if (config->identity == NULL || strcmp(config->identity, identity) != 0) {
		rc = config_write("identity", "", shown, err);
		if (rc == 0)
			rc = config_set(config, "identity", identity, err);
		if (rc == 0)
			(void)printf("identity = %s\n", shown);
	}
	if (agentidentity_is_one(identity) && !agent_has(line))
		log_warning("the private half of %s is neither beside it nor in "
		            "ssh-agent, so ssh cannot log in with it",
		            shown);
	if (rc == 0 && inventory_load(&fleet, &ignored) == 1)
		rc = sshconfig_write(&fleet, config, NULL, err);
	fleet_release(&fleet);
	free(shown);
	free(identity);
	return rc;
}

int command_key_upload(int argc, char *argv[], struct config *config, struct error *err)
{
	struct strbuf line = STRBUF_INIT;
	struct api *api = NULL;
	bool replace = false;
	const struct options_place places[] = { { 'R', .flag = &replace },
		                                { .letter = '\0' } };
	char *path = NULL;
	int rc = -1;
	int first = options_parse(argc, argv, places, 0, 1, err);

	if (first == -1)
		return -1;
	path = choose_file(argv[first], config, err);
	if (path == NULL && err->code == ERROR_NONE)
		error_set(err, ERROR_NO_HOST, "there is no file %s", argv[first]);
	if (path != NULL && publicline_read(path, &line, err) == 0 &&
	    check_path(path, err) == 0 &&
	    (api = api_session(config, deadline_in(API_MS), err)) != NULL)
		rc = upload(api, line.data, replace, err);
	api_free(api);
	if (rc == 1)
		(void)printf(
			"Servers get it within 20 minutes; those that are offline or "
			"behind a bastion get it later, when the vendor's agent "
			"next runs there.\n");
	if (rc != -1)
		rc = use_key(path, line.data, config, err);
	strbuf_release(&line);
	free(path);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/*
 * sync - fetch the fleet, write ~/.ssh/cxssh/config, add the Include line.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/cleanup.h"
#include "cli/includeprompt.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "cli/proxywarning.h"
#include "cli/serverkeys.h"
#include "cli/showdiff.h"
#include "cli/showeffective.h"
#include "cli/syncreport.h"
#include "cloud66/api.h"
#include "command/command.h"
#include "command/syncquiet.h"
#include "command/syncremove.h"
#include "command/syncuserfile.h"
#include "command/syncwatch.h"
#include "fleet/alias.h"
#include "fleet/changes.h"
#include "fleet/inventory.h"
#include "fleet/keptnames.h"
#include "fleet/keyprobe.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "fleet/store.h"
#include "keys/identity.h"
#include "route/autosync.h"
#include "runtime/atomic.h"
#include "runtime/config.h"
#include "runtime/lock.h"
#include "runtime/paths.h"
#include "sshconfig/userfile.h"
#include "sshconfig/write.h"

enum {
	SYNC_MS = 10 * 60 * 1000,
	LOCK_MS = 30000, /* for another sync, which may wait for the API for minutes */
};

struct options {
	struct strvec stacks;
	bool dry_run;
	bool check;
	bool yes;
	bool inline_block;
	bool remove;
	bool quiet;
	bool rename;
	bool watch;
};

struct sync {
	const struct config *config;
	const struct options *options;
	struct userfile file;
	int64_t began_ms; /* since the epoch */
	int lock;         /* of the inventory; -1: not held */
	struct fleet fleet;
	struct fleet before; /* the inventory before this sync */
};

static int add_stack(char letter, const char *value, void *stacks, struct error *err)
{
	(void)letter;
	(void)err;
	strvec_push(stacks, value);
	return 0;
}

/* What is wrong with the options together; NULL: nothing. */
static const char *conflict(const struct options *o)
{
	if (o->dry_run + o->check + o->remove > 1)
		return "only one of --dry-run, --check and --remove";
	if (o->remove && o->rename)
		return "either --remove or --rename";
	if (o->watch && (o->dry_run || o->check || o->remove || o->rename || o->quiet))
		return "--watch goes with --stack, --yes and --inline";
	if (o->quiet && (o->dry_run || o->check || o->remove || o->yes || o->rename ||
	                 o->inline_block || o->stacks.count > 0))
		return "--quiet goes with no other option";
	return NULL;
}

/* The stacks of the command line replace those of the configuration. */
static int parse(int argc, char *argv[], struct config *config, struct options *options,
                 struct error *err)
{
	const struct options_place places[] = {
		{ 's', .call = add_stack, .cookie = &options->stacks },
		{ 'n', .flag = &options->dry_run },
		{ 'C', .flag = &options->check },
		{ 'y', .flag = &options->yes },
		{ 'I', .flag = &options->inline_block },
		{ 'R', .flag = &options->remove },
		{ 'N', .flag = &options->rename },
		{ 'w', .flag = &options->watch },
		{ 'q', .flag = &options->quiet },
		{ .letter = '\0' },
	};
	struct strvec configured = config->stacks;

	if (options_parse(argc, argv, places, 0, 0, err) == -1)
		return -1;
	if (conflict(options) != NULL)
		return options_error(manual_named("sync"), err, "%s", conflict(options));
	if (options->stacks.count > 0) {
		config->stacks = options->stacks;
		options->stacks = configured;
	}
	return 0;
}

static void print_warnings(const struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->warnings.count; i++)
		(void)fprintf(stderr, "cxssh: warning: %s\n", fleet->warnings.items[i]);
}

static void warn_of_identity(const char *identity)
{
	char *shown;

	if (identity == NULL || identity_is_there(identity))
		return;
	shown = paths_shorten(identity);
	(void)fprintf(stderr,
	              "cxssh: warning: identity is %s, and there is no such file; let it "
	              "name a key of yours\n",
	              shown);
	free(shown);
}

/* What is generated names other files for keys in ssh-agent. */
static void warn_of_variable(const struct config *config)
{
	if (config->keys_by_variable)
		(void)fprintf(stderr,
		              "cxssh: warning: CXSSH_KEYS alone says keys = %s; ssh of a "
		              "program without that variable gets no key; write it into "
		              "~/.config/cxssh/config\n",
		              config->keys_in_agent ? "agent" : "file");
}

/* keys = agent takes back no file of before: it may be in use by the toolbelt. */
static void warn_of_key_files(const struct fleet *fleet)
{
	const char *host = NULL;
	char *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < fleet->stack_count * 2; i++) {
		const struct stack *stack = &fleet->stacks[i / 2];
		char *path = identity_path(stack->uid, i % 2 == 1);

		if (stack->server_count > 0 && access(path, F_OK) == 0 && count++ == 0) {
			host = stack->servers[0].alias;
			first = paths_shorten(path);
		}
		free(path);
	}
	if (count > 0)
		(void)fprintf(stderr,
		              "cxssh: warning: private keys from before keys = agent are "
		              "still in files (%s; %zu in all); run: cxssh key remove "
		              "%s\n",
		              first, count, host);
	free(first);
}

/* 1 when the generated file would change, else 0; print shows how. */
static int compare(const char *generated, const struct strbuf *text, bool print,
                   struct error *err)
{
	struct strbuf old = STRBUF_INIT;
	int rc;

	if (atomic_read(generated, SSHCONFIG_MAX, &old, err) == -1) {
		strbuf_release(&old);
		return -1;
	}
	rc = !strbuf_same(&old, text);
	if (print && showdiff_print("~/.ssh/cxssh/config", &old, text, err) == -1)
		rc = -1;
	strbuf_release(&old);
	return rc;
}

/* The same for ~/.ssh/config, where it has the block or is to get it. */
static int compare_users(const struct sync *sync, const struct strbuf *text,
                         struct error *err)
{
	const struct options *options = sync->options;
	enum userfile_result result;
	int block = includeprompt_has_block(&sync->file, err);

	if (block == -1)
		return -1;
	if (block == 1 || options->inline_block)
		return includeprompt_compare_block(&sync->file, text, options->dry_run,
		                                   err);
	if (userfile_look(&sync->file, &result, NULL, err) == -1)
		return -1;
	if (options->dry_run && result == USERFILE_ABSENT)
		return includeprompt_show(&sync->file, err);
	return 0; /* a missing Include line is not out of date: the user decides */
}

/* --dry-run and --check: nothing is written.  The exit status, or -1. */
static int dry_run(const struct sync *sync, struct error *err)
{
	const struct options *options = sync->options;
	struct strbuf text = STRBUF_INIT;
	int generated = -1;
	int users = -1;

	if (sshconfig_render(&sync->fleet, sync->config, &text, err) == 0)
		generated = compare(sync->file.generated, &text, options->dry_run, err);
	if (generated != -1)
		users = compare_users(sync, &text, err);
	strbuf_release(&text);
	if (users == -1)
		return -1;
	if (options->dry_run)
		return 0;
	if (generated == 0 && users == 0)
		return showeffective(sync->file.generated, &sync->fleet, true, err);
	if (generated == 1 || users == 1)
		(void)printf("%s is not up to date; run: cxssh sync%s\n",
		             generated == 1 ? "~/.ssh/cxssh/config" : "~/.ssh/config",
		             options->inline_block ? " --inline" : "");
	return 1;
}

static void print_count(const struct fleet *fleet, const struct config *config,
                        bool changed)
{
	size_t servers = fleet_server_count(fleet);
	size_t roles = 0;

	for (size_t i = 0; i < fleet->stack_count; i++)
		roles += fleet->stacks[i].role_count;
	(void)printf("%zu server%s and %zu role%s in ~/.ssh/cxssh/config%s%s\n", servers,
	             servers == 1 ? "" : "s", roles, roles == 1 ? "" : "s",
	             changed ? "" : ", nothing new",
	             servers > 0               ? "" :
	             config->stacks.count == 0 ? ": the account has no server" :
	                                         ": no selected stack has a server");
}

static int write_fleet(struct sync *sync, const struct changes *changes,
                       struct error *err)
{
	const struct config *config = sync->config;
	bool changed;

	if (paths_remember_config(err) == -1 ||
	    (sync->options->rename && keptnames_store(&sync->fleet, true, err) == -1) ||
	    fleet_store(&sync->fleet, config, err) == -1 ||
	    sshconfig_write(&sync->fleet, config, &changed, err) == -1 ||
	    autosync_plan(config->auto_sync ? config->sync_age : -1, err) == -1)
		return -1;
	changes_accepted();
	/* --watch prints nothing where nothing has changed. */
	if (changed || !sync->options->watch)
		print_count(&sync->fleet, config, changed);
	syncreport_print(changes);
	if (changed || !sync->options->watch)
		syncreport_print_kept(&sync->fleet);
	/* The user may answer the question hours later, and other processes need the
	 * inventory. */
	lock_release(sync->lock);
	sync->lock = -1;
	return syncuserfile_update(&sync->file, &sync->fleet, sync->options->inline_block,
	                           sync->options->yes, err);
}

static int write_all(struct sync *sync, struct error *err)
{
	struct changes changes = CHANGES_INIT;
	int rc;

	if (sync_login_is_stored(sync->config))
		changes_between(&sync->before, &sync->fleet, &changes);
	rc = syncreport_allow(&changes, sync->options->yes, &sync->lock, err);
	if (rc == 0 && sync->lock == -1) {
		rc = sync->lock = inventory_lock(deadline_in(LOCK_MS), err);
		/* Another sync may have given names meanwhile. */
		if (rc != -1)
			rc = fleet_assign_aliases(&sync->fleet, sync->options->rename,
			                          err);
	}
	if (rc != -1)
		rc = write_fleet(sync, &changes, err);
	changes_release(&changes);
	return rc;
}

/* From the API, or from another sync that fetched it while this one waited. */
static int get_fleet(struct sync *sync, struct api *api, struct deadline until,
                     struct error *err)
{
	const struct config *config = sync->config;
	struct fleet_query query = { .config = config, .before = &sync->before };
	bool rename = sync->options->rename;

	if ((rename || !fleet_reuse(config, sync->began_ms, &sync->fleet)) &&
	    (fleet_fetch(api, &query, &sync->fleet, until, err) == -1 ||
	     (rename && fleet_assign_aliases(&sync->fleet, true, err) == -1)))
		return -1;
	fleet_probe_keys(api, &sync->fleet, until); /* sync --quiet asks for no keys */
	print_warnings(&sync->fleet);
	proxywarning_print(config);
	warn_of_identity(config->identity);
	warn_of_variable(config);
	if (config->keys_in_agent)
		warn_of_key_files(&sync->fleet);
	return 0;
}

static int fetch_and_write(struct sync *sync, struct error *err)
{
	struct deadline until = deadline_in(SYNC_MS);
	struct api *api = api_session(sync->config, until, err);
	int rc = -1;

	if (api == NULL || get_fleet(sync, api, until, err) == -1)
		goto out;
	if (sync->options->dry_run || sync->options->check) {
		rc = dry_run(sync, err);
		goto out;
	}
	fleet_update_public_keys(api, &sync->fleet, sync->config, until);
	rc = write_all(sync, err);
	if (rc == 0 && !sync->options->watch) {
		sync_login_print(sync->config, api_profile(api));
		serverkeys_print_stale(&sync->fleet);
	}
out:
	api_free(api);
	return rc;
}

/* Under the inventory lock until the files are written: one sync at a time, also with
 * --remove. */
static int run(void *cookie, struct error *err)
{
	struct sync *sync = cookie;
	int rc = -1;

	sync->began_ms = deadline_wall_ms();
	sync->lock = inventory_lock(deadline_in(LOCK_MS), err);
	if (sync->lock == -1)
		return -1;
	if (!sync->options->dry_run && !sync->options->check)
		cleanup_sweep();
	rc = sync->options->remove ? syncremove_run(&sync->file, err) :
	                             fetch_and_write(sync, err);
	lock_release(sync->lock);
	fleet_release(&sync->before);
	fleet_release(&sync->fleet);
	return rc;
}

int command_sync(int argc, char *argv[], struct config *config, struct error *err)
{
	struct options options = { .watch = false };
	struct sync sync = { .config = config, .options = &options };
	int rc = parse(argc, argv, config, &options, err);

	userfile_init(&sync.file, config->auto_sync && !options.inline_block);
	if (rc == 0 && options.quiet)
		rc = syncquiet_run(config);
	else if (rc == 0 && options.watch)
		rc = syncwatch_run(run, &sync);
	else if (rc == 0 && !(options.remove && syncremove_is_needless(&sync.file)))
		rc = run(&sync, err);
	userfile_release(&sync.file);
	strvec_release(&options.stacks);
	return rc;
}

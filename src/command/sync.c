/* SPDX-License-Identifier: MIT */
/*
 * sync - fetch the fleet, write ~/.ssh/cxssh/config, add the Include line.
 */

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "broker/broker.h"
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
#include "fleet/alias.h"
#include "fleet/changes.h"
#include "fleet/host.h"
#include "fleet/inventory.h"
#include "fleet/keptnames.h"
#include "fleet/keyprobe.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "fleet/session.h"
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
	WATCH_S = 300,
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
	int64_t began; /* seconds since the epoch */
};

/* The paths that userfile.h borrows. */
struct places {
	char *path;
	char *generated;
	char *state;
	struct userfile file;
};

static void places_init(struct places *p, const struct config *config,
                        const struct options *options)
{
	p->path = paths_ssh("config");
	p->generated = sshconfig_path();
	p->state = paths_ssh("cxssh/state");
	p->file =
		(struct userfile){ .path = p->path,
		                   .generated = p->generated,
		                   .state = p->state,
		                   .home = paths_home(),
		                   .last = config->auto_sync && !options->inline_block };
}

static void places_release(struct places *p)
{
	free(p->path);
	free(p->generated);
	free(p->state);
}

static int set_option(char letter, const char *value, void *cookie, struct error *err)
{
	struct options *options = cookie;

	(void)err;
	switch (letter) {
	case 's': strvec_push(&options->stacks, value); break;
	case 'n': options->dry_run = true; break;
	case 'C': options->check = true; break;
	case 'y': options->yes = true; break;
	case 'I': options->inline_block = true; break;
	case 'q': options->quiet = true; break;
	case 'N': options->rename = true; break;
	case 'w': options->watch = true; break;
	default: options->remove = true; break;
	}
	return 0;
}

/* The stacks of the command line replace those of the configuration. */
static int parse(int argc, char *argv[], struct config *config, struct options *options,
                 struct error *err)
{
	struct strvec configured = config->stacks;

	if (options_parse(argc, argv, set_option, options, (struct options_range){ 0, 0 },
	                  err) == -1)
		return -1;
	if (options->dry_run + options->check + options->remove > 1)
		return options_error(manual_find(argc, argv, NULL), err,
		                     "only one of --dry-run, --check and --remove");
	if (options->remove && options->rename)
		return options_error(manual_find(argc, argv, NULL), err,
		                     "either --remove or --rename");
	if (options->watch && (options->dry_run || options->check || options->remove ||
	                       options->rename || options->quiet))
		return options_error(manual_find(argc, argv, NULL), err,
		                     "--watch goes with --stack, --yes and --inline");
	if (options->quiet &&
	    (options->dry_run || options->check || options->remove || options->yes ||
	     options->rename || options->inline_block || options->stacks.count > 0))
		return options_error(manual_find(argc, argv, NULL), err,
		                     "--quiet goes with no other option");
	if (options->stacks.count > 0) {
		config->stacks = options->stacks;
		options->stacks = configured;
	}
	return 0;
}

/* 1 when it was there, 0 when not. */
static int remove_file(const char *path, struct error *err)
{
	if (unlink(path) == 0)
		return 1;
	return errno == ENOENT ? 0 :
	                         error_errno(err, ERROR_CONFIG, "cannot remove %s", path);
}

/* Their connections would outlive what was removed. */
static void end_brokers(void)
{
	struct strvec running = STRVEC_INIT;
	struct error ignored = ERROR_INIT;

	broker_list(&running);
	for (size_t i = 0; i < running.count; i++) {
		if (broker_close(running.items[i], &ignored) == BROKER_ANSWERED)
			(void)printf("closed the connection to %s\n", running.items[i]);
	}
	strvec_release(&running);
}

static int remove_link(struct error *err)
{
	char *link = sshconfig_proxy_link();
	int rc = remove_file(link, err);

	free(link);
	return rc;
}

/* The file for new names; nothing in the background writes it again. */
static int remove_new(struct error *err)
{
	char *path = sshconfig_new_path();
	int rc = remove_file(path, err);

	free(path);
	return rc == -1 ? -1 : autosync_plan(-1, err);
}

static int remove_all(const struct places *p, struct error *err)
{
	enum userfile_result line;
	enum userfile_result block;
	int rc = 0;

	if (userfile_remove_block(&p->file, deadline_in(INCLUDEPROMPT_EDIT_MS), &block,
	                          err) == -1 ||
	    userfile_remove(&p->file, deadline_in(INCLUDEPROMPT_EDIT_MS), &line, err) ==
	            -1)
		return -1;
	if (line == USERFILE_NOT_OURS)
		(void)printf(
			"~/.ssh/config includes cxssh/config by a line of your own; it "
			"stays, and so does the file\n");
	else if ((rc = remove_file(p->generated, err)) == 1)
		(void)printf("removed ~/.ssh/cxssh/config\n");
	if (rc == -1 || remove_new(err) == -1 || remove_file(p->state, err) == -1 ||
	    (line != USERFILE_NOT_OURS && remove_link(err) == -1))
		return -1;
	end_brokers();
	paths_forget_config();
	cleanup_sweep_locks();
	if (line == USERFILE_REMOVED || block == USERFILE_REMOVED)
		(void)printf("~/.ssh/config is as it was\n");
	return 0;
}

static void print_warnings(const struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->warnings.count; i++)
		(void)fprintf(stderr, "cxssh: warning: %s\n", fleet->warnings.items[i]);
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

static void count_hosts(const struct fleet *fleet, size_t *servers, size_t *roles)
{
	*servers = *roles = 0;
	for (size_t i = 0; i < fleet->stack_count; i++) {
		*servers += fleet->stacks[i].server_count;
		*roles += fleet->stacks[i].role_count;
	}
}

/* 1 when the generated file would change, else 0; print shows how. */
static int compare(const struct places *p, const struct strbuf *text, bool print,
                   struct error *err)
{
	struct strbuf old = STRBUF_INIT;
	int rc;

	if (atomic_read(p->generated, SSHCONFIG_MAX, &old, err) == -1) {
		strbuf_release(&old);
		return -1;
	}
	rc = old.len != text->len || memcmp(old.data, text->data, old.len) != 0;
	if (print && showdiff_print("~/.ssh/cxssh/config", &old, text, err) == -1)
		rc = -1;
	strbuf_release(&old);
	return rc;
}

/* The same for ~/.ssh/config, where it has the block or is to get it. */
static int compare_users(const struct places *p, const struct strbuf *text,
                         const struct options *options, struct error *err)
{
	enum userfile_result result;
	int block = includeprompt_has_block(&p->file, err);

	if (block == -1)
		return -1;
	if (block == 1 || options->inline_block)
		return includeprompt_compare_block(&p->file, text, options->dry_run, err);
	if (userfile_look(&p->file, &result, NULL, err) == -1)
		return -1;
	if (options->dry_run && result == USERFILE_ABSENT)
		return includeprompt_show(&p->file, err);
	return 0; /* a missing Include line is not out of date: the user decides */
}

/* --dry-run and --check: nothing is written.  The exit status, or -1. */
static int dry_run(const struct places *p, const struct fleet *fleet,
                   const struct config *config, const struct options *options,
                   struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	int generated = -1;
	int users = -1;

	if (sshconfig_render(fleet, config, &text, err) == 0)
		generated = compare(p, &text, options->dry_run, err);
	if (generated != -1)
		users = compare_users(p, &text, options, err);
	strbuf_release(&text);
	if (users == -1)
		return -1;
	if (options->dry_run)
		return 0;
	if (generated == 0 && users == 0)
		return showeffective(p->generated, fleet, true, err);
	if (generated == 1 || users == 1)
		(void)printf("%s is not up to date; run: cxssh sync%s\n",
		             generated == 1 ? "~/.ssh/cxssh/config" : "~/.ssh/config",
		             options->inline_block ? " --inline" : "");
	return 1;
}

/* Warn of aliases that are also names of the user's own hosts. */
static int warn_of_clashes(const struct places *p, const struct fleet *fleet,
                           struct error *err)
{
	struct strvec names = STRVEC_INIT;
	int rc;

	for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);)
		strvec_push(&names, host_alias(&h));
	strvec_sort(&names);
	rc = includeprompt_warn(&p->file, &names, err);
	strvec_release(&names);
	return rc;
}

/* True if ssh reads the hosts already, by an Include in a file that ~/.ssh/config
 * includes, say. */
static bool is_read(const struct places *p, const struct fleet *fleet)
{
	struct error ignored = ERROR_INIT;
	struct host any = { .server = NULL };

	return fleet_next_host(fleet, &any) &&
	       showeffective(p->generated, fleet, false, &ignored) == SHOWEFFECTIVE_USED;
}

/* A block in the user's file is replaced; it makes the line unnecessary. */
static int update_users_file(const struct places *p, const struct fleet *fleet,
                             const struct options *options, struct error *err)
{
	enum userfile_result result;
	int block = options->inline_block ? 1 : includeprompt_has_block(&p->file, err);

	if (block == 1)
		return includeprompt_ensure_block(&p->file, options->yes, err);
	if (block == -1 || userfile_look(&p->file, &result, NULL, err) == -1)
		return -1;
	if (result != USERFILE_PRESENT && is_read(p, fleet))
		return 0;
	return includeprompt_ensure(&p->file, options->yes, err);
}

static int warn_of_new(const struct places *p, const struct fleet *fleet,
                       struct error *err)
{
	enum userfile_result last;
	char *path = sshconfig_new_path();
	int rc = userfile_look_last(&p->file, &last, err);

	if (rc == 0 && last == USERFILE_PRESENT && p->file.last)
		showeffective_new(path, fleet);
	free(path);
	return rc;
}

/* Warn of what overrides the generated settings; not of a line that is missing because
 * the user did not want it. */
static int warn_of_overrides(const struct places *p, const struct fleet *fleet,
                             struct error *err)
{
	enum userfile_result result;
	int block = includeprompt_has_block(&p->file, err);

	if (block == -1 || userfile_look(&p->file, &result, NULL, err) == -1)
		return -1;
	if (block == 0 && result != USERFILE_PRESENT && !is_read(p, fleet))
		return 0;
	if (showeffective(p->generated, fleet, true, err) == -1)
		(void)fprintf(stderr, "cxssh: warning: %s\n", err->text);
	return warn_of_new(p, fleet, err);
}

/* Take the inventory lock: one sync at a time, also with --remove. */
static int take_lock(struct error *err)
{
	char *path = paths_cache("lock/inventory");
	int lock = lock_take(path, deadline_in(LOCK_MS), err);

	free(path);
	return lock;
}

static void print_count(const struct fleet *fleet, const struct config *config,
                        bool changed)
{
	size_t servers;
	size_t roles;

	count_hosts(fleet, &servers, &roles);
	(void)printf("%zu servers and %zu roles in ~/.ssh/cxssh/config%s%s\n", servers,
	             roles, changed ? "" : ", nothing new",
	             servers > 0               ? "" :
	             config->stacks.count == 0 ? ": the account has no server" :
	                                         ": no selected stack has a server");
}

static int write_fleet(const struct places *p, struct fleet *fleet,
                       const struct config *config, const struct options *options,
                       const struct changes *changes, int *lock, struct error *err)
{
	bool changed;

	if (paths_remember_config(err) == -1 ||
	    (options->rename && keptnames_store(fleet, true, err) == -1) ||
	    fleet_store(fleet, config, err) == -1 ||
	    sshconfig_write(fleet, config, &changed, err) == -1 ||
	    autosync_plan(config->auto_sync ? config->sync_age : -1, err) == -1)
		return -1;
	changes_accepted();
	/* A watch that finds nothing says nothing. */
	if (changed || !options->watch)
		print_count(fleet, config, changed);
	syncreport_print(changes);
	if (changed || !options->watch)
		syncreport_print_kept(fleet);
	/* The question may wait for hours: others need the inventory meanwhile. */
	lock_release(*lock);
	*lock = -1;
	if (update_users_file(p, fleet, options, err) == -1 ||
	    warn_of_overrides(p, fleet, err) == -1)
		return -1;
	return warn_of_clashes(p, fleet, err);
}

/* Compared with the last inventory of the same login. */
static void find_changes(const struct fleet *fleet, const struct config *config,
                         struct changes *changes)
{
	struct fleet before = FLEET_INIT;
	struct error ignored = ERROR_INIT;

	if (sync_login_is_stored(config) &&
	    inventory_load(&before, &ignored) == INVENTORY_READ)
		changes_between(&before, fleet, changes);
	fleet_release(&before);
}

static int write_all(const struct places *p, struct fleet *fleet,
                     const struct config *config, const struct options *options,
                     int *lock, struct error *err)
{
	struct changes changes = CHANGES_INIT;
	int rc;

	find_changes(fleet, config, &changes);
	rc = syncreport_allow(&changes, options->yes, lock, err);
	if (rc == 0 && *lock == -1) {
		rc = *lock = take_lock(err);
		/* Another sync may have given names meanwhile. */
		if (rc != -1)
			rc = fleet_assign_aliases(fleet, options->rename, err);
	}
	if (rc != -1)
		rc = write_fleet(p, fleet, config, options, &changes, lock, err);
	changes_release(&changes);
	return rc;
}
/* From the API, or from another sync that fetched it while this one waited. */
static int get_fleet(struct api *api, const struct config *config,
                     const struct options *options, struct fleet *fleet,
                     struct deadline until, struct error *err)
{
	if ((options->rename || !fleet_reuse(config, options->began, fleet)) &&
	    (fleet_fetch(api, config, NULL, fleet, until, err) == -1 ||
	     (options->rename && fleet_assign_aliases(fleet, true, err) == -1)))
		return -1;
	fleet_probe_keys(api, fleet, until); /* a sync --quiet asks for none */
	print_warnings(fleet);
	proxywarning_print(config);
	if (config->keys_in_agent)
		warn_of_key_files(fleet);
	return 0;
}

static int fetch_and_write(const struct places *p, const struct config *config,
                           const struct options *options, int *lock, struct error *err)
{
	struct deadline until = deadline_in(SYNC_MS);
	struct fleet fleet = FLEET_INIT;
	struct api *api = api_session(config, until, err);
	int rc = -1;

	if (api == NULL || get_fleet(api, config, options, &fleet, until, err) == -1)
		goto out;
	if (options->dry_run || options->check) {
		rc = dry_run(p, &fleet, config, options, err);
		goto out;
	}
	fleet_update_public_keys(api, &fleet, config, until);
	rc = write_all(p, &fleet, config, options, lock, err);
	if (rc == 0 && !options->watch) {
		sync_login_print(config, api_profile(api));
		serverkeys_print_stale(&fleet);
	}
out:
	fleet_release(&fleet);
	api_free(api);
	return rc;
}

/* Is there nothing to remove, not even a folder for the lock? */
static bool nothing_is_there(const struct places *p)
{
	char *folder = paths_ssh("cxssh");
	bool nothing = access(folder, F_OK) == -1 && errno == ENOENT &&
	               userfile_is_untouched(&p->file);

	free(folder);
	return nothing;
}

/* Under the inventory lock until the files are written: one sync at a time, also with
 * --remove. */
static int run(const struct places *p, const struct config *config,
               const struct options *options, struct error *err)
{
	int lock = take_lock(err);
	int rc = -1;

	if (lock == -1)
		return -1;
	if (!options->dry_run && !options->check)
		cleanup_sweep();
	rc = options->remove ? remove_all(p, err) :
	                       fetch_and_write(p, config, options, &lock, err);
	lock_release(lock);
	return rc;
}

static volatile sig_atomic_t ended; /* by SIGINT or SIGTERM, between two syncs */

static void on_signal(int number)
{
	if (number != SIGHUP)
		ended = 1;
}

/* Between two syncs the signals that end it are caught; in a sync they end it at once.
 * SIGHUP, for one more sync, is delivered between two. */
static void set_signals(bool working)
{
	static const int ends[] = { SIGINT, SIGTERM };
	sigset_t signals;

	(void)sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)sigaddset(&signals, ends[i]);
	(void)sigprocmask(working ? SIG_UNBLOCK : SIG_BLOCK, &signals, NULL);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)signal(ends[i], working ? SIG_DFL : on_signal);
}

/* Wait for the next sync of --watch, or for SIGHUP; false: the program is to end.  macOS
 * has no sigtimedwait(2). */
static bool wait_for_next(const sigset_t *asleep)
{
	const struct timespec pause = { .tv_sec = WATCH_S };

	(void)pselect(0, NULL, NULL, NULL, &pause, asleep);
	return !ended;
}

/* What fails is told, and tried again the next time. */
static int watch(const struct places *p, const struct config *config,
                 struct options *options)
{
	sigset_t hangup;
	sigset_t asleep;

	(void)sigemptyset(&hangup);
	(void)sigaddset(&hangup, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &hangup, &asleep);
	(void)sigdelset(&asleep, SIGHUP); /* as nohup(1) may have it */
	(void)signal(SIGHUP, on_signal);
	do {
		struct error err = ERROR_INIT;

		set_signals(true);
		options->began = (int64_t)time(NULL);
		if (run(p, config, options, &err) == -1)
			(void)fprintf(stderr, "cxssh: %s\n", err.text);
		(void)fflush(stdout);
		set_signals(false);
	} while (wait_for_next(&asleep));
	return 0;
}

int command_sync(int argc, char *argv[], struct config *config, struct error *err)
{
	struct options options = { .began = (int64_t)time(NULL) };
	struct places places;
	int rc;

	if (parse(argc, argv, config, &options, err) == -1) {
		strvec_release(&options.stacks);
		return -1;
	}
	if (options.quiet) {
		strvec_release(&options.stacks);
		return syncquiet_run(config);
	}
	places_init(&places, config, &options);
	if (options.watch)
		rc = watch(&places, config, &options);
	else
		rc = options.remove && nothing_is_there(&places) ?
		             0 :
		             run(&places, config, &options, err);
	places_release(&places);
	strvec_release(&options.stacks);
	return rc;
}

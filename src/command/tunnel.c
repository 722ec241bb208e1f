/* SPDX-License-Identifier: MIT */
/*
 * tunnel - forward ports to a server by ssh -L, and connect again after a lost network.
 *
 *   cxssh tunnel HOST [LOCAL:]PORT...
 *   cxssh tunnel [-s APP] --server HOST --remote PORT [--local LOCAL]
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "cli/forward.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "cli/table.h"
#include "command/command.h"
#include "command/toolbelt.h"
#include "command/tunnelrun.h"
#include "route/routelease.h"
#include "runtime/config.h"

enum { STOP_MS = 10000 };

struct options {
	struct resolve_words host;
	const char *local;
	const char *remote;
};

static int take_forwards(const struct options *options, char *const words[],
                         struct forwards *to, struct error *err)
{
	int rc = 0;

	if (options->remote == NULL && options->local != NULL)
		return options_error(manual_named("tunnel"), err,
		                     "--local needs --remote");
	if (options->remote == NULL && words[0] == NULL)
		return options_error(manual_named("tunnel"), err, "PORT is missing");
	if (options->remote != NULL)
		rc = forwards_add(options->local, options->remote, to, err);
	for (; rc == 0 && *words != NULL; words++)
		rc = forwards_add_word(*words, to, err);
	return rc;
}

static int tunnel_open(int argc, char *argv[], const struct config *config,
                       struct error *err)
{
	struct options options = { .local = NULL };
	struct tunnel tunnel = { .background = false };
	const struct options_place places[] = {
		{ 's', .text = &options.host.app },
		{ 'e', .text = &options.host.environment },
		{ 'S', .text = &options.host.server },
		{ 'l', .text = &options.local },
		{ 'r', .text = &options.remote },
		{ 'b', .flag = &tunnel.background },
		{ .letter = '\0' },
	};
	int first = options_parse(argc, argv, places, 0, argc, err);
	int rc;

	if (first == -1)
		return -1;
	if (options.host.server == NULL)
		options.host.server = argv[first] != NULL ? argv[first++] : NULL;
	if (options.host.server == NULL)
		return options_error(manual_named("tunnel"), err, "HOST is missing");
	rc = take_forwards(&options, argv + first, &tunnel.state.forwards, err);
	if (rc == 0)
		tunnel.state.host = toolbelt_alias(&options.host, config, err);
	rc = rc == 0 && tunnel.state.host != NULL ? tunnel_run(&tunnel, err) : -1;
	tunnel_release(&tunnel);
	return rc;
}

static void add_rows(struct table *table, const struct tunnelstate *s)
{
	int64_t seconds = routelease_now() - s->since;
	char since[32];

	(void)snprintf(since, sizeof(since), "%" PRId64 " min", seconds / 60);
	for (size_t i = 0; i < s->forwards.locals.count; i++)
		table_add(table,
		          (const char *const[]){
				  s->forwards.locals.items[i], s->host,
				  s->forwards.remotes.items[i],
				  s->connected ? "connected" : "connecting", since });
}

static int tunnel_list(int argc, char *argv[], struct error *err)
{
	static const struct table_column columns[] = {
		{ .heading = "LOCAL" },
		{ .heading = "HOST" },
		{ .heading = "REMOTE", .keep = 2 },
		{ .heading = "STATE", .keep = 3 },
		{ .heading = "SINCE", .keep = 1 },
	};
	struct table *table;
	struct tunnelstate *states;
	size_t count;

	if (options_parse(argc, argv, NULL, 0, 0, err) == -1)
		return -1;
	table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	count = tunnelstate_list(&states);
	for (size_t i = 0; i < count; i++) {
		add_rows(table, &states[i]);
		tunnelstate_release(&states[i]);
	}
	if (count == 0)
		(void)printf("no tunnel is open\n");
	table_finish(table);
	free(states);
	return 0;
}

/* Is it a tunnel to this host, or one with this local port or path? */
static bool is_meant(const struct tunnelstate *s, const char *word)
{
	if (strcasecmp(s->host, word) == 0 || strvec_has(&s->forwards.locals, word))
		return true;
	for (size_t i = 0; i < s->forwards.locals.count; i++) {
		const char *port = strrchr(s->forwards.locals.items[i], ':');

		if (port != NULL && strcmp(port + 1, word) == 0)
			return true;
	}
	return false;
}

static int stop_all(const char *word, size_t *stopped, struct error *err)
{
	struct tunnelstate *states;
	size_t count = tunnelstate_list(&states);
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		struct tunnelstate *s = &states[i];

		if (rc == 0 && (word == NULL || is_meant(s, word))) {
			rc = tunnelstate_stop(s->pid, deadline_in(STOP_MS), err);
			for (size_t k = 0; rc == 0 && k < s->forwards.locals.count; k++)
				(void)printf("%s is closed\n",
				             s->forwards.locals.items[k]);
			(*stopped)++;
		}
		tunnelstate_release(s);
	}
	free(states);
	return rc;
}

static int tunnel_close(int argc, char *argv[], const struct config *config,
                        struct error *err)
{
	bool all = false;
	const struct options_place places[] = { { 'a', .flag = &all },
		                                { .letter = '\0' } };
	int first = options_parse(argc, argv, places, 0, 1, err);
	const char *word = first != -1 ? argv[first] : NULL;
	size_t stopped = 0;
	char shown[64];
	int rc;

	if (first == -1)
		return -1;
	if ((word == NULL) != all)
		return options_error(manual_named("tunnel close"), err,
		                     "either HOST or --all");
	rc = stop_all(word, &stopped, err);
	if (rc == 0 && stopped == 0 && word != NULL) {
		struct error ignored = ERROR_INIT;
		struct resolve_words host = { .server = word };
		char *alias = toolbelt_alias(&host, config, &ignored);

		rc = alias != NULL ? stop_all(alias, &stopped, err) : 0;
		free(alias);
	}
	if (rc == 0 && stopped == 0 && word != NULL)
		return error_set(err, ERROR_NO_HOST,
		                 "no tunnel to %s; run: cxssh tunnel list",
		                 printable_text(word, shown, sizeof(shown)));
	return rc;
}

int command_tunnel(int argc, char *argv[], struct config *config, struct error *err)
{
	if (argc > 1 && strcmp(argv[1], "list") == 0)
		return tunnel_list(argc, argv, err);
	if (argc > 1 && strcmp(argv[1], "close") == 0)
		return tunnel_close(argc, argv, config, err);
	return tunnel_open(argc, argv, config, err);
}

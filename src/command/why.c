/* SPDX-License-Identifier: MIT */
/* why - what the last connection did, and what helps. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/options.h"
#include "cli/table.h"
#include "command/command.h"
#include "doctor/history.h"
#include "doctor/verdict.h"
#include "fleet/host.h"
#include "fleet/inventory.h"
#include "fleet/model.h"
#include "fleet/resolve.h"
#include "fleet/selection.h"
#include "runtime/config.h"

enum { WHY_MS = 10000 };
enum {
	INDENT = 2,
	SAID_INDENT = 48,
	STEP_INDENT = 26,
	LIST_INDENT = 61
}; /* of lines that are broken */

struct options {
	bool json;
	bool log;
	bool list;
};

/* ---- as text ---- */

static int64_t took_ms(const struct history_connection *c)
{
	return history_when_ms(&c->last) - history_began_ms(c);
}

/* begin, the host, end, and what keeps ssh from asking cxssh for it. */
static char *override_text(const struct verdict *v, const char *begin, const char *end)
{
	bool by_line = v->how == EFFECTIVE_OVERRIDDEN || v->how == EFFECTIVE_OTHER_PORT;

	if (v->how == EFFECTIVE_OTHER_PORT)
		begin = "ssh asks cxssh for another port of ";
	return xasprintf("%s%s%s: %s%s", begin, v->host, end,
	                 by_line ? "the configuration for this name is overridden at " :
	                           "",
	                 v->overridden);
}

static void print_override(const struct verdict *v, struct strbuf *out)
{
	char *text;

	if (v->proxy != NULL) {
		text = xasprintf("ssh cannot start cxssh-proxy now: %s", v->proxy);
		table_wrap(out, text, table_width(), INDENT);
		free(text);
	}
	if (v->overridden == NULL)
		return;
	text = override_text(v, "ssh does not ask cxssh for ", " now");
	table_wrap(out, text, table_width(), INDENT);
	free(text);
}

static void print_said(const struct verdict *v, struct strbuf *out)
{
	if (v->said_count == 0)
		return;
	strbuf_adds(out, "What ssh did then is not known here.  If it said:\n");
	for (size_t i = 0; i < v->said_count; i++) {
		bool again = i > 0 && v->said[i].words == v->said[i - 1].words;

		strbuf_addf(out, "  %-40s %s", again ? "" : v->said[i].words,
		            again ? "or: " : "run: ");
		table_wrap(out, v->said[i].what, table_width(), SAID_INDENT);
	}
}

static void print_verdict(const struct verdict *v)
{
	const struct history_connection *c = v->connection;
	struct strbuf line = STRBUF_INIT;
	struct strbuf out = STRBUF_INIT;
	char when[32];

	strbuf_addf(&line, "The last connection to %s, %s, ", v->host,
	            table_ago(v->age_s, when, sizeof(when)));
	if (c->result == HISTORY_FAILED)
		strbuf_addf(&line, "failed: %s%s%s; do: %s", v->reason,
		            v->cause != NULL ? "; because " : "",
		            v->cause != NULL ? v->cause : "", v->remedy);
	else if (c->result == HISTORY_UNFINISHED)
		strbuf_adds(&line, "has not ended, or was interrupted.");
	else
		strbuf_addf(&line, "was made in %" PRId64 " ms%s.", took_ms(c),
		            c->result == HISTORY_HANDED ? " and handed to ssh" : "");
	table_wrap(&out, line.data, table_width(), INDENT);
	print_override(v, &out);
	print_said(v, &out);
	(void)fputs(out.data, stdout);
	strbuf_release(&line);
	strbuf_release(&out);
}

static void print_step(const struct history_line *l, void *cookie)
{
	const struct history_connection *c = cookie;
	char *text = xstrndup(l->step, l->step_len);
	struct strbuf out = STRBUF_INIT;

	strbuf_addf(&out, "%6" PRId64 " ms  %-13.*s  ",
	            history_when_ms(l) - history_began_ms(c),
	            (int)strcspn(l->process, "["), l->process);
	table_wrap(&out, text, table_width(), STEP_INDENT);
	(void)fputs(out.data, stdout);
	strbuf_release(&out);
	free(text);
}

static void print_raw(const struct history_connection *c)
{
	(void)printf("%.*s\n", (int)(c->last.at + c->last.len - c->from), c->from);
}

/* ---- as JSON ---- */

static const char *const results[] = {
	[HISTORY_UNFINISHED] = "unfinished",
	[HISTORY_HANDED] = "handed to ssh",
	[HISTORY_CARRIED] = "carried",
	[HISTORY_FAILED] = "failed",
};

struct steps {
	const struct history_connection *connection;
	struct json *array;
};

static void put_step(const struct history_line *l, void *cookie)
{
	struct steps *steps = cookie;
	struct json *step = json_new_object();
	char *program = xstrndup(l->process, strcspn(l->process, "["));
	char *text = xstrndup(l->step, l->step_len);

	json_put_int(step, "ms",
	             history_when_ms(l) - history_began_ms(steps->connection));
	json_put_text(step, "program", program);
	json_put_text(step, "step", text);
	json_push(steps->array, step);
	free(program);
	free(text);
}

static struct json *said_json(const struct verdict *v)
{
	struct json *array = json_new_array();

	for (size_t i = 0; i < v->said_count; i++) {
		struct json *item = json_new_object();

		json_put_text(item, "said", v->said[i].words);
		json_put_text(item, "do", v->said[i].what);
		json_push(array, item);
	}
	return array;
}

static void print_json(const struct verdict *v)
{
	struct steps steps = { .connection = v->connection, .array = json_new_array() };
	struct strbuf text = STRBUF_INIT;
	struct json *doc = json_new_object();
	char *at = xstrndup(v->connection->first.at,
	                    strcspn(v->connection->first.at, " \n"));

	history_steps(v->connection, put_step, &steps);
	json_put_text(doc, "host", v->host);
	json_put_text(doc, "at", at);
	json_put_int(doc, "age_s", v->age_s);
	json_put_text(doc, "result", results[v->connection->result]);
	json_put_text(doc, "failed", v->reason);
	json_put_text(doc, "because", v->cause);
	json_put_text(doc, "do", v->remedy);
	json_put_text(doc, "overridden", v->overridden);
	json_put(doc, "if_ssh_said", said_json(v));
	json_put(doc, "steps", steps.array);
	json_write(doc, true, &text);
	strbuf_adds(&text, "\n");
	(void)fputs(text.data, stdout);
	strbuf_release(&text);
	json_free(doc);
	free(at);
}

/* ---- the command ---- */

/* What a user asks for: the connections to target, and those to a name that had no block
 * when it was typed; both NULL: all. */
struct asked {
	char *target;
	char *alias;
	char *name;
};

/* All that are kept, the last one first. */
static void print_list(const struct history *history, const struct asked *asked)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = history->count; i-- > 0;) {
		const struct history_connection *c = &history->connections[i];
		char *of = history_target(c);
		char *name = verdict_name_of(of);
		char *reason = history_reason(c);
		char when[32];

		if (history_is_to(c, asked->target, asked->name)) {
			strbuf_addf(&out, "%-16s %-30s %6" PRId64 " ms  ",
			            table_ago(verdict_age_of(c), when, sizeof(when)),
			            name, took_ms(c));
			table_wrap(&out, reason != NULL ? reason : results[c->result],
			           table_width(), LIST_INDENT);
		}
		free(of);
		free(name);
		free(reason);
	}
	(void)fputs(out.data, stdout);
	strbuf_release(&out);
}

/* No connection to the host is known: why has ssh not asked? */
static int none_known(const char *alias, struct error *err)
{
	struct verdict v = { .host = xstrdup(alias != NULL ? alias : "any host") };

	if (alias != NULL)
		verdict_check_ssh(&v, alias);
	error_set(err, ERROR_NO_HOST, "no connection to %s in the log", v.host);
	if (v.overridden != NULL) {
		char *text = override_text(&v, "ssh did not ask cxssh for ", "");

		error_set(err, ERROR_NO_HOST, "%s", text);
		free(text);
	} else if (v.proxy != NULL) {
		error_set(err, ERROR_NO_HOST, "ssh cannot start cxssh-proxy: %s",
		          v.proxy);
	}
	verdict_release(&v);
	return -1;
}

static void explain(const struct history_connection *c, const struct options *options)
{
	struct verdict v = { .host = NULL };

	verdict_judge(c, &v);
	if (options->json) {
		print_json(&v);
	} else {
		print_verdict(&v);
		(void)printf("\n");
		history_steps(c, print_step, (void *)c);
	}
	verdict_release(&v);
}

static int show(const struct history *history, const struct asked *asked,
                const struct options *options, struct error *err)
{
	const struct history_connection *c =
		history_last(history, asked->target, asked->name);

	if (c == NULL)
		return none_known(asked->alias, err);
	if (options->list)
		print_list(history, asked);
	else if (options->log)
		print_raw(c);
	else
		explain(c, options);
	return 0;
}

/* The host that is called name.  Where the log has connections to the very name, it is
 * that one: no host may have it, and the API need not be asked. */
static int find_host(const struct config *config, const char *name,
                     const struct history *history, struct asked *asked,
                     struct error *err)
{
	struct error ignored = ERROR_INIT;
	struct fleet fleet = FLEET_INIT;
	struct host found;
	bool known = true;
	int rc = 0;

	asked->name = mem_lower(xstrdup(name));
	if (history_last(history, NULL, asked->name) != NULL)
		known = inventory_load(&fleet, &ignored) == INVENTORY_READ &&
		        selection_by_alias(&fleet, asked->name, &found);
	else
		rc = resolve_host(config, name, &fleet, &found, deadline_in(WHY_MS), err);
	if (rc == 0 && known) {
		asked->target = host_target(&found);
		asked->alias = xstrdup(host_alias(&found));
	}
	fleet_release(&fleet);
	return rc;
}

int command_why(int argc, char *argv[], struct config *config, struct error *err)
{
	struct history *history = xcalloc(1, sizeof(*history));
	struct options options = { .json = false };
	const struct options_place places[] = {
		{ 'j', .flag = &options.json },
		{ 'L', .flag = &options.log },
		{ 'l', .flag = &options.list },
		{ .letter = '\0' },
	};
	struct asked asked = { .target = NULL };
	int first = options_parse(argc, argv, places, 0, 1, err);
	/* Read the log first: looking up the target writes to it. */
	int rc = first == -1 ? -1 : history_read(history, err);

	if (rc == 0 && argv[first] != NULL)
		rc = find_host(config, argv[first], history, &asked, err);
	if (rc == 0)
		rc = show(history, &asked, &options, err);
	history_release(history);
	free(history);
	free(asked.target);
	free(asked.alias);
	free(asked.name);
	return rc;
}

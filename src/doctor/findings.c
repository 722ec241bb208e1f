/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/table.h"
#include "doctor/findings.h"
#include "runtime/paths.h"

static const char *const verdicts[] = { "pass", "warn", "fail", "skipped" };

static char *printable(const char *text)
{
	char *shown = xcalloc(strlen(text) + 1, 1);

	(void)printable_text(text, shown, strlen(text) + 1);
	paths_shorten_text(shown);
	return shown;
}

void findings_add(struct findings *findings, const char *id, enum verdict verdict,
                  const char *remedy, const char *fmt, ...)
{
	char value[600];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	findings->items =
		xgrow_array(findings->items, findings->count, sizeof(*findings->items));
	findings->items[findings->count++] =
		(struct finding){ .id = id,
		                  .verdict = verdict,
		                  .value = printable(value),
		                  .remedy = remedy == NULL ? NULL : printable(remedy) };
}

void findings_add_error(struct findings *findings, const char *id, enum verdict verdict,
                        const struct error *err)
{
	const char *run = strstr(err->text, "; run: ");
	int len = run == NULL ? (int)strlen(err->text) : (int)(run - err->text);

	findings_add(findings, id, verdict, run == NULL ? NULL : run + strlen("; "),
	             "%.*s", len, err->text);
}

void findings_skip(struct findings *findings, const char *id, const char *why)
{
	findings_add(findings, id, VERDICT_SKIPPED, NULL, "skipped because %s", why);
}

size_t findings_count(const struct findings *findings, enum verdict verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < findings->count; i++)
		count += findings->items[i].verdict == verdict;
	return count;
}

enum { MARGIN = 22 };

static void add_row(const struct finding *f, int width, struct strbuf *out)
{
	char *remedy;

	strbuf_addf(out, "%-8s %-12s ", verdicts[f->verdict], f->id);
	table_wrap(out, f->value, width, MARGIN);
	if (f->remedy == NULL)
		return;
	remedy = xasprintf("-> %s", f->remedy);
	strbuf_addf(out, "%*s", MARGIN, "");
	table_wrap(out, remedy, width, MARGIN);
	free(remedy);
}

/* The verdict in colour. */
static void add_coloured(const struct finding *f, int width, struct strbuf *out)
{
	static const char *const sgr[] = { "32", "33", "1;31", "2" };
	const char *verdict = verdicts[f->verdict];
	struct strbuf row = STRBUF_INIT;

	add_row(f, width, &row);
	strbuf_addf(out, "\033[%sm%s\033[0m%s", sgr[f->verdict], verdict,
	            row.data + strlen(verdict));
	strbuf_release(&row);
}

/* The checks are in the order of a connection: the first failure may explain the rest. */
static void add_first_step(const struct findings *findings, int width, struct strbuf *out)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->items[i];

		if (f->verdict == VERDICT_FAIL && f->remedy != NULL) {
			strbuf_addf(out, "first, for \"%s\": ", f->id);
			table_wrap(out, f->remedy, width, 0);
			break;
		}
	}
}

void findings_table(const struct findings *findings, int width, bool colours,
                    struct strbuf *out)
{
	for (size_t i = 0; i < findings->count; i++) {
		if (colours)
			add_coloured(&findings->items[i], width, out);
		else
			add_row(&findings->items[i], width, out);
	}
	strbuf_addf(out, "%zu pass, %zu warn, %zu fail, %zu skipped\n",
	            findings_count(findings, VERDICT_PASS),
	            findings_count(findings, VERDICT_WARN),
	            findings_count(findings, VERDICT_FAIL),
	            findings_count(findings, VERDICT_SKIPPED));
	add_first_step(findings, width, out);
}

void findings_json(const struct findings *findings, struct strbuf *out)
{
	struct json *doc = json_new_object();
	struct json *checks = json_new_array();

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->items[i];
		struct json *check = json_new_object();

		json_put_text(check, "id", f->id);
		json_put_text(check, "verdict", verdicts[f->verdict]);
		json_put_text(check, "value", f->value);
		json_put_text(check, "remedy", f->remedy);
		json_push(checks, check);
	}
	json_put(doc, "checks", checks);
	json_put_flag(doc, "failed", findings_count(findings, VERDICT_FAIL) > 0);
	json_write(doc, true, out);
	strbuf_adds(out, "\n");
	json_free(doc);
}

void findings_release(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->items[i].value);
		free(findings->items[i].remedy);
	}
	free(findings->items);
	*findings = (struct findings)FINDINGS_INIT;
}

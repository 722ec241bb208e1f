/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/help.h"
#include "cli/manual.h"
#include "cli/table.h"

enum { WIDTH = 78, ROW_COLUMN = 18, OPTION_COLUMN = 26 };

/* Append an entry, whose text begins at the column. */
static void add_entry(struct strbuf *out, const struct strbuf *name, const char *text,
                      size_t column)
{
	strbuf_addf(out, "%-*s ", (int)column - 1, name->data);
	table_wrap(out, text, WIDTH, (int)column);
}

static void add_command(struct strbuf *out, const struct manual *manual)
{
	struct strbuf name = STRBUF_INIT;

	strbuf_addf(&name, "  %s", manual->name);
	add_entry(out, &name, manual->summary, ROW_COLUMN);
	strbuf_release(&name);
}

static void add_options(struct strbuf *out, const struct manual_option *options)
{
	for (const struct manual_option *o = options; o->name != NULL; o++) {
		struct strbuf name = STRBUF_INIT;

		if (manual_has_letter(o))
			strbuf_addf(&name, "  -%c, --%s", o->letter, o->name);
		else
			strbuf_addf(&name, "      --%s", o->name);
		if (o->value != NULL)
			strbuf_addf(&name, " %s", o->value);
		add_entry(out, &name, o->text, OPTION_COLUMN);
		strbuf_release(&name);
	}
}

static void add_usage(struct strbuf *out, const struct manual *manual)
{
	strbuf_addf(out, "usage: cxssh %s%s%s%s\n\ncxssh %s: %s\n", manual->name,
	            manual_options(manual)->name != NULL ? " [OPTIONS]" : "",
	            manual->operands[0] != '\0' ? " " : "", manual->operands,
	            manual->name, manual->summary);
	if (manual->text != NULL) {
		strbuf_adds(out, "\n");
		table_wrap(out, manual->text, WIDTH, 0);
	}
}

static void add_subcommands(struct strbuf *out, const struct manual *of)
{
	size_t len = strlen(of->name);
	bool any = false;

	for (const struct manual *m = manual_table; m->name != NULL; m++) {
		if (strncmp(m->name, of->name, len) != 0 || m->name[len] != ' ')
			continue;
		strbuf_adds(out, any ? "" : "\nSubcommands (each has --help):\n");
		any = true;
		add_command(out, m);
	}
}

static void put(struct strbuf *out, FILE *to)
{
	(void)fputs(out->data, to);
	strbuf_release(out);
}

void help_print(const struct manual *manual, FILE *to)
{
	struct strbuf out = STRBUF_INIT;

	add_usage(&out, manual);
	add_subcommands(&out, manual);
	strbuf_adds(&out, "\nOptions:\n");
	add_options(&out, manual_options(manual));
	add_options(&out, manual_common);
	if (manual->examples != NULL)
		strbuf_adds(&out, "\nExamples:\n");
	for (const char *const *e = manual->examples; e != NULL && *e != NULL; e += 2)
		strbuf_addf(&out, "  %s\n      %s\n", e[0], e[1]);
	put(&out, to);
}

void help_print_commands(FILE *to)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_adds(&out, "usage: cxssh COMMAND [ARGUMENTS]\n\n");
	for (const struct manual *m = manual_table; m->name != NULL; m++) {
		if (manual_is_listed(m))
			add_command(&out, m);
	}
	strbuf_adds(&out, "\nOptions, before or behind any command:\n");
	add_options(&out, manual_common);
	strbuf_adds(&out, "      --version           print the versions of cxssh and its "
	                  "libraries\n"
	                  "\nAfter \"cxssh sync\" plain ssh, scp, rsync and git reach "
	                  "every host of\n\"cxssh list\" by its name.\n");
	put(&out, to);
}

static void list_options(const char *command, const struct manual_option *options)
{
	for (const struct manual_option *o = options; o->name != NULL; o++)
		(void)printf("option\t%s\t-%.*s\t--%s\t%s\n", command,
		             manual_has_letter(o) ? 1 : 0, &o->letter, o->name,
		             o->value != NULL ? o->value : "");
}

void help_print_list(void)
{
	for (const struct manual *m = manual_table; m->name != NULL; m++) {
		if (m->is_internal)
			continue;
		(void)printf("command\t%s\t%s\t%s\n", m->name, m->operands, m->summary);
		list_options(m->name, manual_options(m));
	}
	list_options("*", manual_common);
}

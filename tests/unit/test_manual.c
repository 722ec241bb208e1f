/* SPDX-License-Identifier: MIT */
/* The table of commands, command lines that are parsed by it, and near names. */
#include <stdlib.h>

#include "base/error.h"
#include "base/suggest.h"
#include "cli/cxnames.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "tap.h"

enum { WORDS = 12 };

/* Split text at blanks into argv, which ends with NULL. */
static int split(char *text, char *argv[WORDS])
{
	int argc = 0;

	for (char *word = strtok_r(text, " ", &text); word != NULL;
	     word = strtok_r(NULL, " ", &text))
		argv[argc++] = word;
	argv[argc] = NULL;
	return argc;
}

static int note(char letter, const char *value, void *cookie, struct error *err)
{
	char *seen = cookie;
	size_t len = strlen(seen);

	(void)err;
	(void)snprintf(seen + len, 100 - len, "%c%s%s ", letter, value != NULL ? "=" : "",
	               value != NULL ? value : "");
	return 0;
}

static const struct {
	const char *line;
	const char *seen; /* options, then operands; or the error */
} lines[] = {
	{ "lease host", "| host" },
	{ "lease -t 5 host", "t=5 | host" },
	{ "lease host -t 5", "t=5 | host" },
	{ "lease -t5 host", "t=5 | host" },
	{ "lease --ttl=5 host", "t=5 | host" },
	{ "lease --tt 5", "lease: no option --tt; run: cxssh lease --help" },
	{ "lease --tto 5", "U=5 |" },
	{ "lease --sta x --port 1", "s=x p=1 |" },
	{ "lease -- -t", "| -t" },
	{ "lease -", "| -" },
	{ "lease -x", "lease: no option -x; run: cxssh lease --help" },
	{ "lease -t", "lease: --ttl needs a value, MINUTES; run: cxssh lease --help" },
	{ "lease a b", "lease: one word too many: b; run: cxssh lease --help" },
	{ "sync -ny", "n y |" },
	{ "sync -nx", "sync: no option -nx; run: cxssh sync --help" },
	{ "sync -nsapp", "n s=app |" },
	{ "sync -yn=1", "sync: no option -yn=1; run: cxssh sync --help" },
	{ "sync --yes=1", "sync: --yes takes no value; run: cxssh sync --help" },
	{ "sync -yh", "sync: no option -yh; run: cxssh sync --help" },
	{ "sync -C", "sync: no option -C; run: cxssh sync --help" },
	{ "gateway key a b", "gateway key: one word too many: b; run: cxssh gateway key "
	                     "--help" },
};

static void test_lines(void)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct error err = ERROR_INIT;
		char text[100];
		char seen[200] = "";
		const struct options_place places[] = {
			{ 't', .call = note, .cookie = seen },
			{ 'U', .call = note, .cookie = seen },
			{ 's', .call = note, .cookie = seen },
			{ 'p', .call = note, .cookie = seen },
			{ 'n', .call = note, .cookie = seen },
			{ 'y', .call = note, .cookie = seen },
			{ .letter = '\0' },
		};
		char *argv[WORDS];
		int argc;
		int first;

		(void)snprintf(text, sizeof(text), "%s", lines[i].line);
		argc = split(text, argv);
		first = options_parse(argc, argv, places, 0, 1, &err);
		if (first != -1) {
			(void)strcat(seen, "|");
			for (int k = first; k < argc; k++)
				(void)strcat(strcat(seen, " "), argv[k]);
		}
		is_str(first == -1 ? err.text : seen, lines[i].seen, "\"%s\" is parsed",
		       lines[i].line);
	}
}

static const struct {
	const char *line;
	const char *left;
	const char *profile;
	bool help;
} common[] = {
	{ "list --profile a x", "list x", "a", false },
	{ "list x --profile=a", "list x", "a", false },
	{ "list --prof a", "list", "a", false },
	{ "list -h", "list", "", true },
	{ "list -- -h", "list -- -h", "", false },
	{ "lease -s --profile x", "lease -s --profile x", "", false },
	{ "ssh --profile a lion --profile b", "ssh lion --profile b", "a", false },
	{ "ssh -s app lion -h", "ssh -s app lion -h", "", false },
	{ "ssh -h lion", "ssh lion", "", true },
};

static void test_common(void)
{
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
		struct options_common got = { .help = false };
		struct error err = ERROR_INIT;
		char text[100];
		char left[200] = "";
		char *argv[WORDS];
		int argc;

		(void)snprintf(text, sizeof(text), "%s", common[i].line);
		argc = split(text, argv);
		(void)options_take_common(manual_find(argc, argv, NULL), &argc, argv,
		                          &got, &err);
		for (int k = 0; k < argc; k++)
			(void)strcat(strcat(left, k > 0 ? " " : ""), argv[k]);
		is_str(left, common[i].left, "\"%s\" keeps its own words",
		       common[i].line);
		ok(strcmp(got.profile != NULL ? got.profile : "", common[i].profile) ==
		                   0 &&
		           got.help == common[i].help,
		   "\"%s\" has its options of every command", common[i].line);
	}
}

static void test_near(void)
{
	static const char *const names[] = { "sync", "list", "show", "ssh", "gateway" };
	static const char *const pairs[][2] = {
		{ "snyc", "sync" },   { "lst", "list" },  { "gatway", "gateway" },
		{ "ssh", "ssh" },     { "hsow", "show" }, { "tunnel", "" },
		{ "frobnicate", "" }, { "list-all", "" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const char *near = suggest_near(pairs[i][0], names, 5);

		is_str(near != NULL ? near : "", pairs[i][1], "near to %s is \"%s\"",
		       pairs[i][0], pairs[i][1]);
	}
}

int main(void)
{
	test_lines();
	test_common();
	test_near();
	ok(cxnames_instead("servers") != NULL && cxnames_instead("sync") == NULL,
	   "commands of the toolbelt have a replacement, those of cxssh have none");
	return done_testing();
}

/* SPDX-License-Identifier: MIT */
/*
 * drive_sshconfig.c - the modules of src/sshconfig, one a command, for
 * t40-generated-config.sh; where files are comes by arguments.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "runtime/atomic.h"
#include "sshconfig/generate.h"
#include "sshconfig/userfile.h"
#include "sshconfig/validate.h"

enum { MUCH = 16 * 1024 * 1024 };

/* How long ssh may take is in DRIVE_MS. */
static struct deadline soon(void)
{
	const char *ms = getenv("DRIVE_MS");

	return deadline_in(ms == NULL ? 10000 : strtol(ms, NULL, 10));
}

static int slurp(const char *path, struct strbuf *text, struct error *err)
{
	int rc = atomic_read(path, MUCH, text, err);

	return rc == 1 ? 0 :
	       rc == 0 ? error_set(err, ERROR_CONFIG, "%s is missing", path) :
	                 -1;
}

static const char *or_none(const char *word)
{
	return strcmp(word, "-") == 0 ? NULL : word;
}

/* render PROXY agent|master|plain: a host a line on stdin: kind alias key-alias user
 * port identity target */
static int render(char **argv, struct error *err)
{
	struct generate_settings settings = { .proxy = argv[0],
		                              .forward_agent =
		                                      strcmp(argv[1], "agent") == 0,
		                              .control_master =
		                                      strcmp(argv[1], "master") == 0 };
	struct strbuf out = STRBUF_INIT;
	struct generator *generator = generate_begin(&settings, &out, err);
	char line[1000];
	int rc = generator == NULL ? -1 : 0;

	while (rc == 0 && fgets(line, sizeof(line), stdin) != NULL) {
		struct strvec words = STRVEC_INIT;
		char **word;

		line[strcspn(line, "\n")] = '\0';
		strvec_split(&words, line);
		word = words.items;
		if (words.count == 7)
			rc = generate_add(generator,
			                  &(struct generate_host){
						  .role = strcmp(word[0], "role") == 0,
						  .alias = word[1],
						  .host_key_alias = or_none(word[2]),
						  .user = or_none(word[3]),
						  .port = (uint16_t)strtoul(word[4], NULL,
			                                                    10),
						  .identity = or_none(word[5]),
						  .target = word[6],
					  },
			                  &out, err);
		strvec_release(&words);
	}
	if (rc == 0)
		(void)fwrite(out.data, 1, out.len, stdout);
	generate_end(generator);
	strbuf_release(&out);
	return rc;
}

/* replace PATH FILE [ALIAS KEY-ALIAS COMMAND] */
static int replace(char **argv, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	struct validate_expected expected = { .alias = argv[2] };
	bool changed = false;
	int rc;

	if (argv[2] != NULL) {
		expected.host_key_alias = argv[3];
		expected.proxy_command = argv[4];
	}
	rc = slurp(argv[1], &text, err);
	if (rc == 0)
		rc = validate_replace(argv[0], &text, argv[2] != NULL ? &expected : NULL,
		                      soon(), &changed, err);
	printf("%s\n", rc == 0 && changed ? "changed" : "unchanged");
	strbuf_release(&text);
	return rc;
}

/* user PATH HOME look|add|remove|decline|add-block FILE|remove-block */
static int user(char **argv, struct error *err)
{
	static const char *const results[] = { "absent",      "declined", "taken out",
		                               "ineffective", "present",  "added",
		                               "removed",     "not ours" };
	char *generated = xasprintf("%s/.ssh/cxssh/config", argv[1]);
	char *state = xasprintf("%s/.ssh/cxssh/state", argv[1]);
	struct userfile file = {
		.path = argv[0], .generated = generated, .state = state, .home = argv[1]
	};
	enum userfile_result result = USERFILE_ABSENT;
	struct strbuf block = STRBUF_INIT;
	const char *word = argv[2];
	size_t line = 0;
	int rc = 0;

	if (strcmp(word, "add-block") == 0)
		rc = slurp(argv[3], &block, err);
	if (rc == 0)
		rc = strcmp(word, "look") == 0 ?
		             userfile_look(&file, &result, &line, err) :
		     strcmp(word, "add") == 0 ?
		             userfile_add(&file, soon(), &result, err) :
		     strcmp(word, "remove") == 0 ?
		             userfile_remove(&file, soon(), &result, err) :
		     strcmp(word, "decline") == 0 ?
		             userfile_decline(&file, soon(), err) :
		     strcmp(word, "add-block") == 0 ?
		             userfile_add_block(&file, block.data, block.len, soon(),
		                                &result, err) :
		             userfile_remove_block(&file, soon(), &result, err);
	if (rc == 0)
		printf("%s %zu\n", results[result], line);
	strbuf_release(&block);
	free(generated);
	free(state);
	return rc;
}

static const struct {
	const char *word;
	int arguments;
	int (*run)(char **argv, struct error *err);
} commands[] = {
	{ "render", 2, render },
	{ "replace", 2, replace },
	{ "user", 3, user },
};

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]) && argc > 1; i++) {
		if (strcmp(argv[1], commands[i].word) != 0 ||
		    argc < 2 + commands[i].arguments)
			continue;
		if (commands[i].run(argv + 2, &err) == 0)
			return 0;
		fprintf(stderr, "%s\n", err.text);
		return error_exit_status(err.code);
	}
	fprintf(stderr, "see the top of drive_sshconfig.c\n");
	return 64;
}

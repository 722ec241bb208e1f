/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "cli/manual.h"
#include "cli/options.h"

int options_error(const struct manual *manual, struct error *err, const char *what, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, what);
	(void)vsnprintf(text, sizeof(text), what, ap);
	va_end(ap);
	error_set(err, ERROR_USAGE, "%s%s%s", manual != NULL ? manual->name : "",
	          manual != NULL ? ": " : "", text);
	if (manual == NULL)
		return error_hint(err, "cxssh help");
	return error_hint(err, "cxssh %s --help", manual->name);
}

/* An option as it stands in argv: "-x", "-xVALUE", "--name" or "--name=VALUE". */
struct found {
	const struct manual_option *option; /* NULL: the command has no such option */
	const char *value;                  /* in the same word, or NULL */
	const char *rest;                   /* of "-xyz" behind x, or NULL */
};

static struct found find(const struct manual *manual, const char *word)
{
	struct found found = { .option = NULL };
	const char *name = word + 2;
	size_t len;

	if (word[1] != '-') {
		found.option = manual_option_letter(manual, word[1]);
		if (word[2] != '\0' && found.option != NULL) {
			if (found.option->value != NULL)
				found.value = word + 2 + (word[2] == '=');
			else
				found.rest = word + 2;
		}
		return found;
	}
	len = strcspn(name, "=");
	found.option = manual_option(manual, name, len);
	if (name[len] == '=')
		found.value = name + len + 1;
	return found;
}

static int unknown(const struct manual *manual, const char *word, struct error *err)
{
	char shown[64];

	return options_error(manual, err, "no option %s",
	                     printable_text(word, shown, sizeof(shown)));
}

/* The place of the option; NULL where the command has none: a common one that stands in
 * one word with others. */
static const struct options_place *place_of(const struct options_place *places,
                                            const struct manual_option *option)
{
	for (; places != NULL && places->letter != '\0'; places++) {
		if (places->letter == option->letter)
			return places;
	}
	return NULL;
}

static int put(const struct options_place *place, const struct manual_option *option,
               const char *value, struct error *err)
{
	if (place->call != NULL) {
		if (place->call(option->letter, value, place->cookie, err) == 0)
			return 0;
		if (err->code != ERROR_USAGE)
			error_prefix(err, "--%s", option->name);
		err->code = ERROR_USAGE;
		return -1;
	}
	if (place->flag != NULL)
		*place->flag = true;
	if (place->text != NULL)
		*place->text = value;
	return 0;
}

/* Handle the option in argv[*i], whose value may be in the next word. */
static int take(const struct manual *manual, char *argv[], int *i,
                const struct options_place *places, struct error *err)
{
	char letters[3] = "-?";
	struct found found = find(manual, argv[*i]);

	for (;;) {
		const struct manual_option *option = found.option;
		const struct options_place *place =
			option != NULL ? place_of(places, option) : NULL;
		const char *value = found.value;

		if (place == NULL)
			return unknown(manual, argv[*i], err);
		if (option->value == NULL && value != NULL)
			return options_error(manual, err, "--%s takes no value",
			                     option->name);
		if (option->value != NULL && value == NULL &&
		    (value = argv[++*i]) == NULL)
			return options_error(manual, err, "--%s needs a value, %s",
			                     option->name, option->value);
		if (put(place, option, value, err) == -1)
			return -1;
		if (found.rest == NULL)
			return 0;
		letters[1] = found.rest[0];
		found = (struct found){
			.option = manual_option_letter(manual, letters[1]),
			.rest = found.rest[1] != '\0' ? found.rest + 1 : NULL,
		};
		if (found.option != NULL && found.option->value != NULL) {
			found.value = found.rest;
			found.rest = NULL;
		}
	}
}

static int check_operands(const struct manual *manual, int count, char *operands[],
                          int min, int max, struct error *err)
{
	char shown[64];

	if (count > max)
		return options_error(manual, err, "one word too many: %s",
		                     printable_text(operands[max], shown, sizeof(shown)));
	if (count < min)
		return options_error(manual, err, "%s is missing", manual->operands);
	return 0;
}

int options_parse(int argc, char *argv[], const struct options_place *places, int min,
                  int max, struct error *err)
{
	int words;
	const struct manual *manual = manual_find(argc, argv, &words);
	int kept = 0; /* operands, moved to the begin of argv */
	bool ended = false;
	int first;

	for (int i = words; i < argc; i++) {
		if (!ended && strcmp(argv[i], "--") == 0)
			ended = true;
		else if (ended || argv[i][0] != '-' || argv[i][1] == '\0')
			ended = (argv[kept++] = argv[i]) != NULL &&
			        (ended || manual->takes_command);
		else if (take(manual, argv, &i, places, err) == -1)
			return -1;
	}
	first = argc - kept;
	memmove(argv + first, argv, (size_t)kept * sizeof(*argv));
	return check_operands(manual, kept, argv + first, min, max, err) == -1 ? -1 :
	                                                                         first;
}

static bool is_common(const struct manual_option *option)
{
	for (const struct manual_option *o = manual_common; o->name != NULL; o++) {
		if (o == option)
			return true;
	}
	return false;
}

int options_take_common(const struct manual *manual, int *argc, char *argv[],
                        struct options_common *common, struct error *err)
{
	const struct options_place places[] = {
		{ 'P', .text = &common->profile },
		{ 'O', .text = &common->org },
		{ 'h', .flag = &common->help },
		{ .letter = '\0' },
	};
	bool takes_command = manual != NULL && manual->takes_command;
	int kept = manual != NULL; /* the command's name */
	int i;

	for (i = manual != NULL; i < *argc; i++) {
		struct found found = { .option = NULL };

		if (strcmp(argv[i], "--") == 0 ||
		    ((takes_command || manual == NULL) && argv[i][0] != '-'))
			break;
		if (argv[i][0] == '-' && argv[i][1] != '\0')
			found = find(manual, argv[i]);
		if (found.option != NULL && is_common(found.option)) {
			if (take(manual, argv, &i, places, err) == -1)
				return -1;
			continue;
		}
		if (found.option == NULL && manual == NULL)
			return unknown(manual, argv[i], err);
		argv[kept++] = argv[i];
		/* The value of another option is not looked at. */
		if (found.option != NULL && found.option->value != NULL &&
		    found.value == NULL && i + 1 < *argc)
			argv[kept++] = argv[++i];
	}
	while (i < *argc)
		argv[kept++] = argv[i++];
	argv[kept] = NULL;
	*argc = kept;
	return 0;
}

int options_no_subcommand(int argc, char *argv[], struct error *err)
{
	const struct manual *manual = manual_find(argc, argv, NULL);
	char shown[64];

	if (argc < 2)
		return options_error(manual, err, "one of %s is missing",
		                     manual->operands);
	return options_error(manual, err, "no subcommand %s, only %s",
	                     printable_text(argv[1], shown, sizeof(shown)),
	                     manual->operands);
}

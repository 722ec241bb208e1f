/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/manual.h"

/* Does name consist of the first count words? */
static bool is_name(const char *name, int argc, char *const argv[], int *count)
{
	*count = 0;
	for (const char *at = name; *at != '\0';) {
		size_t len = strcspn(at, " ");

		if (*count >= argc || strlen(argv[*count]) != len ||
		    strncmp(argv[*count], at, len) != 0)
			return false;
		(*count)++;
		at += len + (at[len] == ' ');
	}
	return true;
}

const struct manual *manual_find(int argc, char *const argv[], int *words)
{
	const struct manual *best = NULL;
	int most = 0;

	for (const struct manual *m = manual_table; m->name != NULL; m++) {
		int count;

		if (is_name(m->name, argc, argv, &count) && count > most) {
			best = m;
			most = count;
		}
	}
	if (words != NULL)
		*words = most;
	return best;
}

const struct manual *manual_named(const char *name)
{
	const struct manual *m = manual_table;

	while (strcmp(m->name, name) != 0)
		m++;
	return m;
}

const struct manual_option *manual_options(const struct manual *manual)
{
	static const struct manual_option no_options[] = { { .name = NULL } };

	return manual != NULL && manual->options != NULL ? manual->options : no_options;
}

const struct manual_option *manual_option(const struct manual *manual, const char *name,
                                          size_t len)
{
	const struct manual_option *const lists[] = { manual_options(manual),
		                                      manual_common };
	const struct manual_option *prefix = NULL;
	size_t prefixes = 0;

	for (size_t i = 0; i < 2; i++) {
		for (const struct manual_option *o = lists[i]; o->name != NULL; o++) {
			if (strncmp(o->name, name, len) != 0)
				continue;
			if (o->name[len] == '\0')
				return o;
			prefix = o;
			prefixes++;
		}
	}
	return prefixes == 1 ? prefix : NULL;
}

const struct manual_option *manual_option_letter(const struct manual *manual, char letter)
{
	const struct manual_option *const lists[] = { manual_options(manual),
		                                      manual_common };

	for (size_t i = 0; i < 2 && letter >= 'a' && letter <= 'z'; i++) {
		for (const struct manual_option *o = lists[i]; o->name != NULL; o++) {
			if (o->letter == letter)
				return o;
		}
	}
	return NULL;
}

bool manual_has_letter(const struct manual_option *option)
{
	return option->letter >= 'a' && option->letter <= 'z';
}

bool manual_is_listed(const struct manual *manual)
{
	return !manual->is_internal && strchr(manual->name, ' ') == NULL;
}

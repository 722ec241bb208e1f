/* SPDX-License-Identifier: MIT */
/*
 * What "ssh -G" prints, and what is made of it: values, types of host keys, the message
 * where ssh refuses its configuration.
 *
 * Input: a keyword; the name of a file, or nothing; what ssh printed.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/strvec.h"
#include "bastion/sshdump.h"
#include "fuzz.h"
#include "hostkey/keytypes.h"

/* The same in another way: the first line of the keyword, cut out of a copy. */
static char *value_of(const char *output, const char *keyword)
{
	char *copy = fuzz_copy(output, strlen(output));
	char *found = NULL;
	char *rest = copy;
	char *line;

	while (found == NULL && (line = strsep(&rest, "\n")) != NULL) {
		char *blank = line + strlen(keyword);

		if (strlen(line) > strlen(keyword) && *blank == ' ') {
			*blank = '\0';
			if (strcasecmp(line, keyword) == 0)
				found = fuzz_copy(blank + 1, strlen(blank + 1));
		}
	}
	free(copy);
	return found;
}

static void check_value(const char *output, const char *keyword)
{
	char *value = sshdump_value(output, keyword);
	char *expected = value_of(output, keyword);

	require((value == NULL) == (expected == NULL));
	if (value != NULL && expected != NULL)
		require(strcmp(value, expected) == 0 && strchr(value, '\n') == NULL);
	free(value);
	free(expected);
}

/* Types may be asked for: each is one word of the list, and none a certificate's. */
static void check_types(const char *output)
{
	char *algorithms = sshdump_value(output, "hostkeyalgorithms");
	struct strvec types = STRVEC_INIT;

	if (algorithms != NULL)
		keytypes_of_algorithms(algorithms, &types);
	for (size_t i = 0; i < types.count; i++) {
		const char *type = types.items[i];

		require(fuzz_is_harmless(type) && type[0] != '\0');
		require(strchr(type, ',') == NULL && strstr(type, "-cert-v") == NULL);
		for (size_t j = 0; j < i; j++)
			require(strcmp(type, types.items[j]) != 0);
		require(strcmp(type, "ssh-rsa") == 0 || strstr(algorithms, type) != NULL);
	}
	strvec_release(&types);
	free(algorithms);
}

static void check_refusal(const char *file, const char *output)
{
	struct error err = ERROR_INIT;

	require(sshdump_refusal(file, output, &err) == -1);
	require(err.code == ERROR_CONFIG && fuzz_is_printable(err.text));
	require(strncmp(err.text, "ssh says: ", 10) == 0 && err.text[10] != '\0');
}

void fuzz_input(const uint8_t *data, size_t size)
{
	struct fuzz_parts parts = { data, size };
	char *keyword = fuzz_text(&parts);
	char *file = fuzz_text(&parts);
	char *output = fuzz_text(&parts);

	if (keyword[0] != '\0' && strpbrk(keyword, " \n") == NULL)
		check_value(output, keyword);
	check_types(output);
	check_refusal(file[0] == '\0' ? NULL : file, output);
	free(output);
	free(file);
	free(keyword);
}

/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/confirm.h"

enum { ENDS_MAX = 3 };

bool confirm_is_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* Is line, without its end, one of the two spellings? */
static bool is_word(const char *line, size_t len, const char *letter, const char *word)
{
	return (len == strlen(letter) && strncasecmp(line, letter, len) == 0) ||
	       (len == strlen(word) && strncasecmp(line, word, len) == 0);
}

bool confirm(const char *question, bool otherwise)
{
	char line[80];
	size_t len;

	for (int ends = 0; ends < ENDS_MAX;) {
		(void)printf("%s %s ", question, otherwise ? "[Y/n]" : "[y/N]");
		(void)fflush(stdout);
		if (fgets(line, sizeof(line), stdin) == NULL) {
			clearerr(stdin); /* Ctrl-D */
			(void)putchar('\n');
			ends++;
			continue;
		}
		len = strcspn(line, "\r\n");
		if (len == 0)
			return otherwise;
		if (is_word(line, len, "y", "yes"))
			return true;
		if (is_word(line, len, "n", "no"))
			return false;
		while (strchr(line, '\n') == NULL &&
		       fgets(line, sizeof(line), stdin) != NULL)
			; /* the rest of a long line */
		(void)printf("Please answer y or n.\n");
	}
	return false;
}

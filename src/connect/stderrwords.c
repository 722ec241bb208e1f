/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "connect/stderrwords.h"

static const char *const acted_upon[] = {
	"password",
	"passphrase",
	"passcode",
	"Permission denied",
	"Connection refused",
	"Connection closed",
	"Connection established",
	"Host key verification failed",
	"Name or service not known",
	"Received signal",
	"closed by remote host.",
	"Operation timed out",
	"No more authentication methods",
	"command not found",
	"No such file or directory",
	"Traceback (most recent call last):",
};

bool stderr_is_safe(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < sizeof(acted_upon) / sizeof(acted_upon[0]); i++) {
		if (strcasestr(text, acted_upon[i]) != NULL)
			return false;
	}
	return len == 0 || strchr("%#$>]", text[len - 1]) == NULL;
}

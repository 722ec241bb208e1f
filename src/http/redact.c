/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/allowlist.h"
#include "base/strbuf.h"
#include "http/redact.h"

#define INSTEAD "(hidden)"

enum {
	SHORTEST = 6,
	LISTED = sizeof(((struct redact_list *)0)->secrets) / sizeof(char *)
};

/* The secret that text begins with, or NULL. */
static const char *secret_at(const char *text, const struct redact_list *list)
{
	for (size_t i = 0; i < LISTED; i++) {
		const char *secret = list->secrets[i];

		if (secret != NULL && strlen(secret) >= SHORTEST &&
		    strncmp(text, secret, strlen(secret)) == 0)
			return secret;
	}
	return NULL;
}

/* "run: COMMAND" is for messages of cxssh: a server must not name a command. */
static void replace_run(char *text)
{
	static const char run[] = "run:";

	for (char *at = strstr(text, run); at != NULL; at = strstr(at, run))
		at[strlen(run) - 1] = '.';
}

const char *redact(const char *text, const struct redact_list *list, char *out,
                   size_t cap)
{
	static const char key[] = "-----BEGIN ";
	struct strbuf clean = STRBUF_SECRET;

	while (*text != '\0' && strncmp(text, key, strlen(key)) != 0) {
		const char *secret = secret_at(text, list);

		if (secret != NULL)
			strbuf_adds(&clean, INSTEAD);
		else
			strbuf_add(&clean, text, 1);
		text += secret != NULL ? strlen(secret) : 1;
	}
	if (*text != '\0')
		strbuf_adds(&clean, INSTEAD);
	(void)printable_text(clean.data, out, cap);
	strbuf_release(&clean);
	replace_run(out);
	return out;
}

/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "route/recent.h"
#include "runtime/cachefile.h"

enum { FILE_MAX = 1024 * 1024, VERSION = 1 };

static bool is_wanted(const char *word, int64_t since, const char *name)
{
	size_t len = strcspn(word, ":");
	char *digits = xstrndup(word, len);
	struct error ignored = ERROR_INIT;
	int64_t at;
	bool wanted = (name == NULL || word[len] == '\0' ||
	               strcmp(word + len + 1, name) != 0) &&
	              parse_int(digits, 0, (int64_t)time(NULL), &at, &ignored) == 0 &&
	              at > since;

	free(digits);
	return wanted;
}

void recent_read(const char *path, int64_t seconds, const char *name,
                 struct strvec *words)
{
	int64_t since = (int64_t)time(NULL) - seconds;
	struct strbuf text = STRBUF_INIT;
	struct strvec all = STRVEC_INIT;

	if (cachefile_read(path, VERSION, FILE_MAX, &text) == 1)
		strvec_split(&all, text.data);
	for (size_t i = 0; i < all.count; i++) {
		if (is_wanted(all.items[i], since, name))
			strvec_push(words, all.items[i]);
	}
	strvec_release(&all);
	strbuf_release(&text);
}

int recent_write(const char *path, struct strvec *words, const char *name,
                 struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	int rc;

	strvec_pushf(words, "%" PRId64 "%s%s", (int64_t)time(NULL),
	             name != NULL ? ":" : "", name != NULL ? name : "");
	strvec_join(words, " ", &text);
	rc = cachefile_write(path, VERSION, text.data, err);
	strbuf_release(&text);
	return rc;
}

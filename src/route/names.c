/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "route/names.h"
#include "runtime/atomic.h"
#include "runtime/paths.h"

enum { FILE_MAX = 4 * 1024 * 1024 };

int names_write(const struct strvec *names, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	char *path = paths_cache("names");
	int rc = paths_make_for(path, err);

	for (size_t i = 0; i < names->count; i++)
		strbuf_addf(&text, "%s\n", names->items[i]);
	if (rc == 0)
		rc = atomic_update_cache(path, text.data, text.len, NULL, err);
	strbuf_release(&text);
	free(path);
	return rc;
}

bool names_has(const char *name)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	char *path = paths_cache("names");
	size_t len = strlen(name);
	bool has = false;

	if (atomic_read(path, FILE_MAX, &text, &ignored) == 1) {
		for (const char *line = text.data; !has && line[0] != '\0';) {
			size_t n = strcspn(line, "\n");

			has = n == len && memcmp(line, name, n) == 0;
			line += n + (line[n] == '\n');
		}
	}
	strbuf_release(&text);
	free(path);
	return has;
}

/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strvec.h"
#include "route/names.h"
#include "runtime/cachefile.h"
#include "runtime/paths.h"

enum { FILE_MAX = 4 * 1024 * 1024, VERSION = 1 };

int names_write(const struct strvec *names, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	char *path = paths_cache("names");
	int rc;

	for (size_t i = 0; i < names->count; i++)
		strbuf_addf(&text, "%s\n", names->items[i]);
	rc = cachefile_write(path, VERSION, text.data, err);
	strbuf_release(&text);
	free(path);
	return rc;
}

bool names_has(const char *name)
{
	struct strbuf text = STRBUF_INIT;
	char *path = paths_cache("names");
	size_t len = strlen(name);
	bool has = false;

	if (cachefile_read(path, VERSION, FILE_MAX, &text) == 1) {
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

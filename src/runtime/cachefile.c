/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "runtime/atomic.h"
#include "runtime/cachefile.h"
#include "runtime/paths.h"

/* What follows the remarks (keyvalue.h) in front. */
static char *skip_remarks(char *text)
{
	while (text[0] == '#') {
		text += strcspn(text, "\n");
		text += strspn(text, " \t\r\n");
	}
	return text;
}

int cachefile_version(char **text)
{
	char *line = skip_remarks(*text);
	int version = 0;
	int value = 0; /* where the number begins, and ends */
	int end = 0;

	if (sscanf(line, "version =%n%9d%n", &value, &version, &end) != 1)
		return value > 0 ? -1 : 0;
	line += end + (line[end] == '\r');
	if (version < 1 || (line[0] != '\n' && line[0] != '\0'))
		return -1;
	*text = line + (line[0] == '\n');
	return version;
}

void cachefile_begin(struct strbuf *out, int version)
{
	strbuf_addf(out, "version=%d\n", version);
}

int cachefile_read(const char *path, int version, size_t max, struct strbuf *content)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	int rc = atomic_read(path, max, &text, &ignored);
	char *rest = text.data;

	if (rc == 1 && cachefile_version(&rest) != version)
		rc = -1;
	if (rc == 1)
		strbuf_add(content, rest, (size_t)(text.data + text.len - rest));
	strbuf_release(&text);
	return rc;
}

int cachefile_write(const char *path, int version, const char *text, struct error *err)
{
	struct strbuf all = STRBUF_INIT;
	int rc = paths_make_for(path, err);

	cachefile_begin(&all, version);
	strbuf_adds(&all, text);
	if (rc == 0)
		rc = atomic_update_cache(path, all.data, all.len, NULL, err);
	strbuf_release(&all);
	return rc;
}

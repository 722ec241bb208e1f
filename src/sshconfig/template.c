/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "runtime/atomic.h"
#include "runtime/paths.h"
#include "sshconfig/template.h"

enum { FILE_MAX = 64 * 1024, LINE_END = 1000, NAME_MAX_SHOWN = 40, VALUES_MAX = 32 };

struct template
{
	char *path;
	char *text;
	size_t len;
};

/* One line that is being filled. */
struct line {
	const struct template *t;
	size_t number;
	const struct template_value *values;
	size_t count;
	struct strbuf *out;
	size_t values_seen;
	size_t values_set;
	bool left_out; /* a {{?name}} has no value */
};

struct template *template_new(const char *path, const char *text, size_t len)
{
	struct template *t = xcalloc(1, sizeof(*t));

	t->path = xstrdup(path);
	t->text = xcalloc(len + 1, 1);
	memcpy(t->text, text, len);
	t->len = len;
	return t;
}

void template_free(struct template *t)
{
	if (t == NULL)
		return;
	free(t->path);
	free(t->text);
	free(t);
}

/* Takes folder.  As atomic_read(): 1 with *t, 0, or -1. */
static int load_from(char *folder, const char *name, struct template **t,
                     struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	char *path = xasprintf("%s/%s", folder, name);
	int rc = atomic_read(path, FILE_MAX, &text, err);

	if (rc == 1)
		*t = template_new(path, text.data, text.len);
	strbuf_release(&text);
	free(path);
	free(folder);
	return rc;
}

struct template *template_load(const char *name, struct error *err)
{
	struct template *t = NULL;
	int rc = load_from(paths_config("ssh_config.d"), name, &t, err);

	if (rc == 0)
		rc = load_from(paths_program("../share/cxssh/ssh_config.d"), name, &t,
		               err);
	if (rc == 0)
		rc = load_from(xstrdup(DATADIR "/ssh_config.d"), name, &t, err);
	if (rc == 0)
		error_set(err, ERROR_CONFIG,
		          "no template %s, neither in ~/.config/cxssh/ssh_config.d nor "
		          "in " DATADIR "/ssh_config.d",
		          name);
	return t;
}

/* True if ssh_config, a shell and the other readers take text literally. */
static bool is_plain(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-/~+@=,:!";

	return text[strspn(text, plain)] == '\0';
}

static int unknown_name(const struct line *line, const char *name, size_t len,
                        struct error *err)
{
	const char *names[VALUES_MAX];
	const char *near;
	char raw[NAME_MAX_SHOWN + 1];
	char shown[NAME_MAX_SHOWN + 1];
	size_t n = len < NAME_MAX_SHOWN ? len : NAME_MAX_SHOWN;
	size_t known = line->count < VALUES_MAX ? line->count : VALUES_MAX;

	memcpy(raw, name, n);
	raw[n] = '\0';
	(void)printable_text(raw, shown, sizeof(shown));
	if (known == 0)
		return error_set(err, ERROR_CONFIG, "%s:%zu: no placeholder {{%s}} here",
		                 line->t->path, line->number, shown);
	for (size_t i = 0; i < known; i++)
		names[i] = line->values[i].name;
	near = suggest_near(shown, names, known);
	return error_set(err, ERROR_CONFIG, "%s:%zu: no placeholder {{%s}}%s%s%s",
	                 line->t->path, line->number, shown,
	                 near != NULL ? "; the nearest is {{" : "",
	                 near != NULL ? near : "", near != NULL ? "}}" : "");
}

/* The value of the placeholder name, "" for none, or NULL with err. */
static const char *value_of(const struct line *line, const char *name, size_t len,
                            struct error *err)
{
	for (size_t i = 0; i < line->count; i++) {
		const struct template_value *value = &line->values[i];

		if (strlen(value->name) != len || memcmp(value->name, name, len) != 0)
			continue;
		if (value->text == NULL)
			return "";
		if (is_plain(value->text))
			return value->text;
		error_set(err, ERROR_CONFIG,
		          "%s:%zu: the value of {{%s}} has characters that may not be "
		          "written into ssh_config",
		          line->t->path, line->number, value->name);
		return NULL;
	}
	unknown_name(line, name, len, err);
	return NULL;
}

/* Take the name between the braces. */
static int placeholder(struct line *line, const char *name, size_t len, struct error *err)
{
	bool condition = len > 0 && name[0] == '?';
	const char *value = value_of(line, condition ? name + 1 : name,
	                             condition ? len - 1 : len, err);

	if (value == NULL)
		return -1;
	if (condition) {
		line->left_out = line->left_out || value[0] == '\0';
		return 0;
	}
	line->values_seen++;
	line->values_set += value[0] != '\0';
	strbuf_adds(line->out, value);
	return 0;
}

static int fill_line(struct line *line, const char *text, const char *end,
                     struct error *err)
{
	while (text < end) {
		const char *open = memmem(text, (size_t)(end - text), "{{", 2);
		const char *close;

		if (open == NULL)
			open = end;
		strbuf_add(line->out, text, (size_t)(open - text));
		if (open == end)
			return 0;
		open += 2;
		close = memmem(open, (size_t)(end - open), "}}", 2);
		if (close == NULL)
			return error_set(err, ERROR_CONFIG,
			                 "%s:%zu: a placeholder has no }}", line->t->path,
			                 line->number);
		if (placeholder(line, open, (size_t)(close - open), err) == -1)
			return -1;
		text = close + 2;
	}
	return 0;
}

static int check_bytes(const struct line *line, const char *text, const char *end,
                       struct error *err)
{
	for (; text < end; text++) {
		if ((*text < ' ' || *text > '~') && *text != '\t')
			return error_set(err, ERROR_CONFIG,
			                 "%s:%zu: not plain ASCII text", line->t->path,
			                 line->number);
	}
	return 0;
}

/* Append the line to *whole, unless it is left out. */
static int render_line(struct line *line, const char *text, const char *end,
                       struct strbuf *whole, struct error *err)
{
	if (end > text && end[-1] == '\r')
		end--;
	if (end - text >= 2 && memcmp(text, "##", 2) == 0)
		return 0;
	if (check_bytes(line, text, end, err) == -1 ||
	    fill_line(line, text, end, err) == -1)
		return -1;
	if (line->left_out || (line->values_seen > 0 && line->values_set == 0))
		return 0;
	if (line->out->len >= LINE_END)
		return error_set(err, ERROR_CONFIG,
		                 "%s:%zu: comes out longer than %d bytes", line->t->path,
		                 line->number, LINE_END - 1);
	strbuf_add(whole, line->out->data, line->out->len);
	strbuf_add(whole, "\n", 1);
	return 0;
}

int template_render(const struct template *t, const struct template_value values[],
                    size_t count, struct strbuf *out, struct error *err)
{
	struct strbuf scratch = STRBUF_INIT;
	const char *end = t->text + t->len;
	size_t number = 1;
	int rc = 0;

	for (const char *text = t->text; text < end && rc == 0; number++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		struct line line = { .t = t,
			             .number = number,
			             .values = values,
			             .count = count,
			             .out = &scratch };

		if (stop == NULL)
			stop = end;
		rc = render_line(&line, text, stop, out, err);
		strbuf_clear(&scratch);
		text = stop + 1;
	}
	strbuf_release(&scratch);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/*
 * template.h - the files of ssh_config.d/, and how values get into them.
 *
 * A template is a piece of ssh_config with placeholders:
 *
 *   {{name}}    the value; a line whose placeholders all come out empty is left out
 *   {{?name}}   nothing itself, but the line stays only where name has a value
 *   ##          at the start of a line: a remark to the reader, never written
 *
 * Knows neither hosts nor what the values mean.  A value is checked here once
 * more: what ssh_config or a shell would take for more than a word is refused.
 */
#ifndef SSHCONFIG_TEMPLATE_H
#define SSHCONFIG_TEMPLATE_H

#include <stddef.h>

struct error;
struct strbuf;
struct template;

struct template_value {
	const char *name;
	const char *text; /* NULL or "": has no value */
};

/*
 * Find and read the file of this name: in the user's ssh_config.d, else in the
 * folder that CXSSH_TEMPLATES names, else next to the running program, else
 * where cxssh is installed.  NULL with ERROR_CONFIG.  The caller frees it.
 */
struct template *template_load(const char *name, struct error *err);

/* The same from a text; path is what complaints call it. */
struct template *template_new(const char *path, const char *text, size_t len);
void template_free(struct template *t); /* NULL is allowed */

/*
 * Append the template with these values to *out.  ERROR_CONFIG with FILE:LINE for
 * an unknown or unclosed placeholder, a value that may not be written, a byte
 * that is not printable ASCII, or a line of 1000 bytes; *out is then of no use.
 */
int template_render(const struct template *t, const struct template_value values[],
                    size_t count, struct strbuf *out, struct error *err);

#endif

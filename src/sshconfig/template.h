/* SPDX-License-Identifier: MIT */
/*
 * template.h - the files of ssh_config.d/: pieces of ssh_config with placeholders.
 *
 *   {{name}}    the value; a line is left out if all its placeholders are empty
 *   {{?name}}   nothing, but the line is left out if name has no value
 *   ##          at the start of a line: a remark that is never written
 *
 * A value must be one plain word to ssh_config and to a shell.  No function here blocks.
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
 * Read the file of this name: from ~/.config/cxssh/ssh_config.d, else from share/ beside
 * the folder of the running program, else from where cxssh was installed.  NULL with
 * ERROR_CONFIG: missing, or as atomic_read().  The caller frees it.
 */
struct template *template_load(const char *name, struct error *err);

/* The same from a text; messages call it path. */
struct template *template_new(const char *path, const char *text, size_t len);
void template_free(struct template *t); /* NULL is allowed */

/*
 * Append the template with these values to *out.  -1 with ERROR_CONFIG and FILE:LINE, and
 * *out is of no use: an unknown or unclosed placeholder, a value that may not be written,
 * a byte that is not printable ASCII, a line of 1000 bytes.
 */
int template_render(const struct template *t, const struct template_value values[],
                    size_t count, struct strbuf *out, struct error *err);

#endif

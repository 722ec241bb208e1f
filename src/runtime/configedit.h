/* SPDX-License-Identifier: MIT */
/*
 * configedit.h - set lines in the user's ~/.config/cxssh/config, changing no other byte.
 */
#ifndef RUNTIME_CONFIGEDIT_H
#define RUNTIME_CONFIGEDIT_H

struct error;
struct strbuf;

/*
 * Set "gateway-key NAME = FILE", "gateway-transport NAME = TRANSPORT" or, with an empty
 * name, "identity = FILE", replacing the line of the same key and name.  Blocks up to 5 s
 * for a lock (ERROR_RETRY).  ERROR_CONFIG for text that does not fit into a line, else as
 * replace_content().
 */
int config_write(const char *key, const char *name, const char *value, struct error *err);

/* Append to *new the text of such a file with that line set. */
void config_put_named(const struct strbuf *old, const char *key, const char *name,
                      const char *value, struct strbuf *new);

#endif

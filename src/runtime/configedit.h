/* SPDX-License-Identifier: MIT */
/*
 * configedit.h - set lines in the user's ~/.config/cxssh/config, changing no other byte.
 */
#ifndef RUNTIME_CONFIGEDIT_H
#define RUNTIME_CONFIGEDIT_H

struct error;
struct strbuf;

/*
 * Set "gateway-key NAME = FILE" or "gateway-transport NAME = TRANSPORT", replacing the
 * line of the same NAME.  Blocks up to 5 s for a lock (ERROR_RETRY).  ERROR_CONFIG for
 * text that does not fit into a line, else as replace_content().
 */
int config_write_gateway_key(const char *name, const char *file, struct error *err);
int config_write_gateway_transport(const char *name, const char *transport,
                                   struct error *err);

/* The same for "identity = FILE". */
int config_write_identity(const char *file, struct error *err);

/* Append to *new the text of such a file with that line set. */
void config_put_named(const struct strbuf *old, const char *key, const char *name,
                      const char *value, struct strbuf *new);

#endif

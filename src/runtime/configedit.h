/* SPDX-License-Identifier: MIT */
/*
 * configedit.h - lines that cxssh itself puts into the user's ~/.config/cxssh/config.
 *
 * Changes the one line that it is about and no other byte.  What the keys mean is
 * config.h's business.
 */
#ifndef RUNTIME_CONFIGEDIT_H
#define RUNTIME_CONFIGEDIT_H

struct error;
struct strbuf;

/*
 * Put "gateway-key NAME = FILE" into the user's file, replacing the line for
 * the same NAME and no other byte; atomic, under a lock, for which it blocks up to
 * 5 s.  ERROR_CONFIG for what does not fit into a line, and as atomic_change_users().
 */
int config_write_gateway_key(const char *name, const char *file, struct error *err);
int config_write_gateway_transport(const char *name, const char *transport,
                                   struct error *err);

/* The text of such a file with that line in it, appended to *new. */
void config_put_named(const struct strbuf *old, const char *key, const char *name,
                      const char *value, struct strbuf *new);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * write.h - a fleet as ~/.ssh/cxssh/config.
 */
#ifndef SSHCONFIG_WRITE_H
#define SSHCONFIG_WRITE_H

#include <stdbool.h>

struct config;
struct error;
struct fleet;
struct strbuf;

enum { SSHCONFIG_MAX = 256 * 1024 * 1024 /* bytes that are read of such a file */ };

/* The file's whole content. */
int sshconfig_render(const struct fleet *fleet, const struct config *config,
                     struct strbuf *text, struct error *err);

/* Render, have ssh check it, put it in place.  *changed may be NULL. */
int sshconfig_write(const struct fleet *fleet, const struct config *config, bool *changed,
                    struct error *err);

/* ~/.ssh/cxssh/config; the caller frees it. */
char *sshconfig_path(void);

#endif

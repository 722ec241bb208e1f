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

/* Append the file's content to *text.  Does not block.  ERROR_CONFIG: cxssh-proxy is
 * missing, or as generate.h. */
int sshconfig_render(const struct fleet *fleet, const struct config *config,
                     struct strbuf *text, struct error *err);

/* Render, have ssh read it, put it in place; known_hosts, which it names, is made.
 * *changed may be NULL.  Blocks for ssh, at most 10 s.  Errors as sshconfig_render() and
 * validate_replace(). */
int sshconfig_write(const struct fleet *fleet, const struct config *config, bool *changed,
                    struct error *err);

/* ~/.ssh/cxssh/config, and the link to cxssh-proxy beside it that sshconfig_write() makes
 * where ssh_config cannot carry the program's path.  The caller frees them. */
char *sshconfig_path(void);
char *sshconfig_proxy_link(void);

#endif

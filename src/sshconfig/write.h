/* SPDX-License-Identifier: MIT */
/*
 * write.h - a fleet as ~/.ssh/cxssh/config, and as ~/.ssh/cxssh/new, which is for the
 * names that came later.
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

/* Render both files, have ssh read them, put them in place; known_hosts, which they name,
 * is made. *changed, which may be NULL, is about the first.  Blocks for ssh, at most 10 s
 * each.  Errors as sshconfig_render() and validate_replace(). */
int sshconfig_write(const struct fleet *fleet, const struct config *config, bool *changed,
                    struct error *err);

/* ~/.ssh/cxssh/config and ~/.ssh/cxssh/new, and the link to cxssh-proxy beside it that
 * sshconfig_write() makes where ssh_config cannot carry the program's path.  The caller
 * frees them. */
char *sshconfig_path(void);
char *sshconfig_new_path(void);
char *sshconfig_proxy_link(void);

/* Is there a generated file: neither before the first sync, nor after --remove?  Does not
 * block. */
bool sshconfig_is_written(void);

/* The cxssh-proxy that the generated file names; NULL: none.  The caller frees it.  Does
 * not block. */
char *sshconfig_proxy(void);

/* The path of cxssh beside the cxssh-proxy that the generated file names, which may be a
 * link that an upgrade changes; NULL where that is not the running program.  The caller
 * frees it.  Does not block. */
char *sshconfig_program(void);

/* Set *text to what ~/.ssh/cxssh/config has; "" where it cannot be read.  Does not block.
 */
void sshconfig_read(struct strbuf *text);

/* The alias whose block in that text has target, the argument of cxssh-proxy; NULL
 * without one.  The caller frees it. */
char *sshconfig_alias_of(const char *text, const char *target);

#endif

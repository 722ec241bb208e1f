/* SPDX-License-Identifier: MIT */
/*
 * sshdump.h - what "ssh -G" prints for a host: the options in force.  It connects to
 * nothing and runs no ProxyCommand, but the commands of "Match exec".
 */
#ifndef BASTION_SSHDUMP_H
#define BASTION_SSHDUMP_H

#include "base/deadline.h"

struct error;
struct strbuf;

/* A host that no configuration names (RFC 2606). */
#define SSHDUMP_FOREIGN "cxssh-check.invalid"

/*
 * Append what ssh -G prints for host by this file alone, without the system-wide one and
 * without warnings.  Blocks until the deadline.  -1 with ERROR_CONFIG and the first line
 * of ssh's error, without the file's name; ERROR_RETRY when time is up.
 */
int sshdump_config(const char *file, const char *host, struct deadline until,
                   struct strbuf *output, struct error *err);

/* The same by all that ssh reads for the user. */
int sshdump_users(const char *host, struct deadline until, struct strbuf *output,
                  struct error *err);

/* Set ERROR_CONFIG and the first line of what ssh printed when it refused its
 * configuration, without the name of file (NULL: none), and return -1.  Does not block.
 */
int sshdump_refusal(const char *file, const char *text, struct error *err);

/* The value of a keyword, in any case, in such output; the caller frees it.  NULL: it is
 * not there. */
char *sshdump_value(const char *output, const char *keyword);

#endif

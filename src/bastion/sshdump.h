/* SPDX-License-Identifier: MIT */
/*
 * sshdump.h - what the system's own ssh makes of a configuration file: ssh -G.
 *
 * It connects to nothing and starts no ProxyCommand; the commands of "Match exec"
 * in what it reads do run, as with every ssh.
 */
#ifndef BASTION_SSHDUMP_H
#define BASTION_SSHDUMP_H

#include "base/deadline.h"

struct error;
struct strbuf;

/* A host that no configuration names; ".invalid" never resolves (RFC 2606). */
#define SSHDUMP_FOREIGN "cxssh-check.invalid"

/* The ssh that the user's PATH finds, by its absolute folders only, else
 * /usr/bin/ssh.  The caller frees it. */
char *sshdump_program(void);

/*
 * Append what ssh -G prints for host with this file alone, the system-wide one
 * left out, and none of its remarks on lines that it takes all the same.  -1 with
 * ERROR_CONFIG and ssh's own reason in one line, without the file's name, when ssh
 * refuses the file; ERROR_RETRY when time is up.
 */
int sshdump_config(const char *file, const char *host, struct deadline until,
                   struct strbuf *output, struct error *err);

/* The same with the configuration that an ssh of the user's has, the system-wide one
 * and what ~/.ssh/config includes. */
int sshdump_users(const char *host, struct deadline until, struct strbuf *output,
                  struct error *err);

/* The value of a keyword, in lower case, in what ssh said; the caller frees it.
 * NULL if it is not there. */
char *sshdump_value(const char *output, const char *keyword);

#endif

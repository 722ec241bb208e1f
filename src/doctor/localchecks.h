/* SPDX-License-Identifier: MIT */
/*
 * localchecks.h - the checks of "cxssh doctor" that need no network: files, modes, the
 * configuration of ssh, programs, agent, locks.
 */
#ifndef DOCTOR_LOCALCHECKS_H
#define DOCTOR_LOCALCHECKS_H

struct config;
struct findings;

/*
 * Add the results.  alias is the host whose settings ssh is asked for, or NULL: then that
 * check is skipped.  Blocks for ssh, the shell and the agent, each a second or so, at
 * most 10 s.
 */
void localchecks(const struct config *config, const char *alias,
                 struct findings *findings);

/* Mend what is safe to mend, and print each change as before and after: modes of ~,
 * ~/.ssh and keys, and a missing Include line, if alias is not NULL.  Blocks for ssh. */
void localchecks_fix(const char *alias);

/* Why ssh cannot start the cxssh-proxy that the generated file names, and what helps;
 * NULL: it can.  The caller frees it. */
char *localchecks_missing_proxy(void);

#endif

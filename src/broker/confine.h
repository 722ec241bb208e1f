/* SPDX-License-Identifier: MIT */
/*
 * confine.h - takes from a broker the files, ports and system calls that it does not
 * need, since it reads from the network for hours.
 *
 * confine_begin() comes before the first byte from the network: Landlock, and a seccomp
 * filter that refuses what neither the broker nor ssh needs; ssh can still be started,
 * and inherits both.  confine_settle() comes when libssh2 has logged in: only a list of
 * system calls is left, and no program can be started.  What kernel or build lacks is
 * left out, and the log says so.  Linux only; elsewhere both do nothing.
 */
#ifndef BROKER_CONFINE_H
#define BROKER_CONFINE_H

/* key_file: the bastion key, or NULL.  Does not block. */
void confine_begin(const char *key_file);

/*
 * Leave only the list of calls in confine.c.  Others fail with ENOSYS, so that a newer
 * libc falls back to an older call; so does socket(AF_UNIX); fork() fails with EPERM;
 * execve(), ptrace() and reads of another process's memory end the broker.
 */
void confine_settle(void);

/* What of it is built in, for --version: "Landlock, seccomp". */
const char *confine_built_in(void);

#endif

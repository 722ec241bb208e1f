/* SPDX-License-Identifier: MIT */
/*
 * confine.h - what a gateway's broker gives up, since it reads from the network for
 * hours: files that are not its business, ports, and system calls.
 *
 * Two steps.  confine_begin() comes before the first byte from the network, and still
 * lets "ssh" be started, which inherits it: Landlock, and a seccomp filter that
 * refuses what neither of them ever needs.  confine_settle() comes when libssh2 has
 * logged in: from then on a list of system calls, and no program is started any
 * more.  Where the kernel or libseccomp is missing, that part is left out, and the
 * log says so.  Both are for Linux; elsewhere they do nothing.
 */
#ifndef BROKER_CONFINE_H
#define BROKER_CONFINE_H

/* key_file: the bastion's, or NULL. */
void confine_begin(const char *key_file);

/*
 * Only the calls of the list in confine.c.  Others fail with ENOSYS, so that a newer
 * libc takes its older way instead of ending fifty sessions; starting a process fails
 * with EPERM; executing a program, or looking into another's memory, ends the broker.
 */
void confine_settle(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * seccomp.h - the system calls that a process which only carries bytes still has.
 *
 * A seccomp filter (Linux, x86-64 and arm64) written out by hand, since cxssh-proxy
 * links no library.  Elsewhere nothing happens.
 */
#ifndef CONNECT_SECCOMP_H
#define CONNECT_SECCOMP_H

#include <stdbool.h>

/*
 * From now on: read, write, wait, close and end.  All else fails with EPERM, and
 * executing a program or tracing one ends the process.  The log must be open by now.
 * False where the kernel has no such thing.
 */
bool pumpfilter_set(void);

#endif

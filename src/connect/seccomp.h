/* SPDX-License-Identifier: MIT */
/*
 * seccomp.h - the system calls that the pump may make.
 *
 * A seccomp filter (Linux, x86-64 and arm64) written out by hand, since cxssh-proxy
 * links no library.  On other systems there is none.
 */
#ifndef CONNECT_SECCOMP_H
#define CONNECT_SECCOMP_H

#include <stdbool.h>

/*
 * From now on the process can read, write, wait, close and end.  Other calls fail with
 * EPERM; executing or tracing a program kills it.  The log must be open before.  False
 * where the kernel has no such filter.  Does not block.
 */
bool pumpfilter_set(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * hardening.h - what a process does before it holds a secret: nobody else's
 * debugger reads its memory, no core file keeps it, and children are started
 * without the secrets of its environment.
 *
 * The only room with such calls of the operating system.  None of them can fail in
 * a way that matters to the user: what a system lacks is left out.
 */
#ifndef RUNTIME_HARDENING_H
#define RUNTIME_HARDENING_H

#include <stdbool.h>

/* In a program built with AddressSanitizer its own machinery (ptrace at the end, files
 * of reports) must stay possible where things are closed: 1 there, else 0. */
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/*
 * From now on: no core file, and no ptrace and no /proc/PID/mem but for root.
 * Programs that are executed later are as usual again, but for the limit on core
 * files; see hardening_end().
 */
void hardening_begin(void);

/* Before executing a program in our place: the limit on core files as it was. */
void hardening_end(void);

/* Does a variable of the environment, "NAME=value", hold a secret that is for cxssh
 * alone?  CLOUD66_TOKEN and CXTOKEN. */
bool hardening_is_secret(const char *variable);

/*
 * Take these variables out of our environment, and wipe them where the kernel shows
 * them to others (/proc/PID/environ).  For processes without any use for them.
 */
void hardening_forget(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * hardening.h - protect a process that will hold secrets: no debugger of the same user
 * reads its memory, no core file is written, children get no secret variable.
 *
 * Nothing here blocks, and failures are ignored: a system that lacks a call goes without.
 */
#ifndef RUNTIME_HARDENING_H
#define RUNTIME_HARDENING_H

#include <stdbool.h>

/* 1 in a program built with AddressSanitizer, which needs ptrace at the end and files for
 * its reports; else 0. */
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/*
 * From now on: no core file, and ptrace and /proc/PID/mem only for root.  Of this,
 * programs that are executed later inherit only the limit on core files; see
 * hardening_end().
 */
void hardening_begin(void);

/* Restore the limit on core files, before exec(3) of a program of the user's. */
void hardening_end(void);

/* Is the variable "NAME=value" CLOUD66_TOKEN or CXTOKEN, which are for cxssh alone? */
bool hardening_is_secret(const char *variable);

/*
 * Remove these variables from the environment, and wipe them where the kernel shows them
 * (/proc/PID/environ).  For processes that do not need them.
 */
void hardening_forget(void);

#endif

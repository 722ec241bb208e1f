/* SPDX-License-Identifier: MIT */
/*
 * mem.h - allocation that cannot fail, and memory that leaves no trace.
 *
 * This is a short-lived command: without memory it has nothing useful left to
 * do, so the x-functions end it with a message.  The pump allocates nothing,
 * so a running session is never ended this way.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

/* What the x-functions do without memory; for rooms whose library tells them so. */
_Noreturn void mem_exhausted(void);

void *xcalloc(size_t count, size_t size);
void *xrealloc_array(void *ptr, size_t count, size_t size);
char *xstrdup(const char *str);
char *xstrndup(const char *str, size_t len);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* Wipe len bytes so that the compiler may not leave it out.  NULL is allowed. */
void mem_wipe(void *ptr, size_t len);

/* Wipe a secret string to its end and free it.  NULL is allowed. */
void mem_free_secret(char *str);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * mem.h - allocation that never returns NULL, wiping of secrets, and lower case.
 *
 * Without memory the x-functions print a message and exit with status 70.  The pump
 * allocates nothing, so they cannot end a running session.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

/* The same end, for modules whose library reports that memory is exhausted. */
_Noreturn void mem_exhausted(void);

void *xcalloc(size_t count, size_t size);
void *xrealloc_array(void *ptr, size_t count, size_t size);

/* Room for one more item in an array of count items that grew by this function only, one
 * item at a time: it doubles whenever count is a power of two. */
void *xgrow_array(void *ptr, size_t count, size_t size);
char *xstrdup(const char *str);
char *xstrdup_or_null(const char *str); /* NULL for NULL */
char *xstrndup(const char *str, size_t len);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* Put the letters A to Z of text in lower case; returns text. */
char *mem_lower(char *text);

/* Zero len bytes; the compiler cannot remove it.  NULL is allowed. */
void mem_wipe(void *ptr, size_t len);

/* Wipe and free a secret string.  NULL is allowed. */
void mem_free_secret(char *str);

#endif

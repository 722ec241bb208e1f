/* SPDX-License-Identifier: MIT */
/*
 * wipealloc.h - malloc(3) and its family for libraries that let us choose one:
 * every block is wiped when it is let go of, also when it grows.
 *
 * For those that are given secrets and keep copies of their own.  Blocks of this
 * heap and of malloc() must not be mixed.  NULL without memory, as malloc().
 */
#ifndef RUNTIME_WIPEALLOC_H
#define RUNTIME_WIPEALLOC_H

#include <stddef.h>

void *wipealloc_malloc(size_t size);
void *wipealloc_calloc(size_t count, size_t size);
void *wipealloc_realloc(void *block, size_t size);
char *wipealloc_strdup(const char *text);
void wipealloc_free(void *block);

#endif

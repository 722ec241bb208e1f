/* SPDX-License-Identifier: MIT */
/*
 * wipealloc.h - malloc(3) and its family for libraries that take an allocator and keep
 * copies of secrets: each block is wiped when it is freed, also when it grows.
 *
 * Its blocks and malloc()'s must not be mixed.  Returns NULL without memory, as malloc().
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

/*
 * wipingheap.h - malloc(3) and its family for libraries that let us choose one:
 * every block is wiped when it is let go of, also when it grows.
 *
 * For those that are given secrets and keep copies of their own.  Blocks of this
 * heap and of malloc() must not be mixed.  NULL without memory, as malloc().
 */
#ifndef RUNTIME_WIPEALLOC_H
#define RUNTIME_WIPEALLOC_H

#include <stddef.h>

void *wipingheap_malloc(size_t size);
void *wipingheap_calloc(size_t count, size_t size);
void *wipingheap_realloc(void *block, size_t size);
char *wipingheap_strdup(const char *text);
void wipingheap_free(void *block);

#endif

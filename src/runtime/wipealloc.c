/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "runtime/wipealloc.h"

/* The length of each block precedes it: no portable call returns it. */
union head {
	size_t size;
	max_align_t align;
};

static union head *head_of(void *block)
{
	return (union head *)block - 1;
}

void *wipealloc_malloc(size_t size)
{
	union head *head =
		size <= SIZE_MAX - sizeof(*head) ? malloc(sizeof(*head) + size) : NULL;

	if (head == NULL)
		return NULL;
	head->size = size;
	return head + 1;
}

void *wipealloc_calloc(size_t count, size_t size)
{
	union head *head;

	if (size != 0 && count > (SIZE_MAX - sizeof(*head)) / size)
		return NULL;
	head = calloc(1, sizeof(*head) + count * size);
	if (head == NULL)
		return NULL;
	head->size = count * size;
	return head + 1;
}

void *wipealloc_realloc(void *block, size_t size)
{
	void *moved = wipealloc_malloc(size);

	if (block == NULL || moved == NULL)
		return moved;
	memcpy(moved, block, head_of(block)->size < size ? head_of(block)->size : size);
	wipealloc_free(block);
	return moved;
}

char *wipealloc_strdup(const char *text)
{
	size_t len = strlen(text) + 1;
	char *copy = wipealloc_malloc(len);

	if (copy != NULL)
		memcpy(copy, text, len);
	return copy;
}

void wipealloc_free(void *block)
{
	union head *head;

	if (block == NULL)
		return;
	head = head_of(block);
	mem_wipe(head, sizeof(*head) + head->size);
	free(head);
}

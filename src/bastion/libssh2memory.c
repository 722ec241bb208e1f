/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdlib.h>

#include "bastion/libssh2memory.h"
#include "runtime/log.h"

/* The length of each block precedes it. */
union head {
	size_t size;
	max_align_t align;
};

static size_t used;

/* Resize the block at head (NULL: a new one), whose bytes are not counted now. */
static void *resize(union head *head, size_t size)
{
	union head *moved;

	if (size > LIBSSH2MEMORY_MAX - used) {
		log_step("libssh2 wants more than %d MiB: the bastion sends unsolicited "
		         "packets",
		         LIBSSH2MEMORY_MAX >> 20);
		return NULL;
	}
	moved = realloc(head, sizeof(*head) + size);
	if (moved == NULL)
		return NULL;
	moved->size = size;
	used += size;
	return moved + 1;
}

void *libssh2memory_alloc(size_t size, void **abstract)
{
	(void)abstract;
	return resize(NULL, size);
}

void *libssh2memory_realloc(void *block, size_t size, void **abstract)
{
	union head *head = block == NULL ? NULL : (union head *)block - 1;
	size_t before = head == NULL ? 0 : head->size;
	void *moved;

	(void)abstract;
	used -= before;
	moved = resize(head, size);
	if (moved == NULL)
		used += before;
	return moved;
}

void libssh2memory_free(void *block, void **abstract)
{
	union head *head;

	(void)abstract;
	if (block == NULL)
		return;
	head = (union head *)block - 1;
	used -= head->size;
	free(head);
}

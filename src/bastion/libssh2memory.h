/* SPDX-License-Identifier: MIT */
/*
 * libssh2memory.h - the memory of libssh2's sessions: all of this process together get at
 * most LIBSSH2MEMORY_MAX bytes.  libssh2 keeps packets of a kind that it does not know,
 * without a limit of its own; at this one its call fails with LIBSSH2_ERROR_ALLOC, and
 * the connection ends.
 *
 * The functions are those of libssh2_session_init_ex(3); abstract is not used.
 */
#ifndef BASTION_LIBSSH2MEMORY_H
#define BASTION_LIBSSH2MEMORY_H

#include <stddef.h>

/* The windows of 30 copies whose readers stand still. */
enum { LIBSSH2MEMORY_MAX = 256 << 20 };

void *libssh2memory_alloc(size_t size, void **abstract);
void *libssh2memory_realloc(void *block, size_t size, void **abstract);
void libssh2memory_free(void *block, void **abstract);

#endif

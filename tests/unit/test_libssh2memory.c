/* SPDX-License-Identifier: MIT */
/* The limit of libssh2's memory. */

#include <stdint.h>
#include <string.h>

#include "bastion/libssh2memory.h"
#include "tap.h"

enum { PIECE = 1 << 20 };

int main(void)
{
	void *pieces[(LIBSSH2MEMORY_MAX / PIECE) + 1];
	size_t n = 0;
	char *text = libssh2memory_alloc(6, NULL);
	char *moved;

	memcpy(text, "hello", 6);
	while (n < sizeof(pieces) / sizeof(pieces[0]) &&
	       (pieces[n] = libssh2memory_alloc(PIECE, NULL)) != NULL)
		n++;
	ok(n == LIBSSH2MEMORY_MAX / PIECE - 1, "%zu MiB are given beside 6 bytes", n);
	ok(libssh2memory_realloc(text, PIECE + 1, NULL) == NULL &&
	           strcmp(text, "hello") == 0,
	   "a block that may not grow stays as it was");
	moved = libssh2memory_realloc(text, 3, NULL);
	ok(moved != NULL && memcmp(moved, "hel", 3) == 0,
	   "such a block may become smaller");
	ok(libssh2memory_alloc(SIZE_MAX, NULL) == NULL,
	   "no size is too large to be refused");
	libssh2memory_free(pieces[--n], NULL);
	pieces[n] = libssh2memory_realloc(NULL, PIECE, NULL);
	ok(pieces[n++] != NULL, "what was freed is given again");
	while (n > 0)
		libssh2memory_free(pieces[--n], NULL);
	libssh2memory_free(moved, NULL);
	libssh2memory_free(NULL, NULL);
	moved = libssh2memory_alloc(LIBSSH2MEMORY_MAX, NULL);
	ok(moved != NULL, "when all is freed all can be had");
	libssh2memory_free(moved, NULL);
	return done_testing();
}

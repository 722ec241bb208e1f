/* SPDX-License-Identifier: MIT */
#include <openssl/crypto.h>

#include "broker/cryptoalloc.h"
#include "runtime/wipealloc.h"

/* OpenSSL says where in its source it asks; that is of no use here. */
static void *give(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return wipealloc_malloc(size);
}

static void *change(void *block, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return wipealloc_realloc(block, size);
}

static void take(void *block, const char *file, int line)
{
	(void)file;
	(void)line;
	wipealloc_free(block);
}

void cryptoalloc_begin(void)
{
	(void)CRYPTO_set_mem_functions(give, change, take);
}

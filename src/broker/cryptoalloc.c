/* SPDX-License-Identifier: MIT */
#include <openssl/crypto.h>

#include "broker/cryptoalloc.h"
#include "runtime/wipealloc.h"

static void *crypto_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return wipealloc_malloc(size);
}

static void *crypto_realloc(void *block, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return wipealloc_realloc(block, size);
}

static void crypto_free(void *block, const char *file, int line)
{
	(void)file;
	(void)line;
	wipealloc_free(block);
}

void cryptoalloc_begin(void)
{
	(void)CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free);
}

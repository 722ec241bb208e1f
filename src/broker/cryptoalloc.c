#include <openssl/crypto.h>

#include "broker/cryptoalloc.h"
#include "runtime/wipealloc.h"

/* OpenSSL says where in its source it asks; that is of no use here. */
static void *give(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return wipingheap_malloc(size);
}

static void *change(void *block, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return wipingheap_realloc(block, size);
}

static void take(void *block, const char *file, int line)
{
	(void)file;
	(void)line;
	wipingheap_free(block);
}

void cryptoheap_begin(void)
{
	(void)CRYPTO_set_mem_functions(give, change, take);
}

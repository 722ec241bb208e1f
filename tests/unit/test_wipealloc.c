/* SPDX-License-Identifier: MIT */
/* A heap that wipes, as a library uses it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "runtime/wipealloc.h"
#include "tap.h"

static void test_contract(void)
{
	char *block = wipealloc_malloc(100);
	char *copy;
	unsigned char *many;

	ok(block != NULL && (uintptr_t)block % _Alignof(max_align_t) == 0,
	   "a block is aligned for everything");
	memset(block, 'x', 100);
	block = wipealloc_realloc(block, 5000);
	ok(block[0] == 'x' && block[99] == 'x', "a block that grows keeps what it has");
	block = wipealloc_realloc(block, 2);
	ok(block[1] == 'x', "a block that shrinks keeps what it has");
	wipealloc_free(block);
	block = wipealloc_realloc(NULL, 10);
	ok(block != NULL, "a block that grows from nothing is new");
	wipealloc_free(block);
	wipealloc_free(NULL);
	copy = wipealloc_strdup("secret");
	is_str(copy, "secret", "a string is copied");
	wipealloc_free(copy);
	many = wipealloc_calloc(3, 7);
	ok(many != NULL && many[0] == 0 && many[20] == 0, "a new array is zero");
	wipealloc_free(many);
	/* The compiler knows that a size like this is a mistake, and says so. */
	volatile size_t huge = SIZE_MAX / 4;
	ok(wipealloc_calloc(huge, 8) == NULL, "an array that is too large is refused");
	many = wipealloc_malloc(0);
	ok(many != NULL, "a block of no bytes can be had");
	wipealloc_free(many);
}

#ifndef __APPLE__

/* Stand in the place of libc's, and remember what was wiped. */
static const char *wiped;
static size_t wiped_len;

void explicit_bzero(void *ptr, size_t len);
void explicit_bzero(void *ptr, size_t len)
{
	wiped = ptr;
	wiped_len = len;
	memset(ptr, 0, len);
}

/* By this name where _FORTIFY_SOURCE is set. */
void __explicit_bzero_chk(void *ptr, size_t len, size_t size);
void __explicit_bzero_chk(void *ptr, size_t len, size_t size)
{
	(void)size;
	explicit_bzero(ptr, len);
}

/* Is it all of what was wiped last? */
static bool is_wiped(uintptr_t block, size_t size)
{
	uintptr_t from = (uintptr_t)wiped;

	return from <= block && block + size <= from + wiped_len;
}

static void test_wiping(void)
{
	char *block = wipealloc_malloc(100);
	uintptr_t was = (uintptr_t)block;

	wiped_len = 0;
	block = wipealloc_realloc(block, 5000);
	ok(is_wiped(was, 100), "a block that moves is wiped where it was");
	was = (uintptr_t)block;
	wipealloc_free(block);
	ok(is_wiped(was, 5000), "a block that is freed is wiped");
	block = wipealloc_calloc(3, 7);
	was = (uintptr_t)block;
	wipealloc_free(block);
	ok(is_wiped(was, 21), "an array that is freed is wiped");
	block = wipealloc_strdup("secret");
	was = (uintptr_t)block;
	wipealloc_free(block);
	ok(is_wiped(was, sizeof("secret")), "a string that is freed is wiped");
}

#endif

int main(void)
{
	test_contract();
#ifndef __APPLE__
	test_wiping();
#endif
	return done_testing();
}

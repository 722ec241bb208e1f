/* A heap that wipes, as a library uses it. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/wipingheap.h"
#include "tap.h"

static void test_contract(void)
{
	char *block = wipingheap_malloc(100);
	char *copy;
	unsigned char *many;

	ok(block != NULL && (uintptr_t)block % _Alignof(max_align_t) == 0,
	   "a block is aligned for everything");
	memset(block, 'x', 100);
	block = wipingheap_realloc(block, 5000);
	ok(block[0] == 'x' && block[99] == 'x', "a block that grows keeps what it has");
	block = wipingheap_realloc(block, 2);
	ok(block[1] == 'x', "so does one that shrinks");
	wipingheap_free(block);
	block = wipingheap_realloc(NULL, 10);
	ok(block != NULL, "one of nothing is new");
	wipingheap_free(block);
	wipingheap_free(NULL);
	copy = wipingheap_strdup("secret");
	is_str(copy, "secret", "a string is copied");
	wipingheap_free(copy);
	many = wipingheap_calloc(3, 7);
	ok(many != NULL && many[0] == 0 && many[20] == 0, "an array is zero");
	wipingheap_free(many);
	/* The compiler knows that a size like this is a mistake, and says so. */
	volatile size_t huge = SIZE_MAX / 4;
	ok(wipingheap_calloc(huge, 8) == NULL, "one that cannot be is none");
	many = wipingheap_malloc(0);
	ok(many != NULL, "a block of nothing is one");
	wipingheap_free(many);
}

int main(void)
{
	test_contract();
	return done_testing();
}

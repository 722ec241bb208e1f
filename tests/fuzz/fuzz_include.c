/* SPDX-License-Identifier: MIT */
/*
 * The Include line and the block in the text of ~/.ssh/config: remove(add(x)) is x for
 * every x, what was added is found to work, and is not added again.
 *
 * Input: the file, the block.
 */

#include <string.h>

#include "base/error.h"
#include "fuzz.h"
#include "sshconfig/include.h"

static const struct include_target target = { "/home/u", "/home/u/.ssh/cxssh/config" };

static void check_line(const struct strbuf *x)
{
	struct strbuf added = STRBUF_INIT;
	struct strbuf removed = STRBUF_INIT;
	size_t line = 0;

	include_add(x->data, x->len, &added);
	require(include_has(added.data, added.len));
	require(include_find(added.data, added.len, &target, &line) == INCLUDE_EFFECTIVE);
	require(line == 1);
	include_remove(added.data, added.len, &removed);
	require(fuzz_same(&removed, x));

	strbuf_clear(&removed);
	include_remove(x->data, x->len, &removed);
	require(include_has(x->data, x->len) ? removed.len < x->len :
	                                       fuzz_same(&removed, x));
	strbuf_release(&added);
	strbuf_release(&removed);
}

static void check_block(const struct strbuf *x, const uint8_t *block, size_t len)
{
	struct strbuf added = STRBUF_INIT;
	struct strbuf again = STRBUF_INIT;
	struct strbuf removed = STRBUF_INIT;
	struct strbuf without = STRBUF_INIT;
	struct error err = ERROR_INIT;
	int had = include_remove_block(x->data, x->len, &without, &err);
	const char *text = (const char *)block;

	require(had != -1 || (err.code == ERROR_CONFIG && fuzz_is_printable(err.text)));
	require(had != 0 || fuzz_same(&without, x));
	if (include_add_block(x->data, x->len, text, len, &added, &err) == 0) {
		require(had != -1);
		require(include_add_block(added.data, added.len, text, len, &again,
		                          &err) == 0);
		require(fuzz_same(&added, &again));
		require(include_remove_block(added.data, added.len, &removed, &err) == 1);
		require(fuzz_same(&removed, &without));
	}
	strbuf_release(&without);
	strbuf_release(&removed);
	strbuf_release(&again);
	strbuf_release(&added);
}

void fuzz_input(const uint8_t *data, size_t size)
{
	struct fuzz_parts parts = { data, size };
	struct strbuf x = STRBUF_INIT;
	const uint8_t *text = NULL;
	const uint8_t *block = (const uint8_t *)"";
	size_t len = 0;

	(void)fuzz_part(&parts, &text, &len);
	strbuf_add(&x, text, len);
	len = 0;
	(void)fuzz_part(&parts, &block, &len);
	(void)include_find(x.data, x.len, &target, NULL);
	check_line(&x);
	check_block(&x, block, len);
	strbuf_release(&x);
}

/* SPDX-License-Identifier: MIT */
/* A string that grows. */

#include <stdlib.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "tap.h"

static void test_plain(void)
{
	struct strbuf sb = STRBUF_INIT;
	char *taken;

	is_str(sb.data, "", "a new strbuf is an empty string");
	strbuf_add(&sb, "x", 0);
	ok(sb.len == 0 && sb.cap == 0, "adding nothing to a strbuf allocates nothing");
	strbuf_clear(&sb);
	ok(sb.cap == 0, "clearing an empty strbuf allocates nothing");
	strbuf_adds(&sb, "one");
	strbuf_addf(&sb, " %s %d", "two", 3);
	is_str(sb.data, "one two 3", "text is added at the end of a strbuf");
	ok(sb.len == 9, "a strbuf has the length of its text");
	strbuf_addf(&sb, "%s", "");
	ok(sb.len == 9, "an empty format adds nothing");
	strbuf_add(&sb, "\0z", 2);
	ok(sb.len == 11 && sb.data[9] == '\0' && sb.data[10] == 'z' &&
	           sb.data[11] == '\0',
	   "a strbuf may hold a NUL, and a NUL ends it");
	strbuf_clear(&sb);
	ok(sb.len == 0 && sb.cap > 0 && sb.data[0] == '\0',
	   "a cleared strbuf keeps its storage");
	strbuf_adds(&sb, "again");
	taken = strbuf_detach(&sb);
	is_str(taken, "again", "the text of a strbuf can be taken out");
	ok(sb.len == 0 && sb.cap == 0, "a strbuf whose text was taken out is empty");
	free(taken);
	taken = strbuf_detach(&sb);
	is_str(taken, "", "an empty strbuf gives an empty string");
	ok(taken != strbuf_empty, "the string of an empty strbuf can be freed");
	free(taken);
	strbuf_release(&sb);
	strbuf_release(&sb);
	ok(sb.data == strbuf_empty, "a strbuf may be released twice");
	ok(strbuf_empty[0] == '\0',
	   "the empty string that all strbufs share is not written");
}

static void test_growing(void)
{
	struct strbuf sb = STRBUF_INIT;
	struct strbuf big = STRBUF_INIT;
	int wrong = 0;

	for (int i = 0; i < 100000; i++) {
		char c = (char)('a' + i % 26);

		strbuf_add(&sb, &c, 1);
		wrong += sb.data[sb.len] != '\0';
	}
	for (int i = 0; i < 100000; i++)
		wrong += sb.data[i] != 'a' + i % 26;
	ok(wrong == 0 && sb.len == 100000,
	   "a strbuf holds 100 000 letters that were added one by one");
	strbuf_addf(&big, "%s%s", sb.data, sb.data);
	ok(big.len == 200000 && memcmp(big.data + 100000, sb.data, 100000) == 0,
	   "a strbuf holds 200 000 letters that were added at once");
	strbuf_release(&sb);
	strbuf_release(&big);
}

/* Stand in the place of libc's, and remember what was wiped last, and how much in all. */
static const void *wiped;
static size_t wiped_len;
static size_t wiped_sum;

void explicit_bzero(void *ptr, size_t len);
void explicit_bzero(void *ptr, size_t len)
{
	volatile unsigned char *at = ptr;

	wiped = ptr;
	wiped_len = len;
	wiped_sum += len;
	while (len-- > 0)
		*at++ = 0;
}

/* By this name where _FORTIFY_SOURCE is set. */
void __explicit_bzero_chk(void *ptr, size_t len, size_t size);
void __explicit_bzero_chk(void *ptr, size_t len, size_t size)
{
	(void)size;
	explicit_bzero(ptr, len);
}

#ifndef __APPLE__
static void test_gone(void)
{
	struct strbuf sb = STRBUF_SECRET;
	struct strbuf plain = STRBUF_INIT;
	const void *first;
	size_t cap;

	strbuf_adds(&sb, "hunter2");
	first = sb.data;
	cap = sb.cap;
	while (sb.data == first)
		strbuf_adds(&sb, "hunter2");
	ok(wiped == first && wiped_len == cap,
	   "a secret that moves leaves nothing behind");
	first = sb.data;
	cap = sb.cap;
	strbuf_release(&sb);
	ok(wiped == first && wiped_len == cap,
	   "a secret that is released leaves nothing behind");
	wiped_sum = 0;
	mem_free_secret(xstrdup("hunter2"));
	ok(wiped_sum == strlen("hunter2"),
	   "a secret string that is freed leaves nothing behind");
	wiped_sum = 0;
	strbuf_adds(&plain, "public");
	strbuf_release(&plain);
	ok(wiped_sum == 0, "text that is no secret is not wiped");
}
#endif

static void test_secret(void)
{
	struct strbuf sb = STRBUF_SECRET;
	char *data;
	int left = 0;

	strbuf_adds(&sb, "hunter2");
	data = sb.data;
	strbuf_clear(&sb);
	for (size_t i = 0; i < sb.cap; i++)
		left |= data[i];
	ok(left == 0, "a secret that is cleared is wiped");
	strbuf_adds(&sb, "hunter3");
	strbuf_release(&sb);
	ok(sb.secret, "a released strbuf of a secret stays one");
	strbuf_adds(&sb, "x");
	strbuf_release(&sb);
}

static void test_wipe(void)
{
	char text[8] = "hunter2";

	mem_wipe(text, sizeof(text));
	ok(memcmp(text, "\0\0\0\0\0\0\0\0", 8) == 0, "mem_wipe wipes");
	mem_wipe(NULL, 8);
	mem_free_secret(NULL);
	mem_free_secret(xstrdup("hunter2"));
	ok(1, "mem_wipe accepts no bytes");
}

int main(void)
{
	test_plain();
	test_growing();
	test_secret();
#ifndef __APPLE__
	test_gone();
#endif
	test_wipe();
	return done_testing();
}

/* SPDX-License-Identifier: MIT */
/* RFC 4648. */

#include <stdlib.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "tap.h"

static const struct {
	const char *bytes;
	size_t len;
	const char *text;
} both[] = {
	{ "", 0, "" },
	{ "f", 1, "Zg==" },
	{ "fo", 2, "Zm8=" },
	{ "foo", 3, "Zm9v" },
	{ "foob", 4, "Zm9vYg==" },
	{ "fooba", 5, "Zm9vYmE=" },
	{ "foobar", 6, "Zm9vYmFy" },
	{ "\0\0\0", 3, "AAAA" },
	{ "\377\377\377", 3, "////" },
	{ "\373\357\276", 3, "++++" },
	{ "\0\0\0\13ssh-ed25519", 15, "AAAAC3NzaC1lZDI1NTE5" },
};

static void test_both(void)
{
	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		struct strbuf out = STRBUF_INIT;
		unsigned char bytes[16];

		base64_encode((const unsigned char *)both[i].bytes, both[i].len, &out);
		is_str(out.data, both[i].text, "%zu bytes are encoded", both[i].len);
		strbuf_clear(&out);
		ok(base64_decode(both[i].text, strlen(both[i].text), &out) &&
		           out.len == both[i].len &&
		           memcmp(out.data, both[i].bytes, out.len) == 0,
		   "bytes that were encoded are decoded");
		strbuf_release(&out);
		ok(base64_decode_exactly(both[i].text, strlen(both[i].text), bytes,
		                         both[i].len) &&
		           memcmp(bytes, both[i].bytes, both[i].len) == 0,
		   "bytes of a known length are decoded");
	}
}

static const struct {
	const char *text;
	size_t size;
} inexact[] = {
	{ "Zm8", 2 },  { "Zm8=", 1 }, { "Zm8=", 3 }, { "Zm9=", 2 }, /* not all bits 0 */
	{ "Zg==", 2 }, { "Zh==", 1 }, { "Zm 9", 3 }, { "Zm-v", 3 },
	{ "Zm==", 2 }, { "Zg=A", 1 }, { "", 1 },     { "Zm9vZg", 4 },
};

static void test_inexact(void)
{
	for (size_t i = 0; i < sizeof(inexact) / sizeof(inexact[0]); i++) {
		unsigned char bytes[4];

		ok(!base64_decode_exactly(inexact[i].text, strlen(inexact[i].text), bytes,
		                          inexact[i].size),
		   "\"%s\" is no encoding of %zu bytes", inexact[i].text,
		   inexact[i].size);
	}
}

static const struct {
	const char *text;
	size_t len;
	const char *bytes; /* NULL: refused */
} reads[] = {
	{ "Zm8", 3, "fo" },      { "Zg", 2, "f" },     { "Zm9vYg", 6, "foob" },
	{ "Z", 1, NULL },        { "Zm9vY", 5, NULL }, { "Zm 9v", 5, NULL },
	{ "Zm9v\n", 5, NULL },   { "Zm9-", 4, NULL },  { "Zm9_", 4, NULL },
	{ "Zg==Zg==", 8, NULL }, { "Zm\0v", 4, NULL }, { "Zm\3519", 4, NULL },
	{ "=", 1, "" },          { "Zm9v!", 5, NULL },
};

static void test_reads(void)
{
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		struct strbuf out = STRBUF_INIT;
		char *exact = xcalloc(reads[i].len, 1); /* no NUL behind it */
		bool read;

		memcpy(exact, reads[i].text, reads[i].len);
		read = base64_decode(exact, reads[i].len, &out);
		ok(read == (reads[i].bytes != NULL), "text %zu is %s", i,
		   reads[i].bytes != NULL ? "taken" : "refused");
		if (read)
			is_str(out.data, reads[i].bytes,
			       "a text that is read gives its bytes");
		strbuf_release(&out);
		free(exact);
	}
}

static void test_all_lengths(void)
{
	unsigned char bytes[300];
	int wrong = 0;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 37 + 11);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		struct strbuf text = STRBUF_INIT;
		struct strbuf back = STRBUF_INIT;

		base64_encode(bytes, len, &text);
		wrong += !base64_decode(text.data, text.len, &back) || back.len != len ||
		         memcmp(back.data, bytes, len) != 0 ||
		         text.len != (len + 2) / 3 * 4;
		strbuf_release(&text);
		strbuf_release(&back);
	}
	ok(wrong == 0, "bytes of every length up to 300 are decoded to the same");
}

int main(void)
{
	test_both();
	test_reads();
	test_inexact();
	test_all_lengths();
	return done_testing();
}

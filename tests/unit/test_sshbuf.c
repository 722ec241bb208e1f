/* SPDX-License-Identifier: MIT */
#include "tap.h"

#include "base/sshbuf.h"
#include "base/strbuf.h"

static struct sshbuf of(const char *bytes, size_t len)
{
	return (struct sshbuf){ .at = (const unsigned char *)bytes, .left = len };
}

static void test_taking(void)
{
	struct sshbuf p = of("\x07\x00\x00\x00\x03"
	                     "abc"
	                     "\x00\x00\x01\x00",
	                     12);
	struct sshbuf string;
	unsigned char byte;
	uint32_t number;

	ok(sshbuf_get_u8(&p, &byte) && byte == 7, "a byte is read");
	ok(sshbuf_get_string(&p, &string) && sshbuf_equals(&string, "abc"),
	   "a string is read");
	ok(!sshbuf_equals(&string, "ab") && !sshbuf_equals(&string, "abcd"),
	   "a string equals no other text");
	ok(sshbuf_get_u32(&p, &number) && number == 256 && p.left == 0,
	   "a number is read");
	ok(!sshbuf_get_u8(&p, &byte) && !sshbuf_get_u32(&p, &number),
	   "nothing is read after the end");
}

static void test_cut_short(void)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{ "", 0 },
		{ "\x00\x00\x00", 3 },
		{ "\x00\x00\x00\x01", 4 },
		{ "\x00\x00\x00\x04"
		  "abc",
		  7 },
		{ "\xff\xff\xff\xff"
		  "abc",
		  7 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sshbuf p = of(cases[i].bytes, cases[i].len);
		struct sshbuf string = { .left = 99 };

		ok(!sshbuf_get_string(&p, &string) && p.left == cases[i].len &&
		           string.left == 99,
		   "a string that is cut short changes nothing (%zu)", i);
	}
}

static void test_text(void)
{
	struct sshbuf p = of("\x00\x00\x00\x03"
	                     "abc",
	                     7);
	struct sshbuf nul = of("\x00\x00\x00\x03"
	                       "a\0c",
	                       7);
	char text[4] = "old";
	char small[3] = "ol";

	ok(!sshbuf_get_cstring(&p, small, sizeof(small)) && p.left == 7,
	   "a text that does not fit is refused");
	ok(!sshbuf_get_cstring(&nul, text, sizeof(text)), "a text with a NUL is refused");
	ok(sshbuf_get_cstring(&p, text, sizeof(text)), "a text is read");
	is_str(text, "abc", "a text that was read is the one that was written");
}

static void test_mpint(void)
{
	static const struct {
		const char *number;
		size_t len;
		const char *want;
		size_t want_len;
	} cases[] = {
		{ "", 0, "\0\0\0\0", 4 },
		{ "\0\0", 2, "\0\0\0\0", 4 },
		{ "\x7f", 1, "\0\0\0\x01\x7f", 5 },
		{ "\x80", 1, "\0\0\0\x02\0\x80", 6 },
		{ "\0\0\x12\x34", 4, "\0\0\0\x02\x12\x34", 6 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct strbuf out = STRBUF_INIT;

		sshbuf_put_mpint(&out, (const unsigned char *)cases[i].number,
		                 cases[i].len);
		ok(out.len == cases[i].want_len &&
		           memcmp(out.data, cases[i].want, out.len) == 0,
		   "mpint %zu is written as in RFC 4251", i);
		strbuf_release(&out);
	}
}

static void test_there_and_back(void)
{
	struct strbuf out = STRBUF_INIT;
	struct sshbuf p;
	struct sshbuf string;
	uint32_t number;

	sshbuf_put_u32(&out, 0xfedcba98);
	sshbuf_put_cstring(&out, "text");
	sshbuf_put_string(&out, "\0\n", 2);
	p = of(out.data, out.len);
	ok(sshbuf_get_u32(&p, &number) && number == 0xfedcba98,
	   "a large number is read as it was written");
	ok(sshbuf_get_string(&p, &string) && sshbuf_equals(&string, "text"),
	   "a text is read as it was written");
	ok(sshbuf_get_string(&p, &string) && string.left == 2 && p.left == 0,
	   "bytes are read as they were written");
	strbuf_release(&out);
}

int main(void)
{
	test_taking();
	test_cut_short();
	test_text();
	test_mpint();
	test_there_and_back();
	return done_testing();
}

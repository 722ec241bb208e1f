/* SPDX-License-Identifier: MIT */
/*
 * SHA-1 by the examples of RFC 3174, 7.3, HMAC-SHA1 by those of RFC 2202, 3.
 */

#include "hostkey/sha1.h"
#include "tap.h"

/* As hex digits. */
static const char *hex(const unsigned char digest[SHA1_SIZE])
{
	static char text[2 * SHA1_SIZE + 1];

	for (int i = 0; i < SHA1_SIZE; i++)
		(void)snprintf(&text[2 * i], 3, "%02x", digest[i]);
	return text;
}

static const struct {
	const char *text;
	int times;
	const char *digest;
} digests[] = {
	{ "", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
	{ "abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	  "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
	{ "a", 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f" },
	{ "0123456701234567012345670123456701234567012345670123456701234567", 10,
	  "dea356a2cddd90c7a7ecedc5ebb563934f460452" },
};

static void test_digests(void)
{
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		unsigned char digest[SHA1_SIZE];
		struct sha1 s;

		sha1_begin(&s);
		for (int n = 0; n < digests[i].times; n++)
			sha1_add(&s, digests[i].text, strlen(digests[i].text));
		sha1_end(&s, digest);
		is_str(hex(digest), digests[i].digest, "SHA-1 of \"%.9s\", %d times",
		       digests[i].text, digests[i].times);
	}
}

/* In whatever pieces it comes, around the length of a block. */
static void test_pieces(void)
{
	char bytes[3 * SHA1_BLOCK];
	int wrong = 0;

	memset(bytes, 'x', sizeof(bytes));
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		unsigned char whole[SHA1_SIZE];
		unsigned char pieces[SHA1_SIZE];
		struct sha1 s;

		sha1_begin(&s);
		sha1_add(&s, bytes, len);
		sha1_end(&s, whole);
		sha1_begin(&s);
		for (size_t at = 0; at < len; at += 7)
			sha1_add(&s, bytes, len - at < 7 ? len - at : 7);
		sha1_end(&s, pieces);
		wrong += memcmp(whole, pieces, sizeof(whole)) != 0;
	}
	ok(wrong == 0, "it does not matter in which pieces the bytes come");
}

#define REPEAT5(text) text text text text text
#define REPEAT10(text) REPEAT5(text) REPEAT5(text)
#define REPEAT50(text) REPEAT10(REPEAT5(text))
#define REPEAT80(text) REPEAT50(text) REPEAT10(text) REPEAT10(text) REPEAT10(text)

static const struct {
	const char *key;
	const char *data;
	const char *mac;
} macs[] = {
	{ REPEAT10("\x0b\x0b"), "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00" },
	{ "Jefe", "what do ya want for nothing?",
	  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	{ REPEAT10("\xaa\xaa"), REPEAT50("\xdd"),
	  "125d7342b9ac11cd91a39af48aa17b4f63f175d3" },
	{ "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\24\25\26\27\30\31",
	  REPEAT50("\xcd"), "4c9007f4026250c6bc8414f9bf50c86c2d7235da" },
	{ REPEAT10("\x0c\x0c"), "Test With Truncation",
	  "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04" },
	{ REPEAT80("\xaa"), "Test Using Larger Than Block-Size Key - Hash Key First",
	  "aa4ae5e15272d00e95705637ce8a3b55ed402112" },
	{ REPEAT80("\xaa"),
	  "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data",
	  "e8e99d0f45237d786d6bbaa7965c7808bbff1a91" },
};

static void test_macs(void)
{
	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
		unsigned char mac[SHA1_SIZE];

		sha1_hmac(macs[i].key, strlen(macs[i].key), macs[i].data,
		          strlen(macs[i].data), mac);
		is_str(hex(mac), macs[i].mac, "HMAC-SHA1, test case %zu", i + 1);
	}
}

int main(void)
{
	test_digests();
	test_pieces();
	test_macs();
	return done_testing();
}

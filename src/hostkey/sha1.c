/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "hostkey/sha1.h"

static uint32_t rotate(uint32_t word, unsigned bits)
{
	return word << bits | word >> (32 - bits);
}

static uint32_t read_word(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
	       at[3];
}

static void write_word(unsigned char *at, uint32_t word)
{
	at[0] = (unsigned char)(word >> 24);
	at[1] = (unsigned char)(word >> 16 & 0xff);
	at[2] = (unsigned char)(word >> 8 & 0xff);
	at[3] = (unsigned char)(word & 0xff);
}

/* One step of RFC 3174, 6.1 d: v is A to E, f its function and constant. */
static void turn(uint32_t v[5], uint32_t f, uint32_t word)
{
	uint32_t temp = rotate(v[0], 5) + f + v[4] + word;

	v[4] = v[3];
	v[3] = v[2];
	v[2] = rotate(v[1], 30);
	v[1] = v[0];
	v[0] = temp;
}

static void take_block(uint32_t state[5], const unsigned char *block)
{
	uint32_t w[80];
	uint32_t v[5];

	for (int t = 0; t < 16; t++)
		w[t] = read_word(&block[4 * t]);
	for (int t = 16; t < 80; t++)
		w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	memcpy(v, state, sizeof(v));
	for (int t = 0; t < 20; t++)
		turn(v, ((v[1] & v[2]) | (~v[1] & v[3])) + 0x5a827999, w[t]);
	for (int t = 20; t < 40; t++)
		turn(v, (v[1] ^ v[2] ^ v[3]) + 0x6ed9eba1, w[t]);
	for (int t = 40; t < 60; t++)
		turn(v, ((v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3])) + 0x8f1bbcdc,
		     w[t]);
	for (int t = 60; t < 80; t++)
		turn(v, (v[1] ^ v[2] ^ v[3]) + 0xca62c1d6, w[t]);
	for (int i = 0; i < 5; i++)
		state[i] += v[i];
}

void sha1_begin(struct sha1 *s)
{
	static const uint32_t start[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
		                           0xc3d2e1f0 };

	memcpy(s->state, start, sizeof(start));
	s->len = 0;
}

void sha1_add(struct sha1 *s, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	while (len > 0) {
		size_t have = s->len % SHA1_BLOCK;
		size_t n = SHA1_BLOCK - have < len ? SHA1_BLOCK - have : len;

		memcpy(&s->block[have], at, n);
		if (have + n == SHA1_BLOCK)
			take_block(s->state, s->block);
		s->len += n;
		at += n;
		len -= n;
	}
}

void sha1_end(struct sha1 *s, unsigned char digest[static SHA1_SIZE])
{
	static const unsigned char padding[SHA1_BLOCK] = { 0x80 };
	const uint64_t bits = s->len * 8;
	const size_t have = s->len % SHA1_BLOCK;
	unsigned char length[8];

	sha1_add(s, padding, (have < 56 ? 56 : 56 + SHA1_BLOCK) - have);
	write_word(&length[0], (uint32_t)(bits >> 32));
	write_word(&length[4], (uint32_t)(bits & 0xffffffff));
	sha1_add(s, length, sizeof(length));
	for (int i = 0; i < 5; i++)
		write_word(&digest[4 * i], s->state[i]);
}

/* SHA-1 over the key, with pad in each of its bytes, and bytes. */
static void half(const unsigned char key[SHA1_BLOCK], unsigned char pad,
                 const void *bytes, size_t len, unsigned char digest[static SHA1_SIZE])
{
	unsigned char block[SHA1_BLOCK];
	struct sha1 s;

	for (int i = 0; i < SHA1_BLOCK; i++)
		block[i] = key[i] ^ pad;
	sha1_begin(&s);
	sha1_add(&s, block, sizeof(block));
	sha1_add(&s, bytes, len);
	sha1_end(&s, digest);
}

void sha1_hmac(const void *key, size_t key_len, const void *bytes, size_t len,
               unsigned char mac[static SHA1_SIZE])
{
	unsigned char whole[SHA1_BLOCK] = { 0 };
	unsigned char inner[SHA1_SIZE];
	struct sha1 s;

	if (key_len > SHA1_BLOCK) {
		sha1_begin(&s);
		sha1_add(&s, key, key_len);
		sha1_end(&s, whole);
	} else if (key_len > 0) {
		memcpy(whole, key, key_len);
	}
	half(whole, 0x36, bytes, len, inner);
	half(whole, 0x5c, inner, sizeof(inner), mac);
}

/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "hostkey/hashedname.h"

enum {
	HASH_SIZE = 20,
	MARK_LEN = 3,     /* "|1|" */
	ENCODED_LEN = 28, /* HASH_SIZE bytes in base64; the salt is as long as the hash */
	HASH_AT = MARK_LEN + ENCODED_LEN + 1,
	NAME_MAX_LEN = 255,
};

/* Strict base64: ssh encodes the salt that it has decoded and compares the text, so
 * only one spelling of it is valid. */
static bool split(struct kh_span names, unsigned char salt[HASH_SIZE],
                  unsigned char hash[HASH_SIZE])
{
	const char *at = names.at;

	return names.len == HASH_AT + ENCODED_LEN && memcmp(at, "|1|", MARK_LEN) == 0 &&
	       at[HASH_AT - 1] == '|' &&
	       base64_decode_exactly(at + MARK_LEN, ENCODED_LEN, salt, HASH_SIZE) &&
	       base64_decode_exactly(at + HASH_AT, ENCODED_LEN, hash, HASH_SIZE);
}

bool kh_match(const struct kh_line *line, const char *name)
{
	unsigned char salt[HASH_SIZE];
	unsigned char hash[HASH_SIZE];
	unsigned char made[EVP_MAX_MD_SIZE];
	unsigned char lower[NAME_MAX_LEN];
	size_t n = strlen(name);

	if (!kh_line_is_hashed(line))
		return kh_match_plain(line, name);
	if (n > sizeof(lower) || !split(line->names, salt, hash))
		return false;
	for (size_t i = 0; i < n; i++)
		lower[i] = (unsigned char)tolower((unsigned char)name[i]);
	return HMAC(EVP_sha1(), salt, HASH_SIZE, lower, n, made, NULL) != NULL &&
	       memcmp(made, hash, HASH_SIZE) == 0;
}

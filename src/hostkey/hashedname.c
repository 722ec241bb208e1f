/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>

#include "base/base64.h"
#include "hostkey/hashedname.h"
#include "hostkey/sha1.h"

enum {
	MARK_LEN = 3,     /* "|1|" */
	ENCODED_LEN = 28, /* SHA1_SIZE bytes in base64; the salt is as long as the hash */
	HASH_AT = MARK_LEN + ENCODED_LEN + 1,
	NAME_MAX_LEN = 255,
};

bool hashedname_is_one(const char *names, size_t len)
{
	return len > 0 && names[0] == '|';
}

/* ssh writes what it has read of the salt anew and compares the text: so there is only
 * one way to write it. */
static bool split(const char *names, size_t len, unsigned char salt[SHA1_SIZE],
                  unsigned char hash[SHA1_SIZE])
{
	return len == HASH_AT + ENCODED_LEN && memcmp(names, "|1|", MARK_LEN) == 0 &&
	       names[HASH_AT - 1] == '|' &&
	       base64_decode_exactly(names + MARK_LEN, ENCODED_LEN, salt, SHA1_SIZE) &&
	       base64_decode_exactly(names + HASH_AT, ENCODED_LEN, hash, SHA1_SIZE);
}

bool hashedname_matches(const char *names, size_t len, const char *name)
{
	unsigned char salt[SHA1_SIZE];
	unsigned char hash[SHA1_SIZE];
	char asked[NAME_MAX_LEN];
	size_t n = strlen(name);

	if (n > sizeof(asked) || !split(names, len, salt, hash))
		return false;
	for (size_t i = 0; i < n; i++)
		asked[i] = (char)tolower((unsigned char)name[i]);
	sha1_hmac(salt, sizeof(salt), asked, n, salt);
	return memcmp(salt, hash, sizeof(hash)) == 0;
}

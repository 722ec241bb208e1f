/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/base64.h"
#include "base/strbuf.h"

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const unsigned char *bytes, size_t len, struct strbuf *out)
{
	for (size_t i = 0; i < len; i += 3) {
		size_t have = len - i < 3 ? len - i : 3;
		unsigned long group = (unsigned long)bytes[i] << 16;
		char four[4];

		if (have > 1)
			group |= (unsigned long)bytes[i + 1] << 8;
		if (have > 2)
			group |= bytes[i + 2];
		four[0] = alphabet[group >> 18 & 63];
		four[1] = alphabet[group >> 12 & 63];
		four[2] = have > 1 ? alphabet[group >> 6 & 63] : '=';
		four[3] = have > 2 ? alphabet[group & 63] : '=';
		strbuf_add(out, four, sizeof(four));
	}
}

bool base64_decode(const char *text, size_t len, struct strbuf *out)
{
	unsigned long group = 0;
	size_t bits = 0;

	while (len > 0 && text[len - 1] == '=')
		len--;
	if (len % 4 == 1)
		return false;
	for (size_t i = 0; i < len; i++) {
		const char *letter = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;
		unsigned char byte;

		if (letter == NULL)
			return false;
		group = (group << 6 | (unsigned long)(letter - alphabet)) & 0xffffff;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		byte = (unsigned char)(group >> bits & 0xff);
		strbuf_add(out, &byte, 1);
	}
	return true;
}

bool base64_decode_exactly(const char *text, size_t len, unsigned char *bytes,
                           size_t size)
{
	struct strbuf raw = STRBUF_INIT;
	struct strbuf again = STRBUF_INIT;
	bool good = base64_decode(text, len, &raw) && raw.len == size;

	if (good) {
		memcpy(bytes, raw.data, size);
		base64_encode(bytes, size, &again);
		good = again.len == len && memcmp(again.data, text, len) == 0;
	}
	strbuf_release(&raw);
	strbuf_release(&again);
	return good;
}

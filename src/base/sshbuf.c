/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/sshbuf.h"
#include "base/strbuf.h"

struct sshbuf sshbuf_of(const struct strbuf *bytes)
{
	return (struct sshbuf){ .at = (const unsigned char *)bytes->data,
		                .left = bytes->len };
}

static void skip(struct sshbuf *p, size_t len)
{
	p->at += len;
	p->left -= len;
}

bool sshbuf_get_u8(struct sshbuf *p, unsigned char *value)
{
	if (p->left < 1)
		return false;
	*value = p->at[0];
	skip(p, 1);
	return true;
}

bool sshbuf_get_u32(struct sshbuf *p, uint32_t *value)
{
	if (p->left < 4)
		return false;
	*value = (uint32_t)p->at[0] << 24 | (uint32_t)p->at[1] << 16 |
	         (uint32_t)p->at[2] << 8 | (uint32_t)p->at[3];
	skip(p, 4);
	return true;
}

bool sshbuf_get_string(struct sshbuf *p, struct sshbuf *string)
{
	struct sshbuf rest = *p;
	uint32_t len;

	if (!sshbuf_get_u32(&rest, &len) || len > rest.left)
		return false;
	*string = (struct sshbuf){ .at = rest.at, .left = len };
	skip(&rest, len);
	*p = rest;
	return true;
}

bool sshbuf_get_cstring(struct sshbuf *p, char *out, size_t cap)
{
	struct sshbuf rest = *p;
	struct sshbuf string;

	if (!sshbuf_get_string(&rest, &string) || string.left >= cap ||
	    memchr(string.at, '\0', string.left) != NULL)
		return false;
	memcpy(out, string.at, string.left);
	out[string.left] = '\0';
	*p = rest;
	return true;
}

bool sshbuf_equals(const struct sshbuf *p, const char *text)
{
	return p->left == strlen(text) && memcmp(p->at, text, p->left) == 0;
}

bool sshbuf_same(const struct sshbuf *p, const struct strbuf *bytes)
{
	return p->left == bytes->len && memcmp(p->at, bytes->data, p->left) == 0;
}

void sshbuf_put_u8(struct strbuf *out, unsigned char value)
{
	strbuf_add(out, &value, 1);
}

void sshbuf_put_u32(struct strbuf *out, uint32_t value)
{
	unsigned char bytes[4] = { (unsigned char)(value >> 24),
		                   (unsigned char)(value >> 16),
		                   (unsigned char)(value >> 8), (unsigned char)value };

	strbuf_add(out, bytes, sizeof(bytes));
}

void sshbuf_put_string(struct strbuf *out, const void *bytes, size_t len)
{
	sshbuf_put_u32(out, (uint32_t)len);
	strbuf_add(out, bytes, len);
}

void sshbuf_put_cstring(struct strbuf *out, const char *text)
{
	sshbuf_put_string(out, text, strlen(text));
}

void sshbuf_put_mpint(struct strbuf *out, const unsigned char *number, size_t len)
{
	bool sign;

	while (len > 0 && number[0] == 0) {
		number++;
		len--;
	}
	sign = len > 0 && (number[0] & 0x80) != 0;
	sshbuf_put_u32(out, (uint32_t)(len + (sign ? 1 : 0)));
	if (sign)
		sshbuf_put_u8(out, 0);
	strbuf_add(out, number, len);
}

#include <string.h>

#include "base/strbuf.h"
#include "keys/sshbuf.h"

static void skip(struct packet *p, size_t len)
{
	p->at += len;
	p->left -= len;
}

bool packet_byte(struct packet *p, unsigned char *value)
{
	if (p->left < 1)
		return false;
	*value = p->at[0];
	skip(p, 1);
	return true;
}

bool packet_u32(struct packet *p, uint32_t *value)
{
	if (p->left < 4)
		return false;
	*value = (uint32_t)p->at[0] << 24 | (uint32_t)p->at[1] << 16 |
	         (uint32_t)p->at[2] << 8 | (uint32_t)p->at[3];
	skip(p, 4);
	return true;
}

bool packet_string(struct packet *p, struct packet *string)
{
	struct packet rest = *p;
	uint32_t len;

	if (!packet_u32(&rest, &len) || len > rest.left)
		return false;
	*string = (struct packet){ .at = rest.at, .left = len };
	skip(&rest, len);
	*p = rest;
	return true;
}

bool packet_text(struct packet *p, char *out, size_t cap)
{
	struct packet rest = *p;
	struct packet string;

	if (!packet_string(&rest, &string) || string.left >= cap ||
	    memchr(string.at, '\0', string.left) != NULL)
		return false;
	memcpy(out, string.at, string.left);
	out[string.left] = '\0';
	*p = rest;
	return true;
}

bool packet_is(const struct packet *p, const char *text)
{
	return p->left == strlen(text) && memcmp(p->at, text, p->left) == 0;
}

void packet_put_byte(struct strbuf *out, unsigned char value)
{
	strbuf_add(out, &value, 1);
}

void packet_put_u32(struct strbuf *out, uint32_t value)
{
	unsigned char bytes[4] = { (unsigned char)(value >> 24),
		                   (unsigned char)(value >> 16),
		                   (unsigned char)(value >> 8), (unsigned char)value };

	strbuf_add(out, bytes, sizeof(bytes));
}

void packet_put_string(struct strbuf *out, const void *bytes, size_t len)
{
	packet_put_u32(out, (uint32_t)len);
	strbuf_add(out, bytes, len);
}

void packet_put_text(struct strbuf *out, const char *text)
{
	packet_put_string(out, text, strlen(text));
}

void packet_put_mpint(struct strbuf *out, const unsigned char *number, size_t len)
{
	bool sign;

	while (len > 0 && number[0] == 0) {
		number++;
		len--;
	}
	sign = len > 0 && (number[0] & 0x80) != 0;
	packet_put_u32(out, (uint32_t)(len + (sign ? 1 : 0)));
	if (sign)
		packet_put_byte(out, 0);
	strbuf_add(out, number, len);
}

/*
 * packet.h - the data types of the SSH protocols (RFC 4251 section 5), taken
 * apart and put together.  Knows uint32, string and mpint; knows no message.
 */
#ifndef KEYS_SSHBUF_H
#define KEYS_SSHBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf;

/* What is left of some bytes; borrowed. */
struct packet {
	const unsigned char *at;
	size_t left;
};

/*
 * Take the next value off the front.  False, with *p and the result as they
 * were, when it is not all there.  A string is borrowed from the packet.
 */
bool packet_byte(struct packet *p, unsigned char *value);
bool packet_u32(struct packet *p, uint32_t *value);
bool packet_string(struct packet *p, struct packet *string);

/* packet_string() into out, as text; false also when it holds a NUL or does not fit. */
bool packet_text(struct packet *p, char *out, size_t cap);

/* Are these bytes exactly this text? */
bool packet_is(const struct packet *p, const char *text);

void packet_put_byte(struct strbuf *out, unsigned char value);
void packet_put_u32(struct strbuf *out, uint32_t value);
void packet_put_string(struct strbuf *out, const void *bytes, size_t len);
void packet_put_text(struct strbuf *out, const char *text);

/* An unsigned big-endian number as an mpint: no leading zeros, a sign byte if need be. */
void packet_put_mpint(struct strbuf *out, const unsigned char *number, size_t len);

#endif

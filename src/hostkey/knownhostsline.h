/* SPDX-License-Identifier: MIT */
/*
 * knownhostsline.h - one line of a known_hosts file, taken apart as sshd(8) has it, under
 * SSH_KNOWN_HOSTS FILE FORMAT.  Only text; no file, no library.
 */
#ifndef HOSTKEY_KNOWNHOSTSLINE_H
#define HOSTKEY_KNOWNHOSTSLINE_H

#include <stdbool.h>
#include <stddef.h>

enum kh_kind {
	KH_NONE, /* a comment, a blank line, or one that is no known host */
	KH_PLAIN,
	KH_REVOKED,
	KH_CERT_AUTHORITY,
};

/* A piece of the text, borrowed and not terminated. */
struct kh_span {
	const char *at;
	size_t len;
};

/* names, type and key (base64) are set unless kind is KH_NONE. */
struct kh_line {
	struct kh_span whole; /* with its newline */
	enum kh_kind kind;
	struct kh_span names;
	struct kh_span type;
	struct kh_span key;
};

/* Take the next line off *text; false at its end. */
bool kh_next_line(const char **text, struct kh_line *line);

/* The next one of a comma list, which shrinks; false at its end. */
bool kh_next_name(struct kh_span *list, struct kh_span *name);

bool kh_span_is(struct kh_span span, const char *text);

/* Does the list have this very name? */
bool kh_line_has_name(const struct kh_line *line, const char *name);

/* Is blob (SSH wire format) a key of this type, as far as can be seen without knowing
 * the type: nothing but strings, to its very end? */
bool kh_is_key(const unsigned char *blob, size_t len, struct kh_span type);

/* Is its key one, and of the type that it says?  ssh overlooks a line where it is not. */
bool kh_line_is_valid(const struct kh_line *line);

/* Is name meant by the list: '*' and '?' match as in sshd(8), "!pattern" takes out; a
 * hashed one means the name that was hashed. */
bool kh_match(const struct kh_line *line, const char *name);

#endif

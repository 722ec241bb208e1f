/*
 * knownline.h - one line of a known_hosts file, taken apart as sshd(8) has it, under
 * SSH_KNOWN_HOSTS FILE FORMAT.  Only text; no file, no library.
 */
#ifndef HOSTKEY_KNOWNHOSTSLINE_H
#define HOSTKEY_KNOWNHOSTSLINE_H

#include <stdbool.h>
#include <stddef.h>

enum knownline_kind {
	KNOWNLINE_NONE, /* a comment, a blank line, or one that is no known host */
	KNOWNLINE_PLAIN,
	KNOWNLINE_REVOKED,
	KNOWNLINE_AUTHORITY,
};

/* A piece of the text, borrowed and not terminated. */
struct knownline_span {
	const char *at;
	size_t len;
};

/* names, type and key (base64) are set unless kind is KNOWNLINE_NONE. */
struct knownline {
	struct knownline_span whole; /* with its newline */
	enum knownline_kind kind;
	struct knownline_span names;
	struct knownline_span type;
	struct knownline_span key;
};

/* Take the next line off *text; false at its end. */
bool knownline_next(const char **text, struct knownline *line);

/* The next one of a comma list, which shrinks; false at its end. */
bool knownline_name(struct knownline_span *list, struct knownline_span *name);

bool knownline_is(struct knownline_span span, const char *text);

/* Does the list have this very name? */
bool knownline_lists(const struct knownline *line, const char *name);

/* Is blob (SSH wire format) a key of this type, as far as can be seen without knowing
 * the type: nothing but strings, to its very end? */
bool knownline_is_key(const unsigned char *blob, size_t len, struct knownline_span type);

/* Is its key one, and of the type that it says?  ssh overlooks a line where it is not. */
bool knownline_is_sound(const struct knownline *line);

/* Is name meant by the list: '*' and '?' match as in sshd(8), "!pattern" takes out; a
 * hashed one means the name that was hashed. */
bool knownline_means(const struct knownline *line, const char *name);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * knownhostsline.h - one line of a known_hosts file, split as sshd(8) describes it under
 * SSH_KNOWN_HOSTS FILE FORMAT.  Text only; no file, no library; does not block.
 */
#ifndef HOSTKEY_KNOWNHOSTSLINE_H
#define HOSTKEY_KNOWNHOSTSLINE_H

#include <stdbool.h>
#include <stddef.h>

enum kh_kind {
	KH_NONE, /* a comment, a blank line, or one that ssh skips */
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

/*
 * Take lines off *text up to and with the next one in which word stands; false when there
 * is none.  Long files are searched at the speed of strstr(3); a word that stands twice
 * in a line gives that line once.
 */
bool kh_next_line_with(const char **text, const char *word, struct kh_line *line);

/* Take the next name off a comma-separated list; false at its end. */
bool kh_next_name(struct kh_span *list, struct kh_span *name);

bool kh_span_is(struct kh_span span, const char *text);

/* Does the line list exactly this name? */
bool kh_line_has_name(const struct kh_line *line, const char *name);

/* Is blob (SSH wire format) a key of this type, as far as can be seen without knowing
 * the type: nothing but strings, to its very end? */
bool kh_is_key(const unsigned char *blob, size_t len, struct kh_span type);

/* Is the line's key one of the type that it says?  ssh skips a line where it is not. */
bool kh_line_is_valid(const struct kh_line *line);

/* Are the line's names hashed?  As in OpenSSH, anything that begins with '|' is, and is
 * then neither a list nor a pattern. */
bool kh_line_is_hashed(const struct kh_line *line);

/* Does name match the line's list: '*' and '?' as in sshd(8), "!pattern" excludes? */
typedef bool kh_match_fn(const struct kh_line *line, const char *name);

/* Without computing hashes: a hashed @revoked line matches every name, to be safe; other
 * hashed lines match none.  See hostkey/hashedname.h for kh_match(). */
bool kh_match_plain(const struct kh_line *line, const char *name);

#endif

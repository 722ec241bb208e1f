/* SPDX-License-Identifier: MIT */
/*
 * token.h - a token and its file, in the form in which the toolbelt keeps it:
 * {"AccessToken","RefreshToken","Expiry","Extra"} (src/doc/cloud66.md).
 *
 * All of it but Expiry is secret.  The copies that json-c makes cannot be wiped.  No
 * function here blocks.
 */
#ifndef CLOUD66_TOKEN_H
#define CLOUD66_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct json;

struct token {
	char *access;
	char *refresh;     /* "" where there is none */
	int64_t expiry;    /* seconds since 1970, or 0: never */
	struct json *file; /* the document, with keys that are not known */
};

#define TOKEN_INIT \
	{ \
		.access = NULL \
	}

/* From the JSON text; ERROR_CONFIG, without the text.  The caller releases *token, also
 * after a failure. */
int token_parse(struct token *token, const char *text, size_t len, struct error *err);

/* From the token itself, its JSON, or that in base64.  ERROR_CONFIG. */
int token_accept(struct token *token, const char *text, struct error *err);

/* From base64, as in CLOUD66_TOKEN.  ERROR_CONFIG. */
int token_decode(struct token *token, const char *text, struct error *err);

void token_release(struct token *token);

/* 1, or 0 when there is no such file, or -1 with ERROR_CONFIG, also where others can
 * read it. */
int token_read(struct token *token, const char *path, struct error *err);

/* Replace the file, 0600; makes its folder.  ERROR_CONFIG. */
int token_write(const struct token *token, const char *path, struct error *err);

/* The same for any of the toolbelt's files: a profile may have a secret, too.  The file
 * at the end of symbolic links is the one that is replaced. */
int token_write_json(const struct json *doc, bool pretty, const char *path,
                     struct error *err);

/* Update from an answer of the token endpoint: {"access_token","refresh_token",
 * "expires_in","id_token","scope"}.  ERROR_UNAVAILABLE without an access_token. */
int token_renew(struct token *token, const struct json *answer, struct error *err);

/* The scopes that were granted with it, or NULL: not known.  Borrowed. */
const char *token_scopes(const struct token *token);

/* Is it past its Expiry? */
bool token_expired(const struct token *token);

#endif

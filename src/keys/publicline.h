/* SPDX-License-Identifier: MIT */
/*
 * publicline.h - a public key as one line, "ssh-ed25519 AAAA... comment", as FILE.pub and
 * authorized_keys have it.  Does not block.
 */
#ifndef KEYS_PUBLICLINE_H
#define KEYS_PUBLICLINE_H

#include <stdbool.h>

struct error;
struct strbuf;

/*
 * Append the public half of the key in the file path, a private key or a FILE.pub,
 * without a line end: from FILE.pub with its comment where that is there.  -1 with
 * ERROR_CONFIG as keyfile_read(), or when the public half is not to be had.
 */
int publicline_read(const char *path, struct strbuf *line, struct error *err);

/* Do two lines have the same key, whatever their comments? */
bool publicline_same(const char *a, const char *b);

/* Write "TYPE SHA256:... comment", printable, to out. */
enum { PUBLICLINE_SHOWN = 200 };
void publicline_show(const char *line, char out[static PUBLICLINE_SHOWN]);

#endif

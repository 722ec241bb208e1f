/* SPDX-License-Identifier: MIT */
/*
 * url.h - check and build URLs of the API.  Pure: no network, files or environment.
 */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include <stdbool.h>

struct error;
struct strbuf;

/*
 * Check a base URL: https://HOST[:PORT], or http:// to a loopback address, which stays on
 * this machine; without login, path or query.  Returns it without trailing slashes, for
 * the caller to free, or NULL with ERROR_CONFIG.
 */
char *url_base(const char *text, struct error *err);

/* HOST[:PORT] of a URL that url_base() accepted; borrowed. */
const char *url_host(const char *base);

/* Is this a path that needs no escaping: "/stacks/abc-1/servers"? */
bool url_is_path(const char *path);

/* Is this "name=value", or several joined by '&', with escapes? */
bool url_is_query(const char *query);

/* Append text, percent-encoded, as a value of a form or query. */
void url_escape(struct strbuf *out, const char *text);

#endif

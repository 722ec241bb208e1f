/* SPDX-License-Identifier: MIT */
/*
 * url.h - addresses of the API: which one is fit to carry a token, and how text
 * becomes part of one.
 *
 * Pure: knows nothing of the network, of files or of the environment.
 */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include <stdbool.h>

struct error;
struct strbuf;

/*
 * The base URL of an installation: https://HOST[:PORT], or http:// to a loopback
 * address, which never leaves this machine.  No login, path or query.  Returns it
 * without trailing slashes, for the caller to free, or NULL with ERROR_CONFIG.
 */
char *url_base(const char *text, struct error *err);

/* HOST[:PORT] of a URL that url_base() let pass, for messages; borrowed. */
const char *url_host(const char *base);

/* Is this a path below the API that needs no escaping: "/stacks/abc-1/servers"? */
bool url_is_path(const char *path);

/* Is this "name=value", or some joined by '&', escaped where it must be? */
bool url_is_query(const char *query);

/* Append text so that it is one value of a form or a query. */
void url_escape(struct strbuf *out, const char *text);

#endif

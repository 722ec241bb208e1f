/* SPDX-License-Identifier: MIT */
/*
 * http.h - many HTTP requests at once over few connections.
 *
 * The only room that knows libcurl, together with http/transfer.  Speaks https,
 * and http to this machine alone (see url.h); checks certificates, follows no
 * redirect, and reads no answer without end.  Knows nothing of Cloud 66, and prints
 * nothing.
 *
 *     struct http *http = http_new(&config, err);
 *     http_queue(http, &request);     as often as wanted, also from done()
 *     http_run(http, until);          done() is called once for every request
 *     http_free(http);
 *
 * Connections stay open between runs.  The user's own https_proxy and no_proxy
 * are honoured as libcurl does it.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/deadline.h"
#include "http/httpmessage.h"

struct error;
struct http;

struct http_config {
	bool any_family;            /* IPv6, too */
	size_t body_max;            /* of an answer; 0: 32 MiB */
	struct deadline connect_by; /* zero: the deadline of the run */
};

/* The caller frees the result with http_free().  NULL with ERROR_INTERNAL. */
struct http *http_new(const struct http_config *config, struct error *err);
void http_free(struct http *http); /* NULL is allowed; what is left over is dropped */

/* Takes a copy of all but the secrets.  Nothing is sent before http_run(). */
void http_queue(struct http *http, const struct http_request *request);

/*
 * Work until every request is done, or the deadline passes: then done() is called
 * for the rest with HTTP_TIMED_OUT, in answer to which nothing may be queued.
 * Blocks.  done() may come in any order.
 */
void http_run(struct http *http, struct deadline until);

/* As http_run(), but back as soon as *done is true; the rest goes on when it is
 * called again. */
void http_run_until(struct http *http, struct deadline until, const bool *done);

/*
 * One turn of http_run(), for a loop that also waits for something else: comes back
 * when anything has moved, when one of also (at most HTTP_ALSO_MAX descriptors,
 * poll(2) events; revents are not filled in) is ready, or after wait_ms.
 */
enum { HTTP_ALSO_MAX = 32 };
struct pollfd;
void http_turn(struct http *http, struct deadline until, struct pollfd *also,
               size_t count, int wait_ms);

#endif

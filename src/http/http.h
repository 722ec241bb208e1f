/* SPDX-License-Identifier: MIT */
/*
 * http.h - many HTTP requests at once over few connections.
 *
 * The only module that includes libcurl, together with http/transfer.  Uses https, and
 * http only to this machine (url.h); checks certificates, follows no redirect and limits
 * the length of answers.  Knows nothing of Cloud 66.
 *
 *     struct http *http = http_new(&config, err);
 *     http_queue(http, &request);     any number, also from done()
 *     http_run(http, until);          done() is called once for every request
 *     http_free(http);
 *
 * Connections stay open between runs.  Proxies and CAs: outbound.h.
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

/* The caller frees the result with http_free().  NULL with ERROR_INTERNAL.  Does not
 * block. */
struct http *http_new(const struct http_config *config, struct error *err);
void http_free(
	struct http *http); /* NULL is allowed; queued requests end as HTTP_DROPPED */

/* Copies all but the secrets of request.  Nothing is sent before http_run(). */
void http_queue(struct http *http, const struct http_request *request);

/*
 * Blocks until every request is done or the deadline passes; then done() is called for
 * the rest with HTTP_TIMED_OUT and must queue nothing.  done() is called in any order.
 */
void http_run(struct http *http, struct deadline until);

/* http_run() that returns as soon as *done is true; the next call continues the rest. */
void http_run_until(struct http *http, struct deadline until, const bool *done);

/*
 * One turn of http_run(), for a loop that also waits for other descriptors.  Blocks until
 * a byte moves, a descriptor of also is ready (at most HTTP_ALSO_MAX; revents are not
 * filled in) or wait_ms have passed.
 */
enum { HTTP_ALSO_MAX = 32 };
struct pollfd;
void http_turn(struct http *http, struct deadline until, struct pollfd *also,
               size_t count, int wait_ms);

/* The version of libcurl and its TLS library, for --version. */
const char *http_version(void);

#endif

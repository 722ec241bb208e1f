/*
 * http.h - many HTTP requests at once over few connections.
 *
 * The only room that knows libcurl.  Speaks https, and http to this machine
 * alone (see url.h); checks certificates, follows no redirect, and reads no
 * answer without end.  Knows nothing of Cloud 66, and prints nothing.
 *
 *     struct http *http = http_new(&config, err);
 *     http_queue(http, &request);     as often as wanted, also from done()
 *     http_run(http, until);          done() is called once for every request
 *     http_free(http);
 *
 * Connections stay open between runs.  The user's own https_proxy and no_proxy
 * are honoured as libcurl does it.
 */
#ifndef CLOUD66_HTTP_H
#define CLOUD66_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/deadline.h"
#include "base/strbuf.h"

struct error;
struct http;

struct http_config {
	bool any_family; /* IPv6, too */
	size_t body_max; /* of an answer; 0: 32 MiB */
};

enum http_outcome {
	HTTP_ANSWERED,  /* status and body are whole */
	HTTP_TIMED_OUT, /* the deadline of the run came first */
	HTTP_BROKEN,    /* the connection was lost: the same again may work */
	HTTP_FAILED,    /* no connection, no trust, or not an answer; see why */
	HTTP_DROPPED,   /* http_free() came first */
};

/* Valid during done(). */
struct http_answer {
	enum http_outcome outcome;
	int status;
	int64_t retry_after_s; /* 0: not said */
	int64_t took_ms;
	struct strbuf body;
	char warning[256]; /* X-Cloud66-Warning, made printable; "" without */
	char why[256];     /* why there is no answer, printable */
};

typedef void http_done_fn(const struct http_answer *answer, void *cookie);

struct http_request {
	const char *method;
	const char *url;
	const char *const *headers; /* "Name: value", NULL at the end; may be NULL */
	const char *body;           /* or NULL */
	int64_t delay_ms;           /* send it so much later */
	http_done_fn *done;
	void *cookie;
	/* Secrets; these stay the caller's and must outlive the request. */
	const char *bearer;          /* or NULL */
	const char *user, *password; /* HTTP Basic, where bearer is NULL; or NULL */
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

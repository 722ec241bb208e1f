/* SPDX-License-Identifier: MIT */
/*
 * httpmessage.h - the HTTP request and answer of http.h.
 */
#ifndef HTTP_HTTPMESSAGE_H
#define HTTP_HTTPMESSAGE_H

#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"

enum http_outcome {
	HTTP_ANSWERED,  /* status and body are whole */
	HTTP_TIMED_OUT, /* the deadline of the run came first */
	HTTP_BROKEN,    /* the connection was lost: a new try may work */
	HTTP_FAILED, /* no connection, no valid certificate or no valid answer; see why */
	HTTP_DROPPED, /* http_free() was called first */
};

/* Valid during done(). */
struct http_answer {
	enum http_outcome outcome;
	int status;
	int64_t retry_after_s; /* 0: not said */
	int64_t date;          /* the server's clock, seconds since 1970; 0: not said */
	int64_t took_ms;
	struct strbuf body;
	char warning[256]; /* X-Cloud66-Warning, made printable; "" without */
	enum error_cause cause;
	char why[192];    /* why there is no answer, in the words of cxssh */
	char detail[160]; /* and in libcurl's, printable, for the log; "" without */
};

typedef void http_done_fn(const struct http_answer *answer, void *cookie);

struct http_request {
	const char *method;
	const char *url;
	const char *const *headers; /* "Name: value", NULL at the end; may be NULL */
	const char *body;           /* or NULL */
	int64_t delay_ms;           /* before it is sent */
	http_done_fn *done;
	void *cookie;
	/* Secrets are borrowed and must outlive the request. */
	const char *bearer;          /* or NULL */
	const char *user, *password; /* HTTP Basic, where bearer is NULL; or NULL */
	const char *in_header;       /* the secret in one of headers, or NULL */
};

#endif

/* SPDX-License-Identifier: MIT */
/*
 * request.h - one call of the API, from its path to what is inside the envelope.
 *
 * Knows headers, envelopes, error bodies, throttling and what is tried again
 * (facts/cloud66.md 1.4 to 1.6).  Does not know what a call is for.  For the rooms
 * of this folder only; others use api.h.
 */
#ifndef CLOUD66_REQUEST_H
#define CLOUD66_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/deadline.h"
#include "base/error.h"
#include "cloud66/auth.h"

struct http;
struct json;

struct api {
	struct auth auth;
	struct http *http;
	char *account; /* the id for X-Account, or NULL */
};

/* Valid during done(). */
struct request_answer {
	struct error error;         /* ERROR_NONE: all is well */
	int status;                 /* of HTTP; 0: no answer came */
	bool late;                  /* the deadline came before the answer */
	struct json *document;      /* the whole answer: an object or an array; to keep
	                               it, set this to NULL and free it later */
	const struct json *content; /* its "response", or the document if it has none */
	size_t weight;              /* of the document, see json_weight() */
};

typedef void request_done_fn(struct request_answer *answer, void *cookie);

struct request_config {
	const char *method; /* NULL: GET */
	const char *path;   /* below /api/3, without ".json" */
	const char *query;  /* or NULL */
	const char *body;   /* JSON, or NULL */
	int64_t delay_ms;
	struct deadline until;
	const bool *in_vain;   /* once true it is not tried again; or NULL */
	request_done_fn *done; /* called once, from http_run(); may start further calls
	                       unless the answer is late */
	void *cookie;
};

/* Queue a call; http_run() does it.  ERROR_INTERNAL for a path or query that does
 * not look like one; then done() is not called. */
int request_start(struct api *api, const struct request_config *config,
                  struct error *err);

/* Set err: this answer is not what path promises.  Returns -1. */
int request_bad_answer(const struct api *api, const char *path, const char *what,
                       struct error *err);

/* What the API says, made fit to be shown: printable, without our secrets (see
 * http/redact).  Returns out. */
const char *request_shown(const struct api *api, const char *text, char *out, size_t cap);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * request.h - one call of the API, from its path to the content of the envelope: headers,
 * error bodies, throttling and retries (src/doc/cloud66.md).  For this folder only;
 * others use api.h.  No function here blocks: http_run() does.
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

/*
 * Set api->account to the id of the account that the profile's organization names, where
 * it names one: from ~/.cache/cxssh/account-PROFILE, or from the API.  Blocks until the
 * deadline at most.  ERROR_CONFIG when no account, or more than one, has that name, as
 * the toolbelt matches names; else the errors of api.h.
 */
int account_choose(struct api *api, struct deadline until, struct error *err);

/* Valid during done(). */
struct request_answer {
	struct error error;         /* ERROR_NONE: no failure */
	int status;                 /* of HTTP; 0: no answer came */
	bool lost;                  /* the connection broke before the answer was whole */
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
	const bool *in_vain;   /* once true it is not retried; or NULL */
	request_done_fn *done; /* called once, from http_run(); may start further calls
	                       unless the answer is late */
	void *cookie;
};

/* Queue a call; http_run() sends it.  ERROR_INTERNAL for a path or query with characters
 * that are not allowed there; then done() is not called. */
int request_start(struct api *api, const struct request_config *config,
                  struct error *err);

/* Does the action have a time at which it ended, as text or as a number? */
bool request_is_finished(const struct json *action);

/* ERROR_UNAVAILABLE "HOST: WHAT"; path goes to the log only.  -1. */
int request_bad_answer(const struct api *api, const char *path, const char *what,
                       struct error *err);

/* What the API says that the action ended with, as request_shown().  Returns out. */
const char *request_said(const struct api *api, const struct json *action, char *out,
                         size_t cap);

/* text of the API, printable and without tokens (see http/redact).  Returns out. */
const char *request_shown(const struct api *api, const char *text, char *out, size_t cap);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * request.h - one request, as the endpoints see it; and the world they act on.
 *
 * Knows where a value may stand: in the path, the query, a JSON body or a form.
 * Everything borrowed is valid as long as the request.
 */
#ifndef SANDBOX_REQUEST_H
#define SANDBOX_REQUEST_H

#include <json-c/json.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "answer.h"
#include "faults.h"
#include "fleet.h"
#include "lease.h"
#include "tokens.h"

#define SEGMENTS_MAX 12

struct sandbox {
	pthread_mutex_t lock; /* held while an endpoint works; json-c needs it too */
	struct fleet *fleet;
	struct faults *faults;
	struct lease_desk *leases;
	struct tokens *tokens;
	char *log_path;
	char *public_key; /* as uploaded to /ssh_keys/access, or NULL */
	int64_t lease_delay_ms, minute_ms;
	int64_t calls_left; /* of this hour's 3600 */
	int stop_fd;
	bool tls;
};

struct request {
	struct MHD_Connection *connection;
	const char *method;
	char *uri; /* as sent: path?query */
	char peer[64];
	int64_t arrived_ms;
	bool begun, too_long;
	char *body;
	size_t body_len;
	json_object *params; /* of the body, or NULL */
	char *path;          /* cut into segments, unescaped, without .json */
	const char *segment[SEGMENTS_MAX];
	size_t segment_count;
	const char *arg[SEGMENTS_MAX]; /* the segments a route leaves open */
	enum token_state auth;
	const char *scopes;   /* of the token; NULL is all */
	json_object *account; /* from X-Account, else the current one, else NULL */
	struct fault fault;
};

struct request *request_new(const char *uri);
void request_free(struct request *request);

/* With the first and then each further call of libmicrohttpd. */
void request_begin(struct request *request, struct MHD_Connection *connection,
                   const char *method);
void request_add_body(struct request *request, const char *data, size_t len);

/* The path is split and the body understood.  False: it is not JSON. */
bool request_parse(struct request *request);

const char *request_header(struct request *request, const char *name);
const char *request_query(struct request *request, const char *name);

/* The bearer token, or NULL. */
const char *request_bearer(struct request *request);

/* A member of the body as text; NULL if it is missing, null, or no text. */
const char *request_text(struct request *request, const char *name);
bool request_has(struct request *request, const char *name);

/*
 * A number in the body, as a number or, as forms have it, as digits.
 * Otherwise a 400 is the answer and the result is false.
 */
bool request_number(struct request *request, const char *name, int64_t min, int64_t max,
                    int64_t *number, struct answer *answer);

/* Answer with the page that was asked for.  Takes array. */
void request_page(struct request *request, json_object *array, struct answer *answer);

/* /api/3/x?y becomes /x?y; other paths stay whole. */
const char *request_subject(const struct request *request);

#endif

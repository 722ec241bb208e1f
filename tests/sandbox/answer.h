/* SPDX-License-Identifier: MIT */
/*
 * answer.h - what goes back to the client, before it is HTTP.
 *
 * Knows the API's envelope, its pages and its errors (cloud66.md 1.5 and
 * 1.6) and the ways in which an answer can go wrong on the wire.  Knows neither
 * libmicrohttpd nor any endpoint.
 */
#ifndef SANDBOX_ANSWER_H
#define SANDBOX_ANSWER_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

struct answer {
	unsigned int status;
	const char *content_type; /* NULL is JSON */
	char *location;           /* header, or NULL */
	int retry_after_s;        /* header, or 0 */
	bool challenge;           /* send WWW-Authenticate */
	char *body;
	size_t len;
	bool cut; /* promise all of the body, break off after cut_after bytes */
	size_t cut_after;
	size_t endless; /* send a JSON string of that many bytes instead */
};

#define ANSWER_INIT \
	{ \
		.status = 200 \
	}

void answer_release(struct answer *answer);

/* These three take the object. */
void answer_bare(struct answer *answer, json_object *object);
void answer_object(struct answer *answer, json_object *response);
void answer_page(struct answer *answer, json_object *array, int page, int per_page);

/* {"response":{"ok":true}} */
void answer_ok(struct answer *answer);

/* Takes text; it is sent as it is. */
void answer_text(struct answer *answer, const char *content_type, char *text, size_t len);

/* The error envelope; code NULL is the status's usual code. */
void answer_fail(struct answer *answer, unsigned int status, const char *code,
                 const char *details);

/* answer_fail() with the usual code and details made from fmt; fmt "" is none. */
void answer_error(struct answer *answer, unsigned int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The usual 404. */
void answer_not_found(struct answer *answer);

/* The errors of OAuth have no details. */
void answer_oauth_error(struct answer *answer, unsigned int status, const char *code,
                        const char *description);

#endif

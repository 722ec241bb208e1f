/* SPDX-License-Identifier: MIT */
/*
 * transfer.h - one request as libcurl wants it, and what its end means.
 *
 * Knows the settings that hold for every request: whom we trust, and how far.  A part
 * of http/http, which alone may use it: it shows libcurl's types.
 */
#ifndef HTTP_TRANSFER_H
#define HTTP_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

#include "base/strbuf.h"
#include "http/httpmessage.h"

struct http;

#define TRANSFER_LATE "no answer in the time allowed"

struct transfer {
	struct transfer *next; /* on the list of http, whose it is */
	struct http *http;
	CURL *curl; /* NULL until transfer_set_up() */
	struct curl_slist *headers;
	struct http_request request; /* its method, url and body are ours */
	struct strbuf send;
	int64_t due_ms; /* see deadline_now_ms() */
	int64_t started_ms;
	size_t body_max;
	bool too_long;
	struct http_answer answer;
	char detail[CURL_ERROR_SIZE];
};

/* Takes a copy of all but the secrets, see http_queue(). */
struct transfer *transfer_new(const struct http_request *request);

/* Its handle must be on no list of libcurl's any more. */
void transfer_free(struct transfer *transfer);

struct transfer_config {
	CURLSH *share; /* borrowed for the transfer's life */
	bool any_family;
	size_t body_max;
	long left_ms; /* for connecting */
};

/*
 * Make curl, ready to be started.  The request's secrets are borrowed for the
 * transfer's life.  On failure curl is there nevertheless.
 */
CURLcode transfer_set_up(struct transfer *transfer, const struct transfer_config *config);

/* libcurl says that it has ended with rc: fill in the head of the answer, or why there
 * is none, in our own words. */
enum http_outcome transfer_outcome(struct transfer *transfer, CURLcode rc);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * transfer.h - one request as a libcurl handle: its settings, and its result.
 *
 * A part of http/http, which alone may include it: it shows libcurl's types.  Nothing
 * here blocks.
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
	struct transfer *next; /* on the list of http */
	struct http *http;
	CURL *curl; /* NULL until transfer_set_up() */
	struct curl_slist *headers;
	struct http_request request; /* method and url are copies */
	struct strbuf send;
	int64_t due_ms; /* see deadline_now_ms() */
	int64_t started_ms;
	size_t body_max;
	bool too_long;
	struct http_answer answer;
	char detail[CURL_ERROR_SIZE];
};

/* Copies all but the secrets, see http_queue(). */
struct transfer *transfer_new(const struct http_request *request);

/* The handle must not be in a multi handle any more. */
void transfer_free(struct transfer *transfer);

struct transfer_config {
	CURLSH *share; /* borrowed for the transfer's life */
	bool any_family;
	size_t body_max;
	long left_ms; /* for connecting */
};

/*
 * Make the handle transfer->curl, also on failure.  The request's secrets are borrowed
 * for the transfer's life.
 */
CURLcode transfer_set_up(struct transfer *transfer, const struct transfer_config *config);

/* The transfer has ended with rc: fill in the head of the answer, or the reason why there
 * is none. */
enum http_outcome transfer_outcome(struct transfer *transfer, CURLcode rc);

#endif

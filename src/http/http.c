/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

#include "base/error.h"
#include "base/mem.h"
#include "http/http.h"
#include "http/transfer.h"
#include "runtime/waiting.h"
#include "runtime/wipealloc.h"

enum {
	CONNECTIONS_MAX = 8,
	AT_ONCE_MAX = 64, /* HTTP/2 streams, or requests that wait for a connection */
	BODY_MAX = 32 * 1024 * 1024,
};

struct http {
	CURLM *multi;
	CURLSH *share; /* TLS sessions: only the first connection needs a full handshake
	                */
	struct http_config config;
	struct transfer *first;
	struct deadline until; /* of this run */
	size_t running;
};

struct http *http_new(const struct http_config *config, struct error *err)
{
	struct http *http = xcalloc(1, sizeof(*http));

	http->config = *config;
	http->config.body_max = config->body_max != 0 ? config->body_max : BODY_MAX;
	/* libcurl counts these calls; later ones do nothing.  There is no cleanup: a name
	 * lookup may still run in its thread at the end.  wipealloc wipes libcurl's
	 * copies of the bearer and of what it sends; those inside TLS are out of reach.
	 */
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, wipealloc_malloc, wipealloc_free,
	                         wipealloc_realloc, wipealloc_strdup,
	                         wipealloc_calloc) == CURLE_OK) {
		http->multi = curl_multi_init();
		http->share = curl_share_init();
	}
	if (http->multi == NULL || http->share == NULL ||
	    curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) !=
	            CURLSHE_OK ||
	    curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX) !=
	            CURLM_OK ||
	    curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
	                      (long)CONNECTIONS_MAX) != CURLM_OK ||
	    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_MAX) !=
	            CURLM_OK) {
		error_set(err, ERROR_INTERNAL, "libcurl cannot be set up");
		http_free(http);
		return NULL;
	}
	return http;
}

static void end_all(struct http *http, enum http_outcome outcome, const char *why);

void http_free(struct http *http)
{
	if (http == NULL)
		return;
	end_all(http, HTTP_DROPPED, "no longer wanted");
	if (http->multi != NULL)
		(void)curl_multi_cleanup(http->multi);
	if (http->share != NULL)
		(void)curl_share_cleanup(http->share);
	free(http);
}

void http_queue(struct http *http, const struct http_request *request)
{
	struct transfer **end = &http->first;

	while (*end != NULL)
		end = &(*end)->next;
	*end = transfer_new(request);
	(*end)->http = http;
}

/* Take it off the list, call done() and free it. */
static void finish(struct transfer *transfer, enum http_outcome outcome)
{
	struct http *http = transfer->http;
	struct transfer **at = &http->first;

	while (*at != transfer)
		at = &(*at)->next;
	*at = transfer->next;
	transfer->answer.outcome = outcome;
	if (transfer->curl != NULL)
		transfer->answer.took_ms = deadline_now_ms() - transfer->started_ms;
	transfer->request.done(&transfer->answer, transfer->request.cookie);
	if (transfer->curl != NULL) {
		(void)curl_multi_remove_handle(http->multi, transfer->curl);
		http->running--;
	}
	transfer_free(transfer);
}

static void start(struct transfer *transfer)
{
	struct http *http = transfer->http;
	const struct transfer_config config = {
		.share = http->share,
		.any_family = http->config.any_family,
		.body_max = http->config.body_max,
		.left_ms = deadline_left(http->config.connect_by.at_ms != 0 ?
		                                 http->config.connect_by :
		                                 http->until),
	};
	CURLcode rc = transfer_set_up(transfer, &config);

	http->running++;
	if (rc == CURLE_OK &&
	    curl_multi_add_handle(http->multi, transfer->curl) == CURLM_OK)
		return;
	(void)snprintf(transfer->answer.why, sizeof(transfer->answer.why),
	               "libcurl cannot do this: %s", curl_easy_strerror(rc));
	finish(transfer, HTTP_FAILED);
}

/* Finish the transfers that have ended; false if there is none. */
static bool finish_ended(struct http *http)
{
	CURLMsg *message;
	bool any = false;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		struct transfer *transfer = NULL;
		CURLcode rc = message->data.result;

		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
		                        &transfer);
		finish(transfer, transfer_outcome(transfer, rc));
		any = true;
	}
	return any;
}

/* The first request that is due and may start, or NULL; then *wait_ms is reduced to the
 * time until one is due. */
static struct transfer *next_due(struct http *http, int *wait_ms)
{
	int64_t now = deadline_now_ms();

	for (struct transfer *transfer = http->first; transfer != NULL;
	     transfer = transfer->next) {
		if (transfer->curl != NULL || http->running >= AT_ONCE_MAX)
			continue;
		if (transfer->due_ms <= now)
			return transfer;
		if (transfer->due_ms - now < *wait_ms)
			*wait_ms = (int)(transfer->due_ms - now);
	}
	return NULL;
}

static void end_all(struct http *http, enum http_outcome outcome, const char *why)
{
	while (http->first != NULL) {
		struct transfer *transfer = http->first;

		(void)snprintf(transfer->answer.why, sizeof(transfer->answer.why), "%s",
		               why);
		/* finish() takes it off the list before it frees it. */
		finish(transfer, outcome); /* NOLINT(clang-analyzer-unix.Malloc) */
	}
}

/* Wait for the network, for a descriptor of also, or for wait_ms. */
static int wait_for_any(struct http *http, struct pollfd *also, size_t count, int wait_ms)
{
	struct curl_waitfd fds[HTTP_ALSO_MAX];
	unsigned int n = 0;

	/* libcurl's events have the bits of poll(2): curl_multi_poll(3). */
	for (; n < count && n < HTTP_ALSO_MAX; n++)
		fds[n] = (struct curl_waitfd){ .fd = also[n].fd,
			                       .events = also[n].events };
	return curl_multi_poll(http->multi, fds, n, wait_ms, NULL) == CURLM_OK ? 0 : -1;
}

/* Start due requests and move bytes; true if a request has ended (all of them, at the
 * deadline or when libcurl fails). */
static bool work(struct http *http, int *wait_ms)
{
	struct transfer *due;
	int running;

	if (deadline_passed(http->until)) {
		end_all(http, HTTP_TIMED_OUT, TRANSFER_LATE);
		return true;
	}
	while ((due = next_due(http, wait_ms)) != NULL)
		start(due);
	if (curl_multi_perform(http->multi, &running) != CURLM_OK) {
		end_all(http, HTTP_FAILED, "libcurl cannot go on");
		return true;
	}
	return finish_ended(http);
}

void http_turn(struct http *http, struct deadline until, struct pollfd *also,
               size_t count, int wait_ms)
{
	int left = deadline_left(until);

	http->until = until;
	wait_ms = waiting_slice(wait_ms < left ? wait_ms : left);
	waiting_tick();
	if (work(http, &wait_ms) || next_due(http, &wait_ms) != NULL)
		return;
	if (wait_for_any(http, also, count, wait_ms) == -1)
		end_all(http, HTTP_FAILED, "libcurl cannot go on");
}

void http_run(struct http *http, struct deadline until)
{
	while (http->first != NULL)
		http_turn(http, until, NULL, 0, deadline_left(until));
	waiting_end();
}

void http_run_until(struct http *http, struct deadline until, const bool *done)
{
	while (http->first != NULL && !*done)
		http_turn(http, until, NULL, 0, deadline_left(until));
	waiting_end();
}

const char *http_version(void)
{
	return curl_version();
}

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/allow.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/wipingheap.h"
#include "cloud66/http.h"
#include "cloud66/redact.h"

#define LATE "no answer in the time allowed"

enum {
	CONNECTIONS_MAX = 8,
	AT_ONCE_MAX = 64, /* HTTP/2 streams, or requests in line for a connection */
	BODY_MAX = 32 * 1024 * 1024,
};

struct transfer {
	struct transfer *next;
	struct http *http;
	CURL *curl; /* NULL until started */
	struct curl_slist *headers;
	struct http_request request; /* its method, url and body are ours */
	struct strbuf send;
	int64_t due_ms;
	int64_t started_ms;
	bool too_long;
	struct http_answer answer;
	char detail[CURL_ERROR_SIZE];
};

struct http {
	CURLM *multi;
	CURLSH *share; /* TLS sessions, so that only the first connection pays in full */
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
	/* libcurl counts these calls; only the first one costs anything.  There is no
	 * cleanup: a name lookup that hangs may still run in its thread at the end.
	 * Its copies of the bearer, of headers and of what it sends are wiped by the
	 * heap; those that TLS makes on its way to the wire are out of reach. */
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, wipingheap_malloc, wipingheap_free,
	                         wipingheap_realloc, wipingheap_strdup,
	                         wipingheap_calloc) == CURLE_OK) {
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

static void transfer_free(struct transfer *transfer)
{
	if (transfer->curl != NULL) {
		(void)curl_multi_remove_handle(transfer->http->multi, transfer->curl);
		curl_easy_cleanup(transfer->curl);
		transfer->http->running--;
	}
	curl_slist_free_all(transfer->headers);
	strbuf_release(&transfer->send);
	strbuf_release(&transfer->answer.body);
	free((char *)transfer->request.method); /* ours since http_queue() */
	free((char *)transfer->request.url);
	free(transfer);
}

static void give_up(struct http *http, enum http_outcome outcome, const char *why);

void http_free(struct http *http)
{
	if (http == NULL)
		return;
	give_up(http, HTTP_DROPPED, "no longer wanted");
	if (http->multi != NULL)
		(void)curl_multi_cleanup(http->multi);
	if (http->share != NULL)
		(void)curl_share_cleanup(http->share);
	free(http);
}

void http_queue(struct http *http, const struct http_request *request)
{
	struct transfer *transfer = xcalloc(1, sizeof(*transfer));
	struct transfer **end = &http->first;

	transfer->http = http;
	transfer->request = *request;
	transfer->request.method = xstrdup(request->method);
	transfer->request.url = xstrdup(request->url);
	transfer->send = (struct strbuf)STRBUF_SECRET;
	transfer->answer.body = (struct strbuf)STRBUF_SECRET;
	transfer->due_ms = deadline_now_ms() + request->delay_ms;
	if (request->body != NULL)
		strbuf_adds(&transfer->send, request->body);
	for (size_t i = 0; request->headers != NULL && request->headers[i] != NULL; i++) {
		struct curl_slist *longer =
			curl_slist_append(transfer->headers, request->headers[i]);

		if (longer == NULL)
			mem_exhausted();
		transfer->headers = longer;
	}
	while (*end != NULL)
		end = &(*end)->next;
	*end = transfer;
}

/* Take it off the list, tell whoever asked, and forget it. */
static void finish(struct transfer *transfer, enum http_outcome outcome)
{
	struct transfer **at = &transfer->http->first;

	while (*at != transfer)
		at = &(*at)->next;
	*at = transfer->next;
	transfer->answer.outcome = outcome;
	if (transfer->curl != NULL)
		transfer->answer.took_ms = deadline_now_ms() - transfer->started_ms;
	transfer->request.done(&transfer->answer, transfer->request.cookie);
	transfer_free(transfer);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *cookie)
{
	struct transfer *transfer = cookie;
	size_t len = size * count;

	if (len > transfer->http->config.body_max - transfer->answer.body.len) {
		transfer->too_long = true;
		return 0; /* makes libcurl fail with CURLE_WRITE_ERROR */
	}
	strbuf_add(&transfer->answer.body, bytes, len);
	return len;
}

/* First failure wins, in a chain of settings. */
#define SET(option, value) \
	do { \
		if (rc == CURLE_OK) \
			rc = curl_easy_setopt(curl, option, value); \
	} while (0)

/* What holds for every request: whom we trust, and how far. */
static CURLcode set_limits(struct transfer *transfer)
{
	const struct http_config *config = &transfer->http->config;
	bool plain = strncmp(transfer->request.url, "http://", 7) == 0;
	bool six = config->any_family || strstr(transfer->request.url, "://[") != NULL;
	long left = deadline_left(transfer->http->until);
	CURL *curl = transfer->curl;
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L); /* it would carry the token elsewhere */
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/* With a folder of certificates set, libcurl reads all of the bundle again for
	 * each connection: 25 ms of work. */
	if (curl_version_info(CURLVERSION_NOW)->cainfo != NULL)
		SET(CURLOPT_CAPATH, NULL);
	SET(CURLOPT_SHARE, transfer->http->share);
	SET(CURLOPT_IPRESOLVE, six ? CURL_IPRESOLVE_WHATEVER : CURL_IPRESOLVE_V4);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	/* Rather wait for the first connection and see whether it carries all. */
	SET(CURLOPT_PIPEWAIT, plain ? 0L : 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
	/* The whole time: libcurl shares it out among the addresses of the name. */
	SET(CURLOPT_CONNECTTIMEOUT_MS, left > 0 ? left : 1L);
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)config->body_max);
	SET(CURLOPT_ACCEPT_ENCODING, "gzip");
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	/* A proxy on the way to this machine would read the token. */
	if (plain)
		SET(CURLOPT_PROXY, "");
#if LIBCURL_VERSION_NUM >= 0x075700
	SET(CURLOPT_QUICK_EXIT,
	    1L); /* never wait for a name server that does not answer */
#endif
	return rc;
}

static CURLcode set_request(struct transfer *transfer)
{
	const struct http_request *request = &transfer->request;
	CURL *curl = transfer->curl;
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_URL, request->url);
	SET(CURLOPT_PRIVATE, transfer);
	SET(CURLOPT_ERRORBUFFER, transfer->detail);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, transfer);
	SET(CURLOPT_HTTPHEADER, transfer->headers);
	if (request->body != NULL) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->send.len);
		SET(CURLOPT_POSTFIELDS, transfer->send.data); /* not copied */
	}
	if (strcmp(request->method, request->body != NULL ? "POST" : "GET") != 0)
		SET(CURLOPT_CUSTOMREQUEST, request->method);
	if (request->bearer != NULL) {
		SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		SET(CURLOPT_XOAUTH2_BEARER, request->bearer);
	} else if (request->user != NULL) {
		SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		SET(CURLOPT_USERNAME, request->user);
		SET(CURLOPT_PASSWORD, request->password);
	}
	return rc;
}
#undef SET

static void start(struct transfer *transfer)
{
	CURLcode rc;

	transfer->started_ms = deadline_now_ms();
	transfer->curl = curl_easy_init();
	if (transfer->curl == NULL)
		mem_exhausted();
	transfer->http->running++;
	rc = set_limits(transfer);
	if (rc == CURLE_OK)
		rc = set_request(transfer);
	if (rc == CURLE_OK &&
	    curl_multi_add_handle(transfer->http->multi, transfer->curl) == CURLM_OK)
		return;
	(void)snprintf(transfer->answer.why, sizeof(transfer->answer.why),
	               "libcurl cannot do this: %s", curl_easy_strerror(rc));
	finish(transfer, HTTP_FAILED);
}

/* In our own words: libcurl's change, and ssh's callers look for some of them. */
static const struct {
	CURLcode code;
	enum http_outcome outcome;
	const char *why;
	bool detail;
} endings[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, HTTP_FAILED, "its name has no address", false },
	{ CURLE_COULDNT_RESOLVE_PROXY, HTTP_FAILED, "the proxy's name has no address",
	  false },
	{ CURLE_COULDNT_CONNECT, HTTP_FAILED, "no connection", true },
	{ CURLE_PEER_FAILED_VERIFICATION, HTTP_FAILED, "certificate not trusted", true },
	{ CURLE_SSL_CACERT_BADFILE, HTTP_FAILED, "no list of trusted CAs", true },
	{ CURLE_SSL_CONNECT_ERROR, HTTP_FAILED, "no TLS connection", true },
	{ CURLE_GOT_NOTHING, HTTP_BROKEN, "the connection was lost", false },
	{ CURLE_RECV_ERROR, HTTP_BROKEN, "the connection was lost", false },
	{ CURLE_SEND_ERROR, HTTP_BROKEN, "the connection was lost", false },
	{ CURLE_HTTP2, HTTP_BROKEN, "the connection was lost", false },
	{ CURLE_HTTP2_STREAM, HTTP_BROKEN, "the connection was lost", false },
	{ CURLE_OPERATION_TIMEDOUT, HTTP_TIMED_OUT, LATE, false },
	{ CURLE_PARTIAL_FILE, HTTP_FAILED, "the answer is cut short", false },
	{ CURLE_BAD_CONTENT_ENCODING, HTTP_FAILED, "the answer does not unpack", false },
	{ CURLE_WEIRD_SERVER_REPLY, HTTP_FAILED, "the answer is not HTTP", false },
};

static enum http_outcome explain(struct transfer *transfer, CURLcode rc)
{
	const char *detail =
		transfer->detail[0] != '\0' ? transfer->detail : curl_easy_strerror(rc);
	char *why = transfer->answer.why;
	size_t cap = sizeof(transfer->answer.why);
	char shown[160];

	(void)allow_printable(detail, shown, sizeof(shown));
	if (transfer->too_long || rc == CURLE_FILESIZE_EXCEEDED) {
		(void)snprintf(why, cap, "the answer is longer than %zu bytes",
		               transfer->http->config.body_max);
		return HTTP_FAILED;
	}
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		if (endings[i].code != rc)
			continue;
		if (endings[i].detail)
			(void)snprintf(why, cap, "%s (%s)", endings[i].why, shown);
		else
			(void)snprintf(why, cap, "%s", endings[i].why);
		return endings[i].outcome;
	}
	(void)snprintf(why, cap, "%s", shown);
	return HTTP_FAILED;
}

static void read_head(struct transfer *transfer)
{
	struct http_answer *answer = &transfer->answer;
	const struct redact_list secrets = { { transfer->request.bearer,
		                               transfer->request.password } };
	struct curl_header *header;
	curl_off_t seconds = 0;
	long status = 0;

	(void)curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(transfer->curl, CURLINFO_RETRY_AFTER, &seconds);
	answer->status = (int)status; /* three digits */
	answer->retry_after_s = seconds > 0 ? (int64_t)seconds : 0;
	if (curl_easy_header(transfer->curl, "X-Cloud66-Warning", 0, CURLH_HEADER, -1,
	                     &header) == CURLHE_OK)
		(void)redact(header->value, &secrets, answer->warning,
		             sizeof(answer->warning));
}

/* Whether any has ended. */
static bool collect(struct http *http)
{
	CURLMsg *message;
	bool any = false;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		struct transfer *transfer = NULL;
		CURLcode rc = message->data.result;

		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
		                        &transfer);
		if (rc == CURLE_OK)
			read_head(transfer);
		finish(transfer, rc == CURLE_OK ? HTTP_ANSWERED : explain(transfer, rc));
		any = true;
	}
	return any;
}

/* The first request that is due and may start, or NULL; *wait_ms shrinks to the
 * time until one is. */
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

static void give_up(struct http *http, enum http_outcome outcome, const char *why)
{
	while (http->first != NULL) {
		struct transfer *transfer = http->first;

		(void)snprintf(transfer->answer.why, sizeof(transfer->answer.why), "%s",
		               why);
		/* What finish() frees it takes off the list first. */
		finish(transfer, outcome); /* NOLINT(clang-analyzer-unix.Malloc) */
	}
}

/* Wait for the network, for one of also, or for wait_ms. */
static int wait_for_any(struct http *http, struct pollfd *also, size_t count, int wait_ms)
{
	struct curl_waitfd fds[HTTP_ALSO_MAX];
	CURLMcode rc;

	/* libcurl's events have the bits of poll(2): curl_multi_poll(3). */
	for (size_t i = 0; i < count && i < HTTP_ALSO_MAX; i++)
		fds[i] = (struct curl_waitfd){ .fd = also[i].fd, .events = also[i].events };
	rc = curl_multi_poll(http->multi, fds,
	                     (unsigned int)(count < HTTP_ALSO_MAX ? count : HTTP_ALSO_MAX),
	                     wait_ms, NULL);
	return rc == CURLM_OK ? 0 : -1;
}

/* Start what is due and move bytes; true when that ended something, be it all,
 * because the deadline has passed or libcurl is at its end. */
static bool work(struct http *http, int *wait_ms)
{
	struct transfer *due;
	int running;

	if (deadline_passed(http->until)) {
		give_up(http, HTTP_TIMED_OUT, LATE);
		return true;
	}
	while ((due = next_due(http, wait_ms)) != NULL)
		start(due);
	if (curl_multi_perform(http->multi, &running) != CURLM_OK) {
		give_up(http, HTTP_FAILED, "libcurl cannot go on");
		return true;
	}
	return collect(http);
}

void http_turn(struct http *http, struct deadline until, struct pollfd *also,
               size_t count, int wait_ms)
{
	int left = deadline_left(until);

	http->until = until;
	wait_ms = wait_ms < left ? wait_ms : left;
	if (work(http, &wait_ms) || next_due(http, &wait_ms) != NULL)
		return;
	if (wait_for_any(http, also, count, wait_ms) == -1)
		give_up(http, HTTP_FAILED, "libcurl cannot go on");
}

void http_run(struct http *http, struct deadline until)
{
	while (http->first != NULL)
		http_turn(http, until, NULL, 0, deadline_left(until));
}

void http_run_until(struct http *http, struct deadline until, const bool *done)
{
	while (http->first != NULL && !*done)
		http_turn(http, until, NULL, 0, deadline_left(until));
}

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/deadline.h"
#include "base/mem.h"
#include "http/outbound.h"
#include "http/redact.h"
#include "http/transfer.h"
#include "net/resolver.h"

struct transfer *transfer_new(const struct http_request *request)
{
	struct transfer *transfer = xcalloc(1, sizeof(*transfer));

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
	return transfer;
}

void transfer_free(struct transfer *transfer)
{
	curl_easy_cleanup(transfer->curl);
	curl_slist_free_all(transfer->headers);
	strbuf_release(&transfer->send);
	strbuf_release(&transfer->answer.body);
	free((char *)transfer->request.method); /* a copy since transfer_new() */
	free((char *)transfer->request.url);
	free(transfer);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *cookie)
{
	struct transfer *transfer = cookie;
	size_t len = size * count;

	if (len > transfer->body_max - transfer->answer.body.len) {
		transfer->too_long = true;
		return 0; /* makes libcurl fail with CURLE_WRITE_ERROR */
	}
	strbuf_add(&transfer->answer.body, bytes, len);
	return len;
}

/* The value of a line of the head that has this name, to be freed, or NULL. */
static char *value_of(const char *line, size_t len, const char *name)
{
	size_t skip = strlen(name);

	if (len <= skip || line[skip] != ':' || strncasecmp(line, name, skip) != 0)
		return NULL;
	for (skip++; skip < len && (line[skip] == ' ' || line[skip] == '\t');)
		skip++;
	while (len > skip && strchr("\r\n\t ", line[len - 1]) != NULL)
		len--;
	return xstrndup(line + skip, len - skip);
}

/* By a callback, since curl_easy_header() came with libcurl 7.83. */
static size_t on_header(char *line, size_t size, size_t count, void *cookie)
{
	struct transfer *transfer = cookie;
	struct http_answer *answer = &transfer->answer;
	const struct redact_list secrets = { { transfer->request.bearer,
		                               transfer->request.password,
		                               transfer->request.in_header } };
	char *date = value_of(line, size * count, "Date");
	char *warning = value_of(line, size * count, "X-Cloud66-Warning");

	if (date != NULL)
		answer->date = (int64_t)curl_getdate(date, NULL);
	if (warning != NULL)
		(void)redact(warning, &secrets, answer->warning, sizeof(answer->warning));
	free(date);
	free(warning);
	return size * count;
}

/* After a failure the next settings are skipped. */
#define SET(option, value) \
	do { \
		if (rc == CURLE_OK) \
			rc = curl_easy_setopt(curl, option, value); \
	} while (0)

static CURLcode set_authorities(CURL *curl)
{
	const char *bundle = curl_version_info(CURLVERSION_NOW)->cainfo;
	const char *file = outbound_ca_file();
	const char *folder = outbound_ca_folder();
	CURLcode rc = CURLE_OK;

	/* With CAPATH set, libcurl reads the whole bundle again for each connection: 25
	 * ms. */
	if (folder != NULL)
		SET(CURLOPT_CAPATH, folder);
	else if (file != NULL || bundle != NULL)
		SET(CURLOPT_CAPATH, NULL);
	/* A folder alone will do where the system has no bundle. */
	if (file != NULL ||
	    (folder != NULL && access(bundle != NULL ? bundle : "", R_OK) == -1))
		SET(CURLOPT_CAINFO, file);
	if (file != NULL)
		SET(CURLOPT_PROXY_CAINFO, file);
	return rc;
}

/* The settings of every request: protocols, certificates and limits. */
static CURLcode set_limits(struct transfer *transfer,
                           const struct transfer_config *config)
{
	bool plain = strncmp(transfer->request.url, "http://", 7) == 0;
	/* A lease for AUTO is for the address of this request, and servers have IPv4. */
	bool six = config->any_family || strstr(transfer->request.url, "://[") != NULL ||
	           !resolver_has_route(AF_INET);
	CURL *curl = transfer->curl;
	CURLcode rc = set_authorities(curl);

#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
#else /* Ubuntu 22.04 */
	SET(CURLOPT_PROTOCOLS, (long)(plain ? CURLPROTO_HTTP : CURLPROTO_HTTPS));
#endif
	SET(CURLOPT_FOLLOWLOCATION, 0L); /* a redirect would send the token elsewhere */
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SHARE, config->share);
	SET(CURLOPT_IPRESOLVE, (long)(six ? CURL_IPRESOLVE_WHATEVER : CURL_IPRESOLVE_V4));
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	/* Wait whether the first connection can multiplex, rather than open more. */
	SET(CURLOPT_PIPEWAIT, plain ? 0L : 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
	/* All of the time: libcurl divides it among the addresses of the name. */
	SET(CURLOPT_CONNECTTIMEOUT_MS, config->left_ms > 0 ? config->left_ms : 1L);
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)config->body_max);
	SET(CURLOPT_ACCEPT_ENCODING, "gzip");
	/* An http proxy would read the token. */
	if (plain)
		SET(CURLOPT_PROXY, "");
	else if (outbound_proxy() != NULL)
		SET(CURLOPT_PROXY, outbound_proxy());
	(void)outbound_is_proxied(transfer->request.url);
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
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, transfer);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); /* those of a proxy */
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

CURLcode transfer_set_up(struct transfer *transfer, const struct transfer_config *config)
{
	CURLcode rc;

	transfer->started_ms = deadline_now_ms();
	transfer->body_max = config->body_max;
	transfer->curl = curl_easy_init();
	if (transfer->curl == NULL)
		mem_exhausted();
	rc = set_limits(transfer, config);
	return rc == CURLE_OK ? set_request(transfer) : rc;
}

/* Not libcurl's texts: those vary, and clients of ssh act upon some of them. */
static const struct {
	CURLcode code;
	enum http_outcome outcome;
	const char *why;
} endings[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, HTTP_FAILED, "its name has no address" },
	{ CURLE_COULDNT_RESOLVE_PROXY, HTTP_FAILED, "the proxy's name has no address" },
	{ CURLE_COULDNT_CONNECT, HTTP_FAILED, "no connection" },
	{ CURLE_PEER_FAILED_VERIFICATION, HTTP_FAILED, "certificate not trusted" },
	{ CURLE_SSL_CACERT_BADFILE, HTTP_FAILED, "no list of trusted CAs" },
	{ CURLE_SSL_CONNECT_ERROR, HTTP_FAILED, "no TLS connection" },
	{ CURLE_GOT_NOTHING, HTTP_BROKEN, "the connection was lost" },
	{ CURLE_RECV_ERROR, HTTP_BROKEN, "the connection was lost" },
	{ CURLE_SEND_ERROR, HTTP_BROKEN, "the connection was lost" },
	{ CURLE_HTTP2, HTTP_BROKEN, "the connection was lost" },
	{ CURLE_HTTP2_STREAM, HTTP_BROKEN, "the connection was lost" },
	{ CURLE_OPERATION_TIMEDOUT, HTTP_TIMED_OUT, TRANSFER_LATE },
	{ CURLE_PARTIAL_FILE, HTTP_FAILED, "the answer is cut short" },
	{ CURLE_BAD_CONTENT_ENCODING, HTTP_FAILED, "the answer does not unpack" },
	{ CURLE_WEIRD_SERVER_REPLY, HTTP_FAILED, "the answer is not HTTP" },
	{ CURLE_UNSUPPORTED_PROTOCOL, HTTP_FAILED, "the answer is not HTTP" },
	{ CURLE_OUT_OF_MEMORY, HTTP_FAILED, "a header of the answer is too long" },
#if LIBCURL_VERSION_NUM >= 0x080600
	{ CURLE_TOO_LARGE, HTTP_FAILED, "a header of the answer is too long" },
#endif
};

static const char bad_proxy[] = "the proxy's URL is no good";

/* What can be told apart beyond the CURLcode; "" when nothing. */
static const char *tell_apart(struct transfer *transfer, CURLcode rc)
{
	const char *detail = transfer->answer.detail;
	enum error_cause *cause = &transfer->answer.cause;
	long number = 0;

	(void)curl_easy_getinfo(transfer->curl, CURLINFO_OS_ERRNO, &number);
	if (strcmp(detail, bad_proxy) == 0)
		return ": the proxy's URL is no good";
	if ((rc == CURLE_COULDNT_CONNECT || rc == CURLE_COULDNT_RESOLVE_HOST) &&
	    !resolver_has_route(AF_INET) && !resolver_has_route(AF_INET6))
		return ": this computer has no network";
	if (rc == CURLE_COULDNT_CONNECT && number == ECONNREFUSED) {
		*cause = CAUSE_NOT_LISTENING;
		return outbound_is_proxied(transfer->request.url) ?
		               ": nothing listens at the proxy's address" :
		               ": nothing listens there";
	}
	if (rc != CURLE_PEER_FAILED_VERIFICATION)
		return "";
	*cause = CAUSE_CLOCK;
	/* The words of OpenSSL, and of GnuTLS. */
	if (strstr(detail, "not yet valid") != NULL || strstr(detail, "activat") != NULL)
		return ": it is not yet valid by this computer's clock";
	if (strstr(detail, "expir") != NULL)
		return ": it has expired by this computer's clock";
	*cause = CAUSE_UNTRUSTED;
	return "";
}

/* The status of a proxy that refused CONNECT, or 0.  The CURLcode for that depends on
 * libcurl's version. */
static long proxy_status(struct transfer *transfer, CURLcode rc)
{
	long status = 0;

	if (rc != CURLE_OPERATION_TIMEDOUT)
		(void)curl_easy_getinfo(transfer->curl, CURLINFO_HTTP_CONNECTCODE,
		                        &status);
	return status >= 300 ? status : 0;
}

static void name_file(const char *what, const char *path, char *why, size_t cap)
{
	char shown[160];

	printable_text(path, shown, sizeof(shown));
	(void)snprintf(why, cap, "%s in %s", what, shown);
}

static enum http_outcome explain(struct transfer *transfer, CURLcode rc)
{
	const char *detail =
		transfer->detail[0] != '\0' ? transfer->detail : curl_easy_strerror(rc);
	char *why = transfer->answer.why;
	size_t cap = sizeof(transfer->answer.why);
	long refused = proxy_status(transfer, rc);

	/* A text with a URL or '@' repeats https_proxy, with its password. */
	if (strstr(detail, "://") != NULL || strchr(detail, '@') != NULL)
		detail = bad_proxy;
	(void)printable_text(detail, transfer->answer.detail,
	                     sizeof(transfer->answer.detail));
	if (transfer->too_long || rc == CURLE_FILESIZE_EXCEEDED) {
		(void)snprintf(why, cap, "the answer is longer than %zu bytes",
		               transfer->body_max);
		return HTTP_FAILED;
	}
	if (refused != 0) {
		(void)snprintf(why, cap, "the proxy says no (HTTP status %ld%s)", refused,
		               refused == 407 ? ": it wants a login" : "");
		return HTTP_FAILED;
	}
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		if (endings[i].code != rc)
			continue;
		if (rc == CURLE_SSL_CACERT_BADFILE && outbound_ca_file() != NULL)
			name_file(endings[i].why, outbound_ca_file(), why, cap);
		else
			(void)snprintf(why, cap, "%s%s", endings[i].why,
			               tell_apart(transfer, rc));
		return endings[i].outcome;
	}
	(void)snprintf(why, cap, "no answer (libcurl error %d)", (int)rc);
	return HTTP_FAILED;
}

enum http_outcome transfer_outcome(struct transfer *transfer, CURLcode rc)
{
	struct http_answer *answer = &transfer->answer;
	curl_off_t seconds = 0;
	long status = 0;

	if (rc != CURLE_OK)
		return explain(transfer, rc);
	(void)curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(transfer->curl, CURLINFO_RETRY_AFTER, &seconds);
	answer->status = (int)status; /* three digits */
	answer->retry_after_s = seconds > 0 ? (int64_t)seconds : 0;
	return HTTP_ANSWERED;
}

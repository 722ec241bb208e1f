/* SPDX-License-Identifier: MIT */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "routes.h"
#include "util.h"

#define CALLS_PER_HOUR "3600"
#define IDLE_SECONDS 120U

/* An account is a number; anything else must not break the log's columns. */
static const char *account_for_log(struct request *request)
{
	const char *account = request_header(request, "X-Account");
	int64_t number;

	if (account == NULL)
		return "-";
	return parse_number(account, 0, INT64_MAX, &number) ? account : "?";
}

/* One write a line, so that lines of parallel requests do not mix. */
static void log_request(struct sandbox *box, struct request *request, unsigned int status)
{
	static const char *const states[] = {
		[TOKEN_NONE] = "none", [TOKEN_BAD] = "bad", [TOKEN_OK] = "ok"
	};
	char *line =
		xasprintf("%lld %s %s %s %03u %s %s\n", (long long)request->arrived_ms,
	                  request->peer, request->method, request->uri, status,
	                  account_for_log(request), states[request->auth]);
	size_t len = strlen(line);
	int fd = open(box->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd == -1 || write(fd, line, len) != (ssize_t)len)
		(void)fprintf(stderr, "sandbox-api: %s: %s\n", box->log_path,
		              strerror(errno));
	if (fd != -1)
		(void)close(fd);
	free(line);
}

/* A body that is sent piece by piece: cut off, or as long as one likes. */
struct stream {
	char *body;
	size_t cut_after;
	size_t endless;
};

static const char big_head[] = "{\"response\":\"", big_tail[] = "\"}";
#define BIG_HEAD (sizeof(big_head) - 1)
#define BIG_TAIL (sizeof(big_tail) - 1)

static ssize_t read_cut(void *arg, uint64_t pos, char *out, size_t max)
{
	const struct stream *stream = arg;

	if (pos >= stream->cut_after)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (max > stream->cut_after - pos)
		max = stream->cut_after - pos;
	memcpy(out, stream->body + pos, max);
	return (ssize_t)max;
}

static ssize_t read_big(void *arg, uint64_t pos, char *out, size_t max)
{
	const struct stream *stream = arg;
	uint64_t tail = BIG_HEAD + stream->endless;

	if (pos >= tail + BIG_TAIL)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (max > tail + BIG_TAIL - pos)
		max = tail + BIG_TAIL - pos;
	memset(out, 'a', max);
	for (size_t i = 0; i < max && pos + i < BIG_HEAD; i++)
		out[i] = big_head[pos + i];
	for (size_t i = 0; i < BIG_TAIL; i++)
		if (tail + i >= pos && tail + i < pos + max)
			out[tail + i - pos] = big_tail[i];
	return (ssize_t)max;
}

static void stream_free(void *arg)
{
	struct stream *stream = arg;

	free(stream->body);
	free(stream);
}

static struct MHD_Response *make_stream(struct answer *answer)
{
	struct stream *stream = xcalloc(1, sizeof(*stream));
	struct MHD_Response *response;
	uint64_t len = answer->endless > 0 ? MHD_SIZE_UNKNOWN : answer->len;

	stream->endless = answer->endless;
	stream->cut_after =
		answer->cut_after < answer->len ? answer->cut_after : answer->len;
	stream->body = answer->body;
	answer->body = NULL;
	response = MHD_create_response_from_callback(len, 16384,
	                                             answer->endless > 0 ? read_big :
	                                                                   read_cut,
	                                             stream, stream_free);
	if (response == NULL)
		stream_free(stream);
	return response;
}

static struct MHD_Response *make_response(struct answer *answer)
{
	struct MHD_Response *response;

	if (answer->cut || answer->endless > 0)
		return make_stream(answer);
	response = MHD_create_response_from_buffer(answer->len, answer->body,
	                                           MHD_RESPMEM_MUST_FREE);
	if (response != NULL)
		answer->body = NULL;
	return response;
}

static bool add_headers(struct sandbox *box, struct MHD_Response *response,
                        const struct answer *answer)
{
	const char *warning = fleet_text(box->fleet, "warning", NULL);
	char left[24], wait[24];
	const struct {
		const char *name, *value;
	} headers[] = {
		{ MHD_HTTP_HEADER_CONTENT_TYPE,
		  answer->content_type != NULL ? answer->content_type :
		                                 "application/json; charset=utf-8" },
		{ MHD_HTTP_HEADER_CACHE_CONTROL, "no-store" },
		{ "X-RateLimit-Limit", CALLS_PER_HOUR },
		{ "X-RateLimit-Remaining", left },
		{ MHD_HTTP_HEADER_LOCATION, answer->location },
		{ MHD_HTTP_HEADER_RETRY_AFTER, answer->retry_after_s > 0 ? wait : NULL },
		{ MHD_HTTP_HEADER_WWW_AUTHENTICATE,
		  answer->challenge ? "Bearer realm=\"Cloud 66\"" : NULL },
		{ "X-Cloud66-Warning", answer->status < 300 ? warning : NULL },
	};

	(void)snprintf(left, sizeof(left), "%lld", (long long)box->calls_left);
	(void)snprintf(wait, sizeof(wait), "%d", answer->retry_after_s);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (headers[i].value != NULL &&
		    MHD_add_response_header(response, headers[i].name,
		                            headers[i].value) != MHD_YES)
			return false;
	return true;
}

static enum MHD_Result send_answer(struct sandbox *box, struct request *request,
                                   struct answer *answer)
{
	struct MHD_Response *response = make_response(answer);
	enum MHD_Result result = MHD_NO;
	bool good;

	if (response == NULL)
		return MHD_NO;
	(void)pthread_mutex_lock(&box->lock);
	good = add_headers(box, response, answer);
	(void)pthread_mutex_unlock(&box->lock);
	if (good)
		result =
			MHD_queue_response(request->connection, answer->status, response);
	MHD_destroy_response(response);
	return result;
}

static int socket_of(struct request *request)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection,
	                                MHD_CONNECTION_INFO_CONNECTION_FD);

	return info != NULL ? info->connect_fd : -1;
}

/* Until the client loses patience. */
static void hang(struct sandbox *box, struct request *request)
{
	struct pollfd fds[] = { { .fd = box->stop_fd, .events = POLLIN },
		                { .fd = socket_of(request), .events = POLLRDHUP } };

	while (poll(fds, 2, -1) == -1 && errno == EINTR)
		;
}

/*
 * libmicrohttpd says goodbye with a FIN before it closes, so SO_LINGER comes too
 * late.  Linux sends a RST at once for a connection that is dissolved.
 */
static void reset(struct request *request)
{
	const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

	(void)connect(socket_of(request), &nowhere, sizeof(nowhere));
}

/* Lease faults apply to requests for a lease only. */
static bool starts_action(struct request *request)
{
	const char *subject = request_subject(request);

	return strcmp(request->method, "POST") == 0 &&
	       (fnmatch("/stacks/*/firewalls*", subject, 0) == 0 ||
	        fnmatch("/stacks/*/sessions*", subject, 0) == 0);
}

/* Files are read again, and what is to happen to this request is decided. */
static void admit(struct sandbox *box, struct request *request)
{
	(void)pthread_mutex_lock(&box->lock);
	if (fleet_refresh(box->fleet))
		tokens_forgive(box->tokens);
	faults_take(box->faults, request->method, request_subject(request),
	            starts_action(request), &request->fault);
	if (request->fault.kind == FAULT_EXPIRE_TOKEN)
		tokens_expire(box->tokens, request_bearer(request));
	if (box->calls_left > 0)
		box->calls_left--;
	routes_authenticate(box, request);
	(void)pthread_mutex_unlock(&box->lock);
}

static void make_answer(struct sandbox *box, struct request *request,
                        struct answer *answer)
{
	const struct fault *fault = &request->fault;

	(void)pthread_mutex_lock(&box->lock);
	if (!faults_answer(fault, answer))
		routes_dispatch(box, request, answer);
	(void)pthread_mutex_unlock(&box->lock);
	if (fault->kind == FAULT_TRUNCATE) {
		answer->cut = true;
		answer->cut_after = (size_t)fault->number;
	}
}

/* A complete request.  It is in the log before the client can have its answer. */
static enum MHD_Result serve(struct sandbox *box, struct request *request)
{
	struct answer answer = ANSWER_INIT;
	enum MHD_Result result;

	admit(box, request);
	if (request->fault.kind == FAULT_HANG || request->fault.kind == FAULT_RESET) {
		log_request(box, request, 0);
		if (request->fault.kind == FAULT_HANG)
			hang(box, request);
		else
			reset(request);
		return MHD_NO;
	}
	if (request->fault.kind == FAULT_SLOW &&
	    stop_wait(box->stop_fd, request->fault.number))
		return MHD_NO;
	make_answer(box, request, &answer);
	log_request(box, request, answer.status);
	result = send_answer(box, request, &answer);
	answer_release(&answer);
	return result;
}

/* libmicrohttpd calls with the headers, with each piece of body, and at its end. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection,
                                  const char *url, const char *method,
                                  const char *version, const char *data, size_t *len,
                                  void **context)
{
	struct request *request = *context;

	(void)url;
	(void)version;
	if (!request->begun) {
		request_begin(request, connection, method);
		return MHD_YES;
	}
	if (*len > 0) {
		request_add_body(request, data, *len);
		*len = 0;
		return MHD_YES;
	}
	return serve(arg, request);
}

static void *on_uri(void *arg, const char *uri, struct MHD_Connection *connection)
{
	(void)arg;
	(void)connection;
	return request_new(uri);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
	(void)arg;
	(void)connection;
	(void)code;
	request_free(*context);
	*context = NULL;
}

/* Accepted sockets inherit it.  Without it the TLS library's second packet of a
 * handshake waits for the answer to the first: a round trip that no real API has. */
static void no_delay(struct MHD_Daemon *daemon)
{
	const union MHD_DaemonInfo *info =
		daemon != NULL ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_LISTEN_FD) :
				 NULL;
	int on = 1;

	if (info != NULL)
		(void)setsockopt(info->listen_fd, IPPROTO_TCP, TCP_NODELAY, &on,
		                 sizeof(on));
}

struct MHD_Daemon *serve_start(struct sandbox *box, const struct serve_config *config)
{
	bool tls = config->tls_cert != NULL;
	struct MHD_OptionItem tls_options[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)config->tls_cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)config->tls_key },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_Daemon *daemon;
	unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD |
	                     MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL;

	if (tls)
		flags |= MHD_USE_TLS;
	else
		tls_options[0].option = MHD_OPTION_END;
	if (config->address->sa_family == AF_INET6)
		flags |= MHD_USE_DUAL_STACK;
	daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, box,
	                          MHD_OPTION_SOCK_ADDR, config->address,
	                          MHD_OPTION_URI_LOG_CALLBACK, on_uri, NULL,
	                          MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
	                          MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS,
	                          MHD_OPTION_ARRAY, tls_options, MHD_OPTION_END);
	no_delay(daemon);
	return daemon;
}

void serve_stop(struct MHD_Daemon *daemon)
{
	if (daemon != NULL)
		MHD_stop_daemon(daemon);
}

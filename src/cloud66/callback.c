/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cloud66/callback.h"

enum {
	CLIENTS = 16, /* a browser opens some connections ahead of need */
	BACKLOG = 16,
	ANSWER_MS = 2000,
	CODE_MAX = 2048,
};

struct client {
	int fd; /* -1: none */
	int64_t since_ms;
	size_t len;
	char bytes[CALLBACK_REQUEST_MAX];
};

struct waiting {
	int listener;
	const char *state;
	char **code;
	struct client clients[CLIENTS];
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Append len characters of a query, decoded; false for what is no text. */
static bool unescape(const char *text, size_t len, struct strbuf *out)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i] == '+' ? ' ' : text[i];

		if (c == '%') {
			int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
			int low = i + 2 < len ? hex_digit(text[i + 2]) : -1;

			if (high == -1 || low == -1)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (c < ' ' || c > '~')
			return false;
		strbuf_add(out, &c, 1);
	}
	return true;
}

/* Find the parameter name in query; false when it is missing, twice there, or no text. */
static bool parameter(const char *query, const char *name, struct strbuf *value)
{
	size_t len = strlen(name);
	bool found = false;

	while (*query != '\0' && *query != '#') {
		size_t size = strcspn(query, "&#");

		if (size > len && strncmp(query, name, len) == 0 && query[len] == '=') {
			if (found || size > CODE_MAX ||
			    !unescape(query + len + 1, size - len - 1, value))
				return false;
			found = true;
		}
		query += size + (query[size] == '&');
	}
	return found;
}

/* In a time that does not depend on where they differ. */
static bool is_state(const struct strbuf *given, const char *state)
{
	unsigned char differs = 0;

	if (given->len != strlen(state))
		return false;
	for (size_t i = 0; i < given->len; i++)
		differs |= (unsigned char)(given->data[i] ^ state[i]);
	return differs == 0;
}

static int refused(const char *query, struct error *err)
{
	struct strbuf why = STRBUF_INIT;
	char shown[200];

	if (!parameter(query, "error_description", &why)) {
		strbuf_clear(&why);
		if (!parameter(query, "error", &why))
			strbuf_clear(&why);
	}
	error_set(err, ERROR_DENIED, "the login was refused in the browser (%s)",
	          why.len > 0 ? printable_text(why.data, shown, sizeof(shown)) :
	                        "no code came back");
	error_hint(err, "cxssh login");
	strbuf_release(&why);
	return -1;
}

int callback_read(const char *url, const char *state, char **code, struct error *err)
{
	const char *query = strchr(url, '?');
	struct strbuf given = STRBUF_SECRET;
	struct strbuf value = STRBUF_SECRET;
	int rc = 0;

	*code = NULL;
	if (query == NULL || !parameter(query + 1, "state", &given) ||
	    !is_state(&given, state))
		goto out;
	if (parameter(query + 1, "code", &value) && value.len > 0) {
		*code = strbuf_detach(&value);
		rc = 1;
	} else {
		rc = refused(query + 1, err);
	}
out:
	strbuf_release(&value);
	strbuf_release(&given);
	return rc;
}

int callback_read_request(const char *bytes, size_t len, const char *state, char **code,
                          struct error *err)
{
	static const char get[] = "GET /";
	char target[CALLBACK_REQUEST_MAX];
	const char *end;
	size_t size;
	int rc;

	*code = NULL;
	if (len < strlen(get) || memcmp(bytes, get, strlen(get)) != 0)
		return 0;
	bytes += strlen(get) - 1;
	len -= strlen(get) - 1;
	end = memchr(bytes, ' ', len);
	size = end != NULL ? (size_t)(end - bytes) : 0;
	if (end == NULL || size >= sizeof(target) || len - size < strlen(" HTTP/1.") ||
	    memcmp(end, " HTTP/1.", strlen(" HTTP/1.")) != 0 ||
	    memchr(bytes, '\0', size) != NULL || (size > 1 && bytes[1] != '?'))
		return 0;
	memcpy(target, bytes, size);
	target[size] = '\0';
	rc = callback_read(target, state, code, err);
	mem_wipe(target, sizeof(target));
	return rc;
}

int callback_listen(struct error *err)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
		                             .sin_port = htons(CALLBACK_PORT),
		                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int on = 1;
	int fd = fd_socket(AF_INET, SOCK_STREAM, 0);

	if (fd != -1 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	    listen(fd, BACKLOG) == 0 && fd_nonblocking(fd) == 0)
		return fd;
	if (errno == EADDRINUSE)
		error_set(err, ERROR_UNAVAILABLE,
		          "another program listens on 127.0.0.1 port %d, where the "
		          "browser comes back to: end it, or log in without a listener",
		          CALLBACK_PORT);
	else
		error_errno(err, ERROR_UNAVAILABLE, "cannot listen on 127.0.0.1 port %d",
		            CALLBACK_PORT);
	error_hint(err, "cxssh login --no-browser");
	fd_close(&fd);
	return -1;
}

/* A free place, or the one whose client has waited for the longest time. */
static struct client *place_for(struct waiting *w)
{
	struct client *oldest = &w->clients[0];

	for (size_t i = 0; i < CLIENTS; i++) {
		if (w->clients[i].fd == -1)
			return &w->clients[i];
		if (w->clients[i].since_ms < oldest->since_ms)
			oldest = &w->clients[i];
	}
	fd_close(&oldest->fd);
	return oldest;
}

static void accept_client(struct waiting *w)
{
	int fd = fd_accept(w->listener);
	struct client *client;

	if (fd == -1)
		return;
	if (fd_nonblocking(fd) == -1) {
		fd_close(&fd);
		return;
	}
	client = place_for(w);
	client->fd = fd;
	client->len = 0;
	client->since_ms = deadline_now_ms();
}

static bool is_whole(const struct client *client)
{
	return memmem(client->bytes, client->len, "\r\n\r\n", 4) != NULL ||
	       memmem(client->bytes, client->len, "\n\n", 2) != NULL;
}

/* Read more of a request.  As callback_read(); 1 and -1 leave the client open. */
static int read_client(struct waiting *w, struct client *client, struct error *err)
{
	ssize_t n = read(client->fd, client->bytes + client->len,
	                 sizeof(client->bytes) - client->len);
	int rc;

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		fd_close(&client->fd);
		return 0;
	}
	client->len += (size_t)n;
	if (!is_whole(client) && client->len < sizeof(client->bytes))
		return 0;
	rc = callback_read_request(client->bytes, client->len, w->state, w->code, err);
	if (rc == 0) {
		callback_answer(client->fd, 400, "This is not the login that was begun.");
		client->fd = -1;
	}
	return rc;
}

/* Wait for one event.  0, or -1 at the deadline, or the client with the answer. */
static int turn(struct waiting *w, struct deadline until, struct client **found,
                struct error *err)
{
	struct pollfd pfds[CLIENTS + 1] = { { .fd = w->listener, .events = POLLIN } };

	for (size_t i = 0; i < CLIENTS; i++)
		pfds[i + 1] = (struct pollfd){ w->clients[i].fd, POLLIN, 0 };
	if (deadline_passed(until)) {
		error_set(err, ERROR_UNAVAILABLE,
		          "no answer came back from the browser in time");
		return error_hint(err, "cxssh login --no-browser");
	}
	if (poll(pfds, CLIENTS + 1, deadline_left(until)) <= 0)
		return 0;
	for (size_t i = 0; i < CLIENTS; i++) {
		int rc = pfds[i + 1].revents != 0 ? read_client(w, &w->clients[i], err) :
		                                    0;

		if (rc != 0) {
			*found = &w->clients[i];
			return rc;
		}
	}
	if (pfds[0].revents != 0)
		accept_client(w);
	return 0;
}

int callback_wait(int listener, const char *state, struct deadline until, char **code,
                  struct error *err)
{
	struct waiting w = { .listener = listener, .state = state, .code = code };
	struct client *found = NULL;
	int fd = -1;
	int rc = 0;

	for (size_t i = 0; i < CLIENTS; i++)
		w.clients[i].fd = -1;
	while (rc == 0)
		rc = turn(&w, until, &found, err);
	if (found != NULL) {
		fd = found->fd;
		found->fd = -1;
	}
	for (size_t i = 0; i < CLIENTS; i++)
		fd_close(&w.clients[i].fd);
	mem_wipe(&w, sizeof(w));
	if (rc == 1)
		return fd;
	if (fd != -1)
		callback_answer(fd, 403,
		                "The login was refused.  cxssh says why in its "
		                "terminal; this page may be closed.");
	return -1;
}

void callback_answer(int client, int status, const char *sentence)
{
	struct deadline until = deadline_in(ANSWER_MS);
	struct strbuf page = STRBUF_INIT;
	char rest[512];

	strbuf_addf(&page,
	            "HTTP/1.1 %d %s\r\nContent-Type: text/html; charset=us-ascii\r\n"
	            "Content-Security-Policy: default-src 'none'\r\n"
	            "Referrer-Policy: no-referrer\r\nCache-Control: no-store\r\n"
	            "Connection: close\r\n\r\n<!DOCTYPE html><title>cxssh</title>"
	            "<h1>cxssh</h1><p>%s</p>\n",
	            status, status == 200 ? "OK" : "Refused", sentence);
	(void)!write(client, page.data, page.len);
	(void)shutdown(client, SHUT_WR);
	/* Unread bytes would reset the connection before the page is shown. */
	while (status != 400 && !deadline_passed(until)) {
		struct pollfd pfd = { .fd = client, .events = POLLIN };

		if (poll(&pfd, 1, deadline_left(until)) > 0 &&
		    read(client, rest, sizeof(rest)) <= 0)
			break;
	}
	strbuf_release(&page);
	fd_close(&client);
}

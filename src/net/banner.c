/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "net/banner.h"

enum {
	PEEK_MAX = 64 * 1024,
	LINE_MAX_LEN = 8192, /* ssh's own limits for what stands before the banner */
	LINES_MAX = 1024,
	AGAIN_MS = 20, /* until the next look, when bytes that do not decide are there */
};

/* text is complete, or its beginning. */
static bool may_begin(const char *text, size_t len, const char *with)
{
	size_t n = strlen(with);

	return strncmp(text, with, len < n ? len : n) == 0;
}

static bool begins(const char *text, size_t len, const char *with)
{
	return len >= strlen(with) && may_begin(text, len, with);
}

/* Lines before the banner: BANNER_LATE while it may still come. */
static enum banner judge_lines(const char *text, size_t len)
{
	const char *end = text + len;
	size_t lines = 0;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));

		if (may_begin(text, (size_t)(end - text), "SSH-"))
			return end - text >= 4 ? BANNER_HERE : BANNER_LATE;
		if ((newline != NULL ? newline : end) - text >= LINE_MAX_LEN ||
		    ++lines > LINES_MAX)
			return BANNER_ALIEN;
		if (newline == NULL)
			break;
		text = newline + 1;
	}
	return len == PEEK_MAX ? BANNER_ALIEN : BANNER_LATE;
}

bool banner_is_foreign(const char *text, size_t len)
{
	/* HTTP; FTP and SMTP; POP3; IMAP. */
	static const char *const greetings[] = { "HTTP/", "220 ", "220-", "+OK", "* OK" };

	for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++) {
		if (begins(text, len, greetings[i]))
			return true;
	}
	return false;
}

static enum banner judge(const char *text, size_t len)
{
	if (len == 0)
		return BANNER_LATE;
	if (begins(text, len, "Exceeded MaxStartups"))
		return BANNER_BUSY;
	if (begins(text, len, "Not allowed at this time"))
		return BANNER_BARRED;
	if (banner_is_foreign(text, len))
		return BANNER_ALIEN;
	return judge_lines(text, len);
}

/* Has the peer closed the connection?  The bytes that it sent before may be unread. */
static bool is_closed(int fd)
{
#ifdef POLLRDHUP
	struct pollfd pfd = { .fd = fd, .events = POLLRDHUP };
	const int closed = POLLRDHUP | POLLHUP | POLLERR;
#else
	struct pollfd pfd = { .fd = fd, .events = 0 };
	const int closed = POLLHUP | POLLERR;
#endif

	return poll(&pfd, 1, 0) == 1 && (pfd.revents & closed) != 0;
}

/* Judge the bytes received so far; *len: their number. */
static enum banner peek(int fd, size_t *len)
{
	static char text[PEEK_MAX];
	bool closed = is_closed(fd);
	ssize_t n = recv(fd, text, sizeof(text), MSG_PEEK | MSG_DONTWAIT);
	enum banner seen;

	*len = n > 0 ? (size_t)n : 0;
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return BANNER_LATE;
	if (n <= 0)
		return BANNER_HUNG;
	seen = judge(text, *len);
	if (seen == BANNER_LATE && closed)
		return BANNER_ALIEN;
	return seen;
}

enum banner banner_await(int fd, int caller, struct deadline until)
{
	for (;;) {
		struct pollfd pfds[2] = {
			{ .fd = fd, .events = POLLIN },
			{ .fd = caller, .events = 0 },
		};
		size_t len;
		enum banner seen = peek(fd, &len);
		int wait = deadline_left(until);

		if (seen != BANNER_LATE)
			return seen;
		if (wait == 0)
			return len > 0 ? BANNER_ALIEN : BANNER_LATE;
		if (len > 0) {
			pfds[0].fd = -1; /* poll() would return at once */
			wait = wait < AGAIN_MS ? wait : AGAIN_MS;
		}
		(void)poll(pfds, 2, wait);
		if ((pfds[1].revents & (POLLHUP | POLLERR)) != 0)
			return BANNER_GONE;
	}
}

int banner_refusal(enum banner seen, const char *called, const char *address,
                   struct error *err)
{
	switch (seen) {
	case BANNER_ALIEN:
		return error_set(err, ERROR_UNAVAILABLE, "%s (%s) is no SSH server",
		                 called, address);
	case BANNER_BARRED:
		return error_set(err, ERROR_RETRY,
		                 "%s (%s) turns this address away (too many callers, or "
		                 "a penalty); try again in 15 s",
		                 called, address);
	case BANNER_BUSY:
		return error_set(err, ERROR_RETRY,
		                 "%s (%s) has too many connections that are not logged "
		                 "in (MaxStartups); try again",
		                 called, address);
	default:
		return error_set(err, ERROR_UNAVAILABLE,
		                 "%s (%s) hangs up before it sends its banner", called,
		                 address);
	}
}

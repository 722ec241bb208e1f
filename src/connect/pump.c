/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "connect/pump.h"

/* One direction; the bytes to be written begin at off. */
struct direction {
	unsigned char buf[64 * 1024];
	size_t off;
	size_t len;
	int from;
	int to;
	bool ended;    /* from is at its end */
	bool finished; /* all is written, or to takes no more */
};

static bool would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* fill() and drain() return true when they changed anything. */
static bool fill(struct direction *direction)
{
	ssize_t n;

	if (direction->ended || direction->len > 0)
		return false;
	n = read(direction->from, direction->buf, sizeof(direction->buf));
	if (n == -1 && would_block())
		return false;
	if (n <= 0) {
		direction->ended = true; /* also when the connection was reset */
		return true;
	}
	direction->off = 0;
	direction->len = (size_t)n;
	return true;
}

static bool drain(struct direction *direction)
{
	ssize_t n;

	if (direction->finished || (direction->len == 0 && !direction->ended))
		return false;
	if (direction->len > 0) {
		n = write(direction->to, direction->buf + direction->off, direction->len);
		if (n == -1 && would_block())
			return false;
		if (n > 0) {
			direction->off += (size_t)n;
			direction->len -= (size_t)n;
			return true;
		}
	}
	/* All is written, or to takes no more; the other direction may go on. */
	direction->len = 0;
	direction->ended = true;
	direction->finished = true;
	return true;
}

/* Sleep until a step may succeed; false when out has no reader any more. */
static bool wait_ready(const struct direction *up, const struct direction *down)
{
	struct pollfd pfd[] = {
		{ .fd = !up->ended && up->len == 0 ? up->from : -1, .events = POLLIN },
		{ .fd = down->to, .events = down->len > 0 ? POLLOUT : 0 },
		{ .fd = down->from, .events = 0 },
	};

	if (!down->ended && down->len == 0)
		pfd[2].events |= POLLIN;
	if (up->len > 0)
		pfd[2].events |= POLLOUT;
	if (pfd[2].events == 0)
		pfd[2].fd = -1; /* POLLHUP alone would make poll() return at once */
	(void)poll(pfd, 3, -1);
	return (pfd[1].revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

static void carry(struct direction *up, struct direction *down)
{
	bool told = false;

	for (;;) {
		bool moved;

		do {
			moved = fill(up);
			moved = drain(up) || moved;
			moved = fill(down) || moved;
			moved = drain(down) || moved;
			if (up->finished && !told) {
				(void)shutdown(up->to, SHUT_WR);
				told = true;
			}
		} while (moved && !(down->ended && down->len == 0));
		if (down->ended && down->len == 0)
			return;
		if (!wait_ready(up, down))
			return;
	}
}

int pump_run(int in, int out, int fd, struct error *err)
{
	struct direction up = { .len = 0 };
	struct direction down = { .len = 0 };
	int in_flags = fcntl(in, F_GETFL);
	int out_flags = fcntl(out, F_GETFL);

	if (in_flags == -1 || out_flags == -1 || fd_nonblocking(in) == -1 ||
	    fd_nonblocking(out) == -1 || fd_nonblocking(fd) == -1)
		return error_errno(err, ERROR_INTERNAL, "standard input and output");
	up.from = in;
	up.to = fd;
	down.from = fd;
	down.to = out;
	carry(&up, &down);

	/* The shell that started ssh shares a terminal's flags. */
	(void)fcntl(in, F_SETFL, in_flags);
	(void)fcntl(out, F_SETFL, out_flags);
	return 0;
}

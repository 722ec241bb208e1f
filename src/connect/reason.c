/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/sshbuf.h"
#include "base/strbuf.h"
#include "connect/reason.h"
#include "connect/stderrwords.h"
#include "net/fdpass.h"

enum { READ_MS = 2000 /* for the client to read the reason and close its end */ };

static const char hint[] = " run: ";

/* The last " run: " of text, or its end. */
static const char *find_hint(const char *text)
{
	const char *found = text + strlen(text);

	for (const char *at = strstr(text, hint); at != NULL; at = strstr(at + 1, hint))
		found = at;
	return found;
}

static void compose(const char *text, char line[static REASON_LINE_MAX + 1])
{
	const char *help = find_hint(text);
	size_t cause = (size_t)(help - text);
	bool cut = cause > REASON_CAUSE_MAX;

	(void)snprintf(line, REASON_LINE_MAX + 1, "cxssh: %.*s%s%s",
	               cut ? REASON_CAUSE_MAX - 3 : (int)cause, text, cut ? "..." : "",
	               help);
	for (char *p = line; *p != '\0'; p++) {
		if (*p < ' ' || *p > '~')
			*p = '?';
	}
}

void reason_line(const struct error *err, char line[static REASON_LINE_MAX + 1])
{
	compose(err->text, line);
	/* Judged as it is sent: cut, a text may end as a prompt does. */
	if (err->text[0] == '\0' || !stderr_is_safe(line))
		compose("failed; run: cxssh why", line);
}

void reason_stream(const char *line, struct strbuf *out)
{
	enum { DISCONNECT = 1, SERVICE_NOT_AVAILABLE = 7, BLOCK = 8, PADDING_MIN = 4 };
	static const char zeros[BLOCK + PADDING_MIN];
	size_t payload = 1 + 4 + 4 + strlen(line) + 4; /* type, reason, text, language */
	size_t padding = BLOCK - (4 + 1 + payload) % BLOCK;

	if (padding < PADDING_MIN)
		padding += BLOCK;
	strbuf_adds(out, "SSH-2.0-cxssh\r\n");
	sshbuf_put_u32(out, (uint32_t)(1 + payload + padding));
	sshbuf_put_u8(out, (unsigned char)padding);
	sshbuf_put_u8(out, DISCONNECT);
	sshbuf_put_u32(out, SERVICE_NOT_AVAILABLE);
	sshbuf_put_cstring(out, line);
	sshbuf_put_cstring(out, "");
	strbuf_add(out, zeros, padding);
}

/*
 * The client gets one end of a socketpair that holds the text.  The other end travels in
 * the queue of the first, with the last byte: it stays open until the client has read
 * all, and no process is needed for that.
 */
static int send_by_descriptor(int out, const char *bytes, size_t len)
{
	struct error ignored = ERROR_INIT;
	int ends[2];
	int rc = -1;

	if (fd_socketpair(ends) == -1)
		return -1;
	if (fdpass_write(ends[1], bytes, len - 1, -1, 0) == (ssize_t)len - 1 &&
	    fdpass_write(ends[1], bytes + len - 1, 1, ends[1], 0) == 1)
		rc = fdpass_send(out, ends[0], &ignored);
	fd_close(&ends[0]);
	fd_close(&ends[1]);
	return rc;
}

/* A client may write before it reads, and would lose the reason to a broken pipe. */
static void drain(int in)
{
	struct deadline until = deadline_in(READ_MS);
	struct pollfd pfd = { .fd = in, .events = POLLIN };
	char block[4096];

	while (poll(&pfd, 1, deadline_left(until)) == 1 &&
	       read(in, block, sizeof(block)) > 0)
		;
}

static int send_bytes(int in, int out, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(out, bytes, len);

		if (n <= 0)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	drain(in);
	return 0;
}

static bool is_client(int in)
{
	struct stat st;

	return fstat(in, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

int reason_send(int in, int out, const char *line)
{
	struct strbuf bytes = STRBUF_INIT;
	int rc;

	if (!is_client(in))
		return -1;
	reason_stream(line, &bytes);
	rc = fdpass_wanted(in, out) ? send_by_descriptor(out, bytes.data, bytes.len) :
	                              send_bytes(in, out, bytes.data, bytes.len);
	strbuf_release(&bytes);
	return rc;
}

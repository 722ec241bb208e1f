/* SPDX-License-Identifier: MIT */
/*
 * The reason of a failure, whatever the text of the error is: a client reads it as RFC
 * 4253 says, and finds a line that it may show.
 *
 * Input: the text of the error.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/sshbuf.h"
#include "base/strbuf.h"
#include "connect/reason.h"
#include "fuzz.h"
#include "net/fdpass.h"

enum { BYTES_MAX = REASON_LINE_MAX + 64 };

/* What programs look for in the stderr of ssh, which prints the line (src/doc/clients.md,
 * P6), each in any case. */
static const char *const looked_for[] = {
	"password",
	"passphrase",
	"passcode",
	"permission denied",
	"connection refused",
	"connection closed",
	"host key verification failed",
	"name or service not known",
	"received signal",
	"closed by remote host.",
	"operation timed out",
	"no more authentication methods",
	"command not found",
	"no such file or directory",
	"traceback (most recent call last):",
};

static void check_line(const char *line)
{
	static const char hint[] = " run: ";
	const char *help = line + strlen(line);

	require(fuzz_is_printable(line) && strncmp(line, "cxssh: ", 7) == 0);
	require(line[7] != '\0' && strlen(line) <= REASON_LINE_MAX);
	require(strchr("%#$>]", line[strlen(line) - 1]) == NULL);
	for (size_t i = 0; i < sizeof(looked_for) / sizeof(looked_for[0]); i++)
		require(strcasestr(line, looked_for[i]) == NULL);
	for (const char *at = line; (at = strstr(at, hint)) != NULL; at++)
		help = at;
	require(help - line <= 7 + REASON_CAUSE_MAX);
}

/* RFC 4253, 4.2 and 6, with the cipher "none": the payload of the one packet. */
static struct sshbuf payload_of(const unsigned char *bytes, size_t len)
{
	const unsigned char *end = memmem(bytes, len, "\r\n", 2);
	struct sshbuf packet;
	struct sshbuf payload;
	unsigned char padding;
	uint32_t packet_len;

	require(end != NULL && end - bytes <= 253 && memcmp(bytes, "SSH-2.0-", 8) == 0);
	packet = (struct sshbuf){ end + 2, len - (size_t)(end + 2 - bytes) };
	require(packet.left >= 16 && packet.left % 8 == 0 && packet.left <= 35000);
	require(sshbuf_get_u32(&packet, &packet_len) && packet_len == packet.left);
	require(sshbuf_get_u8(&packet, &padding) && padding >= 4);
	require(padding < packet.left);
	payload = (struct sshbuf){ packet.at, packet.left - padding };
	return payload;
}

/* RFC 4253, 11.1. */
static void check_disconnect(struct sshbuf payload, const char *line)
{
	struct sshbuf description;
	struct sshbuf language;
	unsigned char type;
	uint32_t reason;

	require(sshbuf_get_u8(&payload, &type) && type == 1);
	require(sshbuf_get_u32(&payload, &reason) && reason >= 1 && reason <= 15);
	require(sshbuf_get_string(&payload, &description));
	require(sshbuf_get_string(&payload, &language) && language.left == 0);
	require(payload.left == 0 && sshbuf_equals(&description, line));
}

/* ssh in fdpass mode reads these bytes, and then the end. */
static void check_sent(const char *line, const unsigned char *bytes, size_t len)
{
	unsigned char got[2 * BYTES_MAX];
	size_t count = 0;
	ssize_t n;
	char byte;
	int ends[2];
	int fd = -1;

	require(fd_socketpair(ends) == 0 && reason_send(ends[1], ends[1], line) == 0);
	require(fdpass_read(ends[0], &byte, 1, &fd) == 1 && fd != -1);
	while ((n = read(fd, got + count, sizeof(got) - count)) > 0)
		count += (size_t)n;
	require(n == 0 && count == len && memcmp(got, bytes, len) == 0);
	fd_close(&fd);
	fd_close(&ends[0]);
	fd_close(&ends[1]);
}

void fuzz_input(const uint8_t *data, size_t size)
{
	struct strbuf bytes = STRBUF_INIT;
	char line[REASON_LINE_MAX + 1];
	char *text = fuzz_copy(data, size);
	struct error err = ERROR_INIT;
	unsigned char *exact;

	error_set(&err, ERROR_UNAVAILABLE, "%s", text);
	free(text);
	reason_line(&err, line);
	check_line(line);
	reason_stream(line, &bytes);
	require(bytes.len <= BYTES_MAX);
	exact = (unsigned char *)fuzz_copy(bytes.data, bytes.len);
	check_disconnect(payload_of(exact, bytes.len), line);
	check_sent(line, exact, bytes.len);
	strbuf_release(&bytes);
	free(exact);
}

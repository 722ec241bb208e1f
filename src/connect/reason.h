/* SPDX-License-Identifier: MIT */
/*
 * reason.h - why there is no connection, told inside the SSH protocol.
 *
 * Many clients lose the stderr of their ProxyCommand (ControlPersist, Ansible, libssh,
 * IDEs), and ssh in fdpass mode prints two errors of its own.  So the client gets a
 * server that disconnects: an SSH banner and an unencrypted SSH_MSG_DISCONNECT (RFC 4253,
 * 11.1), whose description it shows.  Its reason is 7, "service not available": npm's
 * ssh2 ends without a word at 11, "by application".
 */
#ifndef CONNECT_REASON_H
#define CONNECT_REASON_H

struct error;
struct strbuf;

enum {
	REASON_LINE_MAX = 350,  /* "cxssh: ", the cause, the command that helps */
	REASON_CAUSE_MAX = 150, /* what stands before " run: " */
};

/*
 * The line for err: printable ASCII, within the limits, and without the words that
 * clients act upon (connect/stderrwords), for which "failed; run: cxssh why" stands.
 */
void reason_line(const struct error *err, char line[static REASON_LINE_MAX + 1]);

/* Append the bytes of the server's side. */
void reason_stream(const char *line, struct strbuf *out);

/*
 * Tell the client at the descriptors in and out: as bytes on out, or by a descriptor
 * (net/fdpass).  -1 when it is no SSH client (in is neither pipe nor socket), or has hung
 * up.  In the first case blocks until the client has closed in, 2 s at most.
 */
int reason_send(int in, int out, const char *line);

#endif

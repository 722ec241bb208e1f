/* SPDX-License-Identifier: MIT */
/*
 * libssh2conn.h - one login on a bastion with many channels, by libssh2, which only this
 * room and its parts know (bastion/libssh2conn*).
 *
 * Nothing here waits for the network: the caller polls, moves bytes with
 * libssh2conn_fill() and libssh2conn_flush(), and calls again.
 */
#ifndef BASTION_LIBSSH2CONN_H
#define BASTION_LIBSSH2CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/deadline.h"

struct libssh2conn;
struct error;
struct authkeys;
struct stream;

struct libssh2conn_config {
	const char *address; /* all are borrowed for the bastion's life */
	const char *user;
	const struct authkeys *keys;
	int send_buffer; /* SO_SNDBUF, or 0: the system's */
};

/* Begin to speak over the connected socket fd, which is taken. */
struct libssh2conn *libssh2conn_new(int fd, const struct libssh2conn_config *config);

/*
 * Say goodbye, as far as that goes without waiting.  From now on its channels fail
 * and close at once.
 */
void libssh2conn_abandon(struct libssh2conn *b);

/* Abandon and free it.  Its channels must be closed before.  NULL is allowed. */
void libssh2conn_free(struct libssh2conn *b);

/*
 * The next step of greeting, checking the host key and logging in.  1 when
 * logged in, 0 when it waits for bytes, -1 with ERROR_TRUST (host key),
 * ERROR_DENIED (key refused) or ERROR_UNAVAILABLE.  Blocks while an agent asks its
 * owner, at most until the deadline.
 */
int libssh2conn_login(struct libssh2conn *b, struct deadline until, struct error *err);

/* After a failed login: is it something that libssh2 cannot do but ssh may?  Never
 * after ERROR_TRUST. */
bool libssh2conn_unable(const struct libssh2conn *b);

/*
 * Open a channel to host:port.  1 with *stream, 0 when it waits for the answer:
 * call again with the same; -1 with why.  One at a time: libssh2 has one place
 * for a channel that is being opened.
 */
int libssh2conn_open_channel(struct libssh2conn *b, const char *host, uint16_t port,
                             struct stream **stream, struct error *err);

/* Move bytes between the socket and the buffers.  True when any moved. */
bool libssh2conn_fill(struct libssh2conn *b);
bool libssh2conn_flush(struct libssh2conn *b);

int libssh2conn_fd(const struct libssh2conn *b);
short libssh2conn_events(const struct libssh2conn *b);

/* When the last byte came, by deadline_now_ms(). */
int64_t libssh2conn_last_read_ms(const struct libssh2conn *b);

/*
 * Ask for a sign of life; the answer only shows in libssh2conn_last_read_ms(), and stays
 * in libssh2's memory for good (openssh.md B.1).  At most every 3 s.
 */
void libssh2conn_probe(struct libssh2conn *b);

/* Has something come that nobody has looked at? */
bool libssh2conn_has_input(const struct libssh2conn *b);

/*
 * Let libssh2 work off what has come while no channel is read, such as sshd's own
 * question whether we are alive: asks for a channel of a kind that there is not,
 * and waits for the refusal, which leaves no trace.  A sign of life as well.  1
 * when done, 0: call again.  Takes the one place for a channel that is opened.
 */
int libssh2conn_drain(struct libssh2conn *b);

/* Has the connection ended? */
bool libssh2conn_is_closed(const struct libssh2conn *b);

#endif

/*
 * bastion.h - one login on a bastion with many channels, by libssh2, which only this
 * room and its parts know (bastion/libssh2conn*).
 *
 * Nothing here waits for the network: the caller polls, moves bytes with
 * bastion_fill() and bastion_flush(), and calls again.
 */
#ifndef BASTION_LIBSSH2CONN_H
#define BASTION_LIBSSH2CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/deadline.h"

struct bastion;
struct error;
struct loginkeys;
struct stream;

struct bastion_config {
	const char *address; /* all are borrowed for the bastion's life */
	const char *user;
	const struct loginkeys *keys;
	int send_buffer; /* SO_SNDBUF, or 0: the system's */
};

/* Begin to speak over the connected socket fd, which is taken. */
struct bastion *bastion_new(int fd, const struct bastion_config *config);

/*
 * Say goodbye, as far as that goes without waiting.  From now on its channels fail
 * and close at once.
 */
void bastion_abandon(struct bastion *b);

/* Abandon and free it.  Its channels must be closed before.  NULL is allowed. */
void bastion_free(struct bastion *b);

/*
 * The next step of greeting, checking the host key and logging in.  1 when
 * logged in, 0 when it waits for bytes, -1 with ERROR_TRUST (host key),
 * ERROR_DENIED (key refused) or ERROR_UNAVAILABLE.  Blocks while an agent asks its
 * owner, at most until the deadline.
 */
int bastion_login(struct bastion *b, struct deadline until, struct error *err);

/* After a failed login: is it something that libssh2 cannot do but ssh may?  Never
 * after ERROR_TRUST. */
bool bastion_unable(const struct bastion *b);

/*
 * Open a channel to host:port.  1 with *stream, 0 when it waits for the answer:
 * call again with the same; -1 with why.  One at a time: libssh2 has one place
 * for a channel that is being opened.
 */
int bastion_open_channel(struct bastion *b, const char *host, uint16_t port,
                         struct stream **stream, struct error *err);

/* Move bytes between the socket and the buffers.  True when any moved. */
bool bastion_fill(struct bastion *b);
bool bastion_flush(struct bastion *b);

int bastion_fd(const struct bastion *b);
short bastion_events(const struct bastion *b);

/* When the last byte came, by deadline_now_ms(). */
int64_t bastion_heard_ms(const struct bastion *b);

/*
 * Ask for a sign of life; the answer only shows in bastion_heard_ms(), and stays
 * in libssh2's memory for good (openssh.md B.1).  At most every 3 s.
 */
void bastion_probe(struct bastion *b);

/* Has something come that nobody has looked at? */
bool bastion_has_input(const struct bastion *b);

/*
 * Let libssh2 work off what has come while no channel is read, such as sshd's own
 * question whether we are alive: asks for a channel of a kind that there is not,
 * and waits for the refusal, which leaves no trace.  A sign of life as well.  1
 * when done, 0: call again.  Takes the one place for a channel that is opened.
 */
int bastion_sweep(struct bastion *b);

/* Has the connection ended? */
bool bastion_is_dead(const struct bastion *b);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * libssh2conn.h - one SSH connection to a bastion with many channels, by libssh2.
 *
 * Nothing here waits for the network: the caller polls, moves bytes with
 * netbuf_fill() and netbuf_flush(), and calls again.
 */
#ifndef BASTION_LIBSSH2CONN_H
#define BASTION_LIBSSH2CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bastion/transport.h"

struct libssh2conn;
struct error;
struct authkeys;
struct netbuf;
struct stream;

struct libssh2conn_config {
	const char *address; /* all are borrowed for the connection's life */
	const char *user;
	struct authkeys *keys;
	bastionkey_ask *ask_bastionkey;
};

/* Takes the connected socket fd. */
struct libssh2conn *libssh2conn_new(int fd, const struct libssh2conn_config *config);

/* Disconnect.  From now on the channels fail, and close at once. */
void libssh2conn_abandon(struct libssh2conn *b);

/* Abandon and free it.  Its channels must be closed before.  NULL is allowed. */
void libssh2conn_free(struct libssh2conn *b);

/*
 * The next step of handshake, host key check and login.  TRANSPORT_FAILED with
 * ERROR_TRUST (host key), ERROR_DENIED (key refused), ERROR_RETRY (turned away) or
 * ERROR_UNAVAILABLE.  While ssh-agent signs, poll authkeys_poll_fd(), too, and
 * libssh2conn_waits_for().
 */
enum transport_result libssh2conn_login(struct libssh2conn *b, struct error *err);

/* The descriptor through which an answer about known_hosts comes; -1: none is pending. */
int libssh2conn_waits_for(const struct libssh2conn *b);

/* After a failed login: can OpenSSH do what libssh2 cannot?  Never after ERROR_TRUST. */
enum unable libssh2conn_unable(const struct libssh2conn *b);

/* Open a channel to host:port, see transport_ops.  One at a time: libssh2 keeps the state
 * of one channel that opens. */
enum transport_result libssh2conn_open_channel(struct libssh2conn *b, const char *host,
                                               uint16_t port, struct stream **stream,
                                               struct error *err);

/* The buffers in front of its socket. */
struct netbuf *libssh2conn_netbuf(struct libssh2conn *b);

/* Send a keepalive; the answer shows in the netbuf's last_read_ms only, and libssh2 keeps
 * it in memory until the connection ends (src/doc/openssh.md).  At most every 3 s.
 */
void libssh2conn_probe(struct libssh2conn *b);

/*
 * Let libssh2 read what came while no channel is read, such as sshd's keepalive: opens a
 * channel of an unknown type and waits for the refusal.  A probe as well, whose answer
 * takes no memory.  TRANSPORT_PENDING: call again; no channel can be opened meanwhile.
 */
enum transport_result libssh2conn_drain(struct libssh2conn *b);

/* Has the connection ended? */
bool libssh2conn_is_closed(const struct libssh2conn *b);

/* "libssh2/VERSION", for --version. */
const char *libssh2conn_version(void);

#endif

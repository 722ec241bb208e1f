/* SPDX-License-Identifier: MIT */
/*
 * client.h - the client side of the broker's protocol (src/doc/broker-protocol.md): ask a
 * gateway's broker, and start one where there is none.  Links libc only, for cxssh-proxy.
 */
#ifndef BROKER_CLIENT_H
#define BROKER_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"

struct error;

/* The first word of a versioned request and reply, and the longest line with its end. */
#define BROKER_PROTOCOL "v1"
#define BROKER_CONNECTING "connecting"
enum { BROKER_LINE_MAX = 640 };

/* Was there a broker that answered?  -1 with err: time is up, the path is too long, or
 * the socket belongs to another user (ERROR_CONFIG). */
enum broker_result { BROKER_ERROR = -1, BROKER_ABSENT = 0, BROKER_ANSWERED = 1 };

/* What may end the wait for a channel.  is_useless (or NULL) is called once, when the
 * channel is not open at slow_at: true when the server is not to be reached so.  It
 * returns once there is something to read from reply: what the broker says. */
struct broker_watch {
	int caller; /* a descriptor whose other end may hang up; -1: none */
	struct deadline slow_at;
	bool (*is_useless)(int reply, void *cookie);
	void *cookie;
};

/*
 * Open a channel to port of the server uid behind gateway ("user@address"): a connected,
 * blocking, close-on-exec descriptor that the caller closes.  Starts "cxssh gateway
 * GATEWAY" where no broker listens, and replaces one that speaks another version.  Blocks
 * until the deadline, or what watch says; its is_useless becomes NULL when it was called.
 * -1 with the broker's reason: ERROR_DENIED (login), ERROR_TRUST (host key),
 * ERROR_CONFIG (no key), ERROR_NO_HOST (no route), ERROR_RETRY (busy), or
 * ERROR_UNAVAILABLE (bastion or server does not answer).
 */
int broker_open_channel(const char *gateway, const char *uid, uint16_t port,
                        struct broker_watch *watch, struct deadline until,
                        struct error *err);

/* Start a broker for gateway unless one listens, for a channel that is opened soon: it
 * logs in meanwhile.  Does not block; a failure is that of broker_open_channel(). */
void broker_start_ahead(const char *gateway);

struct broker_status {
	int64_t pid;
	int64_t channels; /* open now */
	int64_t served;   /* since it started */
	int64_t uptime_s;
	char transport[16]; /* "libssh2", "openssh", BROKER_CONNECTING: no login yet */
	char protocol[16];  /* BROKER_PROTOCOL, or another version's; "": before "v1" */
};

/* Ask the running broker.  Blocks for up to 2 s. */
enum broker_result broker_status(const char *gateway, struct broker_status *status,
                                 struct error *err);

/* Make the broker end, its channels with it: ask it, and kill it when it does not answer.
 * Blocks for up to 4 s. */
enum broker_result broker_close(const char *gateway, struct error *err);

/*
 * Read one line, without its end, and the descriptor that came with it (-1: none, or
 * several) from the connected socket fd.  Blocks until the deadline.  BROKER_ABSENT when
 * the other end hung up before the line was whole.
 */
enum broker_result broker_read_reply(int fd, struct deadline until,
                                     char answer[BROKER_LINE_MAX], int *passed,
                                     struct error *err);

/* What follows the version in a reply of this version; NULL: another version's. */
const char *broker_reply_text(const char *answer);

/* Fill in err by the text of a reply that is not "ok".  Always -1.  Does not block. */
int broker_parse_error_reply(const char *text, struct error *err);

#endif

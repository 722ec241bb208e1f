/* SPDX-License-Identifier: MIT */
/*
 * brokerrequest.h - somebody at the broker's door: one request line, one answer line,
 * perhaps with a descriptor.  The server side of broker/client.
 *
 * Requests: "channel UID PORT", "status", "close".  Answers: "ok ..." and "error
 * STATUS TEXT", where STATUS is the exit status that a program would end with.
 */
#ifndef BROKER_BROKERREQUEST_H
#define BROKER_BROKERREQUEST_H

#include <stdint.h>

struct broker_request;
struct error;

enum broker_request_type {
	BROKER_REQUEST_READING, /* not all of it is there yet */
	BROKER_REQUEST_CHANNEL,
	BROKER_REQUEST_STATUS,
	BROKER_REQUEST_CLOSE,
	BROKER_REQUEST_GONE, /* hung up, is not our user, or relays nonsense */
};

/* Takes fd, an accepted connection. */
struct broker_request *broker_request_new(int fd);
void broker_request_free(struct broker_request *a); /* hangs up; NULL is allowed */

int broker_request_fd(const struct broker_request *a);

/* Read what there is and say what is wanted.  When that was said before: the same,
 * or BROKER_REQUEST_GONE.  Does not block. */
enum broker_request_type broker_request_read(struct broker_request *a);

/* Of BROKER_REQUEST_CHANNEL. */
const char *broker_request_uid(const struct broker_request *a);
uint16_t broker_request_port(const struct broker_request *a);

/* Answer with one line and, unless it is -1, a descriptor, which stays the caller's. */
void broker_request_reply(struct broker_request *a, const char *text, int fd);
void broker_request_reply_error(struct broker_request *a, const struct error *why);

#endif

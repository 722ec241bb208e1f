/* SPDX-License-Identifier: MIT */
/*
 * brokerrequest.h - one client connection of the broker: one request line, one reply
 * line, perhaps with a descriptor.  The broker's side of src/doc/broker-protocol.md.  No
 * function blocks.
 */
#ifndef BROKER_BROKERREQUEST_H
#define BROKER_BROKERREQUEST_H

#include <stdint.h>

struct broker_request;
struct error;

enum broker_request_type {
	BROKER_REQUEST_READING, /* the line is not complete yet */
	BROKER_REQUEST_CHANNEL,
	BROKER_REQUEST_STATUS,
	BROKER_REQUEST_CLOSE,
	BROKER_REQUEST_GONE, /* hung up, another user, or no request: free it */
};

/* Takes fd, an accepted connection. */
struct broker_request *broker_request_new(int fd);
void broker_request_free(struct broker_request *r); /* closes fd; NULL is allowed */

int broker_request_fd(const struct broker_request *r);

/* Read what has come.  Once the type is known it stays, until the client hangs up or
 * sends another byte: BROKER_REQUEST_GONE. */
enum broker_request_type broker_request_read(struct broker_request *r);

/* Of BROKER_REQUEST_CHANNEL: a uid that is fit for a file name, and a port from 1 on. */
const char *broker_request_uid(const struct broker_request *r);
uint16_t broker_request_port(const struct broker_request *r);

/* Reply with one line and, unless it is -1, the descriptor fd (borrowed). */
void broker_request_reply(struct broker_request *r, const char *text, int fd);
void broker_request_reply_error(struct broker_request *r, const struct error *why);

#endif

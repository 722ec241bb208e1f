/* SPDX-License-Identifier: MIT */
/*
 * bastionkey.h - what known_hosts says of a bastion's host key.
 *
 * To read, lock and write the file can wait, for a file system of the network or for
 * another process.  So it is asked by a question, which a process beside the broker
 * answers: start, then step until there is an answer.
 */
#ifndef BASTION_BASTIONKEY_H
#define BASTION_BASTIONKEY_H

#include <stddef.h>

#include "base/strbuf.h"
#include "bastion/transport.h"

struct error;
struct strvec;

struct bastionkey {
	bastionkey_ask *ask; /* NULL: answered at once, in this process, which may wait */
	int fd;              /* to poll for input while the answer is pending; -1 */
	struct strbuf answer;
};

#define BASTIONKEY_INIT(how) \
	{ \
		.ask = (how), .fd = -1, .answer = STRBUF_INIT \
	}

/* Ask for the types of key that the bastion is known by. */
void bastionkey_start_types(struct bastionkey *k, const char *address);

/* Ask whether the key that it showed is to be trusted; one of a first contact is learnt
 * (hostkey/verify.h). */
void bastionkey_start_check(struct bastionkey *k, const char *address,
                            const unsigned char *blob, size_t len);

/*
 * TRANSPORT_PENDING, or the end of the question: TRANSPORT_DONE, with the types (NULL:
 * they are not wanted); TRANSPORT_FAILED as hostkey_verify_or_learn(), and with
 * ERROR_UNAVAILABLE without an answer.  Does not block.
 */
enum transport_result bastionkey_step(struct bastionkey *k, struct strvec *types,
                                      struct error *err);
void bastionkey_release(struct bastionkey *k);

/* Append the answer to a question.  Blocks for the file, and up to 5 s for its lock. */
void bastionkey_answer(const struct strbuf *question, struct strbuf *answer);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * explain.h - why a server cannot be reached: what its silence alone does not say.
 *
 * Silence has several causes, which look alike; they are told apart by what else is
 * known.  No packet is sent.
 */
#ifndef CONNECT_EXPLAIN_H
#define CONNECT_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct helper;
struct route;

/* What is known of a connection that failed; all is the caller's. */
struct explain_facts {
	const struct route *route;
	uint16_t port;
	const struct helper *helper; /* what it said of the lease */
	bool first_lease;            /* there was no valid one at the begin */
};

/*
 * Add to err, or put in its place, the cause that is likelier than the one it names: a
 * port that no lease opens, a lease for another address, no network, a server that is
 * down while another of its stack answers.  Errors with a certain cause are left as they
 * are.  Asks the kernel for its source addresses and reads the log's end; does not block
 * otherwise.
 */
void explain_failure(const struct explain_facts *facts, struct error *err);

#endif

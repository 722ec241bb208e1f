/* SPDX-License-Identifier: MIT */
/*
 * agent.h - a client of ssh-agent (draft-miller-ssh-agent): which keys it has,
 * signatures by them, and keys given to it for a time.
 *
 * libssh2's own client cannot ask for the SHA-2 signatures of RSA keys that
 * servers now want (openssh.md A.3).
 */
#ifndef KEYS_AGENT_H
#define KEYS_AGENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/deadline.h"

struct error;
struct strbuf;

enum { AGENT_RSA_SHA2_256 = 2, AGENT_RSA_SHA2_512 = 4 };

/*
 * Connect to the agent at path, or, if that is NULL, at $SSH_AUTH_SOCK.  A
 * descriptor owned by the caller, or -1 with ERROR_UNAVAILABLE; one that does not
 * accept is given a second.
 */
int agent_open(const char *path, struct error *err);

/*
 * Append each key's blob, as an SSH string, to *blobs, in the agent's order.
 * Blocks until the deadline.  The number of keys, or -1 with err.
 */
int agent_list(int fd, struct strbuf *blobs, struct deadline until, struct error *err);

/* What is to be signed, and by which key. */
struct agent_request {
	const struct strbuf *blob; /* the public key */
	const struct strbuf *data;
	uint32_t flags;
};

/*
 * Have it signed.  Appends the signature as the agent gives it (string algorithm,
 * string bytes).  A refusal is ERROR_DENIED: the key is gone, constrained, or its
 * owner said no.  Blocks until the deadline.
 */
int agent_sign(int fd, const struct agent_request *wanted, struct strbuf *signature,
               struct deadline until, struct error *err);

/* A key to be given away. */
struct agent_key {
	const struct strbuf *private; /* "string type", then its numbers (section 3.2) */
	const char *comment;
	uint32_t lifetime_s; /* after which the agent forgets it; not 0 */
};

/*
 * Give the agent a key for a time; one that it has already gets the new time.  An
 * agent that does not take it (it is locked, or knows no lifetime) is ERROR_DENIED.
 * Our copies are wiped.  Blocks until the deadline.
 */
int agent_add(int fd, const struct agent_key *key, struct deadline until,
              struct error *err);

/* Make the agent forget a key: 1, or 0 when it had none or would not, or -1. */
int agent_remove(int fd, const struct strbuf *blob, struct deadline until,
                 struct error *err);

#endif

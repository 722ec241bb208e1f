/* SPDX-License-Identifier: MIT */
/*
 * agent.h - a client of ssh-agent (draft-miller-ssh-agent): list its keys, sign with
 * them, add a key for a time, remove one.
 *
 * libssh2's own client cannot ask for the SHA-2 signatures of RSA keys.
 *
 * Functions that take a descriptor block until the deadline, and fail with
 * ERROR_UNAVAILABLE when the agent closes the connection, is too slow or answers
 * nonsense.
 */
#ifndef KEYS_AGENT_H
#define KEYS_AGENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/deadline.h"

struct error;
struct strbuf;

enum { AGENT_RSA_SHA2_256 = 2, AGENT_RSA_SHA2_512 = 4 };

/* path, or $SSH_AUTH_SOCK when it is NULL; "" when there is none.  Borrowed. */
const char *agent_socket(const char *path);

/* Connect to the agent at agent_socket(path).  A descriptor owned by the caller, or -1
 * with ERROR_UNAVAILABLE.  Blocks, at most 1 s. */
int agent_open(const char *path, struct error *err);

/* Append each key's blob, as an SSH string, to *blobs, in the agent's order.  Returns the
 * number of keys, or -1. */
int agent_list(int fd, struct strbuf *blobs, struct deadline until, struct error *err);

/*
 * The same in two steps that do not block.  Start sends the request.  Step returns 1 when
 * all are in *blobs; or 0: poll fd for input and call again with the same partial, which
 * keeps what has come; or -1.
 */
int agent_list_start(int fd, struct error *err);
int agent_list_step(int fd, struct strbuf *partial, struct strbuf *blobs,
                    struct error *err);

struct agent_request {
	const struct strbuf *blob; /* the public key to sign with */
	const struct strbuf *data;
	uint32_t flags; /* AGENT_RSA_* or 0 */
};

/*
 * Sign, likewise.  Step appends the signature as the agent gives it (string algorithm,
 * string bytes).  ERROR_DENIED when the agent refuses: the key is gone or constrained, or
 * the user said no.
 */
int agent_sign_start(int fd, const struct agent_request *wanted, struct error *err);
int agent_sign_step(int fd, struct strbuf *partial, struct strbuf *signature,
                    struct error *err);

struct agent_key {
	const struct strbuf *private; /* "string type", then its numbers (section 3.2) */
	const char *comment;
	uint32_t lifetime_s; /* the agent removes the key after it; not 0 */
};

/*
 * Add a key; a key that is there already gets the new lifetime.  ERROR_DENIED when the
 * agent refuses: it is locked, or knows no lifetime.  The copies made here are wiped.
 */
int agent_add(int fd, const struct agent_key *key, struct deadline until,
              struct error *err);

/* Remove a key: 1, or 0 when the agent did not have it or refuses, or -1. */
int agent_remove(int fd, const struct strbuf *blob, struct deadline until,
                 struct error *err);

#endif

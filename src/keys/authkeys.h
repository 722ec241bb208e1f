/* SPDX-License-Identifier: MIT */
/*
 * authkeys.h - which keys we log in with on a bastion, and in which order and
 * form they are offered: from a file or from ssh-agent, never with a prompt.
 *
 * Knows no session and no cryptography.
 */
#ifndef KEYS_AUTHKEYS_H
#define KEYS_AUTHKEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/deadline.h"

struct authkeys;
struct error;
struct strbuf;

struct authkeys_config {
	const char *address;    /* the gateway's, for messages */
	const char *key_file;   /* absolute path, or NULL: what ssh-agent has */
	const char *agent_path; /* or NULL: $SSH_AUTH_SOCK */
};

/*
 * Find the keys to log in with.  An encrypted key is taken from ssh-agent.  NULL
 * with ERROR_CONFIG (no key, or a file that is no good) or ERROR_DENIED (encrypted
 * and not in the agent), each with what to run.  Blocks on the agent, at most
 * until the deadline.
 */
struct authkeys *authkeys_load(const struct authkeys_config *config,
                               struct deadline until, struct error *err);
void authkeys_free(struct authkeys *keys); /* wipes; NULL is allowed */

/* Why only OpenSSH's own client can log in with these (a certificate, a key on a
 * security token), or NULL.  Borrowed. */
const char *authkeys_unfit(const struct authkeys *keys);

/* One try to log in. */
struct authkeys_try {
	size_t attempt; /* from 0 */
	bool modern;    /* the server is an OpenSSH that takes what is said below */
	struct deadline until;
};

/*
 * What to offer in a try: the key's blob in *blob.  For an RSA key the blob's type
 * says which hash is meant ("rsa-sha2-512"): that is how libssh2 1.10 can be made
 * to ask for it (openssh.md A.3); to a server that is not modern plain "ssh-rsa"
 * is offered first.  False when all has been tried.
 */
bool authkeys_offer(const struct authkeys *keys, const struct authkeys_try *turn,
                    struct strbuf *blob);

/*
 * Sign data, the request of that try, with the algorithm that it names itself.
 * Appends the bare signature, without the algorithm's name.  Blocks while an
 * agent asks its owner, at most until turn's deadline.
 */
int authkeys_sign(const struct authkeys *keys, const struct authkeys_try *turn,
                  const struct strbuf *data, struct strbuf *signature, struct error *err);

/* What a message calls the keys: the file, or "the keys in ssh-agent".  Borrowed. */
const char *authkeys_display_name(const struct authkeys *keys);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * authkeys.h - the keys to log in with on a bastion, from a file or from ssh-agent, and
 * in which order and form they are offered.  Never asks for a passphrase.
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
	const char *address;  /* the bastion's, for messages */
	const char *key_file; /* absolute path, or NULL: the keys that ssh-agent has */
	int (*open_agent)(struct error *err); /* a descriptor through which the connection
	                                         to the agent comes (fdpass_read()); NULL:
	                                         agent_open(agent_path) */
	const char *agent_path; /* its socket; NULL: $SSH_AUTH_SOCK, "": no agent */
};

/*
 * Find the keys to log in with; an encrypted key and a public key file need ssh-agent.
 * What config points to is borrowed.  NULL with the command that helps and ERROR_CONFIG
 * (no key, or a file that is not one) or ERROR_DENIED (the private half is encrypted and
 * not in the agent).  Blocks while it reads the file, and without open_agent for 1 s at
 * most while it connects to the agent.
 */
struct authkeys *authkeys_start(const struct authkeys_config *config, struct error *err);

/*
 * Has the agent named its keys?  AUTHKEYS_READY; AUTHKEYS_PENDING: poll
 * authkeys_poll_fd() and call again; -1 with an error as above, after the deadline at
 * the latest.  Until it is ready there is nothing to offer.  Does not block.
 */
enum { AUTHKEYS_READY = 0 };
int authkeys_step(struct authkeys *keys, struct deadline until, struct error *err);

/* authkeys_start() and all steps.  Blocks on the agent, at most until the deadline. */
struct authkeys *authkeys_load(const struct authkeys_config *config,
                               struct deadline until, struct error *err);
void authkeys_free(struct authkeys *keys); /* wipes; NULL is allowed */

/* Why only OpenSSH's own client can log in with these (a certificate, a key on a
 * security token), or NULL.  Borrowed. */
const char *authkeys_unfit(const struct authkeys *keys);

/* True when the agent also has keys that only OpenSSH's own client can use: when the
 * others are refused, it may still log in. */
bool authkeys_skipped(const struct authkeys *keys);

/* Is the private half at hand, so that no signature asks ssh-agent, which may ask the
 * user? */
bool authkeys_unattended(const struct authkeys *keys);

/* One attempt to log in. */
struct authkeys_try {
	size_t attempt; /* from 0 */
	bool modern;    /* the server is OpenSSH 7.2 or later; see authkeys_offer() */
};

/*
 * Set *blob to the public key to offer in an attempt; false when all were tried.  For an
 * RSA key the blob's type names the signature algorithm ("rsa-sha2-512"): libssh2 1.10
 * asks for what it says there, and OpenSSH accepts it.  A server that is not modern is
 * offered plain "ssh-rsa" first.
 */
bool authkeys_offer(const struct authkeys *keys, const struct authkeys_try *turn,
                    struct strbuf *blob);

/*
 * Append the signature of data, the request of that attempt, by the algorithm that data
 * names, without the algorithm's name.  Does not block: AUTHKEYS_PENDING while ssh-agent,
 * which may ask the user, has not answered; call again with the same.  -1 with
 * ERROR_DENIED or ERROR_UNAVAILABLE.
 */
enum { AUTHKEYS_SIGNED = 0, AUTHKEYS_PENDING = 1 };
int authkeys_sign(struct authkeys *keys, const struct authkeys_try *turn,
                  const struct strbuf *data, struct strbuf *signature, struct error *err);

/* What to poll for input while the keys or a signature are pending; -1: nothing. */
int authkeys_poll_fd(const struct authkeys *keys);

/* What messages call the keys: the file, or "the keys in ssh-agent".  Borrowed. */
const char *authkeys_display_name(const struct authkeys *keys);

#endif

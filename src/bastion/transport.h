/* SPDX-License-Identifier: MIT */
/*
 * transport.h - one login on a bastion, by libssh2 or by OpenSSH: it gets ready, opens
 * channels, and ends.
 *
 * Nothing waits for the network.  What still blocks is said at each function.
 */
#ifndef BASTION_TRANSPORT_H
#define BASTION_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

/* The end of a sentence about a bastion that refuses a channel by its configuration. */
#define TRANSPORT_FORBIDDEN \
	"it does not allow that (its AllowTcpForwarding or PermitOpen)"

enum { TRANSPORT_ADDRESS_SIZE = 64 }; /* for any numeric address, with its scope */

/* What a step came to. */
enum transport_result {
	TRANSPORT_FAILED = -1,
	TRANSPORT_PENDING = 0,
	TRANSPORT_DONE = 1
};

struct error;
struct transport;
struct pollset;
struct stream;
struct strbuf;

/* Have a question about a host key answered elsewhere (bastion/bastionkey.h): a
 * non-blocking descriptor, owned by the caller, through which the answer comes and then
 * its end; -1 with ERROR_UNAVAILABLE. */
typedef int bastionkey_ask(const struct strbuf *question, struct error *err);

/* All is borrowed for the life of the transport. */
struct transport_config {
	const char *gateway; /* "user@address" */
	const char *address;
	const char *peer_address; /* numeric, of an earlier login; or NULL */
	const char *user;
	const char *key_file;                 /* or NULL: ssh-agent */
	int (*open_agent)(struct error *err); /* NULL: as keys/authkeys.h says */
	bastionkey_ask *ask_bastionkey;       /* NULL: known_hosts is read here */
};

/* A channel that is to be opened. */
struct channel_open {
	const char *host;
	uint16_t port;
	void *place; /* the transport's own; NULL at first */
};

struct transport_ops {
	/* The next step of the login.  TRANSPORT_FAILED with ERROR_UNAVAILABLE,
	 * ERROR_RETRY (turned away), ERROR_DENIED, ERROR_TRUST or ERROR_CONFIG. Without
	 * ask_bastionkey libssh2's blocks while it reads known_hosts, and for up to 5 s
	 * for its lock when the host key is not known yet. */
	enum transport_result (*step)(struct transport *t, struct error *err);

	/* Add what to wait for; lower *wait_ms to the next time limit. */
	void (*poll)(struct transport *t, struct pollset *set, int *wait_ms);

	/* Read what came; true when streams may have data. */
	bool (*receive)(struct transport *t);

	/* Send what was written; true when any byte was sent. */
	bool (*flush)(struct transport *t);

	/* May open() be called for a further channel now? */
	bool (*can_open)(const struct transport *t);

	/* TRANSPORT_DONE with *stream; TRANSPORT_PENDING: call again with the same;
	 * TRANSPORT_FAILED with the end of a sentence ("the server does not answer"),
	 * ERROR_DENIED or ERROR_UNAVAILABLE. */
	enum transport_result (*open)(struct transport *t, struct channel_open *o,
	                              struct stream **stream, struct error *err);

	/* The client of this channel_open is gone. */
	void (*cancel)(struct transport *t, struct channel_open *o);

	/* The machine slept: see whether the bastion still answers. */
	void (*probe)(struct transport *t);

	/* The bastion's numeric address, once ready.  NULL: the transport cannot tell. */
	bool (*peer_address)(const struct transport *t, char out[TRANSPORT_ADDRESS_SIZE]);

	/* Has a probe been unanswered for too long? */
	bool (*unresponsive)(const struct transport *t);

	/* Has the connection ended?  Then abandon(), close the streams, and free(). */
	bool (*is_closed)(const struct transport *t);
	void (*abandon)(struct transport *t);
	void (*free)(struct transport *t);
	const char *name; /* of the transport, as in the configuration */
};

/* Can OpenSSH do what the transport cannot?  Perhaps: the bastion hung up without a word,
 * which may be for that, and may have passed by the next login. */
enum unable { ABLE = 0, UNABLE, MAYBE_UNABLE };

struct transport {
	const struct transport_ops *ops;
	bool unattended; /* the login used no agent: another one asks no user anything */
	enum unable unable; /* after a failed step() */
};

/* Begin a login.  NULL with err: no key, no program, or an address that cannot be one. */
typedef struct transport *transport_start(const struct transport_config *config,
                                          struct error *err);

#endif

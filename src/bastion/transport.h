/* SPDX-License-Identifier: MIT */
/*
 * transport.h - one login on a bastion, by whatever transport, as the dispatcher
 * drives it: it gets ready, opens channels, and ends.
 *
 * No operation blocks.
 */
#ifndef BASTION_TRANSPORT_H
#define BASTION_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

enum { TRANSPORT_ADDRESS_SIZE = 64 }; /* room for any numeric address, with its scope */

struct error;
struct transport;
struct pollset;
struct stream;

/* What a login needs to know; all is borrowed for the broker's life. */
struct transport_config {
	const char *gateway; /* "user@address", for messages */
	const char *address;
	const char *peer_address; /* numeric: where a login was made before; or NULL */
	const char *user;
	const char *key_file; /* or NULL: ssh-agent */
	int send_buffer;      /* SO_SNDBUF, or 0 */
};

/* A channel that is asked for; the login keeps its place in it. */
struct channel_open {
	const char *host;
	uint16_t port;
	void *place; /* NULL at first */
};

struct transport_ops {
	/* Get ready: 1 when it is, 0 when that takes more, -1 with why it will not be. */
	int (*step)(struct transport *l, struct error *err);

	/* After step() failed: might the other transport do better? */
	bool (*unable)(const struct transport *l);

	/* Add what to wait for; lower *wait_ms to when to be called at the latest. */
	void (*poll)(struct transport *l, struct pollset *set, int *wait_ms);

	/* Take in what came; true when there may be news for streams. */
	bool (*receive)(struct transport *l);

	/* Send out what was written; true when anything moved. */
	bool (*flush)(struct transport *l);

	/* May open() be called for another channel now? */
	bool (*can_open)(const struct transport *l);

	/*
	 * 1 with *stream, 0 when that takes more (call again with the same opening),
	 * -1 with why not, as the end of a sentence: "the server: nobody ...".
	 */
	int (*open)(struct transport *l, struct channel_open *o, struct stream **stream,
	            struct error *err);

	/* Nobody wants it any more. */
	void (*cancel)(struct transport *l, struct channel_open *o);

	/* Time has jumped, or somebody doubts: see whether the bastion is still there. */
	void (*probe)(struct transport *l);

	/* Its numeric address, of a login that is ready, into out; NULL: it cannot tell.
	 */
	bool (*peer_address)(const struct transport *l, char out[TRANSPORT_ADDRESS_SIZE]);

	/* Has it failed to show a sign of life when asked? */
	bool (*unresponsive)(const struct transport *l);

	/* Has it ended?  Then abandon() it, close its streams, and free() it. */
	bool (*is_closed)(const struct transport *l);
	void (*abandon)(struct transport *l);
	void (*free)(struct transport *l);
	const char *name; /* of the transport, as in the configuration */
};

struct transport {
	const struct transport_ops *ops;
};

#endif

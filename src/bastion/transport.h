/*
 * login.h - one login on a bastion, by whatever transport, as the switchboard
 * drives it: it gets ready, opens channels, and ends.
 *
 * No operation blocks.
 */
#ifndef BASTION_TRANSPORT_H
#define BASTION_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

enum { LOGIN_WHERE = 64 }; /* room for any numeric address, with its scope */

struct error;
struct login;
struct pollset;
struct stream;

/* What a login needs to know; all is borrowed for the broker's life. */
struct login_config {
	const char *gateway; /* "user@address", for messages */
	const char *address;
	const char *where; /* numeric: where a login was made before; or NULL */
	const char *user;
	const char *key_file; /* or NULL: ssh-agent */
	int send_buffer;      /* SO_SNDBUF, or 0 */
};

/* A channel that is asked for; the login keeps its place in it. */
struct opening {
	const char *host;
	uint16_t port;
	void *place; /* NULL at first */
};

struct login_ops {
	/* Get ready: 1 when it is, 0 when that takes more, -1 with why it will not be. */
	int (*step)(struct login *l, struct error *err);

	/* After step() failed: might the other transport do better? */
	bool (*unable)(const struct login *l);

	/* Add what to wait for; lower *wait_ms to when to be called at the latest. */
	void (*poll)(struct login *l, struct pollset *set, int *wait_ms);

	/* Take in what came; true when there may be news for streams. */
	bool (*take)(struct login *l);

	/* Send out what was written; true when anything moved. */
	bool (*flush)(struct login *l);

	/* May open() be called for another channel now? */
	bool (*vacant)(const struct login *l);

	/*
	 * 1 with *stream, 0 when that takes more (call again with the same opening),
	 * -1 with why not, as the end of a sentence: "the server: nobody ...".
	 */
	int (*open)(struct login *l, struct opening *o, struct stream **stream,
	            struct error *err);

	/* Nobody wants it any more. */
	void (*cancel)(struct login *l, struct opening *o);

	/* Time has jumped, or somebody doubts: see whether the bastion is still there. */
	void (*doubt)(struct login *l);

	/* Its numeric address, of a login that is ready, into out; NULL: it cannot tell. */
	bool (*where)(const struct login *l, char out[LOGIN_WHERE]);

	/* Has it failed to show a sign of life when asked? */
	bool (*silent)(const struct login *l);

	/* Has it ended?  Then abandon() it, close its streams, and free() it. */
	bool (*dead)(const struct login *l);
	void (*abandon)(struct login *l);
	void (*free)(struct login *l);
	const char *name; /* of the transport, as in the configuration */
};

struct login {
	const struct login_ops *ops;
};

#endif

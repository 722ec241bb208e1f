/* SPDX-License-Identifier: MIT */
/*
 * callback.h - how the code of a login in the browser comes back: by a request to a
 * listener on this machine, or in the address that the user pastes.
 *
 * Any program, and any page in the browser, can send requests to the listener.  What does
 * not bear the state of this login is answered and forgotten.
 */
#ifndef CLOUD66_CALLBACK_H
#define CLOUD66_CALLBACK_H

#include <stddef.h>

#include "base/deadline.h"

struct error;

/* The only address that the toolbelt's client is registered for. */
#define CALLBACK_URI "http://127.0.0.1:34543"
enum { CALLBACK_PORT = 34543, CALLBACK_REQUEST_MAX = 8192 /* bytes */ };

/*
 * Read the query of url, an address or the target of a request.  1 with *code, a secret
 * that the caller frees with mem_free_secret(); 0 when url does not bear this state; -1
 * with ERROR_DENIED when the login was refused in the browser.  Does not block.
 */
int callback_read(const char *url, const char *state, char **code, struct error *err);

/* The same for len bytes of an HTTP request; 0 also for what is none. */
int callback_read_request(const char *bytes, size_t len, const char *state, char **code,
                          struct error *err);

/* Listen on 127.0.0.1, for close(2).  -1 with ERROR_UNAVAILABLE when another program has
 * the port.  Does not block. */
int callback_listen(struct error *err);

/*
 * Wait for the one request with the state.  Returns its connection, for
 * callback_answer(), and *code as callback_read(); -1 with ERROR_DENIED, or
 * ERROR_UNAVAILABLE at the deadline.  Blocks until then.
 */
int callback_wait(int listener, const char *state, struct deadline until, char **code,
                  struct error *err);

/* Send a page that says sentence, plain ASCII, and close client.  Blocks 2 s at most. */
void callback_answer(int client, int status, const char *sentence);

#endif

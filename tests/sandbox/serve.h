/* SPDX-License-Identifier: MIT */
/*
 * serve.h - the sandbox's HTTP: libmicrohttpd stays in here and in request.c.
 *
 * Knows how an answer becomes a response, well or badly, and the log of
 * requests.  Every connection has a thread of its own, so that a slow or hanging
 * one delays no other.
 */
#ifndef SANDBOX_SERVE_H
#define SANDBOX_SERVE_H

#include <stdint.h>
#include <sys/socket.h>

#include "request.h"

struct serve_config {
	const struct sockaddr *address;
	const char *tls_cert, *tls_key; /* PEM text, or both NULL: plain HTTP */
};

/* Start to answer; NULL with errno.  box must outlive the server. */
struct MHD_Daemon *serve_start(struct sandbox *box, const struct serve_config *config);

/* Stop; box->stop_fd must be readable by then, or hanging requests hang on. */
void serve_stop(struct MHD_Daemon *daemon);

#endif

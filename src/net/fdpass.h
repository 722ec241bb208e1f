/* SPDX-License-Identifier: MIT */
/*
 * fdpass.h - who called us, and giving it the connected descriptor.
 *
 * OpenSSH with ProxyUseFdpass yes runs its ProxyCommand with one AF_UNIX stream
 * socket as 0 and 1 and waits for a descriptor; everyone else wants bytes.
 * libssh uses one socketpair for both too, but its banner can be read there at
 * once, where OpenSSH writes nothing (openssh.md C.3, E).
 */
#ifndef NET_FDPASS_H
#define NET_FDPASS_H

#include <stdbool.h>
#include <stddef.h>

struct error;

/* Does the caller wait for a descriptor on in and out?  Asked at hand-over. */
bool fdpass_wanted(int in, int out);

/* Send fd (borrowed; the caller closes it) with one byte over the socket out.  May
 * block for as long as the peer does not read; ssh does. */
int fdpass_send(int out, int fd, struct error *err);

/* Take one descriptor from the socket in: close-on-exec, the caller's; -1 with
 * errno, ENOMSG when the bytes came without one.  *len bytes of text were read. */
int fdpass_receive(int in, char *text, size_t cap, size_t *len);

#endif

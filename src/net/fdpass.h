/* SPDX-License-Identifier: MIT */
/*
 * fdpass.h - descriptors over AF_UNIX sockets (SCM_RIGHTS in unix(7)), and whether the
 * caller of the proxy wants one.
 *
 * OpenSSH with "ProxyUseFdpass yes" runs its ProxyCommand with one AF_UNIX stream socket
 * as 0 and 1 and waits for a descriptor; every other client wants bytes.  libssh uses one
 * socketpair for both, too, but sends its banner at once, where OpenSSH writes nothing.
 */
#ifndef NET_FDPASS_H
#define NET_FDPASS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct error;

/* Does the caller wait for a descriptor on in and out?  Not on a socket with a name. Does
 * not block. */
bool fdpass_wanted(int in, int out);

/*
 * The same for a caller that may not have run since it started this process: libssh sends
 * its banner some milliseconds late on a busy machine.  Where the system tells which
 * program made the socket, and it is no ssh by its name, blocks until there is a banner,
 * for a second at most.
 */
bool fdpass_wanted_at_start(int in, int out);

/* Is this the path of an OpenSSH by its name: ssh, hpnssh, ssh.real, .ssh-wrapped? */
bool fdpass_is_ssh(const char *program);

/*
 * Send len bytes, at least one, and with them the descriptor fd (borrowed; -1: none), in
 * one sendmsg(2) with these flags.  The number of bytes sent, or -1 with errno.  Blocks
 * as sendmsg(2) does; raises no SIGPIPE.
 */
ssize_t fdpass_write(int to, const void *bytes, size_t len, int fd, int flags);

/*
 * Read up to cap bytes.  *fd: the one descriptor that came with them, close-on-exec and
 * the caller's; -1 when none came, or several (they are closed).  The number of bytes, 0
 * at the end, -1 with errno.  Blocks as recvmsg(2) does.
 */
ssize_t fdpass_read(int from, void *bytes, size_t cap, int *fd);

/* Give OpenSSH the descriptor fd (borrowed) with the one byte that it expects.  -1 with
 * ERROR_INTERNAL.  Blocks while the socket's buffer is full. */
int fdpass_send(int out, int fd, struct error *err);

#endif

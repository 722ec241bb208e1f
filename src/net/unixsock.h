/* SPDX-License-Identifier: MIT */
/*
 * unixsock.h - AF_UNIX sockets (unix(7)): the path for a gateway's socket, its address,
 * and the user at the other end.  Knows no protocol.
 */
#ifndef NET_UNIXSOCK_H
#define NET_UNIXSOCK_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

struct error;

/*
 * The path of the socket of gateway ("user@address") in the runtime folder, or of another
 * file beside it with this ending.  The caller frees it.  Does not block.
 */
char *unixsock_socket_path(const char *gateway);
char *unixsock_path(const char *gateway, const char *ending);

/* Fill in the address of the socket path.  ERROR_CONFIG when path is longer than
 * sun_path (108 bytes on Linux, 104 on macOS). */
int unixsock_address(const char *path, struct sockaddr_un *address, struct error *err);

/* A non-blocking connection to the socket at address; -1 with errno, which is EAGAIN when
 * the listener's queue is full, and EPERM when it belongs to another user. */
int unixsock_connect(const struct sockaddr_un *address);

/* Does the process at the other end of the connected socket fd have the effective
 * user id of this one?  Asks SO_PEERCRED, or getpeereid(3) where there is none. */
bool unixsock_peer_is_us(int fd);

/* The process that called listen(2) on, or made, the other end; 0 where the system does
 * not tell. */
pid_t unixsock_peer_pid(int fd);

#endif

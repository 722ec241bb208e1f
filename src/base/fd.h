/* SPDX-License-Identifier: MIT */
/*
 * fd.h - descriptors born close-on-exec, on systems with and without the
 * Linux calls for it.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

/* As pipe(2), socketpair(2) and socket(2), close-on-exec; 0 / the descriptor, or
 * -1 with errno.  SIGPIPE is never raised by these sockets where that can be said. */
int fd_pipe(int ends[2]);
int fd_socketpair(int ends[2]); /* AF_UNIX, SOCK_STREAM */
int fd_socket(int family, int type, int protocol);
int fd_accept(int listener);

/* 0, or -1 with errno. */
int fd_nonblocking(int fd);

/* Close *fd unless it is -1, and make it -1. */
void fd_close(int *fd);

#endif

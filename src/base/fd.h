/* SPDX-License-Identifier: MIT */
/*
 * fd.h - descriptors that are close-on-exec from the start, on Linux and macOS.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* macOS: SO_NOSIGPIPE, and every main() ignores SIGPIPE */
#endif

/* As pipe(2), socketpair(2), socket(2) and accept(2), but close-on-exec, and without
 * SIGPIPE where SO_NOSIGPIPE exists: 0 or the descriptor, or -1 with errno.  Only
 * fd_accept() may block. */
int fd_pipe(int ends[2]);
int fd_socketpair(int ends[2]); /* AF_UNIX, SOCK_STREAM */
int fd_socket(int family, int type, int protocol);
int fd_accept(int listener);

/* The modification time, whose field macOS names otherwise; in nanoseconds since the
 * epoch. */
int64_t fd_mtime_ns(const struct stat *st);

/* When the file at path was last written, in milliseconds since the epoch, and how many
 * whole seconds ago that is.  -1: there is no file, or that time lies in the future, so
 * the clock was set back.  time(2) will not do here: it lags by up to a tick, while a
 * file system of Linux 6.13 and later stamps a file with the exact time. */
int64_t fd_mtime_ms(const char *path);
int64_t fd_age_s(const char *path);

/* Set O_NONBLOCK: 0, or -1 with errno. */
int fd_nonblocking(int fd);

/*
 * Open /dev/null for each of the descriptors 0 to 2 that is closed, so that no file gets
 * their numbers.  As with a closed one, reading 0 and writing 1 then fail with EBADF;
 * what goes to 2 is lost.
 */
void fd_fill_standard(void);

/* Close *fd unless it is -1, and set it to -1. */
void fd_close(int *fd);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * tcppeer.h - the user at the other end of a connection from this machine.
 */
#ifndef NET_TCPPEER_H
#define NET_TCPPEER_H

/*
 * Whose is the other end of fd, a connection to a listener on 127.0.0.1?  Linux says so
 * in /proc/net/tcp; an end that is closed already counts as another user's.  UNKNOWN on
 * other systems.  Does not block.
 */
enum tcppeer { TCPPEER_UNKNOWN, TCPPEER_US, TCPPEER_OTHER };
enum tcppeer tcppeer_user(int fd);

#endif

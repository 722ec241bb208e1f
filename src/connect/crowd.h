/* SPDX-License-Identifier: MIT */
/*
 * crowd.h - do many clients connect to one server at the same moment?
 */
#ifndef CONNECT_CROWD_H
#define CONNECT_CROWD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Note a connection to port of the server uid, which is in use as long as the process
 * user runs.  True if the one noted before was noted within the last second, and is still
 * in use: sshd may then drop some (MaxStartups), and its banner is to be waited for.  Of
 * sessions one after the other none is a crowd.  The time of one small file; an error
 * counts as no crowd.  Does not block.
 */
bool crowd_join(const char *uid, uint16_t port, pid_t user);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * crowd.h - do many clients connect to one server at the same moment?
 */
#ifndef CONNECT_CROWD_H
#define CONNECT_CROWD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Note a connection to port of the server uid.  True from the fourth one on, each within
 * a second of the one before: sshd may then drop some (MaxStartups), and its banner is to
 * be waited for.  The time of one small file.  Does not block.
 */
bool crowd_join(const char *uid, uint16_t port);

#endif

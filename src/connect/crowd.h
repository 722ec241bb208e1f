/* SPDX-License-Identifier: MIT */
/*
 * crowd.h - do many clients connect to one server at the same moment?
 */
#ifndef CONNECT_CROWD_H
#define CONNECT_CROWD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Note a connection to port of the server uid.  Returns the mark that all of them share,
 * a descriptor of the caller's; -1: there is none.  The time of one small file.  Does not
 * block.
 */
int crowd_join(const char *uid, uint16_t port);

/*
 * Are there four or more, each within a second of the one before?  sshd may then drop
 * some (MaxStartups), and its banner is to be waited for.  To be asked once connected:
 * those that came meanwhile count, too.  True where none can be noted: the disk is full.
 */
bool crowd_is_there(int mark);

#endif

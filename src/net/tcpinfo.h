/* SPDX-License-Identifier: MIT */
/*
 * tcpinfo.h - what the kernel has measured about a TCP connection (TCP_INFO of tcp(7)):
 * Linux 4.9 and later.
 */
#ifndef NET_TCPINFO_H
#define NET_TCPINFO_H

#include <stdint.h>

struct tcpinfo {
	int64_t least_trip_us; /* the least round trip of the last minutes; not 0 */
	int64_t trip_us;       /* the last ones, on average; not 0 */
	int64_t rate; /* bytes a second that the line takes; 0: not known, since the
	                 program sent less */
};

/* 0, or -1 where the kernel does not tell.  Does not block. */
int tcpinfo_get(int fd, struct tcpinfo *info);

#endif

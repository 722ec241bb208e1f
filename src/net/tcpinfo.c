/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <sys/socket.h>

#ifdef __linux__
/* Not <netinet/tcp.h>: its struct ends before what is asked here. */
#include <linux/tcp.h>
#include <netinet/in.h>
#endif

#include "net/tcpinfo.h"

int tcpinfo_get(int fd, struct tcpinfo *info)
{
#ifdef __linux__
	struct tcp_info k = { .tcpi_min_rtt = 0 };
	socklen_t len = sizeof(k);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &k, &len) == 0 &&
	    len >= offsetof(struct tcp_info, tcpi_delivery_rate) +
	                    sizeof(k.tcpi_delivery_rate) &&
	    k.tcpi_min_rtt != UINT32_MAX && k.tcpi_min_rtt != 0 && k.tcpi_rtt != 0) {
		*info = (struct tcpinfo){
			.least_trip_us = k.tcpi_min_rtt,
			.trip_us = k.tcpi_rtt,
			.rate = k.tcpi_delivery_rate_app_limited != 0 ?
			                0 :
			                (int64_t)k.tcpi_delivery_rate,
		};
		return 0;
	}
#else
	(void)fd;
	(void)info;
#endif
	return -1;
}

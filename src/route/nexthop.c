/* SPDX-License-Identifier: MIT */
#include "route/nexthop.h"

#ifdef __linux__
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

struct request {
	struct nlmsghdr head;
	struct rtmsg route;
	struct rtattr to;
	unsigned char address[sizeof(struct in6_addr)];
};

#ifndef RTM_F_FIB_MATCH
#define RTM_F_FIB_MATCH 0x2000 /* Linux 4.13; older ones take no notice */
#endif

/* The entry of the table, not what a router's redirect (ICMP) made of it since. */
static size_t ask_for(struct request *r, const struct sockaddr *to)
{
	const void *address = &((const struct sockaddr_in *)(const void *)to)->sin_addr;
	size_t len = sizeof(struct in_addr);

	if (to->sa_family == AF_INET6) {
		address = &((const struct sockaddr_in6 *)(const void *)to)->sin6_addr;
		len = sizeof(struct in6_addr);
	}
	*r = (struct request){
		.head = { .nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST },
		.route = { .rtm_family = (unsigned char)to->sa_family,
		           .rtm_dst_len = (unsigned char)(8 * len),
		           .rtm_flags = RTM_F_FIB_MATCH },
		.to = { .rta_type = RTA_DST, .rta_len = (unsigned short)RTA_LENGTH(len) },
	};
	memcpy(r->address, address, len);
	r->head.nlmsg_len =
		(unsigned int)(NLMSG_LENGTH(sizeof(r->route)) + RTA_LENGTH(len));
	return r->head.nlmsg_len;
}

/* The gateway in the answer, or NULL. */
static const void *find_gateway(const struct nlmsghdr *head, size_t len)
{
	const struct rtmsg *route;
	const struct rtattr *attribute;
	int left;

	if (!NLMSG_OK(head, len) || head->nlmsg_type != RTM_NEWROUTE)
		return NULL;
	route = NLMSG_DATA(head);
	left = (int)RTM_PAYLOAD(head);
	for (attribute = RTM_RTA(route); RTA_OK(attribute, left);
	     attribute = RTA_NEXT(attribute, left)) {
		if (attribute->rta_type == RTA_GATEWAY)
			return RTA_DATA(attribute);
	}
	return NULL;
}

bool nexthop_toward(const struct sockaddr *to, char *out, size_t cap)
{
	_Alignas(struct nlmsghdr) char answer[4096];
	const void *gateway = NULL;
	struct request request;
	size_t len;
	ssize_t n;
	int fd;

	if (to->sa_family != AF_INET && to->sa_family != AF_INET6)
		return false;
	fd = fd_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (fd == -1)
		return false;
	len = ask_for(&request, to);
	/* The kernel has answered when send() returns. */
	if (send(fd, &request, len, 0) == (ssize_t)len &&
	    (n = recv(fd, answer, sizeof(answer), MSG_DONTWAIT)) > 0)
		gateway = find_gateway((const struct nlmsghdr *)(const void *)answer,
		                       (size_t)n);
	fd_close(&fd);
	return gateway != NULL &&
	       inet_ntop(to->sa_family, gateway, out, (socklen_t)cap) != NULL;
}
#else
bool nexthop_toward(const struct sockaddr *to, char *out, size_t cap)
{
	(void)to;
	(void)out;
	(void)cap;
	return false;
}
#endif

/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <netdb.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/sshaddress.h"
#include "net/resolver.h"
#include "route/routefile.h"
#include "route/sourceaddr.h"

enum {
	NAME_MS = 1500,
	DISCARD = 9, /* some systems refuse to connect a datagram socket to port 0 */
};

static bool source_toward(const char *address, char out[static SOURCEADDR_SIZE])
{
	struct endpoint found[RESOLVER_MAX];
	struct error ignored = ERROR_INIT;
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	const struct sockaddr *to;
	bool known;
	int fd;

	if (resolver_lookup(address, DISCARD, deadline_in(NAME_MS), found, &ignored) == 0)
		return false;
	to = (const struct sockaddr *)&found[0].at;
	/* Connecting a datagram socket only asks the routing table. */
	fd = fd_socket(to->sa_family, SOCK_DGRAM, 0);
	known = fd != -1 && connect(fd, to, found[0].len) == 0 &&
	        getsockname(fd, (struct sockaddr *)&from, &len) == 0 &&
	        getnameinfo((struct sockaddr *)&from, len, out, SOURCEADDR_SIZE, NULL, 0,
	                    NI_NUMERICHOST) == 0;
	fd_close(&fd);
	return known;
}

const char *sourceaddr_of_route(const struct route *route,
                                char out[static SOURCEADDR_SIZE])
{
	const char *toward =
		route->gateway != NULL ? gateway_address(route->gateway) : route->address;

	return source_toward(toward, out) ? out : NULL;
}

bool sourceaddr_of_internet(char out[static SOURCEADDR_SIZE])
{
	/* Of the addresses for documentation: RFC 5737 and 3849. */
	return source_toward("192.0.2.1", out) || source_toward("2001:db8::1", out);
}

bool sourceaddr_is_private(const char *address)
{
	static const struct {
		uint32_t network, mask;
	} private[] = {
		{ 0x0a000000, 0xff000000 }, { 0xac100000, 0xfff00000 },
		{ 0xc0a80000, 0xffff0000 }, { 0x64400000, 0xffc00000 },
		{ 0xa9fe0000, 0xffff0000 },
	};
	struct in_addr four;

	if (inet_pton(AF_INET, address, &four) != 1)
		return strncasecmp(address, "fc", 2) == 0 ||
		       strncasecmp(address, "fd", 2) == 0 ||
		       strncasecmp(address, "fe8", 3) == 0;
	for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++) {
		if ((ntohl(four.s_addr) & private[i].mask) == private[i].network)
			return true;
	}
	return false;
}

enum lease_state sourceaddr_lease_state(const struct route *route, int64_t now)
{
	char source[SOURCEADDR_SIZE];

	return routefile_lease(route, now, sourceaddr_of_route(route, source));
}

/* SPDX-License-Identifier: MIT */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/sshaddress.h"
#include "net/resolver.h"
#include "route/nexthop.h"
#include "route/routefile.h"
#include "route/sourceaddr.h"

/* For a name server to answer.  A later answer still serves those who connect. */
enum { NAME_MS = 1500 };

enum { DISCARD = 9 }; /* a port, for systems that connect to none without */

/* router: also by which router, behind a comma, where there is one. */
static bool source_toward(const char *toward, bool router, char *out, size_t cap)
{
	struct endpoint found[RESOLVER_MAX];
	const struct sockaddr *to;
	struct error ignored = ERROR_INIT;
	char hop[64];
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	bool known = false;
	int fd;

	if (resolver_lookup(toward, DISCARD, deadline_in(NAME_MS), found, &ignored) == 0)
		return false;
	to = (const struct sockaddr *)&found[0].at;
	/* Connecting a datagram socket only asks the routing table. */
	fd = fd_socket(to->sa_family, SOCK_DGRAM, 0);
	if (fd != -1 && connect(fd, to, found[0].len) == 0 &&
	    getsockname(fd, (struct sockaddr *)&from, &len) == 0 &&
	    getnameinfo((struct sockaddr *)&from, len, out, (socklen_t)cap, NULL, 0,
	                NI_NUMERICHOST) == 0)
		known = true;
	if (known && router && nexthop_toward(to, hop, sizeof(hop))) {
		size_t end = strlen(out);

		(void)snprintf(out + end, cap - end, ",%s", hop);
	}
	fd_close(&fd);
	return known;
}

const char *sourceaddr_of_route(const struct route *route,
                                char out[static SOURCEADDR_SIZE])
{
	const char *toward =
		route->gateway != NULL ? gateway_address(route->gateway) : route->address;

	return source_toward(toward, true, out, SOURCEADDR_SIZE) ? out : NULL;
}

enum lease_state sourceaddr_lease_state(const struct route *route, int64_t now)
{
	char source[SOURCEADDR_SIZE];

	return routefile_lease(route, now, sourceaddr_of_route(route, source));
}

bool sourceaddr_of_internet(char *out, size_t cap)
{
	return source_toward("192.0.2.1", false, out,
	                     cap); /* for documentation, RFC 5737 */
}

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "access/network.h"
#include "base/fd.h"
#include "fleet/routefile.h"

static struct addrinfo *resolve(const char *address)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST };
	struct addrinfo *found = NULL;

	if (getaddrinfo(address, "9", &hints, &found) == 0)
		return found;
	hints.ai_flags = 0;
	return getaddrinfo(address, "9", &hints, &found) == 0 ? found : NULL;
}

bool network_source(const struct route *route, char *out, size_t cap)
{
	const char *toward = route->gateway != NULL ? strchr(route->gateway, '@') + 1 :
	                                               route->address;
	struct addrinfo *to = resolve(toward);
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	bool known = false;
	int fd;

	if (to == NULL)
		return false;
	/* Connecting a datagram socket only asks the routing table. */
	fd = fd_socket(to->ai_family, SOCK_DGRAM, 0);
	if (fd != -1 && connect(fd, to->ai_addr, to->ai_addrlen) == 0 &&
	    getsockname(fd, (struct sockaddr *)&from, &len) == 0 &&
	    getnameinfo((struct sockaddr *)&from, len, out, (socklen_t)cap, NULL, 0,
	                NI_NUMERICHOST) == 0)
		known = true;
	fd_close(&fd);
	freeaddrinfo(to);
	return known;
}

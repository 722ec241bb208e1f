/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/tcppeer.h"

/* How a socket of the other family shows an IPv4 address. */
#define MAPPED "0000000000000000FFFF0000"

enum { LINE = 512 };

/* "ADDRESS:PORT", as /proc/net/tcp has them; the address is in network byte order. */
static void format_end(const struct sockaddr_in *end, char out[static 16])
{
	(void)snprintf(out, 16, "%08X:%04X", (unsigned)end->sin_addr.s_addr,
	               (unsigned)ntohs(end->sin_port));
}

static const char *unmapped(const char *end)
{
	return strncmp(end, MAPPED, strlen(MAPPED)) == 0 ? end + strlen(MAPPED) : end;
}

/* The user of the socket from local to remote: 1 with *uid, 0 when it is not there, -1
 * where there is no such file. */
static int find(const char *path, const char *local, const char *remote, unsigned *uid)
{
	FILE *file = fopen(path, "re");
	char line[LINE];
	int found = 0;

	if (file == NULL)
		return -1;
	while (found == 0 && fgets(line, sizeof(line), file) != NULL) {
		char from[64];
		char to[64];
		unsigned user;

		if (sscanf(line, "%*s %63s %63s %*s %*s %*s %*s %u", from, to, &user) !=
		            3 ||
		    strcmp(unmapped(from), local) != 0 ||
		    strcmp(unmapped(to), remote) != 0)
			continue;
		*uid = user;
		found = 1;
	}
	(void)fclose(file);
	return found;
}

enum tcppeer tcppeer_user(int fd)
{
	struct sockaddr_in own = { .sin_port = 0 };
	struct sockaddr_in theirs = { .sin_port = 0 };
	socklen_t len = sizeof(own);
	char local[16];
	char remote[16];
	unsigned uid = 0;
	int found;

	if (getsockname(fd, (struct sockaddr *)&own, &len) == -1)
		return TCPPEER_OTHER;
	len = sizeof(theirs);
	if (getpeername(fd, (struct sockaddr *)&theirs, &len) == -1)
		return TCPPEER_OTHER;
	format_end(&theirs, local);
	format_end(&own, remote);
	found = find("/proc/net/tcp", local, remote, &uid);
	if (found == 0)
		found = find("/proc/net/tcp6", local, remote, &uid);
	if (found == -1 && access("/proc/net/tcp", R_OK) == -1)
		return TCPPEER_UNKNOWN;
	return found == 1 && uid == (unsigned)geteuid() ? TCPPEER_US : TCPPEER_OTHER;
}

/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "fleet/gitremote.h"

/* "git@host:path" and "scheme://user@host/path" as host and path; trimmed copies. */
static void split_remote(const char *remote, char **host, char **path)
{
	const char *end = remote + strlen(remote);
	const char *scheme;
	const char *at;
	const char *slash;

	remote += strspn(remote, " \t\r\n");
	while (end > remote && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	if (end - remote >= 4 && strncasecmp(end - 4, ".git", 4) == 0)
		end -= 4;
	scheme = strstr(remote, "://");
	if (scheme != NULL && scheme < end)
		remote = scheme + 3;
	at = memchr(remote, '@', (size_t)(end - remote));
	slash = memchr(remote, '/', (size_t)(end - remote));
	if (at != NULL && (slash == NULL || at < slash))
		remote = at + 1;
	slash = remote;
	while (slash < end && *slash != '/' && (*slash != ':' || scheme != NULL))
		slash++;
	*host = xstrndup(remote, (size_t)(slash - remote));
	if (slash < end)
		slash++;
	while (slash < end && *slash == '/')
		slash++;
	*path = xstrndup(slash, (size_t)(end - slash));
}

bool gitremote_same(const char *a, const char *b)
{
	char *host[2];
	char *path[2];
	bool same;

	split_remote(a, &host[0], &path[0]);
	split_remote(b, &host[1], &path[1]);
	same = strcasecmp(host[0], host[1]) == 0 && strcasecmp(path[0], path[1]) == 0;
	for (size_t i = 0; i < 2; i++) {
		free(host[i]);
		free(path[i]);
	}
	return same;
}

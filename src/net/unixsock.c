/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "net/unixsock.h"
#include "runtime/paths.h"

/* FNV-1a: a name for a file, not a secret. */
static uint64_t hash(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return h;
}

char *unixsock_path(const char *gateway, const char *ending)
{
	return paths_run("gw-%016" PRIx64 "%s", hash(gateway), ending);
}

char *unixsock_socket_path(const char *gateway)
{
	return unixsock_path(gateway, ".sock");
}

int unixsock_address(const char *path, struct sockaddr_un *address, struct error *err)
{
	size_t len = strlen(path);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len >= sizeof(address->sun_path))
		return error_set(err, ERROR_CONFIG,
		                 "the path for a socket is too long, set XDG_RUNTIME_DIR "
		                 "to a shorter folder: %s",
		                 path);
	memcpy(address->sun_path, path, len + 1);
	return 0;
}

int unixsock_connect(const struct sockaddr_un *address)
{
	int fd = fd_socket(AF_UNIX, SOCK_STREAM, 0);
	int failure = 0;

	if (fd == -1)
		return -1;
	if (fd_nonblocking(fd) == -1 ||
	    connect(fd, (const struct sockaddr *)address, sizeof(*address)) == -1)
		failure = errno;
	else if (!unixsock_peer_is_us(fd))
		failure = EPERM;
	if (failure != 0) {
		fd_close(&fd);
		errno = failure;
	}
	return fd;
}

bool unixsock_peer_is_us(int fd)
{
#ifdef SO_PEERCRED
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       peer.uid == geteuid();
#else
	uid_t uid;
	gid_t gid;

	return getpeereid(fd, &uid, &gid) == 0 && uid == geteuid();
#endif
}

pid_t unixsock_peer_pid(int fd)
{
#ifdef SO_PEERCRED
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 ? peer.pid : 0;
#elif defined(LOCAL_PEERPID)
	pid_t pid;
	socklen_t len = sizeof(pid);

	return getsockopt(fd, SOL_LOCAL, LOCAL_PEERPID, &pid, &len) == 0 ? pid : 0;
#else
	(void)fd;
	return 0;
#endif
}

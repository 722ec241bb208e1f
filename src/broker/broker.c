/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "broker/blockinghelper.h"
#include "broker/broker.h"
#include "broker/confine.h"
#include "broker/cryptoalloc.h"
#include "broker/eventloop.h"
#include "net/unixsock.h"
#include "runtime/atomic.h"
#include "runtime/hardening.h"
#include "runtime/lock.h"
#include "runtime/log.h"
#include "runtime/paths.h"

#define NAME_ENDING ".name"

enum { NAME_MAX_LEN = 512, BACKLOG = 512, LOCK_MS = 5000, FILES_MAX = 65536 };

/* Does a broker listen there, be it that its queue is full or that it is another user's?
 */
static bool is_served(const struct sockaddr_un *address)
{
	int fd = unixsock_connect(address);
	bool served = fd != -1 || errno == EAGAIN || errno == EPERM;

	fd_close(&fd);
	return served;
}

static int listen_at(const struct sockaddr_un *address, struct error *err)
{
	mode_t mask = umask(077);
	int fd = fd_socket(AF_UNIX, SOCK_STREAM, 0);

	(void)unlink(address->sun_path); /* left by a broker that was killed */
	if (fd == -1 ||
	    bind(fd, (const struct sockaddr *)address, sizeof(*address)) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		error_set(err, ERROR_CONFIG, "cannot listen at %s", address->sun_path);
		fd_close(&fd);
	}
	(void)umask(mask);
	return fd;
}

/* Close the descriptors that the starter passed on: a reader of their other end would
 * wait for the broker.  All that the broker opens is close-on-exec. */
static void close_inherited(void)
{
	DIR *dir = opendir("/dev/fd");
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		int fd = (int)strtol(entry->d_name, NULL, 10);
		int flags = fd > STDERR_FILENO ? fcntl(fd, F_GETFD) : -1;

		if (flags != -1 && (flags & FD_CLOEXEC) == 0)
			(void)close(fd);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

/* Leave the terminal, folder and descriptors of the command that starts the broker. */
static void detach(void)
{
	int null = open("/dev/null", O_RDWR);
	struct rlimit files;

	(void)setsid();
	(void)umask(077);
	(void)!chdir("/");
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd);
	if (null > STDERR_FILENO)
		(void)close(null);
	close_inherited();
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max < FILES_MAX ? files.rlim_max : FILES_MAX;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
}

/* The socket's name is a hash: a file beside it has the gateway, for broker_list().  It
 * needs no version: whatever else it said would not be what its name is the hash of. */
static void write_name(const char *gateway)
{
	struct error ignored = ERROR_INIT;
	char *path = unixsock_path(gateway, NAME_ENDING);

	(void)atomic_write(path, gateway, strlen(gateway), 0600, &ignored);
	free(path);
}

/* Under the lock: make the socket and fork.  1 in the broker's process, with *listener; 0
 * in the caller's; -1 with err. */
static int start(const char *gateway, const struct sockaddr_un *address, int *listener,
                 struct error *err)
{
	pid_t pid;

	if (is_served(address))
		return 0;
	*listener = listen_at(address, err);
	if (*listener == -1)
		return -1;
	write_name(gateway);
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		/* For SO_PEERCRED, which names the process that listened last. */
		(void)listen(*listener, BACKLOG);
		return 1;
	}
	fd_close(listener);
	if (pid == -1) {
		(void)unlink(address->sun_path);
		return error_errno(err, ERROR_INTERNAL,
		                   "cannot start the gateway's broker");
	}
	return 0;
}

/* libssh2 allocates each packet of a copy, and frees it: without this glibc gives the
 * pages back and fetches them anew each time, a sixth of a copy's time. */
static void keep_heap(void)
{
#ifdef __GLIBC__
	enum { KEPT = 4 << 20 };

	(void)mallopt(M_TRIM_THRESHOLD, KEPT);
#endif
}

int broker_start(const struct broker_config *config, struct error *err)
{
	struct sockaddr_un address;
	char *path = unixsock_socket_path(config->gateway);
	char *lock_path = unixsock_path(config->gateway, ".lock");
	int listener = -1;
	int lock = -1;
	int rc = -1;

	if (unixsock_address(path, &address, err) == -1 ||
	    paths_make_for(path, err) == -1)
		goto out;
	lock = lock_take(lock_path, deadline_in(LOCK_MS), err);
	if (lock != -1)
		rc = start(config->gateway, &address, &listener, err);
out:
	lock_release(lock);
	free(lock_path);
	free(path);
	if (rc != 1)
		return rc;
	hardening_begin();
	cryptoalloc_begin();
	keep_heap();
	hardening_forget();
	detach();
	log_step("gateway %s: the broker starts", config->gateway);
	confine_begin(config->key_file);
	blockinghelper_start(listener);
	brokerloop_run(config, listener);
	exit(0);
}

/* The gateway of a file in the runtime folder, if it is such a file and has a socket. */
static char *gateway_of(const char *file)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	char *path = paths_run("%s", file);
	char *expected = NULL;
	char *socket = NULL;
	char *gateway = NULL;

	if (atomic_read(path, NAME_MAX_LEN, &text, &ignored) == 1) {
		expected = unixsock_path(text.data, NAME_ENDING);
		socket = unixsock_socket_path(text.data);
	}
	if (expected != NULL && strcmp(path, expected) == 0 && access(socket, F_OK) == 0)
		gateway = xstrdup(text.data);
	strbuf_release(&text);
	free(socket);
	free(expected);
	free(path);
	return gateway;
}

void broker_list(struct strvec *gateways)
{
	char *folder = paths_run(".");
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		const char *ending = strrchr(entry->d_name, '.');
		char *gateway = ending != NULL && strcmp(ending, NAME_ENDING) == 0 ?
		                        gateway_of(entry->d_name) :
		                        NULL;

		if (gateway != NULL)
			strvec_push(gateways, gateway);
		free(gateway);
	}
	if (dir != NULL)
		(void)closedir(dir);
	free(folder);
}

/* SPDX-License-Identifier: MIT */
/*
 * drive_confine.c - what a confined process can still do; for t71.
 *
 *     drive_confine STAGE KEY|- ATTEMPT [ARGUMENT]
 *
 *     drive_confine listen STREAM DATAGRAM
 *
 * STAGE is begin, settle (broker/confine.h) or pump (connect/seccomp.h).  Exits with 0
 * when the attempt succeeds, 1 when it is refused, with the reason on stdout; a filter
 * that kills ends it with SIGSYS.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#endif
#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif

#include "broker/confine.h"
#include "connect/seccomp.h"
#include "runtime/log.h"

static int report(bool good)
{
	(void)printf("%s\n", good ? "done" : strerror(errno));
	return good ? 0 : 1;
}

static int try_exec(const char *program)
{
	(void)execl(program, program, (char *)NULL);
	return report(false);
}

static int try_fork(const char *unused)
{
	pid_t pid = fork();

	(void)unused;
	if (pid == 0)
		_exit(0);
	return report(pid != -1 && waitpid(pid, NULL, 0) == pid);
}

static int try_unix(const char *unused)
{
	(void)unused;
	return report(socket(AF_UNIX, SOCK_STREAM, 0) != -1);
}

static struct sockaddr_un unix_address(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return address;
}

static int try_reach(const char *path)
{
	struct sockaddr_un to = unix_address(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return report(fd != -1 &&
	              connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0);
}

/* To a socket of this process's own, without socket(2). */
static int try_datagram(const char *path)
{
	struct sockaddr_un to = unix_address(path);
	int ends[2];

	return report(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0 &&
	              sendto(ends[0], "x", 1, 0, (const struct sockaddr *)&to,
	                     sizeof(to)) == 1);
}

static int try_pair(const char *unused)
{
	int ends[2];

	(void)unused;
	return report(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
}

static int try_read(const char *path)
{
	return report(open(path, O_RDONLY | O_CLOEXEC) != -1);
}

static int try_write(const char *path)
{
	return report(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) != -1);
}

static int try_connect(const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons((uint16_t)strtol(port, NULL, 10)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
	return report(fd != -1 &&
	              connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0);
}

static int try_resolve(const char *name)
{
	struct addrinfo *found = NULL;
	int rc = getaddrinfo(name, NULL, &(struct addrinfo){ .ai_socktype = SOCK_STREAM },
	                     &found);

	(void)printf("%s\n", rc == 0 ? "done" : gai_strerror(rc));
	if (rc == 0)
		freeaddrinfo(found);
	return rc == 0 ? 0 : 1;
}

static int try_raw(const char *unused)
{
	(void)unused;
	return report(socket(AF_PACKET, SOCK_RAW, 0) != -1);
}

/* A new page that may be executed. */
static int try_code(const char *unused)
{
	(void)unused;
	return report(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
	                   -1, 0) != MAP_FAILED);
}

/* A page that was written, and may then be executed. */
static int try_rewrite(const char *unused)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                  -1, 0);

	(void)unused;
	return report(page != MAP_FAILED &&
	              mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0);
}

/* A call by its name, with nothing in it that any kernel would do. */
static int try_call(const char *name)
{
#ifdef HAVE_SECCOMP
	long number = seccomp_syscall_resolve_name(name);

	return report(syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) != -1);
#else
	(void)name;
	errno = EPERM;
	return report(false);
#endif
}

static int try_trace(const char *pid)
{
	return report(ptrace(PTRACE_ATTACH, (pid_t)strtol(pid, NULL, 10), NULL, NULL) ==
	              0);
}

static int try_peek(const char *pid)
{
	char byte;
	struct iovec mine = { &byte, 1 };
	struct iovec theirs = { &byte, 1 };

	return report(process_vm_readv((pid_t)strtol(pid, NULL, 10), &mine, 1, &theirs, 1,
	                               0) == 1);
}

static int try_kill(const char *pid)
{
	return report(kill((pid_t)strtol(pid, NULL, 10), 0) == 0);
}

/* A call that no kernel has yet. */
static int try_unknown(const char *unused)
{
	(void)unused;
	return report(syscall(9999) != -1);
}

static int try_log(const char *text)
{
	log_step("%s", text);
	return report(true);
}

/* listen STREAM DATAGRAM: sockets at these paths, until it is ended */
static int listen_at(char *paths[])
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM };

	for (int i = 0; i < 2; i++) {
		struct sockaddr_un at = unix_address(paths[i]);
		int fd = socket(AF_UNIX, types[i], 0);

		if (fd == -1 ||
		    bind(fd, (const struct sockaddr *)&at, sizeof(at)) == -1 ||
		    (i == 0 && listen(fd, 8) == -1))
			return report(false);
	}
	return pause();
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		int (*run)(const char *argument);
	} attempts[] = {
		{ "exec", try_exec },         { "fork", try_fork },
		{ "read", try_read },         { "write", try_write },
		{ "connect", try_connect },   { "resolve", try_resolve },
		{ "raw", try_raw },           { "code", try_code },
		{ "rewrite", try_rewrite },   { "call", try_call },
		{ "trace", try_trace },       { "peek", try_peek },
		{ "kill", try_kill },         { "unknown", try_unknown },
		{ "log", try_log },           { "unix", try_unix },
		{ "pair", try_pair },         { "reach", try_reach },
		{ "datagram", try_datagram },
	};
	const char *key = argc > 2 && strcmp(argv[2], "-") != 0 ? argv[2] : NULL;

	if (argc < 4)
		return 64;
	if (strcmp(argv[1], "listen") == 0)
		return listen_at(argv + 2);
	log_start("drive-confine", argv[1], 1 << 20);
	if (strcmp(argv[1], "pump") == 0) {
		log_step("about to carry");
		if (!pumpfilter_set())
			return 69;
	} else {
		confine_begin(key);
		if (strcmp(argv[1], "settle") == 0)
			confine_settle();
	}
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		if (strcmp(argv[3], attempts[i].name) == 0)
			return attempts[i].run(argc > 4 ? argv[4] : "");
	}
	return 64;
}

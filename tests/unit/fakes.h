/* SPDX-License-Identifier: MIT */
/*
 * fakes.h - a clock, a child process and a source address of the test's own.
 *
 * The program's symbols come before those of libc, so the modules under test call these
 * functions without knowing.  poll(2) does not sleep: fake_ms moves on until a descriptor
 * is ready or the time is over, and fake_script() is called on the way.
 */
#ifndef FAKES_H
#define FAKES_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- clock ---- */

static int64_t fake_ms = 1000000;
static void (*fake_script)(void);

int fake_gettime(clockid_t id, struct timespec *ts) __asm__("clock_gettime");
int fake_gettime(clockid_t id, struct timespec *ts)
{
	if (id == CLOCK_REALTIME) /* of which files are stamped */
		return timespec_get(ts, TIME_UTC) == TIME_UTC ? 0 : -1;
	ts->tv_sec = (time_t)(fake_ms / 1000);
	ts->tv_nsec = fake_ms % 1000 * 1000000;
	return 0;
}

static int ready_now(struct pollfd *pfds, nfds_t n)
{
	struct timespec none = { .tv_sec = 0 };

	return (int)syscall(SYS_ppoll, pfds, n, &none, NULL, (size_t)8);
}

int fake_poll(struct pollfd *pfds, nfds_t n, int timeout) __asm__("poll");
int fake_poll(struct pollfd *pfds, nfds_t n, int timeout)
{
	enum { STEP_MS = 10 };
	int rc = ready_now(pfds, n);

	if (timeout < 0)
		abort(); /* no test waits for ever */
	while (rc == 0 && timeout > 0) {
		int step = timeout < STEP_MS ? timeout : STEP_MS;

		fake_ms += step;
		timeout -= step;
		if (fake_script != NULL)
			fake_script();
		rc = ready_now(pfds, n);
	}
	return rc;
}

int fake_poll_chk(struct pollfd *pfds, nfds_t n, int timeout,
                  size_t size) __asm__("__poll_chk");
int fake_poll_chk(struct pollfd *pfds, nfds_t n, int timeout, size_t size)
{
	return n * sizeof(*pfds) <= size ? fake_poll(pfds, n, timeout) : (abort(), -1);
}

/* ---- source address ---- */

static const char *fake_source = "192.0.2.9";

int fake_getsockname(int fd, struct sockaddr *out, socklen_t *len) __asm__("getsockname");
int fake_getsockname(int fd, struct sockaddr *out, socklen_t *len)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int type = 0;
	socklen_t type_len = sizeof(type);

	(void)getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len);
	if (type != SOCK_DGRAM)
		return (int)syscall(SYS_getsockname, fd, out, len);
	(void)inet_pton(AF_INET, fake_source, &at.sin_addr);
	memcpy(out, &at, sizeof(at));
	*len = sizeof(at);
	return 0;
}

static uint16_t fake_port; /* not 0: a connect to port 22 goes to this one */

int fake_connect(int fd, const struct sockaddr *to, socklen_t len) __asm__("connect");
int fake_connect(int fd, const struct sockaddr *to, socklen_t len)
{
	struct sockaddr_in at;
	int type = 0;
	socklen_t type_len = sizeof(type);

	(void)getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len);
	if (type == SOCK_DGRAM)
		return 0;
	if (to->sa_family != AF_INET)
		return (int)syscall(SYS_connect, fd, to, len);
	memcpy(&at, to, sizeof(at));
	if (fake_port != 0 && at.sin_port == htons(22))
		at.sin_port = htons(fake_port);
	return (int)syscall(SYS_connect, fd, &at, len);
}

/* ---- home folder ---- */

static char *fake_home; /* NULL: there is none */

struct passwd *fake_getpwuid(uid_t uid) __asm__("getpwuid");
struct passwd *fake_getpwuid(uid_t uid)
{
	static struct passwd entry;

	entry = (struct passwd){ .pw_uid = uid, .pw_dir = fake_home };
	return fake_home != NULL ? &entry : NULL;
}

/* ---- one child process ---- */

enum { FAKE_PID = 4194300 };
static struct {
	int output; /* write end of its standard output; -1: it has none */
	int starts; /* how often a child was started */
	int kills;
	char args[512]; /* of the last start, each with a blank in front */
	int status;     /* as of waitpid(2); -1: it runs */
} fake_child = { .output = -1, .status = -1 };

int fake_adddup2(posix_spawn_file_actions_t *files, int fd,
                 int as) __asm__("posix_spawn_file_actions_adddup2");
int fake_adddup2(posix_spawn_file_actions_t *files, int fd, int as)
{
	(void)files;
	if (as == STDOUT_FILENO) {
		if (fake_child.output != -1)
			(void)close(fake_child.output);
		fake_child.output = dup(fd);
	}
	return 0;
}

int fake_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *files,
               const posix_spawnattr_t *attributes, char *const argv[],
               char *const env[]) __asm__("posix_spawn");
int fake_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *files,
               const posix_spawnattr_t *attributes, char *const argv[], char *const env[])
{
	(void)path, (void)files, (void)attributes, (void)env;
	fake_child.args[0] = '\0';
	for (size_t i = 1; argv[i] != NULL; i++) {
		size_t end = strlen(fake_child.args);

		(void)snprintf(fake_child.args + end, sizeof(fake_child.args) - end,
		               " %s", argv[i]);
	}
	fake_child.starts++;
	fake_child.status = -1;
	*pid = FAKE_PID;
	return 0;
}

pid_t fake_waitpid(pid_t pid, int *status, int options) __asm__("waitpid");
pid_t fake_waitpid(pid_t pid, int *status, int options)
{
	if (pid != FAKE_PID)
		return (pid_t)syscall(SYS_wait4, pid, status, options, NULL);
	if (fake_child.status == -1)
		return 0;
	if (status != NULL)
		*status = fake_child.status;
	return pid;
}

int fake_kill(pid_t pid, int signal) __asm__("kill");
int fake_kill(pid_t pid, int signal)
{
	if (pid != FAKE_PID)
		return (int)syscall(SYS_kill, pid, signal);
	fake_child.kills++;
	fake_child.status = signal;
	return 0;
}

__attribute__((unused)) static void child_writes(const char *text)
{
	if (write(fake_child.output, text, strlen(text)) == -1)
		abort();
}

/* status: as of waitpid(2): EXITED(69), or a signal's number. */
#define EXITED(status) ((status) << 8)
__attribute__((unused)) static void child_ends(int status)
{
	if (fake_child.output != -1)
		(void)close(fake_child.output);
	fake_child.output = -1;
	fake_child.status = status;
}

__attribute__((unused)) static void child_reset(void)
{
	child_ends(-1);
	fake_child.starts = fake_child.kills = 0;
	fake_child.args[0] = '\0';
}

#endif

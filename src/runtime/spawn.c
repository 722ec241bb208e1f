/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "runtime/hardening.h"
#include "runtime/spawn.h"
#include "runtime/waiting.h"

extern char **environ;

enum { OUTPUT_MAX = 64 * 1024 };

static bool began_ignoring;

void spawn_begin(void)
{
	began_ignoring = signal(SIGCHLD, SIG_DFL) == SIG_IGN;
}

bool spawn_began_ignoring(void)
{
	return began_ignoring;
}

/* The environment without its secrets: a list, for the caller to free, of borrowed
 * strings. */
static char **without_secrets(void)
{
	size_t count = 0;
	size_t n = 0;
	char **kept;

	while (environ != NULL && environ[count] != NULL)
		count++;
	kept = xcalloc(count + 1, sizeof(*kept));
	for (size_t i = 0; i < count; i++) {
		if (!hardening_is_secret(environ[i]))
			kept[n++] = environ[i];
	}
	return kept;
}

struct start {
	char *const *argv;
	char *const *variables; /* NULL: this process's without the secrets */
	int socket;             /* the child's stdin and stdout; -1: stdin /dev/null */
	int output;             /* the rest of 0 to 2; -1: what this process has */
	bool same_session;
};

static int set_standard(posix_spawn_file_actions_t *files, int socket, int output)
{
	int rc = socket == -1 ? posix_spawn_file_actions_addopen(files, 0, "/dev/null",
	                                                         O_RDONLY, 0) :
	                        posix_spawn_file_actions_adddup2(files, socket, 0);

	if (rc == 0 && (socket != -1 || output != -1))
		rc = posix_spawn_file_actions_adddup2(files,
		                                      socket != -1 ? socket : output, 1);
	if (rc == 0 && output != -1)
		rc = posix_spawn_file_actions_adddup2(files, output, 2);
	return rc;
}

/* POSIX_SPAWN_SETSID: glibc 2.26, macOS 10.15, musl 1.1.24. */
static int spawn_between(const struct start *s, pid_t *pid)
{
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none;
	sigset_t by_default;
	int rc;

	if (!s->same_session)
		flags |= POSIX_SPAWN_SETSID;
	(void)sigemptyset(&none);
	(void)sigemptyset(&by_default);
	(void)sigaddset(&by_default, SIGPIPE); /* what each main() ignores */
	(void)sigaddset(&by_default, SIGXFSZ);
	rc = posix_spawn_file_actions_init(&files);
	if (rc != 0)
		return rc;
	rc = posix_spawnattr_init(&attributes);
	if (rc != 0) {
		(void)posix_spawn_file_actions_destroy(&files);
		return rc;
	}
	if ((rc = posix_spawnattr_setflags(&attributes, flags)) == 0 &&
	    (rc = posix_spawnattr_setsigmask(&attributes, &none)) == 0 &&
	    (rc = posix_spawnattr_setsigdefault(&attributes, &by_default)) == 0 &&
	    (rc = set_standard(&files, s->socket, s->output)) == 0)
		rc = posix_spawn(pid, s->argv[0], &files, &attributes, s->argv,
		                 s->variables);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&files);
	return rc;
}

typedef int spawn_fn(const struct start *s, pid_t *pid);

/* Set *pid, which is 0 after a failure. */
static int start_by(spawn_fn *spawn, struct start s, pid_t *pid, struct error *err)
{
	char **kept = s.variables == NULL ? without_secrets() : NULL;
	int rc;

	if (kept != NULL)
		s.variables = kept;
	rc = spawn(&s, pid);
	free(kept);
	if (rc == 0)
		return 0;
	*pid = 0;
	errno = rc;
	return error_errno(err, ERROR_CONFIG, "cannot start %s", s.argv[0]);
}

/* The same with a pipe for the child's output. */
static int start_child(spawn_fn *spawn, struct start s, struct child *child,
                       struct error *err)
{
	int ends[2];
	int rc;

	*child = (struct child)CHILD_INIT;
	if (fd_pipe(ends) == -1)
		return error_errno(err, ERROR_INTERNAL, "pipe");
	s.output = ends[1];
	rc = start_by(spawn, s, &child->pid, err);
	(void)close(ends[1]);
	if (rc == -1) {
		(void)close(ends[0]);
		return -1;
	}
	(void)fd_nonblocking(ends[0]);
	child->output = ends[0];
	return 0;
}

int spawn_for_client(char *const argv[], int fd, pid_t *pid, struct error *err)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	const struct start s = { argv, environ, fd, null, true };
	int rc = null == -1 ? error_errno(err, ERROR_CONFIG, "cannot start %s", argv[0]) :
	                      start_by(spawn_between, s, pid, err);

	fd_close(&null);
	return rc;
}

int spawn_start(char *const argv[], struct child *child, struct error *err)
{
	return spawn_start_on_socket(argv, -1, child, err);
}

int spawn_start_on_socket(char *const argv[], int fd, struct child *child,
                          struct error *err)
{
	return start_child(spawn_between, (struct start){ .argv = argv, .socket = fd },
	                   child, err);
}

#ifdef __linux__
/* In the child: execute the program, or exit. */
static void exec_child(const struct start *s, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	(void)sigemptyset(&none);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	if (prctl(PR_SET_PDEATHSIG, (long)SIGTERM) == -1 || getppid() != parent ||
	    dup2(null, STDIN_FILENO) == -1 || dup2(s->output, STDOUT_FILENO) == -1 ||
	    dup2(s->output, STDERR_FILENO) == -1)
		_exit(126);
	(void)execve(s->argv[0], s->argv, s->variables);
	_exit(127);
}

static int spawn_pdeathsig(const struct start *s, pid_t *pid)
{
	pid_t parent = getpid();

	*pid = fork();
	if (*pid == 0)
		exec_child(s, parent);
	return *pid == -1 ? errno : 0;
}
#else
#define spawn_pdeathsig spawn_between
#endif

int spawn_start_pdeathsig(char *const argv[], struct child *child, struct error *err)
{
	return start_child(spawn_pdeathsig, (struct start){ .argv = argv, .socket = -1 },
	                   child, err);
}

int spawn_start_full_env(char *const argv[], struct child *child, struct error *err)
{
	const struct start s = { .argv = argv, .variables = environ, .socket = -1 };

	return start_child(spawn_between, s, child, err);
}

static void read_output(struct child *child, struct strbuf *output)
{
	char block[4096];
	ssize_t n;

	while (child->output != -1) {
		n = read(child->output, block, sizeof(block));
		if (n == -1)
			return; /* EAGAIN: nothing now */
		if (n == 0) {
			fd_close(&child->output);
			return;
		}
		if (output->len + (size_t)n <= OUTPUT_MAX)
			strbuf_add(output, block, (size_t)n);
	}
}

int spawn_poll(struct child *child, struct strbuf *output, int *status, struct error *err)
{
	int raw;
	pid_t pid;

	read_output(child, output);
	pid = waitpid(child->pid, &raw, WNOHANG);
	if (pid == 0 || (pid == -1 && errno == EINTR))
		return 0;
	if (pid == -1) {
		error_errno(err, ERROR_INTERNAL, "waiting for a program");
		spawn_detach(child);
		return -1;
	}
	read_output(child, output);
	spawn_detach(child);
	*status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
	return 1;
}

int spawn_wait(struct child *child, struct deadline until, struct strbuf *output,
               int *status, struct error *err)
{
	for (;;) {
		struct pollfd pfd = { .fd = child->output, .events = POLLIN };
		int rc = spawn_poll(child, output, status, err);
		int left;

		if (rc != 0)
			return rc == 1 ? 0 : -1;
		left = deadline_left(until);
		if (left == 0)
			return error_set(err, ERROR_RETRY, "took too long");
		/* A child that closes its output before it ends is checked every 10 ms.
		 */
		if (child->output == -1 && left > 10)
			left = 10;
		(void)poll(&pfd, 1, waiting_slice(left));
		waiting_tick();
	}
}

void spawn_detach(struct child *child)
{
	fd_close(&child->output);
	*child = (struct child)CHILD_INIT;
}

void spawn_kill(struct child *child)
{
	if (child->pid > 0) {
		(void)kill(child->pid, SIGKILL);
		while (waitpid(child->pid, NULL, 0) == -1 && errno == EINTR)
			;
	}
	spawn_detach(child);
}

int spawn_run(char *const argv[], struct deadline until, struct strbuf *output,
              int *status, struct error *err)
{
	struct child child;

	if (spawn_start(argv, &child, err) == -1)
		return -1;
	if (spawn_wait(&child, until, output, status, err) == -1) {
		spawn_kill(&child);
		return error_prefix(err, "%s", argv[0]);
	}
	return 0;
}

int spawn_run_visibly(char *const argv[], struct deadline until, int *status,
                      struct error *err)
{
	const struct start s = { .argv = argv, .socket = -1, .output = -1 };
	struct child child = CHILD_INIT;
	struct strbuf none = STRBUF_INIT;
	int rc;

	if (start_by(spawn_between, s, &child.pid, err) == -1)
		return -1;
	rc = spawn_wait(&child, until, &none, status, err);
	if (rc == -1) {
		spawn_kill(&child);
		error_prefix(err, "%s", argv[0]);
	}
	strbuf_release(&none);
	return rc;
}

int spawn_run_on_terminal(char *const argv[])
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction before;
	pid_t pid;
	int status = -1;

	(void)sigemptyset(&ignore.sa_mask);
	(void)sigaction(SIGINT, &ignore, &before);
	pid = fork();
	if (pid == 0) {
		(void)sigaction(SIGINT, &before, NULL);
		(void)execv(argv[0], argv);
		_exit(127);
	}
	while (pid != -1 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	(void)sigaction(SIGINT, &before, NULL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

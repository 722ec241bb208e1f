/* SPDX-License-Identifier: MIT */
/*
 * atcall.c - something happens to a program at its Nth system call.
 *
 *   atcall [OPTION...] count COMMAND...
 *   atcall [OPTION...] kill N COMMAND...
 *   atcall [OPTION...] fail|failing N ERRNO COMMAND...
 *   atcall [OPTION...] run N SCRIPT COMMAND...
 *
 * The calls of COMMAND and of all that it starts are counted, from 1 on: those that
 * change files or folders, with --files also those that read or ask about them, with
 * --all every one, but for what is written to descriptors 0 to 2; with --own only those
 * of COMMAND's first thread.  At call N, before it has any effect, all processes are
 * killed (kill); or it fails with the errno (fail), and with it all that follow
 * (failing); or it waits until sh -c SCRIPT has ended (run).  An N of "@PART" is the
 * first call about a path with PART in it.  With -o FILE, each call is a line there
 * before it happens.
 *
 * The exit status is COMMAND's, or 128 + the signal that ended it.  What COMMAND
 * leaves running ends with it.
 *
 * The kernel stops each call and waits for the answer: seccomp's user
 * notification, seccomp_unotify(2), Linux 5.6.  Unlike ptrace(2) it leaves the
 * sanitizers' own use of ptrace alone, and is the same on every processor.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "syscalls.h"

static const struct {
	const char *name;
	int number;
} errors[] = {
	{ "EACCES", EACCES }, { "EDQUOT", EDQUOT }, { "EINTR", EINTR },
	{ "EIO", EIO },       { "EMFILE", EMFILE }, { "ENOMEM", ENOMEM },
	{ "ENOSPC", ENOSPC }, { "EROFS", EROFS },
};

enum action { COUNT, KILL, FAIL, FAILING, RUN };

static struct {
	enum action action;
	bool files;
	bool all;
	bool own;
	FILE *list;
	long at;          /* 0: not known yet */
	const char *part; /* of a path; NULL when N was said */
	int error;
	const char *script;
} plan;

static _Noreturn void die(const char *what)
{
	(void)fprintf(stderr, "atcall: %s: %s\n", what, strerror(errno));
	exit(125);
}

/* ---- in the command, before it begins ---- */

/* Ask about the calls of the table, or about all. */
static int install_filter(void)
{
	enum { HEAD = 1, TAIL = 2 };
	struct sock_filter code[HEAD + COUNT_OF(calls) + TAIL];
	struct sock_fprog program = { .filter = code };
	size_t n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	                                         offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < COUNT_OF(calls) && !plan.all; i++) {
		int number = calls[i].reads && !plan.files ? -1 : calls[i].number;

		code[n++] =
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		                                     (unsigned)number,
		                                     (unsigned char)(COUNT_OF(calls) - i),
		                                     0);
	}
	if (!plan.all)
		code[n++] =
			(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	program.len = (unsigned short)n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		die("no_new_privs");
	return (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
	                    SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

/* From the filter on, any call waits for the parent, so they meet in memory. */
struct meeting {
	volatile int listener; /* 0: not yet */
	volatile int taken;
};

static _Noreturn void become(char **command, struct meeting *meeting)
{
	int listener = install_filter();

	if (listener == -1)
		die("seccomp");
	meeting->listener = listener;
	while (!meeting->taken)
		;
	(void)execvp(command[0], command);
	_exit(127);
}

static pid_t start(char **command, int *pidfd, int *listener)
{
	struct meeting *meeting = mmap(NULL, sizeof(*meeting), PROT_READ | PROT_WRITE,
	                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	if (meeting == MAP_FAILED)
		die("mmap");
	pid = fork();
	if (pid == -1)
		die("fork");
	if (pid == 0)
		become(command, meeting);
	while (meeting->listener == 0) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			exit(125);
	}
	*pidfd = (int)syscall(__NR_pidfd_open, pid, 0);
	*listener = (int)syscall(__NR_pidfd_getfd, *pidfd, meeting->listener, 0);
	if (*listener == -1)
		die("pidfd_getfd");
	meeting->taken = 1;
	return pid;
}

/* ---- at each of its calls ---- */

static const struct call *look_up(int number)
{
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		if (calls[i].number == number)
			return &calls[i];
	}
	return NULL;
}

/* open() that does not write changes nothing; what is said to people is no file. */
static bool counts(const struct seccomp_data *data)
{
	const struct call *call = look_up(data->nr);

	if ((data->nr == __NR_write || data->nr == __NR_writev) &&
	    data->args[0] <= STDERR_FILENO)
		return false;
	if (plan.all || plan.files || call == NULL || call->flags == -1)
		return true;
	return (data->args[call->flags] & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0;
}

/* The path that the call is about, or "". */
static void read_path(const struct seccomp_notif *asked, char *path, size_t cap)
{
	const struct call *call = look_up(asked->data.nr);
	struct iovec here = { path, cap - 1 };
	struct iovec there = { NULL, cap - 1 };

	memset(path, 0, cap);
	if (call == NULL || call->path == -1)
		return;
	there.iov_base = (void *)(size_t)asked->data.args[call->path];
	if (process_vm_readv((pid_t)asked->pid, &here, 1, &there, 1, 0) == -1)
		path[0] = '\0';
}

static void note(long n, const struct seccomp_notif *asked)
{
	const struct call *call = look_up(asked->data.nr);
	char path[256];

	read_path(asked, path, sizeof(path));
	if (plan.at == 0 && plan.part != NULL && strstr(path, plan.part) != NULL)
		plan.at = n;
	if (plan.list == NULL)
		return;
	(void)fprintf(plan.list, "%ld %u ", n, asked->pid);
	if (call != NULL)
		(void)fprintf(plan.list, "%s %s\n", call->name, path);
	else
		(void)fprintf(plan.list, "%d\n", asked->data.nr);
	(void)fflush(plan.list);
}

/* Orphans become children of this process; it ends when all have ended. */
static void kill_all(void)
{
	for (;;) {
		FILE *children = fopen("/proc/thread-self/children", "r");
		int pid;
		bool any = false;

		while (children != NULL && fscanf(children, "%d", &pid) == 1) {
			(void)kill(pid, SIGKILL);
			any = true;
		}
		if (children != NULL)
			(void)fclose(children);
		if (!any)
			return;
		(void)waitpid(-1, NULL, 0);
	}
}

static void run_script(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)execl("/bin/sh", "sh", "-c", plan.script, (char *)NULL);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
}

static void answer(int listener, long n, const struct seccomp_notif *asked)
{
	struct seccomp_notif_resp resp = { .id = asked->id,
		                           .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	bool now = n > 0 && n == plan.at;
	bool since = n > 0 && plan.at > 0 && n >= plan.at;

	if (now && plan.action == KILL) {
		kill_all();
		exit(128 + SIGKILL);
	}
	if (now && plan.action == RUN)
		run_script();
	if ((now && plan.action == FAIL) || (since && plan.action == FAILING)) {
		resp.flags = 0;
		resp.error = -plan.error;
	}
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND,
	            &resp); /* fails if the process is gone */
}

static void one_call(pid_t pid, int listener)
{
	static long n;
	static bool began; /* the call that makes it COMMAND is not COMMAND's */
	struct seccomp_notif asked = { .id = 0 };
	bool counted;

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) == -1)
		return;
	began |= asked.data.nr != __NR_execve;
	counted = began && counts(&asked.data) && (!plan.own || asked.pid == (__u32)pid);
	if (counted)
		note(++n, &asked);
	answer(listener, counted ? n : 0, &asked);
}

static int watch(pid_t pid, int pidfd, int listener)
{
	int status = 0;

	for (;;) {
		struct pollfd fds[] = { { .fd = listener, .events = POLLIN },
			                { .fd = pidfd, .events = POLLIN } };

		if (poll(fds, 2, -1) == -1)
			continue;
		if ((fds[0].revents & POLLIN) != 0)
			one_call(pid, listener);
		else if (fds[1].revents != 0)
			break;
	}
	(void)waitpid(pid, &status, 0);
	kill_all();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- what is wanted ---- */

static bool parse_error(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(errors); i++) {
		if (strcmp(errors[i].name, name) == 0)
			plan.error = errors[i].number;
	}
	return plan.error != 0;
}

static bool parse_when(const char *word)
{
	if (word[0] == '@')
		plan.part = word + 1;
	else
		plan.at = strtol(word, NULL, 10);
	return plan.part != NULL || plan.at > 0;
}

/* The words before COMMAND; NULL when they make no sense. */
static char **parse(char **arg)
{
	static const char *const actions[] = { "count", "kill", "fail", "failing",
		                               "run" };
	size_t action = 0;

	for (; *arg != NULL && (*arg)[0] == '-'; arg++) {
		if (strcmp(*arg, "--all") == 0)
			plan.all = true;
		else if (strcmp(*arg, "--files") == 0)
			plan.files = true;
		else if (strcmp(*arg, "--own") == 0)
			plan.own = true;
		else if (strcmp(*arg, "-o") != 0 || *++arg == NULL ||
		         (plan.list = fopen(*arg, "we")) == NULL)
			return NULL;
	}
	while (*arg != NULL && action < COUNT_OF(actions) &&
	       strcmp(*arg, actions[action]) != 0)
		action++;
	if (*arg++ == NULL || action == COUNT_OF(actions))
		return NULL;
	plan.action = (enum action)action;
	if (plan.action != COUNT && (*arg == NULL || !parse_when(*arg++)))
		return NULL;
	if ((plan.action == FAIL || plan.action == FAILING) &&
	    (*arg == NULL || !parse_error(*arg++)))
		return NULL;
	if (plan.action == RUN)
		plan.script = *arg++;
	return *arg == NULL ? NULL : arg;
}

int main(int argc, char **argv)
{
	int pidfd;
	int listener;
	pid_t pid;
	char **command = argc > 1 ? parse(argv + 1) : NULL;

	if (command == NULL) {
		(void)fprintf(stderr, "see the top of atcall.c\n");
		return 64;
	}
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	pid = start(command, &pidfd, &listener);
	return watch(pid, pidfd, listener);
}

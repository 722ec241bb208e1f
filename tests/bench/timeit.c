/* SPDX-License-Identifier: MIT */
/*
 * timeit - how long a program takes, without a shell or another fork between.
 *
 *   timeit [-n TIMES] [-p COPIES] [-i FILE] [-o FILE] [-e FILE] [-t SECONDS]
 *          COMMAND [ARG...]
 *
 * For each run, one line on stdout: wall time, processor time of the program
 * itself, processor time of its children that it waited for (all in microseconds),
 * exit status (128 + N for signal N).  Wall time is from before the fork to the end
 * of the program; its background processes are not waited for.
 *
 * -n   run it TIMES times, one after the other (1)
 * -p   run COPIES at once, held back until all are there; an {i} in an ARG becomes
 *      the number of the copy, from 0
 * -i   its standard input (/dev/null)
 * -o   its standard output (/dev/null)
 * -e   its standard error, added to what is there (/dev/null)
 * -t   kill it after so long (600)
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COPIES_MAX = 2000 };

struct order {
	const char *input, *output, *error;
	long times, copies, seconds;
	char **argv;
};

struct run {
	pid_t pid;
	int64_t start_us, wall_us, own_us, children_us;
	int status;
	bool done;
};

static void fail(const char *what)
{
	(void)fprintf(stderr, "timeit: %s: %s\n", what, strerror(errno));
	exit(125);
}

static int64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void put(int fd, const char *path, int flags)
{
	int opened = open(path, flags, 0600);

	if (opened == -1 || dup2(opened, fd) == -1)
		_exit(125);
	if (opened != fd)
		(void)close(opened);
}

/* ARG with {i} replaced, where it stands. */
static char *numbered(char *arg, long i)
{
	char *mark = strstr(arg, "{i}");
	size_t size;
	char *copy;

	if (mark == NULL)
		return arg;
	size = strlen(arg) + 24;
	copy = malloc(size);
	if (copy == NULL)
		_exit(125);
	(void)snprintf(copy, size, "%.*s%ld%s", (int)(mark - arg), arg, i, mark + 3);
	return copy;
}

/* A file that grows is shared by the copies: every line is added at its end. */
static void become(const struct order *order, long i)
{
	const int add = O_WRONLY | O_CREAT | O_APPEND;
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	put(0, order->input, O_RDONLY);
	put(1, order->output, add);
	put(2, order->error, add);
	for (char **arg = order->argv; *arg != NULL; arg++)
		*arg = numbered(*arg, i);
	(void)execvp(order->argv[0], order->argv);
	_exit(127);
}

static void start(struct run *run, const struct order *order, long i, const int gate[2])
{
	char byte;

	run->start_us = now_us();
	run->pid = order->copies == 1 ? vfork() : fork();
	if (run->pid == -1)
		fail("fork");
	if (run->pid != 0)
		return;
	if (order->copies > 1) {
		(void)close(gate[1]);
		(void)!read(gate[0], &byte, 1); /* until all are there */
		(void)close(gate[0]);
	}
	become(order, i);
}

/*
 * What the dead used, before it is buried: fields 14 to 17 of its stat, in ticks;
 * the first two again from schedstat, which is finer, where the kernel has it.
 */
static void read_times(struct run *run)
{
	unsigned long long ticks[4] = { 0 }, own_ns = 0;
	const int64_t tick_us = 1000000 / sysconf(_SC_CLK_TCK);
	char path[64], line[1024];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)run->pid);
	if ((file = fopen(path, "re")) != NULL) {
		const char *rest = fgets(line, sizeof(line), file) != NULL ?
		                           strrchr(line, ')') :
		                           NULL;

		if (rest != NULL)
			(void)sscanf(rest,
			             ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
			             "%llu %llu %llu %llu",
			             &ticks[0], &ticks[1], &ticks[2], &ticks[3]);
		(void)fclose(file);
	}
	run->own_us = (int64_t)(ticks[0] + ticks[1]) * tick_us;
	run->children_us = (int64_t)(ticks[2] + ticks[3]) * tick_us;
	(void)snprintf(path, sizeof(path), "/proc/%ld/schedstat", (long)run->pid);
	if ((file = fopen(path, "re")) != NULL) {
		if (fscanf(file, "%llu", &own_ns) == 1 &&
		    (int64_t)(own_ns / 1000) > run->own_us)
			run->own_us = (int64_t)(own_ns / 1000);
		(void)fclose(file);
	}
}

static void finish(struct run *run)
{
	siginfo_t info;
	int status;

	run->wall_us = now_us() - run->start_us;
	if (waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOWAIT) == -1)
		fail("waitid");
	read_times(run);
	if (waitpid(run->pid, &status, 0) != run->pid)
		fail("waitpid");
	run->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	run->done = true;
}

/* The next one to end, or NULL when it is too late for the rest. */
static struct run *next_to_end(struct run *runs, long copies, const struct timespec *left)
{
	sigset_t child;
	siginfo_t info;

	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | WNOHANG) == -1)
			fail("waitid");
		for (long i = 0; info.si_pid != 0 && i < copies; i++)
			if (runs[i].pid == info.si_pid)
				return &runs[i];
		if (sigtimedwait(&child, NULL, left) == -1 && errno == EAGAIN)
			return NULL;
	}
}

static void run_all(const struct order *order)
{
	static struct run runs[COPIES_MAX];
	int64_t until = now_us() + order->seconds * 1000000, opened;
	bool killed = false;
	int gate[2];

	if (pipe(gate) == -1)
		fail("pipe");
	for (long i = 0; i < order->copies; i++)
		start(&runs[i], order, i, gate);
	opened = now_us();
	(void)close(gate[1]);
	(void)close(gate[0]);
	for (long ended = 0; ended < order->copies;) {
		int64_t left = until - now_us();
		const struct timespec wait = { .tv_sec = left > 0 ? left / 1000000 : 0,
			                       .tv_nsec = left > 0 ?
			                                          left % 1000000 * 1000 :
			                                          1000000 };
		struct run *run = next_to_end(runs, order->copies, &wait);

		if (run != NULL) {
			if (order->copies > 1)
				run->start_us = opened;
			finish(run);
			ended++;
			continue;
		}
		for (long i = 0; !killed && i < order->copies; i++)
			if (!runs[i].done)
				(void)kill(runs[i].pid, SIGKILL);
		killed = true;
	}
	for (long i = 0; i < order->copies; i++)
		(void)printf("%lld %lld %lld %d\n", (long long)runs[i].wall_us,
		             (long long)runs[i].own_us, (long long)runs[i].children_us,
		             runs[i].status);
	memset(runs, 0, sizeof(runs));
}

static long number(const char *text, long most)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (end == text || *end != '\0' || value < 1 || value > most) {
		(void)fprintf(stderr, "timeit: not a number from 1 to %ld: %s\n", most,
		              text);
		exit(64);
	}
	return value;
}

int main(int argc, char *argv[])
{
	struct order order = { .input = "/dev/null",
		               .output = "/dev/null",
		               .error = "/dev/null",
		               .times = 1,
		               .copies = 1,
		               .seconds = 600 };
	sigset_t child;
	int opt;

	while ((opt = getopt(argc, argv, "+n:p:i:o:e:t:")) != -1) {
		switch (opt) {
		case 'n': order.times = number(optarg, 1000000); break;
		case 'p': order.copies = number(optarg, COPIES_MAX); break;
		case 't': order.seconds = number(optarg, 86400); break;
		case 'i': order.input = optarg; break;
		case 'o': order.output = optarg; break;
		case 'e': order.error = optarg; break;
		default: return 64;
		}
	}
	if (optind == argc)
		return 64;
	order.argv = argv + optind;
	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &child, NULL);
	for (long i = 0; i < order.times; i++)
		run_all(&order);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/errorline.h"
#include "command/parallel.h"
#include "command/toolbelt.h"

enum { AT_ONCE = 64, LINE_MAX_BYTES = 64 * 1024, CHECK_MS = 200 };

/* stdout or stderr of a job. */
struct stream {
	int fd; /* -1: at its end */
	struct strbuf line;
	FILE *to;
};

struct running {
	struct parallel_job *job; /* NULL: a free place */
	pid_t pid;
	struct stream streams[2];
	FILE *log;
};

/* ---- output ---- */

static void print_line(const struct running *r, struct stream *s)
{
	(void)fprintf(s->to, "[%s] %s\n", r->job->name, s->line.data);
	(void)fflush(s->to);
	strbuf_clear(&s->line);
}

static void take_bytes(struct running *r, struct stream *s, const char *bytes, size_t len)
{
	if (r->log != NULL)
		(void)fwrite(bytes, 1, len, r->log);
	while (len > 0) {
		const char *end = memchr(bytes, '\n', len);
		size_t n = end != NULL ? (size_t)(end - bytes) : len;

		strbuf_add(&s->line, bytes, n);
		if (end != NULL || s->line.len > LINE_MAX_BYTES)
			print_line(r, s);
		n += end != NULL;
		bytes += n;
		len -= n;
	}
}

/* Read what is there. */
static void drain(struct running *r, struct stream *s)
{
	char bytes[16 * 1024];
	ssize_t n;

	while (s->fd != -1 && (n = read(s->fd, bytes, sizeof(bytes))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN)
			return;
		if (n == -1)
			break;
		take_bytes(r, s, bytes, (size_t)n);
	}
	if (s->fd != -1)
		(void)close(s->fd);
	s->fd = -1;
}

/* ---- jobs ---- */

static int make_log_dir(const char *log_dir, struct error *err)
{
	if (log_dir != NULL && mkdir(log_dir, 0700) == -1 && errno != EEXIST)
		return error_errno(err, ERROR_CONFIG, "--log-dir %s", log_dir);
	return 0;
}

static FILE *open_log(const char *log_dir, const char *name, struct error *err)
{
	char *path = xasprintf("%s/%s.log", log_dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *log = fd != -1 ? fdopen(fd, "w") : NULL;

	if (log == NULL)
		error_errno(err, ERROR_CONFIG, "%s", path);
	free(path);
	return log;
}

static int make_pipe(int ends[2], struct error *err)
{
	if (fd_pipe(ends) == -1)
		return error_errno(err, ERROR_INTERNAL, "no pipe");
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	return 0;
}

static int start_child(struct running *r, struct error *err)
{
	int out[2] = { -1, -1 };
	int errors[2] = { -1, -1 };
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int rc = -1;

	if (null == -1)
		error_errno(err, ERROR_INTERNAL, "/dev/null");
	else if (make_pipe(out, err) == 0 && make_pipe(errors, err) == 0)
		rc = toolbelt_start(&r->job->argv, (int[]){ null, out[1], errors[1] },
		                    err);
	r->pid = rc;
	r->streams[0] = (struct stream){ out[0], STRBUF_INIT, stdout };
	r->streams[1] = (struct stream){ errors[0], STRBUF_INIT, stderr };
	(void)close(null);
	(void)close(out[1]);
	(void)close(errors[1]);
	return rc == -1 ? -1 : 0;
}

static void finish(struct running *r, int status)
{
	for (size_t i = 0; i < 2; i++) {
		struct stream *s = &r->streams[i];

		drain(r, s);
		if (s->line.len > 0)
			print_line(r, s);
		if (s->fd != -1)
			(void)close(s->fd);
		strbuf_release(&s->line);
	}
	if (r->log != NULL && fclose(r->log) != 0)
		(void)fprintf(stderr, "cxssh: the log of %s is not complete: %s\n",
		              r->job->name, strerror(errno));
	r->job->status = status;
	r->job = NULL;
}

/* True when the job runs; it has ended, with an error, when not. */
static bool start(struct running *r, struct parallel_job *job, const char *log_dir)
{
	struct error err = ERROR_INIT;

	*r = (struct running){ .job = job, .pid = -1 };
	r->streams[0].fd = r->streams[1].fd = -1;
	if (log_dir != NULL)
		r->log = open_log(log_dir, job->name, &err);
	if ((log_dir == NULL || r->log != NULL) && start_child(r, &err) == 0)
		return true;
	(void)fprintf(stderr, "[%s] ", job->name);
	errorline_print(&err);
	finish(r, error_exit_status(err.code));
	return false;
}

/* Wait a moment for output, and see which processes have ended.  Returns how many. */
static size_t step(struct running all[static AT_ONCE])
{
	struct pollfd pfds[2 * AT_ONCE];
	nfds_t n = 0;
	size_t ended = 0;

	for (size_t i = 0; i < 2 * AT_ONCE; i++) {
		const struct running *r = &all[i / 2];

		if (r->job != NULL && r->streams[i % 2].fd != -1)
			pfds[n++] = (struct pollfd){ r->streams[i % 2].fd, POLLIN, 0 };
	}
	(void)poll(pfds, n, n > 0 ? CHECK_MS : CHECK_MS / 10);
	for (size_t i = 0; i < AT_ONCE; i++) {
		struct running *r = &all[i];
		int status;

		if (r->job == NULL)
			continue;
		drain(r, &r->streams[0]);
		drain(r, &r->streams[1]);
		if (waitpid(r->pid, &status, WNOHANG) != r->pid)
			continue;
		finish(r,
		       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
		ended++;
	}
	return ended;
}

/* ---- signals ---- */

static volatile sig_atomic_t interrupted; /* the signal; 0: none */

static void on_signal(int number)
{
	interrupted = number;
}

/* A second signal ends this process at once.  One that is ignored stays so. */
static void catch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction action = { .sa_handler = on_signal,
		                          .sa_flags = (int)SA_RESETHAND };
	struct sigaction before;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (sigaction(numbers[i], NULL, &before) == 0 &&
		    before.sa_handler != SIG_IGN)
			(void)sigaction(numbers[i], &action, NULL);
	}
}

/* End what runs, and count what was not started as ended by the signal. */
static void stop(const struct running *all, struct parallel_job *jobs, size_t next,
                 size_t count)
{
	for (size_t i = 0; i < AT_ONCE; i++) {
		if (all[i].job != NULL)
			(void)kill(all[i].pid, SIGTERM);
	}
	for (; next < count; next++)
		jobs[next].status = 128 + interrupted;
}

/* Print how many did what; return the worst status, or that of the signal. */
static int summarize(const struct parallel_job *jobs, size_t count)
{
	struct strbuf failed = STRBUF_INIT;
	size_t good = 0;
	int worst = 0;

	for (size_t i = 0; i < count; i++) {
		if (jobs[i].status == 0)
			good++;
		else
			strbuf_addf(&failed, "%s %s (%d)", failed.len > 0 ? "," : "",
			            jobs[i].name, jobs[i].status);
		if (jobs[i].status > worst)
			worst = jobs[i].status;
	}
	(void)fprintf(stderr, "cxssh: %s%zu of %zu succeeded%s%s\n",
	              interrupted ? "interrupted; " : "", good, count,
	              failed.len > 0 ? "; failed:" : "", failed.data);
	strbuf_release(&failed);
	return interrupted ? 128 + interrupted : worst;
}

int parallel_run(struct parallel_job *jobs, size_t count, const char *log_dir,
                 struct error *err)
{
	struct running all[AT_ONCE] = { { .job = NULL } };
	size_t next = 0;
	size_t busy = 0;
	bool is_stopping = false;

	if (make_log_dir(log_dir, err) == -1)
		return -1;
	(void)fflush(stdout);
	catch_signals();
	while (next < count || busy > 0) {
		if (interrupted && !is_stopping) {
			stop(all, jobs, next, count);
			next = count;
			is_stopping = true;
		}
		for (size_t i = 0; i < AT_ONCE && next < count; i++) {
			if (all[i].job != NULL)
				continue;
			busy += start(&all[i], &jobs[next++], log_dir);
		}
		busy -= step(all);
	}
	return summarize(jobs, count);
}

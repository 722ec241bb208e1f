/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/deadline.h"
#include "base/error.h"
#include "runtime/log.h"
#include "runtime/paths.h"

/* Shared by the whole process. */
static struct {
	const char *program;
	char target[132]; /* printable, without blanks: one word of a line */
	int64_t started_ms;
	int64_t size_max;
	int fd; /* -1: not opened yet, or cannot be opened */
	bool tried;
} log_state = { .program = "cxssh", .size_max = 1 << 20, .fd = -1 };

void log_start(const char *program, const char *target, int64_t size_max)
{
	log_state.program = program;
	printable_text(target != NULL && target[0] != '\0' ? target : "-",
	               log_state.target, sizeof(log_state.target));
	for (char *p = log_state.target; *p != '\0'; p++) {
		if (*p == ' ')
			*p = '?';
	}
	log_state.size_max = size_max;
	log_state.started_ms = deadline_now_ms();
}

bool log_is_live(void)
{
	const char *value = getenv("CXDEBUG");

	static const char *const off[] = { "", "0", "false", "no", "off" };

	for (size_t i = 0; value != NULL && i < sizeof(off) / sizeof(off[0]); i++) {
		if (strcasecmp(value, off[i]) == 0)
			return false;
	}
	return value != NULL;
}

/* A regular file, or -1: never a FIFO or a device. */
static int open_file(const char *path)
{
	struct stat st;
	int fd = open(path,
	              O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
	                      O_NONBLOCK | O_NOCTTY,
	              0600);

	if (fd == -1 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return fd;
	(void)close(fd);
	return -1;
}

static void open_log(void)
{
	struct error ignored = ERROR_INIT;
	char *path;
	struct stat st;

	log_state.tried = true;
	if (paths_check(&ignored) == -1)
		return;
	path = paths_cache("log");
	if (stat(path, &st) == 0 && st.st_size > log_state.size_max) {
		char *old = paths_cache("log.1");

		(void)rename(path, old);
		free(old);
	}
	log_state.fd = open_file(path);
	if (log_state.fd == -1 && paths_make_for(path, &ignored) == 0)
		log_state.fd = open_file(path);
	free(path);
}

void log_stamp(int64_t seconds_ago, char out[static LOG_STAMP_SIZE])
{
	struct timespec ts;
	struct tm tm = { .tm_year = 70 };
	size_t len;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec -= (time_t)seconds_ago;
	(void)gmtime_r(&ts.tv_sec, &tm);
	len = strftime(out, LOG_STAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(out + len, LOG_STAMP_SIZE - len, ".%03uZ",
	               (unsigned int)(ts.tv_nsec / 1000000) % 1000);
}

static void show(int64_t ms, const char *text)
{
	if (log_is_live())
		(void)dprintf(STDERR_FILENO, "%s: +%" PRId64 " ms  %s\n",
		              log_state.program, ms, text);
}

void log_live(const char *text)
{
	char shown[600];

	show(deadline_now_ms() - log_state.started_ms,
	     printable_text(text, shown, sizeof(shown)));
}

void log_step(const char *fmt, ...)
{
	char raw[600];
	char text[600];
	char when[LOG_STAMP_SIZE];
	char line[800];
	int64_t ms = deadline_now_ms() - log_state.started_ms;
	va_list ap;
	int len;

	va_start(ap, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	printable_text(raw, text, sizeof(text));

	show(ms, text);
	if (!log_state.tried)
		open_log();
	if (log_state.fd == -1)
		return;
	log_stamp(0, when);
	len = snprintf(line, sizeof(line), "%s %s[%d] %s +%" PRId64 "ms %s\n", when,
	               log_state.program, (int)getpid(),
	               log_state.target[0] != '\0' ? log_state.target : "-", ms, text);
	if (len > 0 && (size_t)len < sizeof(line))
		(void)!write(log_state.fd, line, (size_t)len);
}

enum { WARNINGS_MAX = 4 };

static char warnings[WARNINGS_MAX][250];

void log_warning(const char *fmt, ...)
{
	char raw[sizeof(warnings[0])];
	char text[sizeof(warnings[0])];
	size_t n = 0;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	printable_text(raw, text, sizeof(text));
	paths_shorten_text(text);
	for (; n < WARNINGS_MAX && warnings[n][0] != '\0'; n++) {
		if (strcmp(warnings[n], text) == 0)
			return;
	}
	if (n < WARNINGS_MAX)
		memcpy(warnings[n], text, sizeof(text));
	log_step("warning: %s", text);
}

const char *log_kept_warning(size_t index)
{
	return index < WARNINGS_MAX && warnings[index][0] != '\0' ? warnings[index] :
	                                                            NULL;
}

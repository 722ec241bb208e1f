#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/deadline.h"
#include "base/error.h"
#include "runtime/log.h"
#include "runtime/paths.h"
#include "runtime/utc.h"

/* The one piece of state that a whole process shares: its diary. */
static struct {
	const char *program;
	char target[132]; /* a word of the line: printable, and without blanks */
	int64_t started_ms;
	int64_t size_max;
	int fd; /* -1: not opened yet, or not to be had */
	bool tried;
} diary = { .program = "cxssh", .size_max = 1 << 20, .fd = -1 };

void log_start(const char *program, const char *target, int64_t size_max)
{
	diary.program = program;
	allow_printable(target != NULL && target[0] != '\0' ? target : "-", diary.target,
	                sizeof(diary.target));
	for (char *p = diary.target; *p != '\0'; p++) {
		if (*p == ' ')
			*p = '?';
	}
	diary.size_max = size_max;
	diary.started_ms = deadline_now_ms();
}

bool log_is_live(void)
{
	const char *value = getenv("CXDEBUG");

	return value != NULL && value[0] != '\0' && strcmp(value, "0") != 0;
}

/* A file, or -1: what waits for a reader, or has one, is none. */
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

static void open_diary(void)
{
	struct error ignored = ERROR_INIT;
	char *path;
	struct stat st;

	diary.tried = true;
	if (dirs_check(&ignored) == -1)
		return;
	path = dirs_cache("log");
	if (stat(path, &st) == 0 && st.st_size > diary.size_max) {
		char *old = dirs_cache("log.1");

		(void)rename(path, old);
		free(old);
	}
	diary.fd = open_file(path);
	if (diary.fd == -1 && dirs_make_for(path, &ignored) == 0)
		diary.fd = open_file(path);
	free(path);
}

static void stamp(char out[static UTC_TEXT])
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	utc_text((int64_t)ts.tv_sec, (int)(ts.tv_nsec / 1000000), out);
}

void log_step(const char *fmt, ...)
{
	char raw[600];
	char text[600];
	char when[UTC_TEXT];
	char line[800];
	int64_t ms = deadline_now_ms() - diary.started_ms;
	va_list ap;
	int len;

	va_start(ap, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	allow_printable(raw, text, sizeof(text));

	if (log_is_live())
		(void)dprintf(STDERR_FILENO, "%s: +%" PRId64 " ms  %s\n", diary.program, ms,
		              text);
	if (!diary.tried)
		open_diary();
	if (diary.fd == -1)
		return;
	stamp(when);
	len = snprintf(line, sizeof(line), "%s %s[%d] %s +%" PRId64 "ms %s\n", when,
	               diary.program, (int)getpid(),
	               diary.target[0] != '\0' ? diary.target : "-", ms, text);
	if (len > 0 && (size_t)len < sizeof(line))
		(void)!write(diary.fd, line, (size_t)len);
}

/* SPDX-License-Identifier: MIT */
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static void *checked(void *ptr)
{
	if (ptr == NULL) {
		(void)fputs("sandbox-api: out of memory\n", stderr);
		abort();
	}
	return ptr;
}

void *xcalloc(size_t count, size_t size)
{
	return checked(calloc(count, size));
}

void *xrealloc(void *ptr, size_t size)
{
	return checked(realloc(ptr, size));
}

char *xstrdup(const char *str)
{
	return checked(strdup(str));
}

char *xasprintf(const char *fmt, ...)
{
	char *str = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&str, fmt, args) == -1)
		str = NULL;
	va_end(args);
	return checked(str);
}

int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void iso_time(int64_t ms, char out[ISO_TIME_SIZE])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm utc;

	if (gmtime_r(&seconds, &utc) == NULL ||
	    strftime(out, ISO_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
		out[0] = '\0';
}

bool parse_number(const char *text, int64_t min, int64_t max, int64_t *number)
{
	char *end;
	long long value;

	if (text[0] != '-' && (text[0] < '0' || text[0] > '9'))
		return false;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || value < min || value > max)
		return false;
	*number = value;
	return true;
}

void random_token(char out[RANDOM_TOKEN_SIZE])
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char bytes[RANDOM_TOKEN_SIZE - 1];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		abort(); /* so few bytes never come short */
	for (size_t i = 0; i < sizeof(bytes); i++)
		out[i] = alphabet[bytes[i] & 63];
	out[sizeof(bytes)] = '\0';
}

char *base64_decode(const char *text, size_t *len)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t digits = strspn(text, alphabet);
	char *bytes = xcalloc(digits + 1, 1);
	uint32_t bits = 0;

	*len = 0;
	for (size_t i = 0; i < digits; i++) {
		bits = bits << 6 | (uint32_t)(strchr(alphabet, text[i]) - alphabet);
		if (i % 4 != 0)
			bytes[(*len)++] = (char)(bits >> (6 - 2 * (i % 4)));
	}
	/* What is left may only fill up the last group of four. */
	if (digits % 4 == 1 || strlen(text) % 4 != 0 || strlen(text) - digits > 2 ||
	    strspn(text + digits, "=") != strlen(text) - digits) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

char *slurp(const char *path, size_t *len)
{
	size_t used = 0, cap = 4096;
	char *text = NULL;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return NULL;
	text = xcalloc(1, cap);
	while ((n = read(fd, text + used, cap - used - 1)) > 0) {
		used += (size_t)n;
		if (cap - used < 2)
			text = xrealloc(text, cap *= 2);
	}
	if (n == -1) {
		int error = errno;

		free(text);
		(void)close(fd);
		errno = error;
		return NULL;
	}
	(void)close(fd);
	text[used] = '\0';
	*len = used;
	return text;
}

bool stamp_changed(struct stamp *stamp, const char *path)
{
	struct stamp old = *stamp;
	struct stat st;

	*stamp = (struct stamp){ 0 };
	if (stat(path, &st) == 0)
		*stamp = (struct stamp){ .inode = st.st_ino,
			                 .size = st.st_size,
			                 .mtime = st.st_mtim };
	return old.inode != stamp->inode || old.size != stamp->size ||
	       old.mtime.tv_sec != stamp->mtime.tv_sec ||
	       old.mtime.tv_nsec != stamp->mtime.tv_nsec;
}

bool stop_wait(int stop_fd, int64_t ms)
{
	struct pollfd stop = { .fd = stop_fd, .events = POLLIN };
	int64_t until = now_ms() + ms;

	for (;;) {
		int64_t left = until - now_ms();
		int n = poll(&stop, 1, left < 0 ? 0 : left > 60000 ? 60000 : (int)left);

		if (n == 1 || (n == -1 && errno != EINTR))
			return true;
		if (n == 0 && now_ms() >= until)
			return false;
	}
}

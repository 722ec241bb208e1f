/* SPDX-License-Identifier: MIT */
/*
 * secret_hunter.c - where secrets can be read: for t72.
 *
 *     secret_hunter watch SECRETS OUT       until SIGTERM: every process's arguments and
 *                                           environment, over and over
 *     secret_hunter memory PID SECRETS      the memory of one process
 *
 * SECRETS has lines "NAME text TEXT" or "NAME hex DIGITS".  What is found is one line
 * each, "args NAME: COMMAND LINE", "env NAME: COMMAND LINE", "memory NAME"; watch ends
 * its file with "sweeps N".  Exits with 0 when nothing was found in memory, 1 when
 * something was.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No heap of cxssh is so large, but AddressSanitizer's notes about one are. */
#define SHADOW (UINT64_C(1) << 33)

enum { SECRETS_MAX = 64, LINE = 4096, FINDS_MAX = 512, PAUSE_US = 1000, BLOCK = 1 << 20 };

struct secret {
	char name[64];
	unsigned char bytes[LINE];
	size_t len;
};

static struct secret secrets[SECRETS_MAX];
static size_t secret_count;
static volatile sig_atomic_t over;

static void on_term(int number)
{
	(void)number;
	over = 1;
}

static size_t from_hex(const char *digits, unsigned char *out)
{
	size_t len = strlen(digits) / 2;

	for (size_t i = 0; i < len; i++) {
		char pair[3] = { digits[2 * i], digits[2 * i + 1], '\0' };

		out[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
	return len;
}

static int read_secrets(const char *path)
{
	char line[LINE];
	FILE *file = fopen(path, "re");

	while (file != NULL && secret_count < SECRETS_MAX &&
	       fgets(line, sizeof(line), file) != NULL) {
		struct secret *s = &secrets[secret_count];
		char kind[8];
		char value[LINE];

		if (sscanf(line, "%63s %7s %4095[^\n]", s->name, kind, value) != 3)
			continue;
		if (strcmp(kind, "hex") == 0) {
			s->len = from_hex(value, s->bytes);
		} else {
			s->len = strlen(value);
			memcpy(s->bytes, value, s->len);
		}
		secret_count++;
	}
	if (file != NULL)
		(void)fclose(file);
	return secret_count > 0 ? 0 : -1;
}

static ssize_t read_proc(const char *pid, const char *what, char *buf, size_t cap)
{
	char path[300];
	ssize_t len = 0;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/%s", pid, what);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	while ((size_t)len < cap && (n = read(fd, buf + len, cap - (size_t)len)) > 0)
		len += n;
	(void)close(fd);
	return len;
}

/* Each find once. */
static void report(FILE *out, const char *text)
{
	static char *found[FINDS_MAX];
	static size_t count;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(found[i], text) == 0)
			return;
	}
	if (count < FINDS_MAX)
		found[count++] = strdup(text);
	(void)fprintf(out, "%s\n", text);
	(void)fflush(out);
}

static void look_at(const char *pid, FILE *out)
{
	static char block[256 * 1024];
	static const char *const places[] = { "cmdline", "environ" };
	static const char *const called[] = { "args", "env" };

	for (int place = 0; place < 2; place++) {
		ssize_t len = read_proc(pid, places[place], block, sizeof(block));

		for (size_t i = 0; len > 0 && i < secret_count; i++) {
			char words[512] = "";
			char text[700];
			ssize_t n;

			if (memmem(block, (size_t)len, secrets[i].bytes,
			           secrets[i].len) == NULL)
				continue;
			n = read_proc(pid, "cmdline", words, sizeof(words) - 1);
			for (ssize_t k = 0; k + 1 < n; k++)
				words[k] =
					isprint((unsigned char)words[k]) ? words[k] : ' ';
			(void)snprintf(text, sizeof(text), "%s %.63s: %.500s",
			               called[place], secrets[i].name, words);
			report(out, text);
		}
	}
}

static int watch(const char *path)
{
	FILE *out = fopen(path, "we");
	struct sigaction action = { .sa_handler = on_term };
	long sweeps = 0;

	if (out == NULL)
		return 64;
	(void)sigaction(SIGTERM, &action, NULL);
	for (; !over; sweeps++) {
		DIR *dir = opendir("/proc");
		struct dirent *entry;

		while (dir != NULL && (entry = readdir(dir)) != NULL) {
			if (isdigit((unsigned char)entry->d_name[0]) &&
			    strtol(entry->d_name, NULL, 10) != getpid())
				look_at(entry->d_name, out);
		}
		if (dir != NULL)
			(void)closedir(dir);
		(void)usleep(PAUSE_US);
	}
	(void)fprintf(out, "sweeps %ld\n", sweeps);
	return fclose(out) == 0 ? 0 : 1;
}

/* Blocks overlap, so that none is missed at a seam. */
static bool hunt(int mem, uint64_t from, uint64_t to, bool seen[SECRETS_MAX])
{
	static unsigned char block[BLOCK + LINE];
	bool any = false;

	for (uint64_t at = from; at < to; at += BLOCK) {
		size_t want = to - at < sizeof(block) ? (size_t)(to - at) : sizeof(block);
		ssize_t n = pread(mem, block, want, (off_t)at);

		for (size_t i = 0; n > 0 && i < secret_count; i++) {
			if (seen[i] || memmem(block, (size_t)n, secrets[i].bytes,
			                      secrets[i].len) == NULL)
				continue;
			seen[i] = any = true;
			(void)printf("memory %s\n", secrets[i].name);
		}
	}
	return any;
}

static int memory(const char *pid)
{
	bool seen[SECRETS_MAX] = { false };
	char path[300];
	char line[LINE];
	bool any = false;
	FILE *maps;
	int mem;

	(void)snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	maps = fopen(path, "re");
	if (mem == -1 || maps == NULL) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 69;
	}
	while (fgets(line, sizeof(line), maps) != NULL) {
		uint64_t from;
		uint64_t to;

		/* What can be written: the rest is as it lies on the disk. */
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " rw", &from, &to) == 2 &&
		    strstr(line, " rw") != NULL && to - from < SHADOW)
			any = hunt(mem, from, to, seen) || any;
	}
	(void)fclose(maps);
	(void)close(mem);
	return any ? 1 : 0;
}

int main(int argc, char *argv[])
{
	if (argc != 4)
		return 64;
	if (strcmp(argv[1], "watch") == 0)
		return read_secrets(argv[2]) == 0 ? watch(argv[3]) : 64;
	return read_secrets(argv[3]) == 0 ? memory(argv[2]) : 64;
}

/* SPDX-License-Identifier: MIT */
/*
 * A target as a test: each file of its corpus, and each one's beginnings, goes
 * through it, in a process of its own, so that one that crashes is named and the
 * rest is still run.
 *
 * The corpus is tests/fuzz/corpus/NAME below the working folder for a program
 * fuzz_NAME; a file named on the command line is run alone, in this process.
 */

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

enum { INPUT_MAX = 1 << 20, SECONDS = 60, BEGINNINGS = 16 };

static char *read_input(const char *path, size_t *size)
{
	char *bytes = malloc(INPUT_MAX);
	FILE *f = fopen(path, "rb");

	if (f == NULL || bytes == NULL) {
		(void)printf("Bail out! cannot read %s\n", path);
		exit(1);
	}
	*size = fread(bytes, 1, INPUT_MAX, f);
	(void)fclose(f);
	return bytes;
}

/* The whole, and as much of it as a broken connection or a full disk would leave. */
static void run_input(const char *bytes, size_t size, bool cut)
{
	for (size_t n = 0; n < (cut ? BEGINNINGS : 1); n++) {
		size_t len = size - size * n / BEGINNINGS;
		char *exact = fuzz_copy(bytes, len);

		fuzz_input((const uint8_t *)exact, len);
		free(exact);
	}
}

/* Whether it went well; what did not is said. */
static bool try_file(const char *path)
{
	size_t size;
	char *bytes = read_input(path, &size);
	pid_t child;
	int status;

	(void)fflush(stdout);
	child = fork();
	if (child == 0) {
		(void)alarm(SECONDS);
		run_input(bytes, size, true);
		free(bytes);
		exit(0); /* not _exit(): leaks are looked for on the way */
	}
	free(bytes);
	if (child == -1 || waitpid(child, &status, 0) != child) {
		(void)printf("Bail out! fork\n");
		exit(1);
	}
	if (status == 0)
		return true;
	(void)printf("# %s: %s %d\n", path,
	             WIFSIGNALED(status) ? "signal" : "exit status",
	             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return false;
}

static int try_corpus(const char *name)
{
	char folder[256];
	struct dirent *entry;
	size_t files = 0;
	size_t bad = 0;
	DIR *dir;

	(void)snprintf(folder, sizeof(folder), "tests/fuzz/corpus/%s", name);
	dir = opendir(folder);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char path[600];

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		files++;
		bad += !try_file(path);
	}
	if (dir != NULL)
		(void)closedir(dir);
	(void)printf("%s 1 - %s bears all %zu inputs of its corpus\n1..1\n",
	             files > 0 && bad == 0 ? "ok" : "not ok", name, files);
	return files > 0 && bad == 0 ? 0 : 1;
}

int main(int argc, char *argv[])
{
	static const char prefix[] = "fuzz_";
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash == NULL ? argv[0] : slash + 1;

	fuzz_prepare();
	if (argc == 2) {
		size_t size;
		char *bytes = read_input(argv[1], &size);

		run_input(bytes, size, false);
		free(bytes);
		return 0;
	}
	if (strncmp(name, prefix, strlen(prefix)) == 0)
		name += strlen(prefix);
	return try_corpus(name);
}

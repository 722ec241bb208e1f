/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/browser.h"
#include "runtime/paths.h"
#include "runtime/spawn.h"

#ifndef __APPLE__
static bool is_set(const char *value)
{
	return value != NULL && value[0] != '\0';
}
#endif

bool browser_is_there(void)
{
#ifdef __APPLE__
	return true;
#else
	return is_set(getenv("DISPLAY")) || is_set(getenv("WAYLAND_DISPLAY")) ||
	       is_set(getenv("BROWSER"));
#endif
}

/* A shell stays silent for a program that writes to its terminal. */
static bool start(char *program, const char *url)
{
	char *argv[] = { (char *)"/bin/sh",
		         (char *)"-c",
		         (char *)"exec \"$0\" \"$1\" >/dev/null 2>&1",
		         program,
		         (char *)url,
		         NULL };
	struct child child = CHILD_INIT;
	struct error ignored = ERROR_INIT;
	bool started =
		access(program, X_OK) == 0 && spawn_start(argv, &child, &ignored) == 0;

	if (started)
		spawn_detach(&child);
	free(program);
	return started;
}

/* The first program of BROWSER, which is a list with colons. */
static char *chosen(void)
{
	const char *list = getenv("BROWSER"); /* a program, not a command line */
	char *first;
	char *path;

	if (list == NULL)
		return xstrdup("");
	first = xstrndup(list, strcspn(list, ":"));
	path = first[0] == '/' ? xstrdup(first) : paths_tool(first);
	free(first);
	return path;
}

bool browser_open(const char *url)
{
	static const char *const openers[] = { "xdg-open", "sensible-browser",
		                               "x-www-browser", "open" };
	bool started = start(chosen(), url);

	for (size_t i = 0; !started && i < sizeof(openers) / sizeof(openers[0]); i++)
		started = start(paths_tool(openers[i]), url);
	return started;
}

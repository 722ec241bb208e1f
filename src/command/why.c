/* SPDX-License-Identifier: MIT */
/* why - print the steps of the last connection from the log. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/options.h"
#include "command/command.h"
#include "fleet/model.h"
#include "fleet/resolve.h"
#include "runtime/atomic.h"
#include "runtime/config.h"
#include "runtime/paths.h"

enum { LOG_READ_MAX = 64 << 20, WHY_MS = 10000 };

static const char program[] = "cxssh-proxy[";

/*
 * One line of the log: "TIME PROGRAM[PID] TARGET +Nms STEP".  STEP may quote the API or
 * a server, so only the words before it identify the process.
 */
struct entry {
	const char *at;
	size_t len;
	const char *process; /* "cxssh-proxy[123] TARGET ", or NULL: of another program */
	size_t process_len;
	const char *step;
};

/* The next word of a line that ends at end, or NULL. */
static const char *next_word(const char *at, const char *end)
{
	const char *blank = at != NULL ? memchr(at, ' ', (size_t)(end - at)) : NULL;

	return blank != NULL ? blank + 1 : NULL;
}

static const char *read_entry(const char *line, struct entry *e)
{
	const char *end = line + strcspn(line, "\n");
	const char *process = next_word(line, end);
	const char *target = next_word(process, end);
	const char *clock = next_word(target, end);

	*e = (struct entry){ .at = line, .len = (size_t)(end - line) };
	e->step = next_word(clock, end);
	if (e->step != NULL && strncmp(process, program, strlen(program)) == 0) {
		e->process = process;
		e->process_len = (size_t)(clock - 1 - process);
	}
	return end + (*end == '\n');
}

/* Does the entry's process serve target (NULL: any)? */
static bool serves(const struct entry *e, const char *target)
{
	const char *space = memchr(e->process, ' ', e->process_len);
	size_t len = e->process_len - (size_t)(space + 1 - e->process);

	return target == NULL ||
	       (strlen(target) == len && strncmp(space + 1, target, len) == 0);
}

static bool same_process(const struct entry *a, const struct entry *b)
{
	return a->process_len == b->process_len &&
	       strncmp(a->process, b->process, a->process_len) == 0;
}

static bool begins_with(const struct entry *e, const char *words)
{
	return strncmp(e->step, words, strlen(words)) == 0;
}

/* Is it the last line of a proxy?  A later process may have the same pid. */
static bool is_end(const struct entry *e)
{
	return begins_with(e, "handed to ssh") || begins_with(e, "carrying bytes") ||
	       begins_with(e, "failed: ");
}

/* After a hand-over ssh's own failures are not in the log.  lines ends with last. */
static void advise(const char *lines, const struct entry *last)
{
	static const char mark[] = "connected to ";
	const char *host = NULL;
	struct entry e;

	if (!is_end(last) || begins_with(last, "failed: "))
		return;
	while (lines <= last->at) {
		lines = read_entry(lines, &e);
		if (e.process != NULL && same_process(&e, last) && begins_with(&e, mark))
			host = e.step + strlen(mark);
	}
	if (host != NULL)
		(void)printf("The rest was ssh's.  If it refused a changed host key and "
		             "you "
		             "expected the change, run: cxssh hostkey forget %.*s\n",
		             (int)strcspn(host, " \n"), host);
}

/* From the first to the last line of the last proxy, with the lines of other processes
 * between them. */
static int print_last(const char *log, const char *target, struct error *err)
{
	struct entry last = { .process = NULL };
	struct entry e;
	const char *first = log;
	const char *line;
	bool ended = true;

	for (line = log; *line != '\0';) {
		line = read_entry(line, &e);
		if (e.process != NULL && serves(&e, target))
			last = e;
	}
	if (last.process == NULL)
		return error_set(err, ERROR_NO_HOST, "no connection to it in the log");
	for (line = log; line <= last.at;) {
		line = read_entry(line, &e);
		if (e.process == NULL || !same_process(&e, &last))
			continue;
		if (ended)
			first = e.at;
		ended = is_end(&e);
	}
	(void)printf("%.*s\n", (int)(last.at + last.len - first), first);
	advise(first, &last);
	return 0;
}

static char *target_of(const char *name, const struct config *config, struct error *err)
{
	struct fleet fleet = FLEET_INIT;
	struct host found;
	char *target = NULL;

	if (resolve_host(config, name, &fleet, &found, deadline_in(WHY_MS), err) == 0)
		target = host_target(&found);
	fleet_release(&fleet);
	return target;
}

int command_why(int argc, char *argv[], struct config *config, struct error *err)
{
	struct strbuf log = STRBUF_INIT;
	char *path = paths_cache("log");
	char *target = NULL;
	const char *lines;
	int rc = -1;
	int found;
	int first;

	first = options_parse(argc, argv, NULL, NULL, (struct options_range){ 0, 1 },
	                      err);
	if (first == -1)
		goto out;
	/* Read the log first: looking up the target writes to it. */
	found = atomic_read_end(path, LOG_READ_MAX, &log, err);
	if (found == -1)
		goto out;
	if (argv[first] != NULL && (target = target_of(argv[first], config, err)) == NULL)
		goto out;
	lines = log.data;
	if (found == 2) /* a line that is cut off may look like another one */
		lines += strcspn(lines, "\n");
	rc = print_last(lines, target, err);
out:
	strbuf_release(&log);
	free(path);
	free(target);
	return rc;
}

/* why - what the last connection did, step by step, from the log. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "base/config.h"
#include "base/dirs.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "command/command.h"
#include "command/resolve.h"
#include "fleet/model.h"

enum { LOG_READ_MAX = 64 << 20, WHY_MS = 10000 };

static const char program[] = " cxssh-proxy[";

/* One line of the log: "TIME PROGRAM[PID] TARGET +N ms STEP". */
struct entry {
	const char *at;
	size_t len;
	const char *process; /* "cxssh-proxy[123] TARGET ", or NULL: another program's */
	size_t process_len;
};

static const char *read_entry(const char *line, struct entry *e)
{
	const char *mark;
	const char *end;

	e->at = line;
	e->len = strcspn(line, "\n");
	e->process = NULL;
	mark = strstr(line, program);
	if (mark != NULL && mark < line + e->len) {
		const char *target = strchr(mark + 1, ' ');

		end = target != NULL ? strchr(target + 1, ' ') : NULL;
		if (end != NULL && end < line + e->len) {
			e->process = mark + 1;
			e->process_len = (size_t)(end - e->process);
		}
	}
	return line + e->len + (line[e->len] == '\n');
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

/* Was that the last word of a proxy?  The kernel gives its number to others later. */
static bool is_end(const struct entry *e)
{
	static const char *const ends[] = { "handed to ssh", "carrying bytes",
		                            "failed: " };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const char *found = strstr(e->at, ends[i]);

		if (found != NULL && found < e->at + e->len)
			return true;
	}
	return false;
}

/* What ssh did with the connection is in no log of ours.  lines ends with last. */
static void advise(const char *lines, const struct entry *last)
{
	static const char mark[] = " connected to ";
	const char *end = last->at + last->len;
	const char *host = NULL;

	if (!is_end(last) || memmem(last->at, last->len, "failed: ", 8) != NULL)
		return;
	for (const char *at = lines; (at = strstr(at, mark)) != NULL && at < end;)
		host = at += sizeof(mark) - 1;
	if (host != NULL)
		(void)printf("The rest was ssh's.  If it refused a changed host key and you "
		             "expected the change, run: cxssh hostkey forget %.*s\n",
		             (int)strcspn(host, " \n"), host);
}

/* From the first to the last line of the last proxy: what others did meanwhile, too. */
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
	struct selection found;
	char *target = NULL;

	if (resolve_alias(config, name, &fleet, &found, deadline_in(WHY_MS), err) == 0)
		target = found.server != NULL ? xstrdup(found.server->uid) :
		                                role_target(found.stack, found.role);
	fleet_release(&fleet);
	return target;
}

int command_why(int argc, char *argv[], struct config *config, struct error *err)
{
	struct strbuf log = STRBUF_INIT;
	char *path = dirs_cache("log");
	char *target = NULL;
	int rc = -1;

	if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
		command_usage(err, "cxssh why [HOST]");
		goto out;
	}
	/* The log first: what is asked for is not what is about to be written. */
	if (atomic_read(path, LOG_READ_MAX, &log, err) == -1)
		goto out;
	if (argc == 2 && (target = target_of(argv[1], config, err)) == NULL)
		goto out;
	rc = print_last(log.data, target, err);
out:
	strbuf_release(&log);
	free(path);
	free(target);
	return rc;
}

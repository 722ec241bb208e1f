/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "doctor/history.h"
#include "runtime/atomic.h"
#include "runtime/paths.h"

enum { LOG_READ_MAX = 64 << 20 };

static const char proxy[] = "cxssh-proxy[";
static const char failed[] = "failed: ";
static const char reached[] = "connected to ";

/* The next word of a line that ends at end, or NULL. */
static const char *next_word(const char *at, const char *end)
{
	const char *blank = at != NULL ? memchr(at, ' ', (size_t)(end - at)) : NULL;

	return blank != NULL ? blank + 1 : NULL;
}

/* Returns where the next line begins; l->step is NULL for a line of another form. */
static const char *read_line(const char *text, struct history_line *l)
{
	const char *end = text + strcspn(text, "\n");
	const char *process = next_word(text, end);
	const char *target = next_word(process, end);
	const char *clock = next_word(target, end);

	*l = (struct history_line){ .at = text, .len = (size_t)(end - text) };
	l->step = next_word(clock, end);
	if (l->step != NULL) {
		l->process = process;
		l->process_len = (size_t)(clock - 1 - process);
		l->program_len = (size_t)(target - 1 - process);
		l->step_len = (size_t)(end - l->step);
	}
	return end + (*end == '\n');
}

static bool is_of_proxy(const struct history_line *l)
{
	return l->step != NULL && l->process_len > strlen(proxy) &&
	       memcmp(l->process, proxy, strlen(proxy)) == 0;
}

static bool same_process(const struct history_line *a, const struct history_line *b)
{
	return a->process_len == b->process_len &&
	       memcmp(a->process, b->process, a->process_len) == 0;
}

static bool begins_with(const struct history_line *l, const char *words)
{
	return l->step_len >= strlen(words) && memcmp(l->step, words, strlen(words)) == 0;
}

static enum history_result result_of(const struct history_line *l)
{
	return begins_with(l, failed)           ? HISTORY_FAILED :
	       begins_with(l, "handed to ssh")  ? HISTORY_HANDED :
	       begins_with(l, "carrying bytes") ? HISTORY_CARRIED :
	                                          HISTORY_UNFINISHED;
}

int64_t history_when_ms(const struct history_line *line)
{
	struct tm tm = { .tm_isdst = 0 };
	int ms = 0;

	if (sscanf(line->at, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &tm.tm_year, &tm.tm_mon,
	           &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &ms) != 7)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (int64_t)timegm(&tm) * 1000 + ms;
}

int64_t history_began_ms(const struct history_connection *c)
{
	enum { LONG_MS = 3600 * 1000 };
	const struct history_line *l = &c->first;
	/* The line has "+8086ms" between target and step. */
	long long since = strtoll(l->process + l->process_len + 1, NULL, 10);

	return history_when_ms(l) - (since > 0 && since < LONG_MS ? since : 0);
}

/* The first line at or after when_ms among those before at. */
static const char *find_since(const char *text, const char *at, int64_t when_ms)
{
	struct history_line l;

	while (at > text) {
		const char *before = at - 1;

		while (before > text && before[-1] != '\n')
			before--;
		(void)read_line(before, &l);
		if (history_when_ms(&l) < when_ms)
			break;
		at = before;
	}
	return at;
}

/* The connection that the line belongs to: a new one when that of its process has ended,
 * since a later process may have the same pid. */
static struct history_connection *connection_of(struct history *h,
                                                const struct history_line *l)
{
	for (size_t i = h->count; i-- > 0;) {
		struct history_connection *c = &h->connections[i];

		if (same_process(&c->last, l)) {
			if (c->result != HISTORY_UNFINISHED)
				break;
			return c;
		}
	}
	if (h->count == HISTORY_MAX)
		memmove(&h->connections[0], &h->connections[1],
		        --h->count * sizeof(h->connections[0]));
	h->connections[h->count] = (struct history_connection){ .first = *l };
	h->connections[h->count].from =
		find_since(h->text.data, l->at,
	                   history_began_ms(&h->connections[h->count]));
	return &h->connections[h->count++];
}

static int append_file(const char *name, struct strbuf *text, struct error *err)
{
	struct strbuf whole = STRBUF_INIT;
	char *path = paths_cache("%s", name);
	int found = atomic_read_end(path, LOG_READ_MAX, &whole, err);
	const char *from = whole.data;

	if (found == 2) /* a line that is cut off may look like another one */
		from += strcspn(from, "\n");
	strbuf_adds(text, from);
	strbuf_release(&whole);
	free(path);
	return found == -1 ? -1 : 0;
}

int history_read(struct history *history, struct error *err)
{
	struct error ignored = ERROR_INIT;
	struct history_line l;

	*history = (struct history){ .text = STRBUF_INIT };
	(void)append_file("log.1", &history->text, &ignored);
	if (append_file("log", &history->text, err) == -1)
		return -1;
	for (const char *at = history->text.data; *at != '\0';) {
		struct history_connection *c;

		at = read_line(at, &l);
		if (!is_of_proxy(&l))
			continue;
		c = connection_of(history, &l);
		c->last = l;
		c->result = result_of(&l);
	}
	return 0;
}

void history_release(struct history *history)
{
	strbuf_release(&history->text);
}

static char *target_of(const struct history_line *l)
{
	return xstrndup(l->process + l->program_len + 1,
	                l->process_len - l->program_len - 1);
}

char *history_target(const struct history_connection *c)
{
	return target_of(&c->last);
}

bool history_is_to(const struct history_connection *c, const char *target,
                   const char *second)
{
	char *of = history_target(c);
	bool is = (target == NULL && second == NULL) ||
	          (target != NULL && strcmp(of, target) == 0) ||
	          (second != NULL && strcmp(of, second) == 0);

	free(of);
	return is;
}

const struct history_connection *history_last(const struct history *history,
                                              const char *target, const char *second)
{
	for (size_t i = history->count; i-- > 0;) {
		if (history_is_to(&history->connections[i], target, second))
			return &history->connections[i];
	}
	return NULL;
}

/* Does the line tell how another server was made ready?  A role and a name without a
 * block, neither of which is a uid, lead to a target that is not theirs. */
static bool is_elsewhere(const struct history_line *l, const char *target)
{
	static const char opener[] = "cxssh-open[";
	char *of;
	bool is;

	if (strncmp(l->process, opener, strlen(opener)) != 0 ||
	    strpbrk(target, ".-") != NULL)
		return false;
	of = target_of(l);
	is = strcmp(of, target) != 0;
	free(of);
	return is;
}

void history_steps(const struct history_connection *connection,
                   void (*each)(const struct history_line *line, void *cookie),
                   void *cookie)
{
	char *target = history_target(connection);
	struct history_line l;

	for (const char *at = connection->from; at <= connection->last.at;) {
		at = read_line(at, &l);
		if (l.step != NULL && !is_elsewhere(&l, target) &&
		    (!is_of_proxy(&l) || same_process(&l, &connection->last)))
			each(&l, cookie);
	}
	free(target);
}

char *history_reason(const struct history_connection *c)
{
	const struct history_line *l = &c->last;

	return c->result != HISTORY_FAILED ?
	               NULL :
	               xstrndup(l->step + strlen(failed), l->step_len - strlen(failed));
}

struct find {
	const struct history_connection *connection;
	char *alias;
};

static void find_alias(const struct history_line *l, void *cookie)
{
	struct find *find = cookie;
	const char *alias = l->step + strlen(reached);

	if (!begins_with(l, reached) || !same_process(l, &find->connection->last))
		return;
	free(find->alias);
	find->alias = xstrndup(alias, strcspn(alias, " \n"));
}

char *history_reached(const struct history_connection *c)
{
	struct find find = { .connection = c };

	history_steps(c, find_alias, &find);
	return find.alias;
}

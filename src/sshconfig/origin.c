/* SPDX-License-Identifier: MIT */
#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/configline.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "runtime/atomic.h"
#include "runtime/paths.h"
#include "sshconfig/origin.h"

enum { FILE_MAX = 16 * 1024 * 1024, DEPTH_MAX = 16 };

/* Is the Host or Match above a line about the host? */
enum scope { OTHER, APPLIES, NAMES /* the host in full */ };

/* Called for each line that is not empty; true ends the walk. */
typedef bool line_fn(const char *file, size_t line, const struct strvec *words,
                     enum scope scope, void *cookie);

struct walk {
	const char *host;
	const char *folder; /* of relative Includes */
	line_fn *each;
	void *cookie;
};

static bool matches(const char *pattern, const char *host)
{
	return fnmatch(pattern, host, FNM_NOESCAPE | FNM_CASEFOLD) == 0;
}

/* The patterns of a Host line. */
static enum scope host_applies(const struct strvec *words, const char *host)
{
	enum scope scope = OTHER;

	for (size_t i = 1; i < words->count; i++) {
		const char *pattern = words->items[i];

		if (pattern[0] == '!' && matches(pattern + 1, host))
			return OTHER;
		if (strcasecmp(pattern, host) == 0)
			scope = NAMES;
		else if (scope == OTHER && pattern[0] != '!' && matches(pattern, host))
			scope = APPLIES;
	}
	return scope;
}

/* The comma-separated patterns of a Match criterion. */
static bool list_applies(const char *list, const char *host)
{
	struct strvec words = STRVEC_INIT;
	char *copy = xasprintf("Host,%s", list);
	bool yes;

	for (char *p = copy; *p != '\0'; p++) {
		if (*p == ',')
			*p = ' ';
	}
	strvec_split(&words, copy);
	yes = host_applies(&words, host) != OTHER;
	strvec_release(&words);
	free(copy);
	return yes;
}

/* The criteria about names are judged; of the others ssh alone knows. */
static bool match_applies(const struct strvec *words, const char *host)
{
	for (size_t i = 1; i + 1 < words->count; i++) {
		const char *criterion = words->items[i];

		if ((strcasecmp(criterion, "host") == 0 ||
		     strcasecmp(criterion, "originalhost") == 0) &&
		    !list_applies(words->items[i + 1], host))
			return false;
	}
	return true;
}

static bool walk_file(const struct walk *walk, const char *file, enum scope scope,
                      int depth);

/* At most DEPTH_MAX deep. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static bool walk_include(const struct walk *walk, const char *word, enum scope scope,
                         int depth)
{
	char *expanded = paths_expand(word);
	char *pattern = expanded[0] == '/' ? xstrdup(expanded) :
	                                     xasprintf("%s/%s", walk->folder, expanded);
	glob_t found = { .gl_pathc = 0 };
	bool done = false;

	if (glob(pattern, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc && !done; i++)
			done = walk_file(walk, found.gl_pathv[i], scope, depth + 1);
		globfree(&found);
	}
	free(pattern);
	free(expanded);
	return done;
}

/* The scope from this line on: that of a Host or Match line, else the same. */
static enum scope next_scope(const struct strvec *words, const char *host,
                             enum scope outer, enum scope scope)
{
	const char *keyword = words->items[0];

	if (strcasecmp(keyword, "host") == 0)
		return outer == OTHER ? OTHER : host_applies(words, host);
	if (strcasecmp(keyword, "match") == 0)
		return outer != OTHER && match_applies(words, host) ? APPLIES : OTHER;
	return scope;
}

/* The files of an Include line.  At most DEPTH_MAX deep. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static bool walk_includes(const struct walk *walk, const struct strvec *words,
                          enum scope scope, int depth)
{
	bool done = false;

	for (size_t i = 1; i < words->count && !done; i++)
		done = walk_include(walk, words->items[i], scope, depth);
	return done;
}

/* At most DEPTH_MAX deep. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static bool walk_file(const struct walk *walk, const char *file, enum scope outer,
                      int depth)
{
	struct strbuf text = STRBUF_INIT;
	struct error ignored = ERROR_INIT;
	struct configline at;
	enum scope scope = outer;
	bool done = false;

	if (depth <= DEPTH_MAX)
		(void)atomic_read_users(file, FILE_MAX, &text, &ignored);
	at = configline_at(text.data, text.len);
	while (!done && configline_next(&at)) {
		struct strvec words = STRVEC_INIT;

		configline_split(&at, &words);
		if (words.items[0][0] != '\0') {
			scope = next_scope(&words, walk->host, outer, scope);
			done = walk->each(file, at.number, &words, scope, walk->cookie);
		}
		if (!done && strcasecmp(words.items[0], "include") == 0)
			done = walk_includes(walk, &words, scope, depth);
		strvec_release(&words);
	}
	strbuf_release(&text);
	return done;
}

/* The user's file and the system's, in the order of ssh. */
static void walk_all(const char *host, line_fn *each, void *cookie)
{
	char *users = paths_ssh("config");
	char *folder = xstrndup(users, (size_t)(strrchr(users, '/') - users));
	struct walk walk = {
		.host = host, .folder = folder, .each = each, .cookie = cookie
	};

	if (!walk_file(&walk, users, APPLIES, 0)) {
		walk.folder = "/etc/ssh";
		(void)walk_file(&walk, "/etc/ssh/ssh_config", APPLIES, 0);
	}
	free(users);
	free(folder);
}

static void set_origin(struct origin *origin, const char *file, size_t line,
                       enum scope scope)
{
	free(origin->file);
	*origin = (struct origin){ .file = xstrdup(file),
		                   .line = line,
		                   .named = scope == NAMES };
}

struct search {
	const char *keyword;
	const char *value;
	struct origin *origin;
};

/* True if ssh -G prints these arguments as value; "yes" is "true" there for some. */
static bool gives(const struct strvec *words, const char *value)
{
	struct strbuf joined = STRBUF_INIT;
	char *expanded;
	bool same;

	for (size_t i = 1; i < words->count; i++)
		strbuf_addf(&joined, "%s%s", i == 1 ? "" : " ", words->items[i]);
	expanded = paths_expand(joined.data);
	same = strcasecmp(joined.data, value) == 0 || strcmp(expanded, value) == 0 ||
	       (strcasecmp(joined.data, "no") == 0 && strcmp(value, "false") == 0) ||
	       (strcasecmp(joined.data, "yes") == 0 && strcmp(value, "true") == 0);
	free(expanded);
	strbuf_release(&joined);
	return same;
}

static bool find_setting(const char *file, size_t line, const struct strvec *words,
                         enum scope scope, void *cookie)
{
	struct search *search = cookie;
	bool exact;

	if (scope == OTHER || strcasecmp(words->items[0], search->keyword) != 0)
		return false;
	exact = gives(words, search->value);
	if (exact || search->origin->file == NULL)
		set_origin(search->origin, file, line, scope);
	return exact;
}

bool origin_find(const char *host, const char *keyword, const char *value,
                 struct origin *origin)
{
	struct search search = { .keyword = keyword, .value = value, .origin = origin };

	*origin = (struct origin){ .file = NULL };
	walk_all(host, find_setting, &search);
	return origin->file != NULL;
}

struct include_search {
	const char *path;
	enum origin_include state;
	struct origin *origin;
};

static bool find_include(const char *file, size_t line, const struct strvec *words,
                         enum scope scope, void *cookie)
{
	struct include_search *search = cookie;

	if (strcasecmp(words->items[0], "include") != 0)
		return false;
	for (size_t i = 1; i < words->count; i++) {
		char *expanded = paths_expand(words->items[i]);
		char *path = expanded[0] == '/' ? xstrdup(expanded) :
		                                  paths_ssh("%s", expanded);
		bool names = fnmatch(path, search->path, FNM_PATHNAME) == 0;

		free(path);
		free(expanded);
		if (!names)
			continue;
		search->state = scope != OTHER ? ORIGIN_READ : ORIGIN_SKIPPED;
		set_origin(search->origin, file, line, scope);
		return scope != OTHER;
	}
	return false;
}

enum origin_include origin_of_include(const char *host, const char *path,
                                      struct origin *origin)
{
	struct include_search search = { .path = path, .origin = origin };

	*origin = (struct origin){ .file = NULL };
	search.state = ORIGIN_MISSING;
	walk_all(host, find_include, &search);
	return search.state;
}

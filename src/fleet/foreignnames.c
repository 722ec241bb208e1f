/* SPDX-License-Identifier: MIT */
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/configline.h"
#include "base/error.h"
#include "base/mem.h"
#include "fleet/foreignnames.h"
#include "hostkey/hashedname.h"
#include "hostkey/knownhostsfile.h"
#include "runtime/atomic.h"
#include "runtime/paths.h"

enum { FILE_MAX = 16 * 1024 * 1024, DEPTH_MAX = 16 /* as in ssh */, FILES_MAX = 1000 };

/* One ssh_config text and what it includes. */
struct reading {
	struct strvec *hosts;
	struct strvec block; /* the names of the Host line above */
	size_t files;
};

void foreignnames_release(struct foreignnames *names)
{
	strvec_release(&names->hosts);
	strbuf_release(&names->known_hosts);
}

/* The first HostName of a block counts. */
static void end_block(struct reading *reading, const char *hostname)
{
	for (size_t i = 0; hostname != NULL && i < reading->block.count; i++) {
		char *name = reading->block.items[i];

		if (strcasecmp(name, hostname) == 0 || strcmp(hostname, "%h") == 0)
			continue;
		strvec_push(reading->hosts, mem_lower(name));
	}
	strvec_release(&reading->block);
}

static void begin_block(struct reading *reading, const struct strvec *words)
{
	end_block(reading, NULL);
	for (size_t i = 1; i < words->count; i++) {
		if (strpbrk(words->items[i], "*?!") == NULL)
			strvec_push(&reading->block, words->items[i]);
	}
}

static void read_config(struct reading *reading, const char *path, int depth);

/* Relative names begin in ~/.ssh; ~/.ssh/cxssh is not the user's.  DEPTH_MAX bounds
 * the recursion. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void include(struct reading *reading, const char *pattern, int depth)
{
	char *own = paths_ssh("cxssh/");
	char *path = pattern[0] == '/' || pattern[0] == '~' ? paths_expand(pattern) :
	                                                      paths_ssh("%s", pattern);
	glob_t found;

	if (depth < DEPTH_MAX && glob(path, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			if (strncmp(found.gl_pathv[i], own, strlen(own)) != 0)
				read_config(reading, found.gl_pathv[i], depth + 1);
		}
		globfree(&found);
	}
	free(path);
	free(own);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void read_line(struct reading *reading, const struct strvec *words, int depth)
{
	const char *keyword = words->items[0];

	if (strcasecmp(keyword, "host") == 0)
		begin_block(reading, words);
	else if (strcasecmp(keyword, "match") == 0)
		end_block(reading, NULL);
	else if (strcasecmp(keyword, "hostname") == 0 && words->count > 1)
		end_block(reading, words->items[1]);
	for (size_t i = 1; strcasecmp(keyword, "include") == 0 && i < words->count; i++)
		include(reading, words->items[i], depth);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void read_config(struct reading *reading, const char *path, int depth)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;

	if (reading->files++ < FILES_MAX &&
	    atomic_read_users(path, FILE_MAX, &text, &ignored) == 1) {
		struct configline at = configline_at(text.data, text.len);

		while (configline_next(&at)) {
			struct strvec words = STRVEC_INIT;

			configline_split(&at, &words);
			read_line(reading, &words, depth);
			strvec_release(&words);
		}
	}
	strbuf_release(&text);
}

static void read_files(struct foreignnames *names)
{
	struct reading reading = { .hosts = &names->hosts };
	struct error ignored = ERROR_INIT;
	char *path = paths_ssh("config");

	read_config(&reading, path, 0);
	end_block(&reading, NULL);
	strvec_sort(&names->hosts);
	if (knownhostsfile_read_users(&names->known_hosts, &ignored) == -1)
		strbuf_release(&names->known_hosts);
	names->is_read = true;
	free(path);
}

static bool is_known_host(const char *text, const char *name)
{
	struct kh_line line;

	while (kh_next_line(&text, &line)) {
		if (line.kind != KH_PLAIN)
			continue;
		if (kh_line_is_hashed(&line) ? kh_match(&line, name) :
		                               kh_line_has_name(&line, name))
			return true;
	}
	return false;
}

bool foreignnames_has(struct foreignnames *names, const char *name)
{
	if (!names->is_read)
		read_files(names);
	return strvec_has_sorted(&names->hosts, name) ||
	       is_known_host(names->known_hosts.data, name);
}

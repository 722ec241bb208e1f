/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/natural.h"
#include "base/strbuf.h"
#include "fleet/changes.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "runtime/cachefile.h"
#include "runtime/paths.h"

enum { FEW = 10, PART = 3, FILE_MAX = 4096, VERSION = 1 /* of the file "refused" */ };

static int by_alias(const void *a, const void *b)
{
	int order = natural_compare(host_alias(a), host_alias(b));

	return order != 0 ? order : strcmp(host_alias(a), host_alias(b));
}

/* All hosts in the order of their aliases; the caller frees the array. */
static struct host *sorted_hosts(const struct fleet *fleet, size_t *count)
{
	struct host *hosts;
	size_t n = 0;

	*count = 0;
	for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);)
		(*count)++;
	hosts = xcalloc(*count + 1, sizeof(*hosts));
	for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);)
		hosts[n++] = h;
	if (n > 0)
		qsort(hosts, n, sizeof(*hosts), by_alias);
	return hosts;
}

static void add_word(struct strbuf *words, const char *word)
{
	strbuf_addf(words, "%s%s", words->len > 0 ? ", " : "", word);
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The uids of a role's servers, sorted. */
static char *members_of(const struct host *host)
{
	struct server **servers;
	size_t count = host_servers(host, &servers);
	struct strvec uids = STRVEC_INIT;
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < count; i++)
		strvec_push(&uids, servers[i]->uid);
	strvec_sort(&uids);
	strvec_join(&uids, " ", &text);
	strvec_release(&uids);
	free(servers);
	return strbuf_detach(&text);
}

/* What is different of a host, in words; none: nothing. */
static void compare(const struct host *a, const struct host *b, struct strbuf *words)
{
	char *members[2];

	if ((a->server != NULL) != (b->server != NULL)) {
		add_word(words, a->server != NULL ? "a role now" : "a server now");
	} else if (a->server != NULL) {
		if (strcmp(a->server->uid, b->server->uid) != 0)
			add_word(words, "another server");
		if (strcmp(a->server->address, b->server->address) != 0)
			add_word(words, "address");
		if (strcmp(a->server->user, b->server->user) != 0)
			add_word(words, "user");
		if (!same_text(a->server->gateway, b->server->gateway))
			add_word(words, "bastion");
	} else {
		members[0] = members_of(a);
		members[1] = members_of(b);
		if (strcmp(members[0], members[1]) != 0)
			add_word(words, "its servers");
		free(members[0]);
		free(members[1]);
	}
}

void changes_between(const struct fleet *before, const struct fleet *after,
                     struct changes *changes)
{
	size_t count[2];
	struct host *old = sorted_hosts(before, &count[0]);
	struct host *new = sorted_hosts(after, &count[1]);
	size_t i = 0;
	size_t k = 0;

	changes->before = count[0];
	while (i < count[0] || k < count[1]) {
		int order = i == count[0] ? 1 :
		            k == count[1] ? -1 :
		                            by_alias(&old[i], &new[k]);
		struct strbuf words = STRBUF_INIT;

		if (order > 0)
			strvec_push(&changes->added, host_alias(&new[k]));
		else if (order < 0 && fleet_has_other(after, old[i].stack->uid))
			changes->left_out++;
		else if (order < 0)
			strvec_push(&changes->gone, host_alias(&old[i]));
		else
			compare(&old[i], &new[k], &words);
		if (words.len > 0)
			strvec_pushf(&changes->changed, "%s (%s)", host_alias(&new[k]),
			             words.data);
		strbuf_release(&words);
		i += order <= 0;
		k += order >= 0;
	}
	free(old);
	free(new);
}

void changes_release(struct changes *changes)
{
	strvec_release(&changes->added);
	strvec_release(&changes->gone);
	strvec_release(&changes->changed);
}

bool changes_are_many(const struct changes *changes)
{
	return changes->before >= FEW && changes->gone.count * PART > changes->before;
}

int changes_refuse(const struct changes *changes, const char *hint, struct error *err)
{
	char *path = paths_cache("refused");
	struct error ignored = ERROR_INIT;

	error_set(err, ERROR_RETRY,
	          "the API does not name %zu of %zu hosts any more; nothing was written",
	          changes->gone.count, changes->before);
	(void)cachefile_write(path, VERSION, err->text, &ignored);
	free(path);
	return error_hint(err, "%s", hint);
}

void changes_accepted(void)
{
	char *path = paths_cache("refused");

	(void)unlink(path);
	free(path);
}

char *changes_refused(void)
{
	char *path = paths_cache("refused");
	struct strbuf text = STRBUF_INIT;
	char shown[200];
	char *refused = NULL;

	if (cachefile_read(path, VERSION, FILE_MAX, &text) == 1)
		refused = xstrdup(printable_text(text.data, shown, sizeof(shown)));
	strbuf_release(&text);
	free(path);
	return refused;
}

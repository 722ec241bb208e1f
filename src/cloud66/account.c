/* SPDX-License-Identifier: MIT */
/* account - account_choose() of request.h.  The id of an account is kept in a file, so
 * that not every process asks the API. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "cloud66/api.h"
#include "cloud66/request.h"
#include "runtime/cachefile.h"
#include "runtime/paths.h"

enum { FILE_MAX = 4096, VERSION = 1 };

/* The accounts whose names match, at each of the two strengths. */
struct search {
	const char *name;
	int64_t equal_id;
	int64_t prefix_id;
	size_t equals;
	size_t prefixes;
};

/* What the file says before the id; it is valid while that is the same. */
static void add_head(struct strbuf *text, const struct auth *auth)
{
	strbuf_addf(text, "organization = %s\nbase_url = %s\nid = ", auth->organization,
	            auth->base_url);
}

/* The id in the file, or 0. */
static int64_t read_id(const struct auth *auth, const char *path)
{
	struct strbuf text = STRBUF_INIT;
	struct strbuf head = STRBUF_INIT;
	struct error ignored = ERROR_INIT;
	int64_t id = 0;

	add_head(&head, auth);
	if (cachefile_read(path, VERSION, FILE_MAX, &text) == 1 &&
	    strncmp(text.data, head.data, head.len) == 0) {
		char *number = text.data + head.len;

		number[strcspn(number, "\n")] = '\0';
		(void)parse_int(number, 1, INT64_MAX, &id, &ignored);
	}
	strbuf_release(&text);
	strbuf_release(&head);
	return id;
}

/* A failure is ignored: the next process asks the API again. */
static void write_id(const struct auth *auth, const char *path, int64_t id)
{
	struct strbuf text = STRBUF_INIT;
	struct error ignored = ERROR_INIT;

	add_head(&text, auth);
	strbuf_addf(&text, "%" PRId64 "\n", id);
	if (auth->organization[strcspn(auth->organization, "\r\n")] == '\0')
		(void)cachefile_write(path, VERSION, text.data, &ignored);
	strbuf_release(&text);
}

static int on_account(const struct json *item, void *cookie, struct error *err)
{
	struct search *search = cookie;
	const char *name = json_text(item, "friendly_name");
	int64_t id;

	(void)err;
	if (name == NULL || !json_number(item, "id", &id) || id < 1)
		return 0;
	if (strcasecmp(name, search->name) == 0) {
		search->equal_id = id;
		search->equals++;
	}
	if (strncasecmp(name, search->name, strlen(search->name)) == 0) {
		search->prefix_id = id;
		search->prefixes++;
	}
	return 0;
}

/* The one account of this name, else the one whose name begins so. */
static int64_t pick(const struct search *search, struct error *err)
{
	char shown[100];

	if (search->equals == 1)
		return search->equal_id;
	if (search->equals == 0 && search->prefixes == 1)
		return search->prefix_id;
	(void)printable_text(search->name, shown, sizeof(shown));
	if (search->prefixes == 0)
		return error_set(err, ERROR_CONFIG,
		                 "this token sees no account named \"%s\", the "
		                 "organization of --org or of the profile",
		                 shown);
	return error_set(err, ERROR_CONFIG,
	                 "more than one account matches \"%s\", the "
	                 "organization of --org or of the profile",
	                 shown);
}

static int64_t ask(struct api *api, struct deadline until, struct error *err)
{
	struct search search = { .name = api->auth.organization };
	char path[] = "/accounts";
	struct api_list list = {
		.path = path, .each = on_account, .cookie = &search, .err = err
	};

	if (api_lists(api, &list, 1, NULL, NULL, until) == -1)
		return -1;
	return pick(&search, err);
}

int account_choose(struct api *api, struct deadline until, struct error *err)
{
	const struct auth *auth = &api->auth;
	char shown[64];
	char *path = NULL;
	int64_t id = 0;

	if (auth->organization == NULL)
		return 0;
	if (valid_uid(auth->profile)) {
		path = paths_cache("account-%s", auth->profile);
		id = read_id(auth, path);
	}
	if (id == 0) {
		id = ask(api, until, err);
		if (id > 0 && path != NULL)
			write_id(auth, path, id);
	}
	free(path);
	if (id <= 0)
		return error_prefix(err, "profile %s",
		                    printable_text(auth->profile, shown, sizeof(shown)));
	api->account = xasprintf("%" PRId64, id);
	return 0;
}

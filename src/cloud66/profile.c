/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cloud66/profile.h"
#include "cloud66/token.h"
#include "http/url.h"
#include "runtime/atomic.h"
#include "runtime/lock.h"
#include "runtime/paths.h"

#define FILE_NAME "cxprofiles.json"
#define DEFAULT_NAME "default"

enum { FILE_MAX = 1024 * 1024 };

void profile_release(struct profile *profile)
{
	free(profile->name);
	free(profile->base_url);
	free(profile->token_file);
	free(profile->organization);
	free(profile->client_id);
	mem_free_secret(profile->client_secret);
	*profile = (struct profile)PROFILE_INIT;
}

/* The name that the toolbelt gives to a profile's token file. */
static char *token_file_for(const char *name)
{
	return strcmp(name, DEFAULT_NAME) == 0 ? xstrdup("cx.json") :
	                                         mem_lower(xasprintf("cx_%s.json", name));
}

static const char *default_base_url(void)
{
	const char *value = getenv("CXSSH_BASE_URL");

	return value != NULL && value[0] != '\0' ? value : "https://app.cloud66.com";
}

/* The toolbelt takes any name for a profile, also with blanks and letters beyond ASCII.
 */
static bool is_plain_name(const char *name)
{
	enum { NAME_MAX_BYTES = 255 };
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++) {
		if (name[i] == '/' || iscntrl((unsigned char)name[i]))
			return false;
	}
	return len > 0 && len <= NAME_MAX_BYTES && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

/* Check the token file's name, and take the URL (NULL: the usual one). */
static int finish(struct profile *profile, const char *base_url, struct error *err)
{
	char shown[64];

	if (!is_plain_name(profile->token_file))
		return error_set(err, ERROR_CONFIG,
		                 "profile %s: its token file's name is not a plain file "
		                 "name",
		                 printable_text(profile->name, shown, sizeof(shown)));
	profile->base_url =
		url_base(base_url != NULL ? base_url : default_base_url(), err);
	return profile->base_url == NULL ? -1 : 0;
}

int profile_fresh(struct profile *profile, const char *name, const char *base_url,
                  struct error *err)
{
	profile->name = xstrdup(name != NULL ? name : DEFAULT_NAME);
	profile->token_file = token_file_for(profile->name);
	profile->client_id = xstrdup("");
	profile->client_secret = xstrdup("");
	return finish(profile, base_url, err);
}

static int list_name(const char *key, const struct json *value, void *cookie,
                     struct error *err)
{
	struct strbuf *names = cookie;
	char shown[64];

	(void)value;
	(void)err;
	strbuf_addf(names, "%s%s", names->len > 0 ? ", " : "",
	            printable_text(key, shown, sizeof(shown)));
	return 0;
}

static int unknown(const char *name, const struct json *profiles, struct error *err)
{
	struct strbuf names = STRBUF_INIT;
	struct error ignored = ERROR_INIT;
	char shown[64];

	(void)json_each(profiles, list_name, &names, &ignored);
	error_set(err, ERROR_CONFIG, "no profile named %s found; there is: %s",
	          printable_text(name, shown, sizeof(shown)),
	          names.len > 0 ? names.data : "none");
	strbuf_release(&names);
	return -1;
}

static char *copy_text(const struct json *entry, const char *key, const char *otherwise)
{
	const char *text = json_some_text(entry, key);

	return xstrdup(text != NULL ? text : otherwise);
}

/* Copy and check one entry of "profiles". */
static int take_entry(struct profile *profile, const struct json *entry, const char *name,
                      struct error *err)
{
	const char *organization = json_some_text(entry, "organization");
	char *token_file = token_file_for(name);

	profile->name = xstrdup(name);
	profile->token_file = copy_text(entry, "token_file", token_file);
	free(token_file);
	if (organization != NULL)
		profile->organization = xstrdup(organization);
	profile->client_id = copy_text(entry, "client_id", "");
	profile->client_secret = copy_text(entry, "client_secret", "");
	return finish(profile, json_some_text(entry, "base_url"), err);
}

static int choose(struct profile *profile, const struct json *doc, const char *name,
                  struct error *err)
{
	const struct json *profiles = json_member(doc, "profiles");
	const struct json *entry;

	if (name == NULL)
		name = json_text(doc, "last_profile");
	if (name == NULL || name[0] == '\0')
		name = DEFAULT_NAME;
	entry = json_member(profiles, name);
	if (json_kind(entry) != JSON_OBJECT)
		return unknown(name, profiles, err);
	return take_entry(profile, entry, name, err);
}

int profile_parse(struct profile *profile, const char *text, size_t len, const char *name,
                  struct error *err)
{
	struct json *doc = json_parse(text, len, err);
	int rc = doc == NULL ? -1 : choose(profile, doc, name, err);

	json_free(doc);
	if (rc == -1)
		err->code = ERROR_CONFIG;
	return rc;
}

int profile_load(struct profile *profile, const char *folder, const char *name,
                 struct error *err)
{
	struct strbuf text = STRBUF_SECRET;
	char *path = xasprintf("%s/%s", folder, FILE_NAME);
	int rc = atomic_read(path, FILE_MAX, &text, err);

	if (rc == -1)
		goto out;
	if (rc == 0) {
		if (profile_fresh(profile, name, NULL, err) == -1)
			rc = -1;
		goto out;
	}
	rc = PROFILE_READ;
	if (profile_parse(profile, text.data, text.len, name, err) == -1)
		rc = error_prefix(err, "%s", path);
out:
	strbuf_release(&text);
	free(path);
	return rc;
}

/* The entry of a new profile, as the toolbelt would make it. */
static struct json *new_entry(const struct profile *profile)
{
	struct json *entry = json_new_object();
	char *api_url = xasprintf("%s/api/3", profile->base_url);

	json_put_text(entry, "api_url", api_url);
	json_put_text(entry, "base_url", profile->base_url);
	json_put_text(entry, "faye_endpoint", "");
	json_put_text(entry, "client_id", profile->client_id);
	json_put_text(entry, "client_secret", profile->client_secret);
	json_put_text(entry, "organization",
	              profile->organization != NULL ? profile->organization : "");
	json_put_text(entry, "name", profile->name);
	json_put_text(entry, "token_file", profile->token_file);
	free(api_url);
	return entry;
}

int profile_create(const struct profile *profile, const char *folder, struct error *err)
{
	struct json *doc = json_new_object();
	struct json *profiles = json_new_object();
	char *path = xasprintf("%s/%s", folder, FILE_NAME);
	int rc;

	json_put(profiles, profile->name, new_entry(profile));
	json_put_text(doc, "last_profile", profile->name);
	json_put(doc, "profiles", profiles);
	rc = token_write_json(doc, true, path, err);
	json_free(doc);
	free(path);
	return rc;
}

/* What is to be changed in the file. */
struct edit {
	int (*change)(struct json *doc, struct json *profiles, const struct edit *edit,
	              struct error *err);
	const struct profile *profile;
	const char *name;
};

/* A part of a document that may be changed. */
static struct json *part_of(struct json *doc, const char *key)
{
	const struct json *part = json_member(doc, key);

	return json_kind(part) == JSON_OBJECT ? (struct json *)part : NULL;
}

static int edit_document(struct json *doc, const struct edit *edit, struct error *err)
{
	if (json_kind(doc) != JSON_OBJECT)
		return error_set(err, ERROR_CONFIG, "not the JSON of profiles");
	if (part_of(doc, "profiles") == NULL)
		json_put(doc, "profiles", json_new_object());
	return edit->change(doc, part_of(doc, "profiles"), edit, err);
}

/* Change the file under its lock; keys that are not known stay. */
static int edit_file(const char *folder, const struct edit *edit, struct deadline until,
                     struct error *err)
{
	char *path = xasprintf("%s/%s", folder, FILE_NAME);
	char *lock_path = xasprintf("%s.cxssh-lock", path);
	struct strbuf text = STRBUF_SECRET;
	struct json *doc = NULL;
	int lock = lock_take(lock_path, until, err);
	int rc = lock == -1 ? -1 : atomic_read(path, FILE_MAX, &text, err);

	if (rc == -1)
		goto out;
	doc = rc == 0 ? json_new_object() : json_parse(text.data, text.len, err);
	rc = doc == NULL ? -1 : edit_document(doc, edit, err);
	if (rc == 0)
		rc = token_write_json(doc, true, path, err);
	else if (doc == NULL)
		err->code = ERROR_CONFIG;
	if (rc == -1)
		error_prefix(err, "%s", path);
out:
	lock_release(lock);
	json_free(doc);
	strbuf_release(&text);
	free(lock_path);
	free(path);
	return rc;
}

static int put(struct json *doc, struct json *profiles, const struct edit *edit,
               struct error *err)
{
	const struct profile *profile = edit->profile;
	struct json *entry = part_of(profiles, profile->name);

	(void)err;
	if (json_text(doc, "last_profile") == NULL)
		json_put_text(doc, "last_profile", profile->name);
	if (entry == NULL) {
		json_put(profiles, profile->name, new_entry(profile));
		return 0;
	}
	json_put_text(entry, "client_id", profile->client_id);
	json_put_text(entry, "client_secret", profile->client_secret);
	return 0;
}

int profile_put(const struct profile *profile, const char *folder, struct deadline until,
                struct error *err)
{
	return edit_file(folder, &(struct edit){ .change = put, .profile = profile },
	                 until, err);
}

static int use(struct json *doc, struct json *profiles, const struct edit *edit,
               struct error *err)
{
	if (part_of(profiles, edit->name) == NULL)
		return unknown(edit->name, profiles, err);
	json_put_text(doc, "last_profile", edit->name);
	return 0;
}

int profile_use(const char *name, const char *folder, struct deadline until,
                struct error *err)
{
	return edit_file(folder, &(struct edit){ .change = use, .name = name }, until,
	                 err);
}

/* The last one used must be one that there is: else the toolbelt ends at each start. */
static int delete (struct json *doc, struct json *profiles, const struct edit *edit,
                   struct error *err)
{
	const char *last = json_text(doc, "last_profile");

	if (part_of(profiles, edit->name) == NULL)
		return unknown(edit->name, profiles, err);
	if (last != NULL && strcmp(last, edit->name) == 0) {
		char shown[64];

		error_set(err, ERROR_CONFIG, "profile %s is the one in use",
		          printable_text(edit->name, shown, sizeof(shown)));
		return error_hint(err, "cxssh profile use OTHER");
	}
	json_remove(profiles, edit->name);
	return 0;
}

int profile_delete(const char *name, const char *folder, struct deadline until,
                   struct error *err)
{
	return edit_file(folder, &(struct edit){ .change = delete, .name = name }, until,
	                 err);
}

static int push_name(const char *key, const struct json *value, void *cookie,
                     struct error *err)
{
	(void)value;
	(void)err;
	strvec_push(cookie, key);
	return 0;
}

int profile_names(const char *folder, struct strvec *names, char **last,
                  struct error *err)
{
	struct strbuf text = STRBUF_SECRET;
	char *path = xasprintf("%s/%s", folder, FILE_NAME);
	int rc = atomic_read(path, FILE_MAX, &text, err);
	struct json *doc = rc == 1 ? json_parse(text.data, text.len, err) : NULL;
	const char *name = json_some_text(doc, "last_profile");

	if (rc == 1 && doc == NULL)
		rc = error_prefix(err, "%s", path);
	if (rc == 1)
		(void)json_each(json_member(doc, "profiles"), push_name, names, err);
	if (rc == 0)
		strvec_push(names, DEFAULT_NAME);
	*last = xstrdup(name != NULL ? name : DEFAULT_NAME);
	json_free(doc);
	strbuf_release(&text);
	free(path);
	return rc == -1 ? -1 : 0;
}

/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cloud66/token.h"
#include "runtime/atomic.h"
#include "runtime/log.h"
#include "runtime/paths.h"

#define GO_ZERO_TIME "0001-01-01T00:00:00Z"

enum { FILE_MAX = 64 * 1024, TOKEN_MAX = 8 * 1024 };

void token_release(struct token *token)
{
	mem_free_secret(token->access);
	mem_free_secret(token->refresh);
	json_free(token->file);
	*token = (struct token)TOKEN_INIT;
}

/* Can it stand in a header: printable ASCII without blanks? */
static bool is_opaque(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	}
	return len > 0 && len <= TOKEN_MAX;
}

/* Go's RFC 3339, "2026-01-02T03:04:05.6+01:00"; 0 for its zero time and for anything
 * else: then the API decides whether the token is valid. */
static int64_t parse_time(const char *text)
{
	struct tm tm = { .tm_isdst = 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int hours = 0;
	int minutes = 0;
	char sign = '+';
	int64_t when;

	if (rest == NULL)
		return 0;
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	if (strcmp(rest, "Z") != 0 &&
	    sscanf(rest, "%c%2d:%2d", &sign, &hours, &minutes) != 3)
		return 0;
	when = (int64_t)timegm(&tm) -
	       (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return when > 0 ? when : 0;
}

static void format_time(int64_t when, char *out, size_t cap)
{
	time_t seconds = (time_t)when;
	struct tm tm;

	if (when == 0 || gmtime_r(&seconds, &tm) == NULL ||
	    strftime(out, cap, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(out, cap, "%s", GO_ZERO_TIME);
}

/* Fill the members from token->file. */
static int take(struct token *token, struct error *err)
{
	const char *access = json_text(token->file, "AccessToken");
	const char *refresh = json_text(token->file, "RefreshToken");
	const char *expiry = json_text(token->file, "Expiry");

	if (access == NULL || !is_opaque(access))
		return error_set(err, ERROR_CONFIG,
		                 "\"AccessToken\" is missing or no token");
	token->access = xstrdup(access);
	token->refresh = xstrdup(refresh != NULL ? refresh : "");
	token->expiry = expiry != NULL ? parse_time(expiry) : 0;
	return 0;
}

int token_parse(struct token *token, const char *text, size_t len, struct error *err)
{
	token_release(token);
	token->file = json_parse(text, len, err);
	if (token->file == NULL)
		return error_set(err, ERROR_CONFIG, "not the JSON of a token");
	return take(token, err);
}

int token_decode(struct token *token, const char *text, struct error *err)
{
	struct strbuf packed = STRBUF_SECRET;
	struct strbuf json = STRBUF_SECRET;
	int rc = -1;

	for (; *text != '\0'; text++) {
		if (!isspace((unsigned char)*text)) /* copies may have line breaks */
			strbuf_add(&packed, text, 1);
	}
	if (base64_decode(packed.data, packed.len, &json))
		rc = token_parse(token, json.data, json.len, err);
	else
		error_set(err, ERROR_CONFIG, "not base64");
	strbuf_release(&json);
	strbuf_release(&packed);
	return rc;
}

static const char *why_no_token(const char *text)
{
	if (text[0] == '\0')
		return "it is empty";
	if (strncasecmp(text, "Bearer ", 7) == 0)
		return "it begins with \"Bearer\", leave that word out";
	if (strpbrk(text, "\"'`") != NULL)
		return "it has a quote in it, leave the quotes out";
	if (strpbrk(text, " \t\r\n") != NULL)
		return "it has a blank in it";
	return strlen(text) > TOKEN_MAX ? "it is too long" :
	                                  "it has characters beyond ASCII in it";
}

int token_accept(struct token *token, const char *text, struct error *err)
{
	size_t start = strspn(text, " \t\r\n");
	size_t len = strlen(text);
	struct error ignored = ERROR_INIT;
	char *trimmed;
	int rc = 0;

	while (len > start && isspace((unsigned char)text[len - 1]))
		len--;
	if (text[start] == '{')
		return token_parse(token, text + start, len - start, err);
	if (token_decode(token, text, &ignored) == 0)
		return 0;
	token_release(token);
	trimmed = xstrndup(text + start, len - start);
	if (is_opaque(trimmed) && strpbrk(trimmed, "\"'`") == NULL) {
		token->file = json_new_object();
		json_put_text(token->file, "AccessToken", trimmed);
		json_put_text(token->file, "RefreshToken", "");
		json_put_text(token->file, "Expiry", GO_ZERO_TIME);
		json_put(token->file, "Extra", NULL);
		rc = take(token, err);
	} else {
		rc = error_set(err, ERROR_CONFIG, "that is not a token: %s",
		               why_no_token(trimmed));
	}
	mem_free_secret(trimmed);
	return rc;
}

/* False on a read-only disk and for another owner's file, as of a mounted secret.  Sets
 * the mode that it has. */
static bool can_be_changed(const char *path, const struct stat *st)
{
	return chmod(path, st->st_mode & 07777) == 0 ||
	       (errno != EROFS && errno != EPERM);
}

int token_read(struct token *token, const char *path, struct error *err)
{
	struct strbuf text = STRBUF_SECRET;
	struct stat st;
	int rc = atomic_read(path, FILE_MAX, &text, err);

	if (rc == -1)
		error_hint(err, "cxssh login --token");
	if (rc < 1)
		goto out;
	rc = -1;
	if (stat(path, &st) == -1) {
		error_errno(err, ERROR_CONFIG, "%s", path);
	} else if ((st.st_mode & 077) != 0 && can_be_changed(path, &st)) {
		error_set(err, ERROR_CONFIG, "%s: others can read your token", path);
		error_hint(err, "chmod 600 %s", path);
	} else if (token_parse(token, text.data, text.len, err) == -1) {
		error_prefix(err, "%s", path);
		error_hint(err, "cxssh login --token");
	} else {
		if ((st.st_mode & 077) != 0)
			log_warning("%s: others can read your token, and its mode cannot "
			            "be "
			            "changed",
			            path);
		rc = 1;
	}
out:
	strbuf_release(&text);
	return rc;
}

int token_write_json(const struct json *doc, bool pretty, const char *path,
                     struct error *err)
{
	struct strbuf text = STRBUF_SECRET;
	char *real = realpath(path, NULL); /* keep a symbolic link */
	int rc;

	json_write(doc, pretty, &text);
	strbuf_adds(&text, "\n");
	rc = paths_make_for(path, err);
	if (rc == 0)
		rc = atomic_write(real != NULL ? real : path, text.data, text.len, 0600,
		                  err);
	strbuf_release(&text);
	free(real);
	return rc;
}

int token_write(const struct token *token, const char *path, struct error *err)
{
	return token_write_json(token->file, false, path, err);
}

static int copy_member(const char *key, const struct json *value, void *cookie,
                       struct error *err)
{
	struct json *copy = cookie;

	(void)err;
	if (json_string(value) != NULL)
		json_put_text(copy, key, json_string(value));
	return 0;
}

/* "Extra" is null, or an object of texts. */
static void put_extra(struct json *file, const char *name, const char *value)
{
	struct json *extra = json_new_object();
	struct error ignored = ERROR_INIT;

	(void)json_each(json_member(file, "Extra"), copy_member, extra, &ignored);
	json_put_text(extra, name, value);
	json_put(file, "Extra", extra);
}

int token_renew(struct token *token, const struct json *answer, struct error *err)
{
	const char *access = json_text(answer, "access_token");
	const char *refresh = json_some_text(answer, "refresh_token");
	const char *id = json_some_text(answer, "id_token");
	const char *scope = json_some_text(answer, "scope");
	int64_t seconds = 0;
	char when[32];

	if (access == NULL || !is_opaque(access))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "the answer has no \"access_token\"");
	if (!json_number(answer, "expires_in", &seconds) || seconds < 0 ||
	    seconds > INT64_C(100) * 366 * 86400)
		seconds = 0;
	format_time(seconds > 0 ? (int64_t)time(NULL) + seconds : 0, when, sizeof(when));
	if (token->file == NULL)
		token->file = json_new_object();
	json_put_text(token->file, "AccessToken", access);
	if (refresh != NULL)
		json_put_text(token->file, "RefreshToken", refresh);
	else if (token->refresh == NULL)
		json_put_text(token->file, "RefreshToken", "");
	json_put_text(token->file, "Expiry", when);
	if (id != NULL)
		put_extra(token->file, "id_token", id);
	else if (token->access == NULL)
		json_put(token->file, "Extra", NULL);
	if (scope != NULL)
		put_extra(token->file, "scope", scope);
	mem_free_secret(token->access);
	mem_free_secret(token->refresh);
	token->access = NULL;
	token->refresh = NULL;
	return take(token, err);
}

const char *token_scopes(const struct token *token)
{
	return json_text(json_member(token->file, "Extra"), "scope");
}

bool token_expired(const struct token *token)
{
	return token->expiry != 0 && (int64_t)time(NULL) >= token->expiry;
}

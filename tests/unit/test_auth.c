/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cloud66/auth.h"
#include "cloud66/token.h"
#include "runtime/atomic.h"
#include "tap.h"

#define ZERO "0001-01-01T00:00:00Z"
#define TOKEN_JSON \
	"{\"AccessToken\":\"abc-DEF\",\"RefreshToken\":\"\",\"Expiry\":\"" ZERO \
	"\",\"Extra\":null}"
#define TOKEN_BASE64 \
	"eyJBY2Nlc3NUb2tlbiI6ImFiYy1ERUYiLCJSZWZyZXNoVG9rZW4iOiIiLCJFeHBpcnkiOiIw" \
	"MDAxLTAxLTAxVDAwOjAwOjAwWiIsIkV4dHJhIjpudWxsfQ=="

static void put(const char *folder, const char *name, const char *text, mode_t mode)
{
	struct error err = ERROR_INIT;
	char *path = xasprintf("%s/%s", folder, name);

	if (atomic_write(path, text, strlen(text), mode, &err) == -1)
		ok(0, "cannot write %s: %s", path, err.text);
	free(path);
}

static void drop(const char *folder, const char *name)
{
	char *path = xasprintf("%s/%s", folder, name);

	(void)unlink(path);
	free(path);
}

static const struct {
	const char *what;
	const char *expiry;
	int64_t seconds;
} times[] = {
	{ "Go's zero time", ZERO, 0 },
	{ "UTC", "2026-01-02T03:04:05Z", 1767323045 },
	{ "fractions", "2026-01-02T03:04:05.123456789Z", 1767323045 },
	{ "an offset", "2026-01-02T04:04:05+01:00", 1767323045 },
	{ "a negative offset", "2026-01-01T21:34:05.5-05:30", 1767323045 },
	{ "no zone", "2026-01-02T03:04:05", 0 },
	{ "nonsense", "tomorrow", 0 },
	{ "nothing", "", 0 },
};

static void test_times(void)
{
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct token token = TOKEN_INIT;
		struct error err = ERROR_INIT;
		char *text = xasprintf("{\"AccessToken\":\"a\",\"Expiry\":\"%s\"}",
		                       times[i].expiry);

		ok(token_parse(&token, text, strlen(text), &err) == 0 &&
		           token.expiry == times[i].seconds,
		   "reads an Expiry with %s: %lld", times[i].what,
		   (long long)token.expiry);
		token_release(&token);
		free(text);
	}
}

static const struct {
	const char *what;
	const char *text;
	const char *access; /* NULL: refused */
} accepted[] = {
	{ "a token", "abc-DEF", "abc-DEF" },
	{ "a token and line ends", "\r\n abc-DEF \n", "abc-DEF" },
	{ "the JSON", TOKEN_JSON, "abc-DEF" },
	{ "the JSON and a line end", "\n" TOKEN_JSON "\n", "abc-DEF" },
	{ "base64", TOKEN_BASE64, "abc-DEF" },
	{ "base64 in two lines", "eyJBY2Nlc3NUb2tlbiI6\n ImEifQ==\n", "a" },
	{ "base64 of something else, as a token", "aGVsbG8=", "aGVsbG8=" },
	{ "two words", "abc def", NULL },
	{ "a header's end", "abc\r\nX-Evil: 1", NULL },
	{ "nothing", " \n", NULL },
	{ "JSON without a token", "{\"AccessToken\":null}", NULL },
	{ "JSON with a number for a token", "{\"AccessToken\":1}", NULL },
	{ "JSON with blanks in the token", "{\"AccessToken\":\"a b\"}", NULL },
	{ "broken JSON", "{\"AccessToken\":\"secret", NULL },
	{ "bytes above ASCII", "abc\xc3\xa4", NULL },
};

static void test_accept(void)
{
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
		struct token token = TOKEN_INIT;
		struct error err = ERROR_INIT;
		int rc = token_accept(&token, accepted[i].text, &err);

		if (accepted[i].access != NULL)
			is_str(rc == 0 ? token.access : err.text, accepted[i].access,
			       "accepts %s", accepted[i].what);
		else
			ok(rc == -1 && err.code == ERROR_CONFIG &&
			           strstr(err.text, "secret") == NULL,
			   "refuses %s: %s", accepted[i].what, err.text);
		token_release(&token);
	}
}

/* As JSON, what token_renew() makes of a file and an answer; or the complaint. */
static char *renewed(const char *file, const char *answer)
{
	struct token token = TOKEN_INIT;
	struct error err = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	struct json *doc = json_parse(answer, strlen(answer), &err);

	if (token_parse(&token, file, strlen(file), &err) == -1 ||
	    token_renew(&token, doc, &err) == -1)
		strbuf_adds(&text, err.text);
	else
		json_write(token.file, false, &text);
	json_free(doc);
	token_release(&token);
	return strbuf_detach(&text);
}

static void test_renew(void)
{
	static const struct {
		const char *what, *file, *answer, *want;
	} cases[] = {
		{ "all but the refresh token",
		  "{\"AccessToken\":\"a\",\"RefreshToken\":\"r\"}",
		  "{\"access_token\":\"b\"}",
		  "{\"AccessToken\":\"b\",\"RefreshToken\":\"r\",\"Expiry\":\"" ZERO
		  "\"}" },
		{ "the refresh token", "{\"AccessToken\":\"a\",\"RefreshToken\":\"r\"}",
		  "{\"access_token\":\"b\",\"refresh_token\":\"s\",\"expires_in\":0}",
		  "{\"AccessToken\":\"b\",\"RefreshToken\":\"s\",\"Expiry\":\"" ZERO
		  "\"}" },
		{ "no unknown key",
		  "{\"AccessToken\":\"a\",\"RefreshToken\":\"r\",\"New\":[1]}",
		  "{\"access_token\":\"b\"}",
		  "{\"AccessToken\":\"b\",\"RefreshToken\":\"r\",\"New\":[1],\"Expiry\":"
		  "\"" ZERO "\"}" },
		{ "Extra",
		  "{\"AccessToken\":\"a\",\"Extra\":{\"k\":\"v\",\"id_token\":\"o\"}}",
		  "{\"access_token\":\"b\",\"id_token\":\"n\"}",
		  "{\"AccessToken\":\"b\",\"Extra\":{\"k\":\"v\",\"id_token\":\"n\"},"
		  "\"Expiry\":\"" ZERO "\"}" },
		{ "nothing without a token", "{\"AccessToken\":\"a\"}",
		  "{\"error\":\"x\"}", "the answer has no \"access_token\"" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *got = renewed(cases[i].file, cases[i].answer);

		is_str(got, cases[i].want, "renewal changes %s", cases[i].what);
		free(got);
	}
}

/* The error of auth_load_from(), or "" and what was loaded in *auth. */
static const char *load(struct auth *auth, const char *folder, const char *profile,
                        struct error *err)
{
	err->text[0] = '\0';
	err->code = ERROR_NONE;
	auth_release(auth);
	(void)auth_load_from(auth, folder, profile, deadline_in(1000), err);
	return err->text;
}

static void test_profiles(const char *folder)
{
	static const struct {
		const char *what, *file, *reason;
	} broken[] = {
		{ "no JSON", "{", "cxprofiles.json: not a JSON document" },
		{ "no object", "[]", "no profile named default found; there is: none" },
		{ "a wild last_profile",
		  "{\"last_profile\":\"gone\",\"profiles\":{\"a\":{}}}",
		  "no profile named gone found; there is: a" },
		{ "a token file elsewhere",
		  "{\"profiles\":{\"default\":{\"token_file\":\"../x\"}}}",
		  "plain file name" },
		{ "a base_url without TLS",
		  "{\"profiles\":{\"default\":{\"base_url\":\"http://example.org\"}}}",
		  "unencrypted" },
		{ "a profile that is none", "{\"profiles\":{\"default\":7}}",
		  "no profile named default found" },
	};
	struct auth auth = AUTH_INIT;
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		put(folder, "cxprofiles.json", broken[i].file, 0644);
		ok(strstr(load(&auth, folder, NULL, &err), broken[i].reason) != NULL &&
		           err.code == ERROR_CONFIG,
		   "refuses %s: %s", broken[i].what, err.text);
	}
	put(folder, "cxprofiles.json",
	    "{\"last_profile\":\"Two\",\"profiles\":{\"default\":{},\"Two\":{\"base_"
	    "url\":"
	    "\"https://c66.example.org/\",\"organization\":\"Acme\"}}}",
	    0644);
	put(folder, "cx.json", "{\"AccessToken\":\"one\"}", 0600);
	put(folder, "cx_two.json", "{\"AccessToken\":\"two\"}", 0600);
	is_str(load(&auth, folder, NULL, &err), "", "loads the last profile");
	is_str(auth.token, "two",
	       "the last profile has its token, from the file that the toolbelt would "
	       "name");
	is_str(auth.base_url, "https://c66.example.org",
	       "the last profile has its installation");
	is_str(auth.organization, "Acme", "the last profile has its organization");
	is_str(load(&auth, folder, "default", &err), "", "loads a profile by name");
	is_str(auth.token, "one", "a profile that is named has its token");
	is_str(auth.base_url, "https://app.cloud66.com",
	       "a profile without an installation has the usual one");
	ok(auth.organization == NULL, "a profile without an organization has none");
	auth_release(&auth);
}

static void test_files(const char *folder)
{
	struct auth auth = AUTH_INIT;
	struct error err = ERROR_INIT;

	drop(folder, "cxprofiles.json");
	drop(folder, "cx.json");
	ok(strstr(load(&auth, folder, NULL, &err), "; run: cxssh login") != NULL &&
	           err.code == ERROR_DENIED,
	   "is not logged in without a file: %s", err.text);
	put(folder, "cx.json", TOKEN_JSON, 0644);
	ok(strstr(load(&auth, folder, NULL, &err), "; run: chmod 600 ") != NULL &&
	           err.code == ERROR_CONFIG,
	   "refuses a token that others can read: %s", err.text);
	put(folder, "cx.json", "{\"AccessToken\":", 0600);
	ok(strstr(load(&auth, folder, NULL, &err), "; run: cxssh login") != NULL &&
	           err.code == ERROR_CONFIG,
	   "refuses a broken file: %s", err.text);
	put(folder, "cx.json",
	    "{\"AccessToken\":\"a\",\"Expiry\":\"2020-01-01T00:00:00Z\"}", 0600);
	ok(strstr(load(&auth, folder, NULL, &err), "expired; run: cxssh login") != NULL &&
	           err.code == ERROR_DENIED,
	   "says that the token has expired: %s", err.text);
	(void)setenv("CLOUD66_TOKEN", TOKEN_BASE64, 1);
	ok(load(&auth, folder, NULL, &err)[0] != '\0', "CLOUD66_TOKEN replaces no file");
	drop(folder, "cx.json");
	is_str(load(&auth, folder, NULL, &err), "",
	       "CLOUD66_TOKEN makes a missing token file");
	is_str(auth.token, "abc-DEF", "a token of CLOUD66_TOKEN is used");
	(void)setenv("CLOUD66_TOKEN", "%%%", 1);
	drop(folder, "cx.json");
	ok(strstr(load(&auth, folder, NULL, &err), "CLOUD66_TOKEN: not base64") != NULL,
	   "auth_load() refuses a CLOUD66_TOKEN that is no token");
	(void)unsetenv("CLOUD66_TOKEN");
	auth_release(&auth);
}

static int store(const char *folder, const char *profile, const char *text,
                 struct error *err)
{
	struct auth auth = AUTH_INIT;
	char *path = xasprintf("%s/cx.json", folder);
	int rc = auth_try_in(&auth, folder, profile, text, deadline_in(0), err);

	if (rc == 0)
		ok(access(path, F_OK) == -1, "a token that is only tried is not written");
	if (rc == 0)
		rc = auth_keep(&auth, err);
	auth_release(&auth);
	free(path);
	return rc;
}

static void test_store(const char *folder)
{
	struct auth auth = AUTH_INIT;
	struct error err = ERROR_INIT;
	char *path = xasprintf("%s/cx.json", folder);
	struct stat st = { .st_mode = 0 };

	drop(folder, "cx.json");
	drop(folder, "cxprofiles.json");
	(void)setenv("CXSSH_BASE_URL", "https://c66.example.org", 1);
	ok(store(folder, NULL, " fresh-token\n", &err) == 0, "stores a token");
	(void)unsetenv("CXSSH_BASE_URL");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600,
	   "a stored token is for its owner alone");
	is_str(load(&auth, folder, NULL, &err), "", "a stored token can be loaded");
	is_str(auth.token, "fresh-token",
	       "a token is stored without the blanks around it");
	is_str(auth.profile, "default", "a token is stored in a profile");
	is_str(auth.base_url, "https://c66.example.org",
	       "a token is stored with its installation");
	ok(store(folder, "other", "t", &err) == -1 && err.code == ERROR_CONFIG,
	   "stores no token for an unknown profile: %s", err.text);
	(void)setenv("CXTOKEN", "line\nline", 1);
	ok(strstr(load(&auth, folder, NULL, &err), "CXTOKEN") != NULL,
	   "auth_load() refuses a CXTOKEN that would be two headers");
	(void)setenv("CXTOKEN", "dev", 1);
	is_str(load(&auth, folder, NULL, &err), "", "auth_load() takes a CXTOKEN");
	is_str(auth.cx_token, "dev", "a CXTOKEN is taken as it is");
	(void)unsetenv("CXTOKEN");
	auth_release(&auth);
	free(path);
}

int main(void)
{
	char folder[] = "/tmp/cxssh-auth.XXXXXX";

	if (mkdtemp(folder) == NULL)
		return 1;
	/* What is locked and logged goes there, too. */
	(void)setenv("XDG_CACHE_HOME", folder, 1);
	(void)unsetenv("CLOUD66_TOKEN");
	(void)unsetenv("CXTOKEN");
	(void)unsetenv("CXSSH_BASE_URL");
	test_times();
	test_accept();
	test_renew();
	test_profiles(folder);
	test_files(folder);
	test_store(folder);
	drop(folder, "cx.json");
	drop(folder, "cx_two.json");
	drop(folder, "cxprofiles.json");
	drop(folder, "cx.json.cxssh-lock");
	drop(folder, "cxssh/log");
	for (size_t i = 0; i < 3; i++) {
		static const char *const folders[] = { "/cxssh/lock", "/cxssh", "" };
		char *path = xasprintf("%s%s", folder, folders[i]);

		(void)rmdir(path);
		free(path);
	}
	return done_testing();
}

/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cloud66/oauth.h"
#include "cloud66/profile.h"
#include "cloud66/token.h"
#include "hostkey/fingerprint.h"
#include "http/http.h"
#include "http/redact.h"
#include "http/url.h"
#include "runtime/log.h"

/* The scopes that the toolbelt asks for, so that both can share the token. */
#define SCOPES "public redeploy jobs users admin"

enum {
	ANSWER_MAX = 256 * 1024,
	REFRESH_MS = 30000, /* for the answer, at least: see oauth.h */
};

struct exchange {
	const struct profile *profile;
	struct token *token;
	const char *code; /* or NULL */
	int rc;
	struct error *err;
};

static void add_field(struct strbuf *form, const char *name, const char *value)
{
	strbuf_addf(form, "%s%s=", form->len > 0 ? "&" : "", name);
	url_escape(form, value);
}

/* The error of a refused grant, with the server's reason, redacted. */
static void refuse(struct exchange *exchange, const struct http_answer *answer)
{
	struct error ignored = ERROR_INIT;
	struct json *doc = json_parse(answer->body.data, answer->body.len, &ignored);
	const char *text = json_text(doc, "error_description");
	const struct redact_list secrets = { { exchange->token->access,
		                               exchange->token->refresh, exchange->code,
		                               exchange->profile->client_secret } };
	char shown[200] = "";

	if (text == NULL)
		text = json_text(doc, "error");
	if (text != NULL)
		(void)redact(text, &secrets, shown, sizeof(shown));
	error_set(exchange->err, ERROR_DENIED, "%s: the login is not valid any more (%s)",
	          url_host(exchange->profile->base_url),
	          shown[0] != '\0' ? shown : "no reason given");
	error_hint(exchange->err, "cxssh login --token");
	json_free(doc);
}

static void on_token(const struct http_answer *answer, void *cookie)
{
	struct exchange *exchange = cookie;
	const char *host = url_host(exchange->profile->base_url);
	struct json *doc = NULL;

	log_step("POST /oauth/token: %d, %lld ms", answer->status,
	         (long long)answer->took_ms);
	if (answer->outcome != HTTP_ANSWERED) {
		error_set(exchange->err, ERROR_UNAVAILABLE, "%s: %s", host, answer->why);
	} else if (answer->status == 400 || answer->status == 401 ||
	           answer->status == 403) {
		refuse(exchange, answer);
	} else if (answer->status == 429 || answer->status == 503) {
		error_set(exchange->err, ERROR_RETRY,
		          "%s: throttled while the token was to be renewed; try again "
		          "later",
		          host);
	} else if (answer->status != 200) {
		error_set(exchange->err, ERROR_UNAVAILABLE,
		          "%s: /oauth/token: HTTP status %d", host, answer->status);
	} else {
		doc = json_parse(answer->body.data, answer->body.len, exchange->err);
		if (doc != NULL)
			exchange->rc = token_renew(exchange->token, doc, exchange->err);
		if (exchange->rc == -1)
			error_prefix(exchange->err, "%s: /oauth/token", host);
	}
	json_free(doc);
}

static int post(struct exchange *exchange, const struct strbuf *form,
                struct deadline connect_by, struct deadline until, struct error *err)
{
	static const char *const headers[] = {
		"Accept: application/json",
		"Content-Type: application/x-www-form-urlencoded",
		NULL,
	};
	const struct profile *profile = exchange->profile;
	struct http *http = http_new(&(struct http_config){ .any_family = true,
	                                                    .body_max = ANSWER_MAX,
	                                                    .connect_by = connect_by },
	                             err);
	char *url;

	exchange->rc = -1;
	exchange->err = err;
	if (http == NULL)
		return -1;
	url = xasprintf("%s/oauth/token", profile->base_url);
	http_queue(http, &(struct http_request){ .method = "POST",
	                                         .url = url,
	                                         .headers = headers,
	                                         .body = form->data,
	                                         .user = profile->client_id,
	                                         .password = profile->client_secret,
	                                         .done = on_token,
	                                         .cookie = exchange });
	http_run(http, until);
	http_free(http);
	free(url);
	return exchange->rc;
}

int oauth_refresh(const struct profile *profile, struct token *token,
                  struct deadline until, struct error *err)
{
	struct strbuf form = STRBUF_SECRET;
	struct deadline answer_by = deadline_in(REFRESH_MS);
	int rc;

	if (token->refresh[0] == '\0' || profile->client_id[0] == '\0') {
		error_set(err, ERROR_DENIED, "%s: the token has expired",
		          url_host(profile->base_url));
		return error_hint(err, "cxssh login --token");
	}
	add_field(&form, "grant_type", "refresh_token");
	add_field(&form, "refresh_token", token->refresh);
	add_field(&form, "client_id", profile->client_id);
	if (answer_by.at_ms < until.at_ms)
		answer_by = until;
	rc = post(&(struct exchange){ .profile = profile, .token = token }, &form, until,
	          answer_by, err);
	strbuf_release(&form);
	return rc;
}

int oauth_attempt(struct oauth_attempt *attempt, struct error *err)
{
	unsigned char random[16 + 32];
	char *at = attempt->state;

	if (getentropy(random, sizeof(random)) == -1)
		return error_errno(err, ERROR_INTERNAL, "no random numbers");
	for (size_t i = 0; i < sizeof(random); i++) {
		if (i == 16)
			at = attempt->verifier;
		at += snprintf(at, 3, "%02x", random[i]);
	}
	mem_wipe(random, sizeof(random));
	return 0;
}

/* The SHA-256 of the verifier in base64url, which a fingerprint is but for two
 * characters. */
static void add_challenge(struct strbuf *query, const char *verifier)
{
	struct strbuf text = STRBUF_SECRET;
	char print[FINGERPRINT_SIZE];

	base64_encode((const unsigned char *)verifier, strlen(verifier), &text);
	(void)fingerprint_of(text.data, text.len, print);
	for (char *c = print; *c != '\0'; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	add_field(query, "code_challenge", print + strlen("SHA256:"));
	add_field(query, "code_challenge_method", "S256");
	strbuf_release(&text);
}

int oauth_redeem(const struct profile *profile, const char *code,
                 const struct oauth_attempt *attempt, struct token *token,
                 struct deadline until, struct error *err)
{
	struct strbuf form = STRBUF_SECRET;
	int rc;

	add_field(&form, "grant_type", "authorization_code");
	add_field(&form, "code", code);
	add_field(&form, "redirect_uri", attempt->redirect_uri);
	add_field(&form, "scope", SCOPES);
	add_field(&form, "client_id", profile->client_id);
	add_field(&form, "code_verifier", attempt->verifier);
	rc = post(&(struct exchange){ .profile = profile, .token = token, .code = code },
	          &form, until, until, err);
	strbuf_release(&form);
	return rc;
}

char *oauth_page(const struct profile *profile, const struct oauth_attempt *attempt,
                 struct error *err)
{
	struct strbuf page = STRBUF_INIT;
	struct strbuf query = STRBUF_INIT;
	char shown[64];

	if (profile->client_id[0] == '\0') {
		error_set(err, ERROR_CONFIG,
		          "profile %s has no client_id to log in with in a browser",
		          printable_text(profile->name, shown, sizeof(shown)));
		error_hint(err, "cxssh login --token");
		return NULL;
	}
	add_field(&query, "response_type", "code");
	add_field(&query, "client_id", profile->client_id);
	add_field(&query, "redirect_uri", attempt->redirect_uri);
	add_field(&query, "scope", SCOPES);
	add_field(&query, "state", attempt->state);
	add_challenge(&query, attempt->verifier);
	strbuf_addf(&page, "%s/oauth/authorize?%s", profile->base_url, query.data);
	strbuf_release(&query);
	return strbuf_detach(&page);
}

/* SPDX-License-Identifier: MIT */
#include "oauth.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util.h"

#define OUT_OF_BAND "urn:ietf:wg:oauth:2.0:oob"

static json_object *find_client(struct sandbox *box, const char *id)
{
	return id == NULL ?
	               NULL :
	               fleet_find(fleet_array(box->fleet, NULL, "clients"), "id", id);
}

/* A browser may be sent back to its own machine only. */
static bool may_redirect(const char *uri)
{
	static const char *const starts[] = { "http://127.0.0.1", "http://localhost",
		                              "http://[::1]" };

	for (const char *c = uri; *c != '\0'; c++)
		if (*c <= ' ' || *c == '"' || *c == '<' || *c > '~')
			return false;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		size_t len = strlen(starts[i]);

		if (strncmp(uri, starts[i], len) == 0 &&
		    (uri[len] == '\0' || strchr(":/?", uri[len]) != NULL))
			return true;
	}
	return strcmp(uri, OUT_OF_BAND) == 0;
}

/* Everything but letters, digits and -._~ becomes %XX. */
static char *escape(const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";
	static const char hex[] = "0123456789ABCDEF";
	char *escaped = xcalloc(strlen(text) + 1, 3);
	char *out = escaped;

	for (const char *c = text; *c != '\0'; c++) {
		unsigned char byte = (unsigned char)*c;

		if (strchr(plain, *c) != NULL) {
			*out++ = *c;
		} else {
			*out++ = '%';
			*out++ = hex[byte >> 4];
			*out++ = hex[byte & 15];
		}
	}
	return escaped;
}

static void send_back(struct answer *answer, const char *uri, const char *name,
                      const char *value, const char *state)
{
	char *escaped = escape(state != NULL ? state : "");

	answer->status = 302;
	answer->location =
		xasprintf("%s%c%s=%s%s%s", uri, strchr(uri, '?') != NULL ? '&' : '?',
	                  name, value, state != NULL ? "&state=" : "", escaped);
	answer_text(answer, "text/html; charset=utf-8", xstrdup("redirected\n"), 11);
	free(escaped);
}

static void show_code(struct answer *answer, const char *code)
{
	char *page = xasprintf("<html><body>Authorization code: <code>%s</code>"
	                       "</body></html>\n",
	                       code);

	answer_text(answer, "text/html; charset=utf-8", page, strlen(page));
}

void oauth_authorize(struct sandbox *box, struct request *request, struct answer *answer)
{
	const char *id = request_query(request, "client_id");
	const char *uri = request_query(request, "redirect_uri");
	const char *type = request_query(request, "response_type");
	const char *state = request_query(request, "state");
	const char *scope = request_query(request, "scope");
	json_object *client = find_client(box, id);
	const char *code;

	/* Neither of these two may lead to a redirect. */
	if (client == NULL) {
		answer_oauth_error(answer, 401, "invalid_client", "Unknown client.");
		return;
	}
	if (uri == NULL || !may_redirect(uri)) {
		answer_oauth_error(answer, 400, "invalid_redirect_uri",
		                   "The redirect uri is not valid.");
		return;
	}
	if (type == NULL || strcmp(type, "code") != 0) {
		send_back(answer, uri, "error", "unsupported_response_type", state);
		return;
	}
	if (fleet_flag(client, "_deny")) {
		send_back(answer, uri, "error", "access_denied", state);
		return;
	}
	code = tokens_new_code(box->tokens, id, scope != NULL ? scope : "public", uri,
	                       request_query(request, "code_challenge"));
	if (strcmp(uri, OUT_OF_BAND) == 0)
		show_code(answer, code);
	else
		send_back(answer, uri, "code", code, state);
}

static int64_t token_life_s(struct sandbox *box)
{
	json_object *value = fleet_value(box->fleet, "expires_in");

	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) :
	                                                   7200;
}

static void send_tokens(struct answer *answer, const struct grant *grant,
                        int64_t expires_s)
{
	const struct {
		const char *key;
		json_object *value;
	} members[] = {
		{ "access_token", json_object_new_string(grant->access) },
		{ "token_type", json_object_new_string("Bearer") },
		{ "expires_in", json_object_new_int64(expires_s) },
		{ "refresh_token", json_object_new_string(grant->refresh) },
		{ "scope", json_object_new_string(grant->scope) },
		{ "created_at", json_object_new_int64(now_ms() / 1000) },
	};
	json_object *object = json_object_new_object();

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		(void)json_object_object_add(object, members[i].key, members[i].value);
	answer_bare(answer, object);
}

/* The client that HTTP Basic proves, or NULL. */
static const char *check_client(struct sandbox *box, struct request *request)
{
	char *password = NULL;
	char *name = MHD_basic_auth_get_username_password(request->connection, &password);
	json_object *client = find_client(box, name);
	const char *secret = fleet_member(client, "secret");
	bool good = secret != NULL && password != NULL && strcmp(secret, password) == 0;

	MHD_free(name);
	MHD_free(password);
	return good ? fleet_member(client, "id") : NULL;
}

/* The SHA-256 of text in base64url, in out. */
static const char *challenge_of(const char *text, char out[static 48])
{
	unsigned char digest[32];

	if (text == NULL ||
	    EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL) != 1)
		return NULL;
	(void)EVP_EncodeBlock((unsigned char *)out, digest, sizeof(digest));
	out[strcspn(out, "=")] = '\0';
	for (char *c = out; *c != '\0'; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	return out;
}

/* By the name of the grant: NULL, if it is unknown or not valid. */
static const struct grant *give(struct sandbox *box, struct request *request,
                                const char *client, const char **error)
{
	json_object *rotate = fleet_value(box->fleet, "rotate_refresh_tokens");
	const char *type = request_text(request, "grant_type");
	char challenge[48];

	*error = "invalid_grant";
	if (type != NULL && strcmp(type, "authorization_code") == 0)
		return tokens_redeem(box->tokens, client, request_text(request, "code"),
		                     request_text(request, "redirect_uri"),
		                     challenge_of(request_text(request, "code_verifier"),
		                                  challenge),
		                     token_life_s(box));
	if (type != NULL && strcmp(type, "refresh_token") == 0)
		return tokens_refresh(box->tokens, client,
		                      request_text(request, "refresh_token"),
		                      json_object_get_boolean(rotate), token_life_s(box));
	*error = "unsupported_grant_type";
	return NULL;
}

void oauth_token(struct sandbox *box, struct request *request, struct answer *answer)
{
	const char *client = check_client(box, request);
	const struct grant *grant;
	const char *error;

	request->auth = client != NULL ? TOKEN_OK : TOKEN_BAD;
	if (client == NULL) {
		answer_oauth_error(answer, 401, "invalid_client",
		                   "Client authentication failed.");
		return;
	}
	grant = give(box, request, client, &error);
	if (grant == NULL)
		answer_oauth_error(answer, 400, error, "The grant is not valid.");
	else
		send_tokens(answer, grant, token_life_s(box));
}

void oauth_tooling(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *clients = fleet_array(box->fleet, NULL, "clients");
	json_object *client =
		fleet_count(clients) > 0 ? json_object_array_get_idx(clients, 0) : NULL;
	const char *host = request_header(request, MHD_HTTP_HEADER_HOST);
	const char *id = fleet_member(client, "id");
	const char *secret = fleet_member(client, "secret");
	char *base = xasprintf("%s://%s", box->tls ? "https" : "http",
	                       host != NULL ? host : "localhost");
	char *api = xasprintf("%s/api/3", base);
	char *faye = xasprintf("%s/push", base);
	json_object *object = json_object_new_object();
	const struct {
		const char *key, *value;
	} members[] = {
		{ "api_url", api },
		{ "base_url", base },
		{ "client_id", id != NULL ? id : "" },
		{ "client_secret", secret != NULL ? secret : "" },
		{ "faye_endpoint", faye },
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		(void)json_object_object_add(object, members[i].key,
		                             json_object_new_string(members[i].value));
	answer_object(answer, object);
	free(faye);
	free(api);
	free(base);
}

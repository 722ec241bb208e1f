/* SPDX-License-Identifier: MIT */
#include "routes.h"

#include <string.h>

#include "accounts.h"
#include "containers.h"
#include "oauth.h"
#include "stacks.h"
#include "util.h"

struct route {
	const char *method;
	const char *path;  /* "*" stands for one segment, an argument */
	const char *scope; /* NULL: no token needed */
	void (*serve)(struct sandbox *, struct request *, struct answer *);
};

#define API "/api/3"

static const struct route routes[] = {
	{ "GET", API "/stacks", "public", stacks_list },
	{ "GET", API "/stacks/*", "public", stacks_show },
	{ "GET", API "/stacks/*/servers", "public", servers_list },
	{ "GET", API "/stacks/*/servers/*", "public", servers_show },
	{ "GET", API "/stacks/*/firewalls", "public", firewalls_list },
	{ "POST", API "/stacks/*/firewalls", "admin", firewalls_open },
	{ "GET", API "/stacks/*/firewalls/*", "public", firewalls_show },
	{ "GET", API "/stacks/*/actions/*", "public", actions_show },
	{ "GET", API "/stacks/*/containers", "public", containers_list },
	{ "GET", API "/stacks/*/containers/*", "public", containers_show },
	{ "GET", API "/stacks/*/services/*", "public", services_show },
	{ "POST", API "/stacks/*/sessions", "admin", sessions_start },
	{ "GET", API "/stacks/*/sessions/fetch", "public", sessions_fetch },
	{ "GET", API "/accounts", "users", accounts_list },
	{ "GET", API "/accounts/*", "users", accounts_show },
	{ "GET", API "/accounts/*/gateways", "public", gateways_list },
	{ "POST", API "/accounts/*/gateways", "admin", gateways_add },
	{ "GET", API "/accounts/*/gateways/*", "public", gateways_show },
	{ "PUT", API "/accounts/*/gateways/*", "admin", gateways_change },
	{ "DELETE", API "/accounts/*/gateways/*", "admin", gateways_remove },
	{ "GET", API "/ssh_keys/access", "public", public_key_show },
	{ "POST", API "/ssh_keys/access", "admin", public_key_set },
	{ "GET", API "/ping", NULL, ping },
	{ "GET", API "/ping/auth", "public", ping_auth },
	{ "GET", "/api/tooling/cx/config", NULL, oauth_tooling },
	{ "GET", "/oauth/authorize", NULL, oauth_authorize },
	{ "POST", "/oauth/token", NULL, oauth_token },
};

static bool path_matches(const char *pattern, struct request *request)
{
	size_t args = 0;

	for (size_t i = 0; i < request->segment_count; i++) {
		const char *have = request->segment[i];
		size_t len;

		if (*pattern++ != '/')
			return false;
		len = strcspn(pattern, "/");
		if (len == 1 && *pattern == '*')
			request->arg[args++] = have;
		else if (strlen(have) != len || strncmp(have, pattern, len) != 0)
			return false;
		pattern += len;
	}
	return *pattern == '\0';
}

static const struct route *find_route(struct request *request)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (strcmp(routes[i].method, request->method) == 0 &&
		    path_matches(routes[i].path, request))
			return &routes[i];
	return NULL;
}

void routes_authenticate(struct sandbox *box, struct request *request)
{
	const char *value = request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);

	request->auth =
		tokens_check(box->tokens, request_bearer(request), &request->scopes);
	if (value != NULL && request->auth == TOKEN_NONE)
		request->auth = TOKEN_BAD; /* neither a bearer token nor nothing */
}

static bool has_scope(const char *scopes, const char *scope)
{
	size_t len = strlen(scope);

	if (scopes == NULL)
		return true;
	for (;;) {
		size_t word = strcspn(scopes, " ");

		if (word == len && strncmp(scopes, scope, len) == 0)
			return true;
		if (scopes[word] == '\0')
			return false;
		scopes += word + 1;
	}
}

static json_object *current_account(json_object *accounts)
{
	for (size_t i = 0; i < fleet_count(accounts); i++) {
		json_object *account = json_object_array_get_idx(accounts, i);

		if (fleet_flag(account, "current_account"))
			return account;
	}
	return NULL;
}

/* An account that is not there and one that is not yours look alike, mostly. */
static bool choose_account(struct sandbox *box, struct request *request,
                           struct answer *answer)
{
	json_object *accounts = fleet_array(box->fleet, NULL, "accounts");
	const char *id = request_header(request, "X-Account");

	if (id == NULL || id[0] == '\0') {
		request->account = current_account(accounts);
		return true;
	}
	request->account = fleet_find(accounts, "id", id);
	if (request->account == NULL) {
		answer_not_found(answer);
		return false;
	}
	if (fleet_flag(request->account, "_forbidden")) {
		answer_error(answer, 403, "You have no access to this account.");
		return false;
	}
	return true;
}

static bool may(struct sandbox *box, struct request *request, const struct route *route,
                struct answer *answer)
{
	if (route->scope == NULL)
		return true;
	if (request->auth != TOKEN_OK) {
		answer_error(answer, 401, "%s", "");
		return false;
	}
	if (!has_scope(request->scopes, route->scope)) {
		answer_error(answer, 403, "This needs the scope %s.", route->scope);
		return false;
	}
	return choose_account(box, request, answer);
}

void routes_dispatch(struct sandbox *box, struct request *request, struct answer *answer)
{
	bool sound = request_parse(request);
	const struct route *route = find_route(request);

	if (request->too_long)
		answer_error(answer, 400, "The body is too long.");
	else if (!sound)
		answer_error(answer, 400, "The body is not a JSON object.");
	else if (route == NULL)
		answer_not_found(answer);
	else if (may(box, request, route, answer))
		route->serve(box, request, answer);
}

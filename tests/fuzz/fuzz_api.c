/* SPDX-License-Identifier: MIT */
/*
 * The other answers of the API: a server's key, a lease and its action, the account, the
 * ping.  A failure has a code and words that may be printed; a key is one that ssh can
 * read.
 *
 * Input: the name of the endpoint and, for the account, of the organization; then the
 * answers (answers.h).
 */

#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strvec.h"
#include "cloud66/api.h"
#include "cloud66/request.h"
#include "fuzz.h"
#include "http/http.h"
#include "keys/keyfile.h"

#define STACK "0a1b2c"
#define SERVER "1f2e3d"

static int run_ping(struct api *api, struct error *err)
{
	return api_ping(api, deadline_in(3600000), err);
}

static int run_key(struct api *api, struct error *err)
{
	struct strbuf raw = STRBUF_SECRET;
	struct strbuf key = STRBUF_SECRET;
	int rc = api_server_key(api, STACK, SERVER, &raw, deadline_in(3600000), err);

	require(rc == 1 || raw.len == 0);
	require(strlen(raw.data) == raw.len);
	if (rc == 1 && keyfile_normalise(raw.data, &key)) {
		require(strncmp(key.data, "-----BEGIN ", 11) == 0);
		require(strlen(key.data) == key.len && strchr(key.data, '\r') == NULL);
		require(key.data[key.len - 1] == '\n' && key.data[key.len - 2] != '\n');
	}
	strbuf_release(&raw);
	strbuf_release(&key);
	return rc;
}

static int run_probe(struct api *api, struct error *err)
{
	struct api_key_probe probes[] = { { STACK, SERVER, 7 }, { STACK, "../x", 7 } };

	(void)err;
	api_probe_keys(api, probes, 2, deadline_in(3600000));
	require(probes[0].answer >= -1 && probes[0].answer <= 1);
	require(probes[1].answer == -1);
	return 0;
}

static int run_lease(struct api *api, struct error *err)
{
	const struct api_lease lease = { STACK, SERVER, "AUTO", 22, 20 };

	return api_lease(api, &lease, deadline_in(3600000), err);
}

/* The same while the key is fetched on the same connections, and given up in the midst
 * of it or waited for. */
static int run_opening(struct api *api, struct error *err)
{
	const struct api_lease lease = { STACK, SERVER, "AUTO", 22, 20 };
	struct api_lease_request *opening =
		api_lease_ask(api, &lease, deadline_in(3600000), err);
	struct error ignored = ERROR_INIT;
	enum api_lease_progress state;

	require(opening != NULL && api_lease_state(opening) == API_LEASE_ASKED);
	api_turn(api, deadline_in(3600000), NULL, 0, 0);
	(void)run_key(api, &ignored);
	state = api_lease_state(opening);
	if (state == API_LEASE_ASKED) {
		api_lease_leave(opening);
		return run_ping(api, err);
	}
	require(state != API_LEASE_DONE || api_lease_wait(opening, err) == 0);
	return state == API_LEASE_DONE ? 0 : api_lease_wait(opening, err);
}

static int run_account(struct api *api, struct error *err)
{
	int rc = account_choose(api, deadline_in(3600000), err);

	require(rc == -1 || (api->account != NULL && api->account[0] > '0' &&
	                     api->account[strspn(api->account, "0123456789")] == '\0'));
	free(api->account);
	api->account = NULL;
	return rc;
}

static const struct {
	const char *name;
	int (*run)(struct api *api, struct error *err);
} endpoints[] = {
	{ "ping", run_ping },   { "key", run_key },         { "probe", run_probe },
	{ "lease", run_lease }, { "opening", run_opening }, { "account", run_account },
};

void fuzz_input(const uint8_t *data, size_t size)
{
	struct fuzz_parts parts = { data, size };
	char *line = fuzz_text(&parts);
	char *rest = strchr(line, ' ');
	struct api api = { .auth = { .base_url = (char[]){ "https://api.example" },
		                     .profile = (char[]){ "default" },
		                     .token = (char[]){ "t" } } };
	struct error err = ERROR_INIT;

	if (rest != NULL)
		*rest++ = '\0';
	api.auth.organization = rest != NULL ? rest : (char[]){ "acme" };
	api.http = http_new(&(struct http_config){ .body_max = 0 }, &err);
	answers_from(&parts);
	for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
		if (strcmp(line, endpoints[i].name) != 0)
			continue;
		if (endpoints[i].run(&api, &err) == -1)
			require(err.code != ERROR_NONE);
		require(fuzz_is_printable(err.text));
	}
	http_free(api.http);
	free(line);
}

/* SPDX-License-Identifier: MIT */
/*
 * api_client - the calls of cloud66/api.h from a command line, for t20.
 *
 *   api_client [-t MS] [-p PROFILE] COMMAND
 *
 *   ping                     lists PATH...  (one line an item: PATH NAME)
 *   get PATH [QUERY]         key STACK SERVER
 *   probe STACK SERVER...    (SERVER and 1, 0 or -1)
 *   lease STACK SERVER       store (the token on stdin)
 *   open [MS]                (log in, wait so long, ping)
 *   page STATE               redeem CODE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cloud66/api.h"
#include "cloud66/auth.h"
#include "cloud66/oauth.h"
#include "runtime/log.h"

#define REDIRECT "http://127.0.0.1:34543"
#define VERIFIER "0123456789012345678901234567890123456789abc"

struct client {
	const char *profile;
	struct deadline until;
	struct error *err;
	char **args;
	int count;
};

static int print_item(const struct json *item, void *cookie, struct error *err)
{
	const char *name = json_text(item, "name");

	(void)err;
	printf("%s %s\n", (const char *)cookie, name != NULL ? name : "?");
	return 0;
}

static int print_all(const struct json *item, void *cookie, struct error *err)
{
	struct strbuf text = STRBUF_INIT;

	(void)cookie;
	(void)err;
	json_write(item, false, &text);
	printf("%s\n", text.data);
	strbuf_release(&text);
	return 0;
}

static void count_pages(size_t done, size_t known, void *cookie)
{
	size_t *last = cookie;

	last[0] = done;
	last[1] = known;
}

static int do_ping(struct client *client, struct api *api)
{
	return api_ping(api, client->until, client->err);
}

static int do_open(struct client *client, struct api *api)
{
	if (client->count > 0)
		deadline_sleep(client->until, strtol(client->args[0], NULL, 10));
	return api_ping(api, client->until, client->err);
}

static int do_lists(struct client *client, struct api *api)
{
	size_t count = (size_t)client->count;
	struct api_list *lists = xcalloc(count, sizeof(*lists));
	struct error *errors = xcalloc(count, sizeof(*errors));
	size_t pages[2] = { 0, 0 };
	int rc;

	for (size_t i = 0; i < count; i++) {
		lists[i].path = client->args[i];
		lists[i].each = print_item;
		lists[i].cookie = client->args[i];
		lists[i].err = &errors[i];
	}
	rc = api_lists(api, lists, count, count_pages, pages, client->until);
	for (size_t i = 0; i < count; i++) {
		if (lists[i].rc == -1) {
			(void)fprintf(stderr, "%s: %s\n", lists[i].path, errors[i].text);
			*client->err = errors[i];
		}
	}
	(void)fprintf(stderr, "pages: %zu of %zu\n", pages[0], pages[1]);
	free(errors);
	free(lists);
	return rc;
}

static int do_get(struct client *client, struct api *api)
{
	struct api_object object = { .path = client->args[0],
		                     .query = client->count > 1 ? client->args[1] : NULL,
		                     .each = print_all };

	return api_call(api, &object, client->until, client->err);
}

static int do_key(struct client *client, struct api *api)
{
	struct strbuf key = STRBUF_SECRET;
	int rc = api_server_key(api, client->args[0], client->args[1], &key,
	                        client->until, client->err);

	if (rc == 0)
		printf("none\n");
	printf("%s", key.data);
	strbuf_release(&key);
	return rc == -1 ? -1 : 0;
}

static int do_probe(struct client *client, struct api *api)
{
	size_t count = (size_t)client->count - 1;
	struct api_key_probe *probes = xcalloc(count, sizeof(*probes));

	for (size_t i = 0; i < count; i++) {
		probes[i].stack_uid = client->args[0];
		probes[i].server_uid = client->args[i + 1];
	}
	api_probe_keys(api, probes, count, client->until);
	for (size_t i = 0; i < count; i++)
		printf("%s %d\n", probes[i].server_uid, probes[i].answer);
	free(probes);
	return 0;
}

static int do_lease(struct client *client, struct api *api)
{
	struct api_lease lease = { .stack_uid = client->args[0],
		                   .server_uid = client->args[1],
		                   .from_ip = "AUTO",
		                   .port = 22,
		                   .minutes = 20 };

	return api_lease(api, &lease, client->until, client->err);
}

static int do_store(struct client *client, struct api *api)
{
	struct auth auth = AUTH_INIT;
	char text[4096] = "";
	size_t len = fread(text, 1, sizeof(text) - 1, stdin);
	int rc;

	(void)api;
	text[len] = '\0';
	rc = auth_try(&auth, client->profile, text, client->until, client->err);
	if (rc == 0)
		rc = auth_keep(&auth, client->err);
	auth_release(&auth);
	return rc;
}

static int do_page(struct client *client, struct api *api)
{
	struct oauth_attempt attempt = { .redirect_uri = REDIRECT, .verifier = VERIFIER };
	char *page;

	(void)api;
	(void)snprintf(attempt.state, sizeof(attempt.state), "%s", client->args[0]);
	page = auth_page(client->profile, &attempt, client->err);
	if (page == NULL)
		return -1;
	printf("%s\n", page);
	free(page);
	return 0;
}

static int do_redeem(struct client *client, struct api *api)
{
	struct oauth_attempt attempt = { .redirect_uri = REDIRECT, .verifier = VERIFIER };

	(void)api;
	return auth_redeem(client->profile, client->args[0], &attempt, client->until,
	                   client->err);
}

static const struct {
	const char *name;
	int args;
	int (*run)(struct client *, struct api *);
	bool logged_in;
} commands[] = {
	{ "ping", 0, do_ping, true },   { "open", 0, do_open, true },
	{ "lists", 1, do_lists, true }, { "get", 1, do_get, true },
	{ "key", 2, do_key, true },     { "probe", 2, do_probe, true },
	{ "lease", 2, do_lease, true }, { "store", 0, do_store, false },
	{ "page", 1, do_page, false },  { "redeem", 1, do_redeem, false },
};

static int run(struct client *client, const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct api *api = NULL;
		int rc;

		if (strcmp(commands[i].name, name) != 0 ||
		    client->count < commands[i].args)
			continue;
		if (commands[i].logged_in) {
			api = api_open(&(struct api_config){ .profile = client->profile },
			               client->until, client->err);
			if (api == NULL)
				return -1;
		}
		rc = commands[i].run(client, api);
		api_free(api);
		return rc;
	}
	return error_set(client->err, ERROR_USAGE, "see the top of api_client.c");
}

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	struct client client = { .until = deadline_in(10000), .err = &err };
	int option;
	int rc;

	(void)umask(077);
	log_start("api_client", NULL, 1 << 20);
	while ((option = getopt(argc, argv, "+t:p:")) != -1) {
		if (option == 't')
			client.until = deadline_in(strtol(optarg, NULL, 10));
		else if (option == 'p')
			client.profile = optarg;
		else
			return 64;
	}
	if (optind == argc)
		return 64;
	client.args = argv + optind + 1;
	client.count = argc - optind - 1;
	rc = run(&client, argv[optind]);
	if (rc == 0)
		return 0;
	(void)fprintf(stderr, "api_client: %s\n", err.text);
	return error_exit_status(err.code);
}

/* SPDX-License-Identifier: MIT */
/*
 * The fleet as the API describes it: list of stacks, lists of servers, in pages.  What
 * is taken may be written anywhere, is cached without a loss, and gets its aliases;
 * what is skipped gives words that may be printed, and commands that may be pasted.
 *
 * Input: the names of stacks to limit it to, by comma, and the answers (answers.h).
 */

#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "cloud66/request.h"
#include "fleet/host.h"
#include "fleet/inventory.h"
#include "fleet/model.h"
#include "fleet/modeljson.h"
#include "fleet/selection.h"
#include "fuzz.h"
#include "http/http.h"
#include "route/routefile.h"
#include "runtime/config.h"

/* Would a shell take the command behind "run: " for one command of words? */
static bool is_pasteable(const char *text)
{
	const char *command = strstr(text, "; run: ");
	bool quoted = false;

	if (command == NULL)
		return true;
	for (const char *c = command + strlen("; run: "); *c != '\0'; c++) {
		if (*c == '\'')
			quoted = !quoted;
		else if (!quoted && strchr("\"`\\$&;|<>(){}[]*?!#~", *c) != NULL)
			return false;
	}
	return !quoted;
}

static void check_said(const char *text)
{
	require(fuzz_is_printable(text) && is_pasteable(text));
}

static void check_server(const struct server *s)
{
	require(fuzz_is_file_name(s->uid) && fuzz_is_file_name(s->stack_uid));
	require(fuzz_is_harmless(s->address) && fuzz_is_harmless(s->user));
	require(s->gateway == NULL || fuzz_is_harmless(s->gateway));
	require(s->ext_ipv4 == NULL || fuzz_is_harmless(s->ext_ipv4));
	require(s->dns_record == NULL || fuzz_is_harmless(s->dns_record));
	require(valid_name(s->name));
	require(s->alias[0] == '\0' || valid_alias(s->alias));
	for (size_t i = 0; i < s->roles.count; i++)
		require(fuzz_is_file_name(s->roles.items[i]));
}

/* The route of a server, as a sync writes it, can be read. */
static void check_route(const struct server *s)
{
	struct route route = { .target = s->uid,
		               .alias = (char[]){ "a" },
		               .stack_uid = s->stack_uid,
		               .address = s->address,
		               .user = s->user,
		               .gateway = s->gateway };
	struct strbuf text = STRBUF_INIT;
	struct route read;

	routefile_format(&route, &text);
	require(routefile_parse(s->uid, text.data, text.len, &read) == 1);
	require(strcmp(read.address, s->address) == 0 && strcmp(read.user, s->user) == 0);
	require((read.gateway == NULL) == (s->gateway == NULL));
	routefile_release(&read);
	strbuf_release(&text);
}

static void check_stack(struct stack *s)
{
	require(fuzz_is_file_name(s->uid) && valid_name(s->name));
	require(s->environment[0] == '\0' || valid_name(s->environment));
	for (size_t i = 0; i < s->server_count; i++) {
		check_server(&s->servers[i]);
		check_route(&s->servers[i]);
	}
	for (size_t i = 0; i < s->role_count; i++) {
		struct host host = { s, NULL, &s->roles[i] };
		struct server **servers;
		char *target = host_target(&host);

		require(fuzz_is_harmless(s->roles[i].name) && valid_target(target));
		require(host_servers(&host, &servers) > 0);
		free(servers);
		free(target);
	}
}

/* The cache is the same again after it was read. */
static void check_cache(const struct fleet *fleet)
{
	struct strbuf first = STRBUF_INIT;
	struct strbuf second = STRBUF_INIT;
	struct fleet again = FLEET_INIT;
	struct error err = ERROR_INIT;

	fleet_write(fleet, &first);
	require(fleet_read(&again, first.data, first.len, &err) == 0);
	require(again.warnings.count == 0);
	fleet_write(&again, &second);
	require(fuzz_same(&first, &second));
	fleet_release(&again);
	strbuf_release(&first);
	strbuf_release(&second);
}

static void check_fleet(struct fleet *fleet, const struct strvec *names)
{
	for (size_t i = 0; i < fleet->stack_count; i++)
		check_stack(&fleet->stacks[i]);
	for (size_t i = 0; i < fleet->warnings.count; i++)
		check_said(fleet->warnings.items[i]);
	check_cache(fleet);
	for (size_t i = 0; i < names->count; i++) {
		struct error err = ERROR_INIT;
		struct host found;
		struct stack *stack;

		if (selection_by_alias(fleet, names->items[i], &found) == 0)
			(void)selection_unknown(fleet, names->items[i], &err);
		if (selection_stack(fleet, names->items[i], NULL, &stack, &err) == 0)
			(void)selection_server(stack, names->items[i], &found, &err);
		check_said(err.text);
	}
}

/* A broken inventory file, too: the first answer's body. */
static void read_cache(const uint8_t *data, size_t size)
{
	struct fleet fleet = FLEET_INIT;
	struct error err = ERROR_INIT;
	const struct strvec none = STRVEC_INIT;

	if (fleet_read(&fleet, (const char *)data, size, &err) == 0)
		check_fleet(&fleet, &none);
	fleet_release(&fleet);
}

static void on_seen(const struct server *server, void *cookie)
{
	(void)cookie;
	check_server(server);
}

static void fetch(struct fuzz_parts *parts, const struct strvec *only)
{
	struct api api = { .auth = { .base_url = (char[]){ "https://api.example" },
		                     .token = (char[]){ "t" } } };
	const struct inventory_watch watch = { .seen = on_seen };
	struct fleet fleet = FLEET_INIT;
	struct error err = ERROR_INIT;

	api.http = http_new(&(struct http_config){ .body_max = 0 }, &err);
	answers_from(parts);
	if (inventory_fetch(&api, only, &watch, &fleet, deadline_in(3600000), &err) == -1)
		require(err.code != ERROR_NONE);
	check_said(err.text);
	check_fleet(&fleet, only);
	if (fleet.stack_count > 0) {
		(void)inventory_refresh_stack(&api, &fleet, fleet.stacks[0].uid,
		                              deadline_in(3600000), &err);
		check_said(err.text);
		check_fleet(&fleet, only);
	}
	fleet_release(&fleet);
	http_free(api.http);
}

void fuzz_input(const uint8_t *data, size_t size)
{
	struct fuzz_parts parts = { data, size };
	char *line = fuzz_text(&parts);
	struct fuzz_parts first = parts;
	struct config names = { .gateways = NULL };
	struct error err = ERROR_INIT;
	const uint8_t *bytes;
	size_t len;

	if (strstr(line, "run: ") != NULL) {
		free(line); /* what a person types is repeated, too */
		return;
	}
	require(config_set(&names, "stacks", line, &err) == 0);
	if (fuzz_part(&first, &bytes, &len) && memchr(bytes, '\n', len) != NULL) {
		const uint8_t *body = (const uint8_t *)memchr(bytes, '\n', len) + 1;

		read_cache(body, len - (size_t)(body - bytes));
	}
	fetch(&parts, &names.stacks);
	config_release(&names);
	free(line);
}

/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>

#include "base/allowlist.h"
#include "base/mem.h"
#include "fleet/alias.h"
#include "fleet/aliastext.h"
#include "fleet/model.h"
#include "tap.h"

enum { SOME = 4 };

static const struct {
	const char *name, *slug;
} slugs[] = {
	{ "Lion", "lion" },
	{ "My App", "my-app" },
	{ "  My -- App!  ", "my-app" },
	{ "web_1", "web-1" },
	{ "shop.example.com", "shop-example-com" },
	{ "shop..example", "shop-example" },
	{ ".hidden.", "hidden" },
	{ "a.-b", "a-b" },
	{ "Caf\xc3\xa9", "caf" },
	{ "\xe6\x97\xa5\xe6\x9c\xac", "" },
	{ "-oProxyCommand=x", "oproxycommand-x" },
	{ "x\nHost *\n", "x-host" },
	{ "../../etc", "etc" },
	{ "", "" },
};

/* One fleet of the table: name, environment, uid; servers and roles; their aliases. */
struct example {
	const char *what;
	struct {
		const char *name, *environment, *uid;
		struct {
			const char *name, *uid, *alias;
		} servers[SOME];
		struct {
			const char *name, *alias;
		} roles[SOME];
	} stacks[SOME];
};

#define LONG_NAME "The Extremely Long Name Of An Application Stack"

static const struct example fleets[] = {
	{ "stack and server, stack and role",
	  { { "MyApp",
	      "production",
	      "0a1b2c3d",
	      { { "Lion", "1f2e3d4c", "myapp-lion" } },
	      { { "web", "myapp-web" }, { "Web App", "myapp-web-app" } } } } },
	{ "a name in two environments",
	  { { "MyApp",
	      "production",
	      "aaaaaaaa",
	      { { "Lion", "s1", "myapp-production-lion" } },
	      { { .name = NULL } } },
	    { "myapp",
	      "staging",
	      "bbbbbbbb",
	      { { "Lion", "s2", "myapp-staging-lion" } },
	      { { "web", "myapp-staging-web" } } } } },
	{ "a name twice in one environment",
	  { { "MyApp",
	      "production",
	      "aaaaaaaa",
	      { { "Lion", "s1", "myapp-aaaaaa-lion" } },
	      { { .name = NULL } } },
	    { "My App",
	      "production",
	      "cccccccc",
	      { { "Lion", "s3", "my-app-lion" } },
	      { { .name = NULL } } },
	    { "myapp",
	      "production",
	      "bbbbbbbb",
	      { { "Lion", "s2", "myapp-bbbbbb-lion" } },
	      { { .name = NULL } } } } },
	{ "a name twice in one environment and once in another",
	  { { "myapp",
	      "production",
	      "aaaaaaaa",
	      { { "x", "s1", "myapp-production-aaaaaa-x" } },
	      { { .name = NULL } } },
	    { "myapp",
	      "production",
	      "bbbbbbbb",
	      { { "x", "s2", "myapp-production-bbbbbb-x" } },
	      { { .name = NULL } } },
	    { "myapp",
	      "staging",
	      "cccccccc",
	      { { "x", "s3", "myapp-staging-x" } },
	      { { .name = NULL } } } } },
	{ "stacks whose uids begin alike",
	  { { "myapp",
	      "",
	      "aaaaaa11",
	      { { "x", "s1", "myapp-aaaaaa11-x" } },
	      { { .name = NULL } } },
	    { "myapp",
	      "",
	      "aaaaaa22",
	      { { "x", "s2", "myapp-aaaaaa22-x" } },
	      { { .name = NULL } } },
	    { "myapp",
	      NULL,
	      "bbbbbb22",
	      { { "x", "s3", "myapp-bbbbbb-x" } },
	      { { .name = NULL } } } } },
	{ "a server and a role of one name",
	  { { "myapp",
	      "",
	      "u1",
	      { { "web", "s1", "myapp-web" }, { "db", "s2", "myapp-db" } },
	      { { "web", "myapp-role-web" }, { "rails", "myapp-rails" } } } } },
	{ "two servers that slug alike",
	  { { "myapp",
	      "",
	      "u1",
	      { { "web 1", "1111112222", "myapp-web-1-111111" },
	        { "web-1", "3333334444", "myapp-web-1-333333" },
	        { "web2", "5555556666", "myapp-web2" } },
	      { { "web_1", "myapp-role-web-1" } } } } },
	{ "two servers that slug alike, another one gone",
	  { { "myapp",
	      "",
	      "u1",
	      { { "web 1", "1111112222", "myapp-web-1-111111" },
	        { "web-1", "3333334444", "myapp-web-1-333333" } },
	      { { "web_1", "myapp-role-web-1" } } } } },
	{ "servers whose uids begin alike",
	  { { "a",
	      "",
	      "u1",
	      { { "x", "AB_cd-ef1234", "a-x-abcdef12" },
	        { "x", "abcdef5678", "a-x-abcdef56" },
	        { "x", "abcdee5678", "a-x-abcdee" },
	        { "y", "abcdef5678", "a-y" } },
	      { { .name = NULL } } } } },
	{ "servers with short uids",
	  { { "a",
	      "",
	      "u1",
	      { { "x", "1", NULL },
	        { "x", "2", NULL },
	        { "x", "A", NULL },
	        { "x", "a", NULL } },
	      { { .name = NULL } } } } },
	{ "roles that slug alike",
	  { { "a",
	      "",
	      "u1",
	      { { .name = NULL } },
	      { { "x y", NULL }, { "x-y", NULL }, { "!", NULL } } } } },
	{ "a server across stacks",
	  { { "a",
	      "",
	      "u1",
	      { { "b-c", "111111", "a-b-c-111111" } },
	      { { .name = NULL } } },
	    { "a-b",
	      "",
	      "u2",
	      { { "c", "222222", "a-b-c-222222" }, { "d", "333333", "a-b-d" } },
	      { { .name = NULL } } } } },
	{ "a server and a role across stacks",
	  { { "a", "", "u1", { { .name = NULL } }, { { "b-c", "a-role-b-c" } } },
	    { "a-b",
	      "",
	      "u2",
	      { { "c", "222222", "a-b-c" } },
	      { { "c", "a-b-role-c" } } } } },
	{ "an environment that looks like a stack",
	  { { "a",
	      "b",
	      "111111",
	      { { "x", "s1", "a-b-111111-x" } },
	      { { .name = NULL } } },
	    { "a", "c", "222222", { { "x", "s2", "a-c-x" } }, { { .name = NULL } } },
	    { "a-b",
	      "",
	      "333333",
	      { { "x", "s3", "a-b-333333-x" } },
	      { { .name = NULL } } } } },
	{ "names without any letter",
	  { { "\xe6\x97\xa5",
	      "",
	      "0a1b2c3d4e",
	      { { "\xe6\x97\xa5", "9f8e7d6c", "0a1b2c-9f8e7d" },
	        { "lion", "u", "0a1b2c-lion" } },
	      { { .name = NULL } } } } },
	{ "names that are too long",
	  { { LONG_NAME,
	      "",
	      "0a1b2c3d4e",
	      { { "Lion", "1f2e3d4c", "the-extremely-long-name-of-a-lion-1f2e3d" },
	        { "A Server With A Long Name, Too", "9f8e7d6c",
	          "the-extremely-lon-a-server-with-a-9f8e7d" } },
	      { { .name = NULL } } } } },
	{ "a server of two stacks",
	  { { "a", "", "u1", { { "x", "111111", "a-x" } }, { { .name = NULL } } },
	    { "b", "", "u2", { { "x", "111111", "b-x" } }, { { .name = NULL } } } } },
	{ "a taken name behind a uid",
	  { { "a",
	      "",
	      "u1",
	      { { "x", "1111119999", "a-x-11111199" },
	        { "X", "222222", "a-x-222222" },
	        { "x-111111", "333333", "a-x-111111-333333" } },
	      { { .name = NULL } } } } },
};

static void add_server(struct stack *stack, const char *name, const char *uid)
{
	stack->servers[stack->server_count++] = (struct server){ .name = xstrdup(name),
		                                                 .uid = xstrdup(uid),
		                                                 .alias = xstrdup("") };
}

static void build(const struct example *example, bool backwards, struct fleet *fleet)
{
	size_t count = 0;

	while (count < SOME && example->stacks[count].name != NULL)
		count++;
	fleet->stacks = xcalloc(SOME, sizeof(*fleet->stacks));
	fleet->stack_count = count;
	for (size_t n = 0; n < count; n++) {
		size_t from = backwards ? count - 1 - n : n;
		const char *environment = example->stacks[from].environment;
		struct stack *stack = &fleet->stacks[n];

		*stack = (struct stack){
			.name = xstrdup(example->stacks[from].name),
			.environment = xstrdup(environment != NULL ? environment : ""),
			.uid = xstrdup(example->stacks[from].uid),
			.servers = xcalloc(SOME, sizeof(*stack->servers)),
			.roles = xcalloc(SOME, sizeof(*stack->roles)),
		};
		for (size_t i = 0;
		     i < SOME && example->stacks[from].servers[i].name != NULL; i++)
			add_server(stack, example->stacks[from].servers[i].name,
			           example->stacks[from].servers[i].uid);
		for (size_t i = 0;
		     i < SOME && example->stacks[from].roles[i].name != NULL; i++)
			stack->roles[stack->role_count++] = (struct role){
				.name = xstrdup(example->stacks[from].roles[i].name),
				.alias = xstrdup(""),
			};
	}
}

static void check(const char *got, const char *want, const char *what)
{
	if (want != NULL)
		is_str(got, want, "%s: %s", what, want);
	else
		ok(valid_alias(got), "%s: %s is some alias", what, got);
}

static void test_fleet(const struct example *example, bool backwards)
{
	struct fleet fleet = FLEET_INIT;
	size_t count;

	build(example, backwards, &fleet);
	count = fleet.stack_count;
	alias_assign(&fleet, NULL, NULL);
	for (size_t n = 0; n < count; n++) {
		size_t from = backwards ? count - 1 - n : n;
		const struct stack *stack = &fleet.stacks[n];

		for (size_t i = 0; i < stack->server_count; i++)
			check(stack->servers[i].alias,
			      example->stacks[from].servers[i].alias, example->what);
		for (size_t i = 0; i < stack->role_count; i++)
			check(stack->roles[i].alias, example->stacks[from].roles[i].alias,
			      example->what);
	}
	fleet_release(&fleet);
}

static int by_content(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Every alias is different and allowed, whatever the fleet is like. */
static void test_big(const char *what, const char *name_format, const char *uid_format)
{
	enum { STACKS = 100, SERVERS = 100, ALL = STACKS * SERVERS };
	struct fleet fleet = FLEET_INIT;
	const char **sorted = xcalloc(ALL, sizeof(*sorted));
	size_t bad = 0;

	fleet.stacks = xcalloc(STACKS, sizeof(*fleet.stacks));
	for (size_t i = 0; i < ALL; i++) {
		struct stack *stack = &fleet.stacks[i / SERVERS];
		char name[64];
		char uid[64];

		/* Both formats are constants below. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(name, sizeof(name), name_format, (unsigned)(i % SERVERS));
		(void)snprintf(uid, sizeof(uid), uid_format, (unsigned)i);
#pragma GCC diagnostic pop
		if (i % SERVERS == 0) {
			*stack = (struct stack){
				.name = xstrdup(name),
				.environment = xstrdup(""),
				.uid = xstrdup(uid),
				.servers = xcalloc(SERVERS, sizeof(*stack->servers)),
			};
			fleet.stack_count++;
		}
		add_server(stack, name, uid);
	}
	alias_assign(&fleet, NULL, NULL);
	for (size_t i = 0; i < ALL; i++) {
		sorted[i] = fleet.stacks[i / SERVERS].servers[i % SERVERS].alias;
		bad += !valid_alias(sorted[i]);
	}
	qsort(sorted, ALL, sizeof(*sorted), by_content);
	for (size_t i = 1; i < ALL; i++)
		bad += strcmp(sorted[i - 1], sorted[i]) == 0;
	ok(bad == 0, "10000 servers, %s: each has a name of its own", what);
	fleet_release(&fleet);
	free(sorted);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(slugs) / sizeof(slugs[0]); i++) {
		char *slug = aliastext_slug(slugs[i].name);

		is_str(slug, slugs[i].slug, "the slug of name %zu is \"%s\"", i,
		       slugs[i].slug);
		free(slug);
	}
	for (size_t i = 0; i < sizeof(fleets) / sizeof(fleets[0]); i++) {
		test_fleet(&fleets[i], false);
		test_fleet(&fleets[i], true);
	}
	test_big("all different", "server-%u", "%08x");
	test_big("all of one name", "web", "%08x");
	test_big("all of one name, uids alike for long", "web%.0u",
	         "aaaaaaaaaaaaaaaaaaaaaaaa%u");
	test_big("all of one long name", "a-name-that-is-longer-than-any-alias-can-be-%u",
	         "%08x");
	return done_testing();
}

/* SPDX-License-Identifier: MIT */
/* Stacks and servers from JSON: what is taken, what is skipped and what is said then. */

#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "fleet/modeljson.h"
#include "fleet/modelread.h"
#include "quotedjson.h"
#include "tap.h"

/* The fields of a good stack and a good server, and what a case puts in their place. */
#define STACK "'uid':'0a1b2c','name':'My App','environment':'production'"
#define SERVER "'uid':'1f2e3d','name':'Lion','address':'203.0.113.5','user_name':'deploy'"

static const struct {
	const char *what;
	const char *json;
	const char *warning; /* NULL: it is taken */
} stacks[] = {
	{ "a good stack", "{" STACK "}", NULL },
	{ "with remote and branch", "{" STACK ",'git':'git@h:p.git','git_branch':'main'}",
	  NULL },
	{ "without an environment", "{'uid':'0a','name':'x'}", NULL },
	{ "with an environment of null", "{'uid':'0a','name':'x','environment':null}",
	  NULL },
	{ "with an empty environment", "{'uid':'0a','name':'x','environment':''}", NULL },
	{ "with fields of tomorrow", "{" STACK ",'new':{'a':[1,2,null]}}", NULL },

	{ "no uid", "{'name':'My App'}",
	  "skipped a stack My App: its uid is missing or not allowed" },
	{ "a uid of null", "{'uid':null,'name':'My App'}",
	  "skipped a stack My App: its uid is missing or not allowed" },
	{ "a number for uid", "{'uid':17,'name':'My App'}",
	  "skipped a stack My App: its uid is missing or not allowed" },
	{ "a uid that climbs", "{'uid':'../../x','name':'My App'}",
	  "skipped a stack My App: its uid is missing or not allowed" },
	{ "a uid of two lines", "{'uid':'a\\nHost *','name':'My App'}",
	  "skipped a stack My App: its uid is missing or not allowed" },
	{ "a uid with a NUL", "{'uid':'a\\u0000b','name':'My App'}",
	  "skipped a stack My App: its uid is missing or not allowed" },
	{ "no name", "{'uid':'0a1b'}",
	  "skipped a stack 0a1b: its name is missing or not allowed" },
	{ "a name of two lines", "{'uid':'0a1b','name':'x\\n  ProxyCommand reboot'}",
	  "skipped a stack 0a1b: its name is missing or not allowed" },
	{ "a name that colours", "{'uid':'0a1b','name':'\\u001b[31mx'}",
	  "skipped a stack 0a1b: its name is missing or not allowed" },
	{ "a name above ASCII", "{'uid':'0a1b','name':'caf\\u00e9'}", NULL },
	{ "a name that turns the direction", "{'uid':'0a1b','name':'\\u202ex'}",
	  "skipped a stack 0a1b: its name is missing or not allowed" },
	{ "a name with a control character above ASCII",
	  "{'uid':'0a1b','name':'a\\u009b31m'}",
	  "skipped a stack 0a1b: its name is missing or not allowed" },
	{ "a shell in the name", "{'uid':'0a1b','name':'$(reboot)'}",
	  "skipped a stack 0a1b: its name is missing or not allowed" },
	{ "an option for a name", "{'uid':'0a1b','name':'-oProxyCommand=x'}",
	  "skipped a stack 0a1b: its name is missing or not allowed" },
	{ "neither", "{'uid':'\\n','name':'\\n'}",
	  "skipped a stack: its uid is missing or not allowed" },
	{ "a hostile environment", "{'uid':'0a1b','name':'x','environment':'a\\nb'}",
	  "skipped a stack x: its environment is missing or not allowed" },
	{ "nothing", "{}", "skipped a stack: its uid is missing or not allowed" },
	{ "a list for a stack", "[]",
	  "skipped a stack: its uid is missing or not allowed" },
	{ "a list of words", "['uid','name']",
	  "skipped a stack: its uid is missing or not allowed" },
};

static void test_stacks(void)
{
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		struct fleet fleet = FLEET_INIT;
		struct json *item = parsed(stacks[i].json);
		struct stack *stack = fleet_add_stack(&fleet, item);

		ok((stack != NULL) == (stacks[i].warning == NULL) &&
		           fleet.stack_count == (stack != NULL),
		   "stack: %s is %s", stacks[i].what,
		   stacks[i].warning == NULL ? "taken" : "skipped");
		is_str(fleet.warnings.count == 1 ? fleet.warnings.items[0] : "",
		       stacks[i].warning != NULL ? stacks[i].warning : "", "%s",
		       stacks[i].warning != NULL ?
		               "a skipped stack is named in a warning" :
		               "a stack that is taken gives no warning");
		json_free(item);
		fleet_release(&fleet);
	}
}

#define WITHOUT(field) \
	"skipped a server of stack My App: its " field " is missing or not allowed"
#define LION_WITHOUT(field) \
	"skipped server Lion of stack My App: its " field " is missing or not allowed"

static const struct {
	const char *what;
	const char *json;
	const char *warning;
} servers[] = {
	{ "a good server", "{" SERVER "}", NULL },
	{ "an address that is a name",
	  "{'uid':'1','name':'Lion','address':'lion.example.com','user_name':'d'}",
	  NULL },
	{ "an IPv6 address",
	  "{'uid':'1','name':'Lion','address':'2001:db8::5','user_name':'d'}", NULL },
	{ "an address with blanks around it",
	  "{'uid':'1','name':'Lion','address':' 203.0.113.5\\n','user_name':'d'}", NULL },
	{ "an IPv6 address in brackets",
	  "{'uid':'1','name':'Lion','address':'[2001:db8::5]','user_name':'d'}", NULL },
	{ "no address", "{'uid':'1','name':'Lion','user_name':'d'}",
	  "skipped server Lion of stack My App: the API names no address for it yet" },
	{ "an address of null",
	  "{'uid':'1','name':'Lion','address':null,'user_name':'d'}",
	  "skipped server Lion of stack My App: the API names no address for it yet" },
	{ "roles that are no list", "{" SERVER ",'server_roles':'web'}", NULL },
	{ "a health that is none", "{" SERVER ",'health_state':{}}", NULL },
	{ "a bad external address", "{" SERVER ",'ext_ipv4':'x\\ny','dns_record':'-x'}",
	  NULL },
	{ "a gateway that is off",
	  "{" SERVER ",'has_deploy_gateway':false,'deploy_gateway_address':'\\n'}",
	  NULL },
	{ "a stack_uid of null", "{" SERVER ",'stack_uid':null}", NULL },
	{ "an empty stack_uid", "{" SERVER ",'stack_uid':''}", NULL },

	{ "no uid", "{'name':'Lion','address':'203.0.113.5','user_name':'d'}",
	  LION_WITHOUT("uid") },
	{ "a uid of two words",
	  "{'uid':'a %p','name':'Lion','address':'203.0.113.5','user_name':'d'}",
	  LION_WITHOUT("uid") },
	{ "a uid that is an option",
	  "{'uid':'-oX','name':'Lion','address':'203.0.113.5','user_name':'d'}",
	  LION_WITHOUT("uid") },
	{ "a uid with a dot",
	  "{'uid':'a.web','name':'Lion','address':'203.0.113.5','user_name':'d'}",
	  LION_WITHOUT("uid") },
	{ "no name", "{'uid':'1','address':'203.0.113.5','user_name':'d'}",
	  WITHOUT("name") },
	{ "a name of two lines",
	  "{'uid':'1','name':'a\\nHost *','address':'203.0.113.5','user_name':'d'}",
	  WITHOUT("name") },
	{ "an empty address", "{'uid':'1','name':'Lion','address':'','user_name':'d'}",
	  "skipped server Lion of stack My App: the API names no address for it yet" },
	{ "the address that stands for none",
	  "{'uid':'1','name':'Lion','address':'0.0.0.0','user_name':'d'}",
	  "skipped server Lion of stack My App: the API names no address for it yet" },
	{ "the IPv6 address that stands for none",
	  "{'uid':'1','name':'Lion','address':'[::]','user_name':'d'}",
	  "skipped server Lion of stack My App: the API names no address for it yet" },
	{ "an address of blanks",
	  "{'uid':'1','name':'Lion','address':' ','user_name':'d'}",
	  LION_WITHOUT("address") },
	{ "two addresses",
	  "{'uid':'1','name':'Lion','address':'203.0.113.5 10.0.0.1','user_name':'d'}",
	  LION_WITHOUT("address") },
	{ "an address with one bracket",
	  "{'uid':'1','name':'Lion','address':'[2001:db8::5','user_name':'d'}",
	  LION_WITHOUT("address") },
	{ "an address with a port",
	  "{'uid':'1','name':'Lion','address':'203.0.113.5:22','user_name':'d'}",
	  LION_WITHOUT("address") },
	{ "a network for an address",
	  "{'uid':'1','name':'Lion','address':'203.0.113.5/32','user_name':'d'}",
	  LION_WITHOUT("address") },
	{ "a gateway whose flag is a text, without an address",
	  "{" SERVER ",'has_deploy_gateway':'true','deploy_gateway_user_name':'b'}",
	  LION_WITHOUT("deploy gateway") },
	{ "a gateway whose flag is a number, without an address",
	  "{" SERVER ",'has_deploy_gateway':1,'deploy_gateway_user_name':'b'}",
	  LION_WITHOUT("deploy gateway") },
	{ "an address that is an option",
	  "{'uid':'1','name':'Lion','address':'-oProxyCommand=x','user_name':'d'}",
	  LION_WITHOUT("address") },
	{ "an address with a token",
	  "{'uid':'1','name':'Lion','address':'%h','user_name':'d'}",
	  LION_WITHOUT("address") },
	{ "an address with a quote",
	  "{'uid':'1','name':'Lion','address':'a\\'b','user_name':'d'}",
	  LION_WITHOUT("address") },
	{ "no user", "{'uid':'1','name':'Lion','address':'203.0.113.5'}",
	  LION_WITHOUT("user_name") },
	{ "a user with a shell",
	  "{'uid':'1','name':'Lion','address':'203.0.113.5','user_name':'$(reboot)'}",
	  LION_WITHOUT("user_name") },
	{ "a user at a host",
	  "{'uid':'1','name':'Lion','address':'203.0.113.5','user_name':'d@x'}",
	  LION_WITHOUT("user_name") },
	{ "a hostile stack_uid", "{" SERVER ",'stack_uid':'../x'}",
	  LION_WITHOUT("stack_uid") },
	{ "a gateway without an address",
	  "{" SERVER ",'has_deploy_gateway':true,'deploy_gateway_user_name':'b'}",
	  LION_WITHOUT("deploy gateway") },
	{ "a gateway without a user",
	  "{" SERVER
	  ",'has_deploy_gateway':true,'deploy_gateway_address':'198.51.100.7'}",
	  LION_WITHOUT("deploy gateway") },
	{ "a hostile gateway address",
	  "{" SERVER ",'has_deploy_gateway':true,'deploy_gateway_user_name':'b',"
	  "'deploy_gateway_address':'-oX'}",
	  LION_WITHOUT("deploy gateway") },
	{ "a hostile gateway user",
	  "{" SERVER ",'has_deploy_gateway':true,'deploy_gateway_user_name':'a b',"
	  "'deploy_gateway_address':'198.51.100.7'}",
	  LION_WITHOUT("deploy gateway") },
	{ "a gateway of which it is not clear whether it is there",
	  "{" SERVER ",'has_deploy_gateway':'maybe','deploy_gateway_user_name':'b',"
	  "'deploy_gateway_address':'198.51.100.7'}",
	  LION_WITHOUT("deploy gateway") },
	{ "a gateway that is on as a number, without a user",
	  "{" SERVER ",'has_deploy_gateway':1,'deploy_gateway_address':'198.51.100.7'}",
	  LION_WITHOUT("deploy gateway") },
	{ "a stack_uid that is a number", "{" SERVER ",'stack_uid':17}",
	  LION_WITHOUT("stack_uid") },
	{ "a word for a server", "[]", WITHOUT("uid") },
};

static void test_servers(void)
{
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		struct fleet fleet = FLEET_INIT;
		struct json *outer = parsed("{" STACK "}");
		struct json *item = parsed(servers[i].json);
		struct stack *stack = fleet_add_stack(&fleet, outer);
		struct server *s = fleet_add_server(&fleet, stack, item);

		ok((s != NULL) == (servers[i].warning == NULL) &&
		           stack->server_count == (s != NULL),
		   "server: %s is %s", servers[i].what,
		   servers[i].warning == NULL ? "taken" : "skipped");
		ok(fleet.warnings.count == (servers[i].warning != NULL),
		   "a server gives one warning, or none");
		is_str(fleet.warnings.count > 0 ? fleet.warnings.items[0] : "",
		       servers[i].warning != NULL ? servers[i].warning : "", "%s",
		       servers[i].warning != NULL ?
		               "a skipped server is named in a warning" :
		               "a server that is taken gives no warning");
		ok(s == NULL || s->stack_uid[0] != '\0',
		   "a server has the uid of a stack");
		json_free(outer);
		json_free(item);
		fleet_release(&fleet);
	}
}

static void test_twins(void)
{
	struct fleet fleet = FLEET_INIT;
	struct json *outer = parsed("{" STACK "}");
	struct json *item = parsed("{" SERVER "}");
	struct json *twin = parsed("{" SERVER ",'address':'198.51.100.9','name':'Twin'}");
	struct stack *stack = fleet_add_stack(&fleet, outer);

	ok(fleet_add_server(&fleet, stack, item) != NULL &&
	           fleet_add_server(&fleet, stack, twin) == NULL &&
	           stack->server_count == 1,
	   "the first of two servers with one uid is taken");
	is_str(stack->servers[0].name, "Lion",
	       "the first of two servers with one uid stays as it is");
	is_str(fleet.warnings.count == 1 ? fleet.warnings.items[0] : "",
	       "skipped server Twin of stack My App: its uid is that of another",
	       "the second of two servers with one uid is named in a warning");
	json_free(outer);
	json_free(item);
	json_free(twin);
	fleet_release(&fleet);
}

static const char *or_none(const char *text)
{
	return text != NULL ? text : "(none)";
}

static void test_values(void)
{
	struct fleet fleet = FLEET_INIT;
	struct json *outer = parsed("{" STACK ",'git':'git@h:p','git_branch':'main'}");
	struct json *full = parsed(
		"{" SERVER ",'stack_uid':'9f9f','personal_key':true,'health_state':'3',"
		"'ext_ipv4':'198.51.100.1','dns_record':'lion.example.com',"
		"'cxssh_alias':'my-app-lion','cxssh_key':'api','has_deploy_gateway':'"
		"true',"
		"'deploy_gateway_user_name':'hop','deploy_gateway_address':'198.51.100.7'"
		"}");
	struct json *bare =
		parsed("{" SERVER ",'uid':'2','personal_key':'yes','health_state':4,"
	               "'has_deploy_gateway':'0','cxssh_alias':'No Alias'}");
	struct stack *stack = fleet_add_stack(&fleet, outer);
	struct server *s = fleet_add_server(&fleet, stack, full);

	is_str(stack->name, "My App", "the name of the stack is read");
	is_str(stack->environment, "production", "the environment of the stack is read");
	is_str(or_none(stack->git), "git@h:p", "the remote of the stack is read");
	is_str(or_none(stack->git_branch), "main", "the branch of the stack is read");
	is_str(s->stack_uid, "9f9f",
	       "the server's own stack_uid goes before that of the list");
	is_str(or_none(s->gateway), "hop@198.51.100.7", "the gateway is user@address");
	is_str(or_none(s->ext_ipv4), "198.51.100.1", "the external address is read");
	is_str(or_none(s->dns_record), "lion.example.com", "the DNS name is read");
	is_str(s->alias, "my-app-lion", "the alias of the cache is read");
	ok(s->personal_key && s->key == KEY_FROM_API, "the owner of the key is read");
	ok(s->health == 3, "a health that came as text is a number");

	s = fleet_add_server(&fleet, stack, bare);
	is_str(s->stack_uid, "0a1b2c",
	       "a server without a stack_uid has that of the list");
	ok(s->gateway == NULL && s->ext_ipv4 == NULL && s->dns_record == NULL,
	   "fields that are missing are empty");
	ok(!s->personal_key && s->key == KEY_UNKNOWN && s->health == 4,
	   "a flag that is not clear is not set");
	is_str(s->alias, "", "an alias that is not allowed is dropped");
	ok(fleet.warnings.count == 0, "an alias that is dropped gives no warning");
	json_free(outer);
	json_free(full);
	json_free(bare);
	fleet_release(&fleet);
}

static char *joined(const struct stack *stack, const struct server *s)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; s != NULL && i < s->roles.count; i++)
		strbuf_addf(&out, "%s%s", i > 0 ? " " : "", s->roles.items[i]);
	for (size_t i = 0; s == NULL && i < stack->role_count; i++)
		strbuf_addf(&out, "%s%s", i > 0 ? " " : "", stack->roles[i].name);
	return strbuf_detach(&out);
}

static const struct {
	const char *roles;
	const char *want;
} role_lists[] = {
	{ "['web','app']", "web app" },
	{ "['Web','web','WEB']", "web" },
	{ "[]", "" },
	{ "null", "" },
	{ "{'web':1}", "" },
	{ "['web',1,null,['x'],{},'db']", "web db" },
	{ "['we b',' A.b ','web.','x..y']", "we-b a-b web- x--y" },
	{ "['%b','-x','','../x','a\\nb','a\\u0000b','%h','caf\\u00e9','db']", "db" },
	{ "['a12345678901234567890123456789012345678901234567890123456789012345','db']",
	  "db" },
};

static void test_roles(void)
{
	for (size_t i = 0; i < sizeof(role_lists) / sizeof(role_lists[0]); i++) {
		struct fleet fleet = FLEET_INIT;
		char *text =
			xasprintf("{" SERVER ",'server_roles':%s}", role_lists[i].roles);
		struct json *outer = parsed("{" STACK "}");
		struct json *item = parsed(text);
		struct stack *stack = fleet_add_stack(&fleet, outer);
		char *got = joined(stack, fleet_add_server(&fleet, stack, item));

		is_str(got, role_lists[i].want, "roles of %s", role_lists[i].roles);
		free(got);
		free(text);
		json_free(outer);
		json_free(item);
		fleet_release(&fleet);
	}
}

/* Every server with roles that no other one has. */
static void test_many_roles(void)
{
	struct fleet fleet = FLEET_INIT;
	struct json *outer = parsed("{" STACK "}");
	struct stack *stack = fleet_add_stack(&fleet, outer);

	for (int i = 0; i < 600; i++) {
		char *text =
			xasprintf("{" SERVER ",'uid':'s%d','server_roles':['web','r%d']}",
		                  i, i);
		struct json *item = parsed(text);

		(void)fleet_add_server(&fleet, stack, item);
		json_free(item);
		free(text);
	}
	ok(stack->server_count == 600, "servers with a role of their own are taken");
	ok(stack->role_count == 512, "a stack has at most 512 roles");
	ok(strvec_has(&stack->servers[599].roles, "web") &&
	           !strvec_has(&stack->servers[599].roles, "r599"),
	   "a server has no role that its stack has not");
	is_str(fleet.warnings.count == 1 ? fleet.warnings.items[0] : "",
	       "skipped roles of stack My App: there are too many",
	       "roles above 512 give one warning");
	json_free(outer);
	fleet_release(&fleet);
}

static int read_quoted(struct fleet *fleet, const char *text, struct error *err)
{
	char *quoted = quoted_json(text);
	int rc = fleet_read(fleet, quoted, strlen(quoted), err);

	free(quoted);
	return rc;
}

static const char fleet_text[] =
	"{'cxssh_format':1,'stacks':[{" STACK ",'git':null,'git_branch':'main',"
	"'cxssh_roles':{'web':'my-app-web','db':'NOT ALLOWED'},'servers':["

	"{'uid':'s1','name':'Lion','address':'203.0.113.1','user_name':'d',"
	"'server_roles':['web'],'health_state':4,'cxssh_key':'none'},"

	"{'uid':'bad uid','name':'Snake','address':'203.0.113.9','user_name':'d'},"

	"{'uid':'s2','name':'Tiger','address':'203.0.113.2','user_name':'d',"
	"'server_roles':['web','db'],'health_state':3,'cxssh_key':'api'},"

	"{'uid':'s3','name':'Bear','address':'203.0.113.3','user_name':'d',"
	"'server_roles':['web'],'has_deploy_gateway':true,"
	"'deploy_gateway_user_name':'hop','deploy_gateway_address':'198.51.100.7'}]},"

	"{'uid':'ff','name':'Other','servers':[]}]}";

static void test_fleet(void)
{
	struct fleet fleet = FLEET_INIT;
	struct error err = ERROR_INIT;
	struct stack *stack;
	struct server **list;
	struct host host;
	char *text;
	size_t n;

	ok(read_quoted(&fleet, fleet_text, &err) == 0, "a whole fleet is read");
	ok(fleet.stack_count == 2, "a whole fleet has its two stacks");
	stack = fleet_stack(&fleet, "0a1b2c");
	ok(stack != NULL && stack->server_count == 3,
	   "one bad server does not harm the others");
	ok(fleet.warnings.count == 1, "a bad server gives one warning");
	is_str(fleet.warnings.count > 0 ? fleet.warnings.items[0] : "",
	       "skipped server Snake of stack My App: its uid is missing or not allowed",
	       "a bad server is named with its stack, without bytes that act on a "
	       "terminal");
	text = joined(stack, NULL);
	is_str(text, "web db", "the roles of a stack are in order of first use");
	free(text);
	is_str(stack->roles[0].alias, "my-app-web", "a role has its alias");
	is_str(stack->roles[1].alias, "",
	       "an alias of a role that is not allowed is dropped");
	host = (struct host){ stack, NULL, &stack->roles[1] };
	text = host_target(&host);
	is_str(text, "0a1b2c.db", "the target of a role is the stack's uid and the role");
	free(text);

	host.role = &stack->roles[0];
	n = host_servers(&host, &list);
	ok(n == 3 && strcmp(list[0]->uid, "s2") == 0 && strcmp(list[1]->uid, "s3") == 0 &&
	           strcmp(list[2]->uid, "s1") == 0,
	   "the servers of a role are in the API's order, the failed one last");
	free(list);
	host = (struct host){ stack, &stack->servers[1], NULL };
	text = host_target(&host);
	n = host_servers(&host, &list);
	ok(n == 1 && list[0] == host.server && strcmp(text, "s2") == 0,
	   "a server is its own only server, and its target is its uid");
	free(list);
	free(text);

	ok(fleet_stack(&fleet, "zz") == NULL && fleet_server(&fleet, "zz", NULL) == NULL,
	   "an unknown uid is not found");
	ok(fleet_server(&fleet, "s3", &stack) != NULL &&
	           strcmp(stack->uid, "0a1b2c") == 0,
	   "a server is found with its stack");
	fleet_release(&fleet);
}

/* What is written, read and written again is the same. */
static void test_round_trip(void)
{
	struct fleet one = FLEET_INIT;
	struct fleet two = FLEET_INIT;
	struct error err = ERROR_INIT;
	struct strbuf first = STRBUF_INIT;
	struct strbuf second = STRBUF_INIT;
	struct json *other = parsed("{'uid':'o1','name':'shop','environment':'staging'}");

	(void)read_quoted(&one, fleet_text, &err);
	fleet_add_other(&one, other);
	fleet_write(&one, &first);
	ok(fleet_read(&two, first.data, first.len, &err) == 0,
	   "a fleet that was written is read");
	ok(two.warnings.count == 0, "a fleet that was written gives no warning");
	fleet_write(&two, &second);
	is_str(second.data, first.data, "a fleet that was read is written the same");
	ok(fleet_server(&two, "s1", NULL)->key == KEY_NONE &&
	           fleet_server(&two, "s2", NULL)->key == KEY_FROM_API &&
	           fleet_server(&two, "s3", NULL)->key == KEY_UNKNOWN,
	   "the owner of a key is written");
	is_str(or_none(fleet_server(&two, "s3", NULL)->gateway), "hop@198.51.100.7",
	       "a gateway is written");
	ok(two.other_count == 1 && strcmp(two.others[0].name, "shop") == 0 &&
	           strcmp(two.others[0].environment, "staging") == 0,
	   "the name of a stack outside the selection is written");
	json_free(other);
	strbuf_release(&first);
	strbuf_release(&second);
	fleet_release(&one);
	fleet_release(&two);
}

/* A file that lost its end: at each byte before the last line's newline. */
static void test_cut(void)
{
	struct fleet whole = FLEET_INIT;
	struct error err = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	size_t taken = 0;

	(void)read_quoted(&whole, fleet_text, &err);
	fleet_write(&whole, &text);
	for (size_t len = 0; len + 1 < text.len; len++) {
		struct fleet fleet = FLEET_INIT;

		taken += fleet_read(&fleet, text.data, len, &err) == 0 ? 1 : 0;
		fleet_release(&fleet);
	}
	ok(taken == 0, "a fleet is read whole or not at all (%zu of %zu)", taken,
	   text.len);
	strbuf_release(&text);
	fleet_release(&whole);
}

static const struct {
	const char *json, *complaint;
} documents[] = {
	{ "[]", "written by another version of cxssh (format 0, not 1)" },
	{ "{}", "written by another version of cxssh (format 0, not 1)" },
	{ "{'stacks':[]}", "written by another version of cxssh (format 0, not 1)" },
	{ "{'cxssh_format':2,'stacks':[]}",
	  "written by another version of cxssh (format 2, not 1)" },
	{ "{'cxssh_format':1}", "\"stacks\" is missing" },
	{ "{'cxssh_format':1,'stacks':{}}", "\"stacks\" is not a list" },
	{ "{'cxssh_format':1,'stacks':null}", "\"stacks\" is missing" },
	{ "{'cxssh_format':1,'stacks':[{" STACK "}]}", "\"servers\" is missing" },
	{ "{'cxssh_format':1,'stacks':[{" STACK ",'servers':7}]}",
	  "\"servers\" is not a list" },
	{ "{'cxssh_format':1,'cxssh_stack_count':2,'stacks':[]}\n"
	  "{'cxssh_format':1,'stacks':[{" STACK ",'servers':[]}]}\n",
	  "not as it was written" },
	{ "{'cxssh_format':1,'cxssh_stack_count':1,'stacks':[]}\n"
	  "{'cxssh_format':2,'stacks':[{" STACK ",'servers':[]}]}\n",
	  "written by another version of cxssh (format 2, not 1)" },
};

static void test_documents(void)
{
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		struct fleet fleet = FLEET_INIT;
		struct error err = ERROR_INIT;

		ok(read_quoted(&fleet, documents[i].json, &err) == -1, "%s is no fleet",
		   documents[i].json);
		is_str(err.text, documents[i].complaint,
		       "a document that is no fleet is refused with the reason");
		fleet_release(&fleet);
	}
}

/* A fleet of nothing but rubbish must not fill a terminal. */
static void test_many_warnings(void)
{
	struct fleet fleet = FLEET_INIT;
	struct json *item =
		parsed("{'uid':'\\u001b]0;x\\u0007','name':'\\u202e\\n$(x)'}");
	int raw = 0;

	for (int i = 0; i < 1000; i++)
		(void)fleet_add_stack(&fleet, item);
	for (size_t i = 0; i < fleet.warnings.count; i++) {
		for (const char *p = fleet.warnings.items[i]; *p != '\0'; p++)
			raw += *p < ' ' || *p > '~' || *p == '$';
	}
	ok(fleet.warnings.count == 101,
	   "a thousand bad stacks give a hundred warnings, and one");
	is_str(fleet.warnings.items[100], "skipped more than these",
	       "the last warning says that there are more");
	ok(raw == 0, "no warning repeats a byte that acts on a terminal");
	json_free(item);
	fleet_release(&fleet);
}

int main(void)
{
	test_stacks();
	test_servers();
	test_twins();
	test_values();
	test_roles();
	test_many_roles();
	test_fleet();
	test_round_trip();
	test_cut();
	test_documents();
	test_many_warnings();
	return done_testing();
}

/* SPDX-License-Identifier: MIT */
/* Which stack, server or role is meant: the toolbelt's rules (cloud66.md 3.3
 * to 3.5). */

#include <stdlib.h>

#include "base/error.h"
#include "fleet/gateways.h"
#include "fleet/gitremote.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "fleet/modeljson.h"
#include "fleet/selection.h"
#include "quotedjson.h"
#include "tap.h"

static const char fleet_text[] =
	"{'cxssh_format':1,'stacks':[{'uid':'a1','name':'My "
	"App','environment':'production',"
	"'git':'git@git.example.com:team/app.git','git_branch':'main',"
	"'cxssh_roles':{'web':'myapp-web','db':'myapp-role-db','worker':'myapp-worker'},"
	"'servers':["
	"{'uid':'s1','name':'Lion','address':'203.0.113.1','user_name':'d',"
	"'cxssh_alias':'myapp-s1','server_roles':['web']},"
	"{'uid':'s2','name':'lion','address':'203.0.113.2','user_name':'d',"
	"'cxssh_alias':'myapp-s2','server_roles':[]},"
	"{'uid':'s3','name':'Tiger','address':'203.0.113.3','user_name':'d',"
	"'cxssh_alias':'myapp-s3','server_roles':['db','worker']},"
	"{'uid':'s4','name':'weblog','address':'2001:db8::4','user_name':'d',"
	"'cxssh_alias':'myapp-s4','server_roles':[]},"
	"{'uid':'s5','name':'db','address':'bear.example.com','user_name':'d',"
	"'cxssh_alias':'myapp-s5','server_roles':['web']},"
	"{'uid':'s6','name':'203','address':'203.0.113.6','user_name':'d',"
	"'cxssh_alias':'myapp-s6','server_roles':[]}]},"

	"{'uid':'a2','name':'My App','environment':'staging',"
	"'git':'git@git.example.com:team/app.git','git_branch':'next','servers':[]},"

	"{'uid':'a3','name':'My App Two','environment':'production','servers':[]},"

	"{'uid':'a4','name':'Shop','environment':'Production',"
	"'git':'https://git.example.com/shop','servers':[]},"

	"{'uid':'a5','name':'Bob\\u0027s\\u0027&reboot #',"
	"'environment':'','servers':[]}]}";

static struct fleet fleet = FLEET_INIT;

static const struct {
	const char *app, *environment;
	const char *answer; /* the uid, or the complaint before "; run: " */
} stacks[] = {
	/* equality, case ignored */
	{ "Shop", NULL, "a4" },
	{ "sHOP", NULL, "a4" },
	{ "My App Two", NULL, "a3" },
	/* else a prefix */
	{ "sh", NULL, "a4" },
	{ "my app t", NULL, "a3" },
	/* one equality wins over many prefixes */
	{ "my app", "production", "a1" },
	/* environments: equality, then prefix */
	{ "my app", "STAGING", "a2" },
	{ "my app", "stag", "a2" },
	{ "my app", "prod", "a1" },
	{ "shop", "production", "a4" },
	/* more than one */
	{ "My App", NULL, "more than one stack is called My App; add -e ENVIRONMENT" },
	{ "my", "production", "more than one stack begins with my" },
	{ "my", NULL, "more than one stack begins with my" },
	{ "", NULL, "more than one stack begins with " },
	/* none */
	{ "x", NULL, "no stack is called x" },
	{ "shop", "staging", "no stack is called shop in environment staging" },
	{ "shop2", NULL, "no stack is called shop2" },
	{ "a4", NULL, "a4" }, /* a uid, which the toolbelt does not take */
	{ "\x1b[31m\n", NULL, "no stack is called ?[31m?" },
};

static void test_stacks(void)
{
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		struct error err = ERROR_INIT;
		struct stack *stack = NULL;
		int rc = selection_stack(&fleet, stacks[i].app, stacks[i].environment,
		                         &stack, &err);
		char *hint = strstr(err.text, "; run: cxssh list");

		if (rc == -1 && hint != NULL)
			*hint = '\0';
		ok(rc == 0 || (err.code == ERROR_NO_HOST && hint != NULL), "stack %zu",
		   i);
		is_str(rc == 0 ? stack->uid : err.text, stacks[i].answer, "is");
	}
}

static const struct {
	const char *name;
	const char *answer; /* server's uid, role's name, or NULL */
} servers[] = {
	/* exact, then names, then roles; equal, then prefix */
	{ "Lion", "s1" },
	{ "lion", "s2" },
	{ "LION", "s1" },
	{ "db", "s5" },
	{ "DB", "s5" },
	{ "web", "web" },
	{ "WEB", "web" },
	{ "webl", "s4" },
	{ "w", "s4" },
	{ "tig", "s3" },
	{ "wor", "worker" },
	/* addresses: equal or not at all */
	{ "203.0.113.3", "s3" },
	{ "2001:db8::4", "s4" },
	{ "203", "s6" },
	{ "203.0.113.9", NULL },
	{ "203.0.113", NULL },
	{ "2001:DB8::4", NULL },
	{ "bear.example.com", NULL }, /* an address that is a name is no name */
	/* none */
	{ "", NULL },
	{ "lions", NULL },
	{ "s1", NULL },
	{ "%h", NULL },
};

static void test_servers(void)
{
	struct stack *stack = fleet_stack(&fleet, "a1");

	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		struct error err = ERROR_INIT;
		struct host found;
		int rc = selection_server(stack, servers[i].name, &found, &err);
		const char *answer = rc == -1             ? "(none)" :
		                     found.server != NULL ? found.server->uid :
		                                            found.role->name;

		is_str(answer, servers[i].answer != NULL ? servers[i].answer : "(none)",
		       "server or role '%s'", servers[i].name);
		ok(rc == -1 ? err.code == ERROR_NO_HOST && found.server == NULL &&
		                      found.role == NULL :
		              (found.server == NULL) != (found.role == NULL) &&
		                      found.stack == stack,
		   "a selection has a server or a role, or neither");
	}
}

static void test_complaints(void)
{
	struct error err = ERROR_INIT;
	struct host found;

	(void)selection_server(fleet_stack(&fleet, "a1"), "x\ny", &found, &err);
	is_str(err.text,
	       "stack My App has no server and no role x?y; run: cxssh list 'My App'",
	       "an unknown name is named in the error");
	(void)selection_server(fleet_stack(&fleet, "a5"), "x", &found, &err);
	is_str(err.text,
	       "stack Bob's'&reboot # has no server and no role x; run: cxssh list a5",
	       "the error of a selection has one command to run");
}

static const struct {
	const char *a, *b;
	bool same;
} remotes[] = {
	{ "git@h:team/app", "git@h:team/app", true },
	{ "git@h:team/app.git", "git@h:team/app", true },
	{ "git@h:team/app.GIT", "GIT@H:Team/App", true },
	{ "  git@h:team/app\n", "git@h:team/app", true },
	{ "git@h:team/app.git\r\n", "git@h:team/app", true },
	{ "git@h:team/app", "git://h/team/app.git", true },
	{ "git@h:team/app", "https://h/team/app", true },
	{ "git@h:team/app", "https://user:pw@h/team/app.git", true },
	{ "git@h:team/app", "ssh://git@h/team/app", true },
	{ "git@h:/team/app", "ssh://git@h/team/app", true },
	{ "h:team/app", "git@h:team/app", true },
	{ "http://h/team/app", "https://h/team/app", true },
	{ "/srv/git/app", "/srv/git/app.git", true },
	{ "https://h/team/a@b", "https://h/team/a@b.git", true },
	{ "git@h:team/app", "git@h:team/app2", false },
	{ "git@h:team/app", "git@other:team/app", false },
	{ "git@h:team/app", "git@h:team", false },
	{ "git@h:team/app", "git@h.example.com:team/app", false },
	{ "https://h/team/a@b", "https://b", false },
	{ "https://h:8443/team/app", "https://h/team/app", false },
	{ "git@h:team/app", "", false },
	{ "git@h:.git", "git@h:team/app", false },
	{ "", "", true },
	{ ".git", "", true },
	{ "://", "x", false },
	{ "   ", "", true },
};

static void test_remotes(void)
{
	for (size_t i = 0; i < sizeof(remotes) / sizeof(remotes[0]); i++) {
		ok(gitremote_same(remotes[i].a, remotes[i].b) == remotes[i].same &&
		           gitremote_same(remotes[i].b, remotes[i].a) == remotes[i].same,
		   "remotes %zu are %s", i, remotes[i].same ? "the same" : "two");
	}
}

static const struct {
	const char *remote, *branch, *uid, *environment;
} checkouts[] = {
	{ "git@git.example.com:team/app.git", "main", "a1", NULL },
	{ "https://git.example.com/team/app", "next", "a2", NULL },
	{ "git@git.example.com:team/app.git", "Main", NULL, NULL },
	{ "git@git.example.com:team/app.git", "main~2", NULL, NULL },
	{ "git@git.example.com:shop", "main", NULL, NULL }, /* that stack has no branch */
	{ "git@git.example.com:team/other", "main", NULL, NULL },
	/* an environment chooses among the stacks of the remote */
	{ "git@git.example.com:team/app.git", "main", "a2", "staging" },
	{ "git@git.example.com:team/app.git", "main", "a2", "STAG" },
	{ "git@git.example.com:team/app.git", "main", "a1", "production" },
	{ "git@git.example.com:team/app.git", NULL, "a2", "staging" },
	{ "git@git.example.com:shop", "main", "a4", "production" },
	{ "git@git.example.com:team/app.git", "main", NULL, "test" },
};

static void test_checkouts(void)
{
	for (size_t i = 0; i < sizeof(checkouts) / sizeof(checkouts[0]); i++) {
		struct error err = ERROR_INIT;
		struct stack *stack = NULL;
		int rc =
			selection_by_git(&fleet, checkouts[i].remote, checkouts[i].branch,
		                         checkouts[i].environment, &stack, &err);

		is_str(rc == 0 ? stack->uid : "(none)",
		       checkouts[i].uid != NULL ? checkouts[i].uid : "(none)",
		       "checkout %zu", i);
		if (rc == -1 && checkouts[i].environment != NULL)
			is_str(err.text,
			       "no stack given, and none in environment test is "
			       "deployed from this repository; run: cxssh list",
			       "an environment without a checkout is named");
		else if (rc == -1)
			is_str(err.text,
			       "no stack given, and none is deployed from this "
			       "repository and "
			       "branch; run: cxssh list",
			       "an ambiguous checkout is named in the error");
	}
}

static const struct {
	const char *name;
	const char *answer; /* server's uid, or role's name, or NULL */
} aliases[] = {
	{ "myapp-s1", "s1" }, { "s1", "s1" },     { "myapp-web", "web" },
	{ "a1.web", "web" },  { "a1.db", "db" },  { "myapp-role-db", "db" },
	{ "MYAPP-S1", NULL }, { "myapp", NULL },  { "a1.", NULL },
	{ "a1.webx", NULL },  { "a2.web", NULL }, { "lion", NULL },
};

static void test_aliases(void)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		struct host found = { .stack = NULL };
		int rc = selection_by_alias(&fleet, aliases[i].name, &found);

		is_str(rc == 0              ? "(none)" :
		       found.server != NULL ? found.server->uid :
		                              found.role->name,
		       aliases[i].answer != NULL ? aliases[i].answer : "(none)",
		       "alias %s", aliases[i].name);
	}
}

static const struct {
	const char *name;
	const char *answer; /* alias, "(none)", or the hosts that it may mean */
} words[] = {
	{ "myapp-s1", "myapp-s1" },
	{ "MYAPP-S1", "myapp-s1" },
	{ "s3", "myapp-s3" },
	{ "a1.web", "myapp-web" },
	{ "203.0.113.2", "myapp-s2" },
	{ "BEAR.example.com", "myapp-s5" },
	{ "tiger", "myapp-s3" },
	{ "db", "myapp-s5" },
	{ "WEB", "myapp-web" },
	{ "worker", "myapp-worker" },
	{ "wor", "(none)" },
	{ "myapp-r", "myapp-role-db" },
	{ "Tig", "myapp-s3" },
	{ "weblo", "myapp-s4" },
	{ "lion", "myapp-s1, myapp-s2" },
	{ "myapp-w", "myapp-web, myapp-worker" },
	{ "myapp", "myapp-role-db, myapp-s1, myapp-s2, myapp-s3, myapp-s4, ..." },
	{ "203.0.113", "(none)" },
	{ "", "(none)" },
	{ "nosuch", "(none)" },
};

static void test_words(void)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct error err = ERROR_INIT;
		struct host found = { .stack = NULL };
		char want[300];

		switch (selection_find(&fleet, NULL, words[i].name, &found, &err)) {
		case SELECTION_FOUND:
			is_str(host_alias(&found), words[i].answer, "\"%s\" means %s",
			       words[i].name, words[i].answer);
			break;
		case SELECTION_NONE:
			is_str("(none)", words[i].answer, "\"%s\" means no host",
			       words[i].name);
			break;
		case SELECTION_AMBIGUOUS:
			(void)snprintf(want, sizeof(want),
			               "%s means several hosts: %s; run: cxssh list",
			               words[i].name, words[i].answer);
			is_str(err.text, want, "\"%s\" means several hosts",
			       words[i].name);
			break;
		}
	}
}

static const struct {
	const char *typed, *first;
} typos[] = {
	{ "myapp-wbe", "myapp-web" },
	{ "worker", "myapp-worker" },
	{ "myapp-role-d", "myapp-role-db" },
};

static void test_unknown(void)
{
	struct fleet empty = FLEET_INIT;
	struct error err = ERROR_INIT;
	char huge[600];

	for (size_t i = 0; i < sizeof(typos) / sizeof(typos[0]); i++) {
		char want[100];

		(void)snprintf(want, sizeof(want), "no host %s; nearest: %s",
		               typos[i].typed, typos[i].first);
		ok(selection_unknown(&fleet, typos[i].typed, &err) == -1 &&
		           err.code == ERROR_NO_HOST &&
		           strncmp(err.text, want, strlen(want)) == 0,
		   "%s: did you mean %s?", typos[i].typed, typos[i].first);
		ok(strstr(err.text, "; run: cxssh list") != NULL,
		   "the error of a misspelt name has a command to run");
	}
	(void)selection_unknown(&fleet, "zebra", &err);
	is_str(err.text, "no host zebra; run: cxssh list",
	       "no name is proposed for one that is like none");
	memset(huge, '\n', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	(void)selection_unknown(&fleet, huge, &err);
	ok(strchr(err.text, '\n') == NULL &&
	           strstr(err.text, "; run: cxssh list") != NULL,
	   "a hostile name stays on one line, with what to run");
	(void)selection_unknown(&empty, "lion", &err);
	is_str(err.text, "no host lion: the account has no servers; run: cxssh list",
	       "the error says that there are no servers");
}

static void test_gateways(void)
{
	static const struct {
		const char *name, *gateway;
	} names[] = {
		{ "203.0.113.30", "a@203.0.113.30" }, /* the first of two logins */
		{ "b@203.0.113.30", "b@203.0.113.30" },
		{ "bastion", "c@bastion" },
		{ "203.0.113.3", "" },
		{ "", "" },
	};
	struct strvec gateways = STRVEC_INIT;

	strvec_push(&gateways, "a@203.0.113.30");
	strvec_push(&gateways, "b@203.0.113.30");
	strvec_push(&gateways, "c@bastion");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *gateway = gateways_pick(&gateways, names[i].name);

		is_str(gateway != NULL ? gateway : "", names[i].gateway,
		       "the bastion \"%s\" is \"%s\"", names[i].name, names[i].gateway);
		free(gateway);
	}
	strvec_release(&gateways);
}

int main(void)
{
	struct error err = ERROR_INIT;
	char *text = quoted_json(fleet_text);

	if (fleet_read(&fleet, text, strlen(text), &err) == -1 ||
	    fleet.warnings.count > 0)
		printf("# the fleet of this test is none: %s\n", err.text);
	free(text);
	test_stacks();
	test_servers();
	test_complaints();
	test_remotes();
	test_checkouts();
	test_aliases();
	test_words();
	test_unknown();
	test_gateways();
	fleet_release(&fleet);
	return done_testing();
}

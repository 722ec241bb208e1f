/* SPDX-License-Identifier: MIT */
/* Which servers are listed and in which order; what is completed; groups for Ansible. */
#include <stdlib.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "cli/complete.h"
#include "fleet/ansible.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "fleet/modeljson.h"
#include "fleet/rows.h"
#include "quotedjson.h"
#include "tap.h"

static const char fleet_text[] =
	"{'cxssh_format':1,'stacks':[{'uid':'b1','name':'Shop','environment':'staging',"
	"'cxssh_roles':{'web':'shop-web'},'servers':["
	"{'uid':'s1','name':'ant10','address':'203.0.113.10','user_name':'d',"
	"'cxssh_alias':'shop-ant10','health_state':4,'server_roles':['web']},"
	"{'uid':'s2','name':'Ant9','address':'203.0.113.1','user_name':'d',"
	"'cxssh_alias':'shop-ant9','health_state':3,'server_roles':[]}]},"
	"{'uid':'a1','name':'My App','environment':'production','servers':["
	"{'uid':'s3','name':'bear','address':'10.0.0.3','user_name':'d',"
	"'cxssh_alias':'my-app-bear','server_roles':['db'],'has_deploy_gateway':true,"
	"'deploy_gateway_address':'bastion.example','deploy_gateway_user_name':'j'}]},"
	"{'uid':'c2','name':'my-app','environment':'Production','servers':["
	"{'uid':'s4','name':'cat','address':'10.0.0.4','user_name':'d',"
	"'cxssh_alias':'my-app-cat','server_roles':['db']}]}]}";

static struct fleet fleet = FLEET_INIT;

static const struct {
	struct rows_filter filter;
	const char *word, *uids;
} filters[] = {
	{ { .stack = NULL }, NULL, "s3 s4 s2 s1 " },
	{ { .stack = "shop" }, NULL, "s2 s1 " },
	{ { .stack = "b1" }, NULL, "s2 s1 " },
	{ { .stack = "my" }, NULL, "s3 s4 " },
	{ { .stack = "my app" }, NULL, "s3 " },
	{ { .stack = "" }, NULL, "s3 s4 s2 s1 " },
	{ { .environment = "prod" }, NULL, "s3 s4 " },
	{ { .role = "WEB" }, NULL, "s1 " },
	{ { .health = "failed" }, NULL, "s1 " },
	{ { .health = "unknown" }, NULL, "s3 s4 " },
	{ { .stack = NULL }, "203.0.113.1", "s2 " },
	{ { .stack = NULL }, "203.0", "s2 s1 " },
	{ { .stack = NULL }, "BASTION", "s3 " },
	{ { .stack = NULL }, "s4", "s4 " },
	{ { .stack = NULL }, "db", "s3 s4 " },
	{ { .stack = "shop" }, "db", "" },
	{ { .stack = NULL }, "", "s3 s4 s2 s1 " },
};

static void test_rows(void)
{
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		char *words[] = { (char *)filters[i].word, NULL };
		struct rows_filter filter = filters[i].filter;
		struct strbuf uids = STRBUF_INIT;
		struct host *hosts;
		size_t count;

		filter.words = words;
		count = rows_collect(&fleet, &filter, &hosts);
		for (size_t k = 0; k < count; k++)
			strbuf_addf(&uids, "%s ", hosts[k].server->uid);
		is_str(uids.data, filters[i].uids,
		       "filter %zu lists its servers in order", i);
		strbuf_release(&uids);
		free(hosts);
	}
}

static void test_ansible(void)
{
	struct rows_filter filter = { .role = "db" };
	struct strbuf text = STRBUF_INIT;
	struct host *hosts;
	size_t count = rows_collect(&fleet, &filter, &hosts);

	ansible_inventory(&fleet, hosts, count, &text);
	is_str(text.data,
	       "# By cxssh list --ansible.\n\n[stack_my_app_production_a1]\nmy-app-bear\n"
	       "\n[stack_my_app_production_a1_role_db]\nmy-app-bear\n"
	       "\n[stack_my_app_production_c2]\nmy-app-cat\n"
	       "\n[stack_my_app_production_c2_role_db]\nmy-app-cat\n"
	       "\n[role_db]\nmy-app-bear\nmy-app-cat\n",
	       "stacks whose names are one group get their uids");
	strbuf_release(&text);
	free(hosts);
}

static const struct {
	const char *words[6], *found;
} lines[] = {
	{ { "show", "my-app-b" }, "my-app-bear\t10.0.0.3|" },
	{ { "show", "nosuch" }, "" },
	{ { "ssh", "-s", "shop", "a" }, "Ant9\t203.0.113.1|ant10\t203.0.113.10|" },
	{ { "ssh", "-s", "nosuch", "my-app-c" }, "my-app-cat\t10.0.0.4|" },
	{ { "ssh", "-s" }, "" },
	{ { "list", "--stack", "=", "sh" }, "Shop\tstaging|" },
	{ { "list", "--stack", "" },
	  "Shop\tstaging|My App\tproduction|my-app\tProduction|" },
	{ { "list", "--nosuch", "x" }, "" },
	{ { "--profile", "x", "show", "shop-w" }, "shop-web\trole|" },
	{ { "--profile" }, "--profile\tuse this profile of the toolbelt|" },
	{ { "--", "show" }, "show\teverything about one host|" },
	{ { "open", "x" }, "" },
	{ { "" }, NULL },
	{ { "tunnel", "shop-ant9", "redi" }, "redis|" },
	{ { "upload", "--server", "x", "y" }, ":files|" },
};

static void test_complete(void)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct strvec found = STRVEC_INIT;
		struct strbuf text = STRBUF_INIT;
		int count = 0;

		while (count < 6 && lines[i].words[count] != NULL)
			count++;
		complete_words((char *const *)lines[i].words, count, &fleet, &found);
		for (size_t k = 0; k < found.count; k++)
			strbuf_addf(&text, "%s|", found.items[k]);
		if (lines[i].found != NULL)
			is_str(text.data, lines[i].found, "line %zu is completed", i);
		else
			ok(found.count > 20, "an empty line has all commands");
		strvec_release(&found);
		strbuf_release(&text);
	}
	complete_words(NULL, 0, &fleet, NULL);
}

int main(void)
{
	struct error err = ERROR_INIT;
	char *text = quoted_json(fleet_text);

	ok(fleet_read(&fleet, text, strlen(text), &err) == 0, "the fleet is read");
	test_rows();
	test_ansible();
	test_complete();
	free(text);
	fleet_release(&fleet);
	return done_testing();
}

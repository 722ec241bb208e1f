/* SPDX-License-Identifier: MIT */
/* doctor - check what a connection needs, and say what to do. */

#include <stdbool.h>
#include <stdio.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "cli/options.h"
#include "cli/table.h"
#include "command/command.h"
#include "doctor/apichecks.h"
#include "doctor/bugreport.h"
#include "doctor/findings.h"
#include "doctor/hostchecks.h"
#include "doctor/localchecks.h"
#include "doctor/socketchecks.h"
#include "fleet/host.h"
#include "fleet/inventory.h"
#include "fleet/model.h"
#include "fleet/selection.h"

enum { API_MS = 2000 };

struct options {
	bool json;
	bool fix;
	const char *report; /* or NULL */
};

/* The host whose settings are asked for: the one that is named, else any. */
static const char *choose_alias(const struct fleet *fleet, const char *name)
{
	struct host host = { .server = NULL };
	struct error ignored = ERROR_INIT;

	if (name != NULL &&
	    selection_find(fleet, NULL, name, &host, &ignored) == SELECTION_FOUND)
		return host_alias(&host);
	return fleet_next_host(fleet, &host) ? host_alias(&host) : NULL;
}

static int print(const struct options *options, const struct fleet *fleet,
                 const struct findings *findings, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	int rc = 0;

	if (options->json)
		findings_json(findings, &text);
	else
		findings_table(findings, table_width(), table_colours(), &text);
	(void)fputs(text.data, stdout);
	strbuf_release(&text);
	if (options->report != NULL) {
		rc = bugreport_write(options->report, fleet, findings, err);
		if (rc == 0)
			(void)fprintf(stderr,
			              "cxssh: %s: names, addresses and ids are replaced; "
			              "look through it before you send it\n",
			              options->report);
	}
	return rc;
}

int command_doctor(int argc, char *argv[], struct config *config, struct error *err)
{
	struct options options = { .json = false };
	const struct options_place places[] = {
		{ 'j', .flag = &options.json },
		{ 'f', .flag = &options.fix },
		{ 'R', .text = &options.report },
		{ .letter = '\0' },
	};
	struct findings findings = FINDINGS_INIT;
	struct error ignored = ERROR_INIT;
	struct fleet fleet = FLEET_INIT;
	const char *name;
	const char *alias;
	int rc;
	int first = options_parse(argc, argv, places, 0, 1, err);

	if (first == -1)
		return -1;
	name = first < argc ? argv[first] : NULL;
	(void)inventory_load(&fleet, &ignored);
	alias = choose_alias(&fleet, name);
	if (options.fix)
		localchecks_fix(alias);
	localchecks(config, alias, &findings);
	socketchecks(&fleet, &findings);
	apichecks(config, deadline_in(API_MS), &findings);
	if (name != NULL)
		hostchecks(config, name, &findings);
	rc = print(&options, &fleet, &findings, err);
	if (rc == 0 && findings_count(&findings, VERDICT_FAIL) > 0)
		rc = 1;
	findings_release(&findings);
	fleet_release(&fleet);
	return rc;
}

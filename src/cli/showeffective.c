/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strvec.h"
#include "cli/showeffective.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "sshconfig/effective.h"
#include "sshconfig/usershell.h"

enum { EFFECTIVE_MS = 10000, SHELL_MS = 3000 };

/* Print a difference unless one of the same FILE:LINE was printed. */
static void print_once(const struct effective_difference *d, struct strvec *printed)
{
	char *place = xstrndup(d->what, strcspn(d->what, " "));

	if (!strvec_has(printed, place))
		(void)fprintf(stderr, "cxssh: warning: %s; %s\n", d->what, d->remedy);
	strvec_push(printed, place);
	free(place);
}

static int check_host(const char *generated, const char *alias, bool print,
                      struct strvec *printed, struct error *err)
{
	struct effective effective = EFFECTIVE_INIT;
	int rc = effective_check(generated, alias, deadline_in(EFFECTIVE_MS), &effective,
	                         err);

	for (size_t i = 0; i < effective.count; i++) {
		if (effective.items[i].bypasses)
			rc = SHOWEFFECTIVE_BYPASSED;
		if (print)
			print_once(&effective.items[i], printed);
	}
	effective_release(&effective);
	return rc;
}

static void check_shell(void)
{
	char *what = NULL;
	char *remedy = NULL;

	if (!usershell_is_silent(deadline_in(SHELL_MS), &what, &remedy))
		(void)fprintf(stderr, "cxssh: warning: %s; %s\n", what, remedy);
	free(what);
	free(remedy);
}

int showeffective(const char *generated, const struct fleet *fleet, bool print,
                  struct error *err)
{
	struct strvec printed = STRVEC_INIT;
	struct host host = { .server = NULL };
	bool done[2] = { false, false }; /* a role, a server */
	int rc = SHOWEFFECTIVE_USED;

	while (rc == SHOWEFFECTIVE_USED && !(done[0] && done[1]) &&
	       fleet_next_host(fleet, &host)) {
		bool *is_done = &done[host.server != NULL];

		if (!*is_done)
			rc = check_host(generated, host_alias(&host), print, &printed,
			                err);
		*is_done = true;
	}
	if (rc == SHOWEFFECTIVE_USED && print)
		check_shell();
	strvec_release(&printed);
	return rc;
}

void showeffective_new(const char *generated, const struct fleet *fleet)
{
	struct effective effective = EFFECTIVE_INIT;
	struct error ignored = ERROR_INIT;
	struct host any = { .server = NULL };
	char *name;

	if (!fleet_next_host(fleet, &any) || any.stack->prefix == NULL)
		return;
	name = xasprintf("%s-new", any.stack->prefix);
	if (effective_check(generated, name, deadline_in(EFFECTIVE_MS), &effective,
	                    &ignored) == 0) {
		for (size_t i = 0; i < effective.count && !effective.items[0].bypasses;
		     i++)
			(void)fprintf(stderr,
			              "cxssh: warning: of names that came after the last "
			              "sync, until their blocks are written: %s\n",
			              effective.items[i].what);
	}
	effective_release(&effective);
	free(name);
}

/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/sshaddress.h"
#include "connect/explain.h"
#include "connect/helper.h"
#include "connect/siblings.h"
#include "route/routefile.h"
#include "route/sourceaddr.h"

/* The lease may be for another address than the one that ssh leaves by. */
static bool name_addresses(const struct helper *h, const char *source, struct error *err)
{
	bool fixed = h->from[0] != '\0';
	const char *let_in = fixed ? h->from : h->lets_in;
	size_t len = strlen(err->text);

	/* Behind NAT both differ, and all is well. */
	if (let_in[0] == '\0' || strcmp(source, let_in) == 0 ||
	    (!fixed && sourceaddr_is_private(source)))
		return false;
	(void)snprintf(err->text + len, sizeof(err->text) - len,
	               "; its firewall lets in %s (%s), this computer has %s", let_in,
	               fixed ? "from-ip" : "as the API sees it", source);
	return true;
}

/* What the bastion's broker says of it is not the cause where packets go nowhere. */
static void explain_gateway(const struct route *route, struct error *err)
{
	char source[SOURCEADDR_SIZE];

	if (err->code == ERROR_UNAVAILABLE &&
	    sourceaddr_of_route(route, source) == NULL && !sourceaddr_of_internet(source))
		error_set(err, err->code, "%s (%s): this computer has no network",
		          route->alias, route->address);
}

static void explain_silence(const struct explain_facts *f, struct error *err)
{
	char source[SOURCEADDR_SIZE];
	size_t len = strlen(err->text);
	char sibling[SIBLING_SIZE];

	if (err->cause != CAUSE_SILENT || sourceaddr_of_route(f->route, source) == NULL)
		return;
	if (f->port != SSH_PORT) {
		(void)snprintf(err->text + len, sizeof(err->text) - len,
		               ": what ssh opens in the firewall is port 22");
		error_hint(err, "cxssh lease -p %u %s", f->port, f->route->alias);
		return;
	}
	if (name_addresses(f->helper, source, err))
		return;
	/* Behind a lease that is being made for the first time the firewall is as likely.
	 */
	if (!f->first_lease && siblings_answered(f->route, sibling))
		(void)snprintf(err->text + len, sizeof(err->text) - len,
		               ": it seems to be down, %s of its stack answers", sibling);
}

void explain_failure(const struct explain_facts *facts, struct error *err)
{
	if (facts->route->gateway != NULL)
		explain_gateway(facts->route, err);
	else
		explain_silence(facts, err);
}

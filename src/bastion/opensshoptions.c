/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "bastion/opensshoptions.h"
#include "hostkey/hostkeyalias.h"
#include "hostkey/verify.h"
#include "runtime/atomic.h"
#include "runtime/paths.h"

static void push_known(const char *address, const struct hostkey_of_bastion *known,
                       struct strvec *argv)
{
	char *name = hostkey_gateway_alias(address);
	char *ours = hostkey_path();
	char *users = paths_ssh("known_hosts");
	bool theirs = !known->ours && known->users;

	strvec_pushf(argv, "-oUserKnownHostsFile=\"%s\"", theirs ? users : ours);
	strvec_pushf(argv, "-oHostKeyAlias=%s", theirs ? address : name);
	strvec_pushf(argv, "-oStrictHostKeyChecking=%s",
	             known->ours || theirs ? "yes" : "accept-new");
	free(users);
	free(ours);
	free(name);
}

/* ssh looks for the HostKeyAlias, but the user's @revoked lines name the address: write
 * those keys to a file of their own. */
static int push_revoked(const struct strbuf *keys, const char *path, struct strvec *argv,
                        struct error *err)
{
	if (keys->len == 0)
		return 0;
	strvec_pushf(argv, "-oRevokedHostKeys=\"%s\"", path);
	return atomic_write(path, keys->data, keys->len, 0600, err);
}

int opensshoptions_push(const char *address, const char *revoked, struct strvec *argv,
                        struct error *err)
{
	struct hostkey_of_bastion known;
	int rc = hostkey_of_bastion(address, &known, err);

	push_known(address, &known, argv);
	if (rc == 0)
		rc = push_revoked(&known.revoked, revoked, argv, err);
	strbuf_release(&known.revoked);
	return rc;
}

void opensshoptions_remedy(const char *address, struct error *err)
{
	struct hostkey_of_bastion known;
	struct error ignored = ERROR_INIT;
	char text[sizeof(err->text)];

	(void)hostkey_of_bastion(address, &known, &ignored);
	(void)snprintf(text, sizeof(text), "%s", err->text);
	error_set(err, err->code, "%s; if you expected this change, run: %s%s%s", text,
	          known.ours ? "cxssh hostkey forget " : "ssh-keygen -R ", address,
	          known.ours ? "" : " -f ~/.ssh/known_hosts");
	strbuf_release(&known.revoked);
}

/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "bastion/opensshoptions.h"
#include "hostkey/verify.h"
#include "runtime/atomic.h"
#include "runtime/paths.h"

static int push_known(const char *address, struct strvec *argv, struct error *err)
{
	char *name = hostkey_gateway_alias(address);
	char *ours = hostkey_path();
	char *users = paths_ssh("known_hosts");
	int have = hostkey_knows(name, err);
	bool theirs = have == 0 && hostkey_users_know(address);

	strvec_pushf(argv, "-oUserKnownHostsFile=\"%s\"", theirs ? users : ours);
	strvec_pushf(argv, "-oHostKeyAlias=%s", theirs ? address : name);
	strvec_pushf(argv, "-oStrictHostKeyChecking=%s",
	             have != 0 || theirs ? "yes" : "accept-new");
	free(users);
	free(ours);
	free(name);
	return have == -1 ? -1 : 0;
}

/* ssh looks for the HostKeyAlias, but the user's @revoked lines name the address: write
 * those keys to a file of their own. */
static int push_revoked(const char *address, const char *path, struct strvec *argv,
                        struct error *err)
{
	struct strbuf keys = STRBUF_INIT;
	int rc = hostkey_users_revoked(address, &keys, err);

	if (rc == 0 && keys.len > 0) {
		rc = atomic_write(path, keys.data, keys.len, 0600, err);
		strvec_pushf(argv, "-oRevokedHostKeys=\"%s\"", path);
	}
	strbuf_release(&keys);
	return rc;
}

int opensshoptions_push(const char *address, const char *revoked, struct strvec *argv,
                        struct error *err)
{
	if (push_known(address, argv, err) == -1)
		return -1;
	return push_revoked(address, revoked, argv, err);
}

void opensshoptions_remedy(const char *address, struct error *err)
{
	char *name = hostkey_gateway_alias(address);
	struct error ignored = ERROR_INIT;
	bool ours = hostkey_knows(name, &ignored) == 1;
	char text[sizeof(err->text)];

	(void)snprintf(text, sizeof(text), "%s", err->text);
	error_set(err, err->code, "%s; if you expected this change, run: %s%s%s", text,
	          ours ? "cxssh hostkey forget " : "ssh-keygen -R ", address,
	          ours ? "" : " -f ~/.ssh/known_hosts");
	free(name);
}

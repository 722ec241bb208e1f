#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "access/hosttrust.h"
#include "base/atomic.h"
#include "base/dirs.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "route/sshtrust.h"

/* Is it in our file: plain, hashed, or by a pattern or an authority? */
static bool is_ours(const char *name)
{
	struct hosttrust_peer peer = { .address = NULL, .called = name };
	struct strvec types = STRVEC_INIT;
	bool ours;

	strvec_push(&peer.names, name);
	hosttrust_types(&peer, &types);
	ours = types.count > 0 || hosttrust_has(&peer.names);
	strvec_release(&types);
	strvec_release(&peer.names);
	return ours;
}

static void push_known(const char *address, struct strvec *argv)
{
	char *name = hosttrust_gateway_name(address);
	char *ours = hosttrust_path();
	char *users = dirs_ssh("known_hosts");
	bool have = is_ours(name);
	bool theirs = !have && hosttrust_users_know(address);

	strvec_pushf(argv, "-oUserKnownHostsFile=\"%s\"", theirs ? users : ours);
	strvec_pushf(argv, "-oHostKeyAlias=%s", theirs ? address : name);
	strvec_pushf(argv, "-oStrictHostKeyChecking=%s",
	             have || theirs ? "yes" : "accept-new");
	free(users);
	free(ours);
	free(name);
}

/* ssh looks for our name of the bastion; what the user has revoked stands under its
 * address, so that is told by a file. */
static int push_revoked(const char *address, const char *path, struct strvec *argv,
                        struct error *err)
{
	struct strbuf keys = STRBUF_INIT;
	int rc = hosttrust_users_revoked(address, &keys, err);

	if (rc == 0 && keys.len > 0) {
		rc = atomic_write(path, keys.data, keys.len, 0600, err);
		strvec_pushf(argv, "-oRevokedHostKeys=\"%s\"", path);
	}
	strbuf_release(&keys);
	return rc;
}

int sshtrust_push(const char *address, const char *revoked, struct strvec *argv,
                  struct error *err)
{
	push_known(address, argv);
	return push_revoked(address, revoked, argv, err);
}

void sshtrust_remedy(const char *address, struct error *err)
{
	char *name = hosttrust_gateway_name(address);
	bool ours = is_ours(name);
	char text[sizeof(err->text)];

	(void)snprintf(text, sizeof(text), "%s", err->text);
	error_set(err, err->code, "%s; if you expected this change, run: %s%s%s", text,
	          ours ? "cxssh hostkey forget " : "ssh-keygen -R ", address,
	          ours ? "" : " -f ~/.ssh/known_hosts");
	free(name);
}

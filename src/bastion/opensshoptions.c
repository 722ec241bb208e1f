/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "bastion/opensshoptions.h"
#include "bastion/transport.h"
#include "hostkey/hostkeyalias.h"
#include "hostkey/knownhostsfile.h"
#include "hostkey/verify.h"
#include "net/unixsock.h"
#include "runtime/atomic.h"
#include "runtime/paths.h"

static void push_known(const char *address, const struct hostkey_of_bastion *known,
                       struct strvec *argv)
{
	char *name = hostkey_gateway_alias(address);
	char *own = knownhostsfile_path();
	char *users = paths_ssh("known_hosts");
	bool theirs = !known->own && known->users;

	strvec_pushf(argv, "-oUserKnownHostsFile=\"%s\"", theirs ? users : own);
	strvec_pushf(argv, "-oHostKeyAlias=%s", theirs ? address : name);
	strvec_pushf(argv, "-oStrictHostKeyChecking=%s",
	             known->own || theirs ? "yes" : "accept-new");
	free(users);
	free(own);
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

static int push_trust(const char *address, const char *revoked, struct strvec *argv,
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

static void push_login(const struct transport_config *config, const char *control,
                       struct strvec *argv)
{
	if (config->key_file != NULL) {
		strvec_push(argv, "-oIdentitiesOnly=yes");
		/* Not -i, which ignores a file of which only FILE.pub exists. */
		strvec_pushf(argv, "-oIdentityFile=\"%s\"", config->key_file);
	}
	strvec_push(argv, "-S");
	strvec_push(argv, control);
	strvec_push(argv, "-l");
	strvec_push(argv, config->user);
	strvec_push(argv, "--");
	strvec_push(argv, config->address);
}

int opensshoptions_command(const struct transport_config *config, const char *control,
                           const char *revoked, struct strvec *argv, struct error *err)
{
	static const char *const options[] = {
		"-F",
		"none",
		"-M",
		"-N",
		"-T",
		"-oConnectTimeout=8",
		"-oServerAliveInterval=15",
		"-oServerAliveCountMax=3",
		"-oTCPKeepAlive=yes",
		"-oUpdateHostKeys=no",
		"-oCheckHostIP=no",
		"-oGlobalKnownHostsFile=none",
		"-oForwardAgent=no",
		"-oForwardX11=no",
		"-oPermitLocalCommand=no",
	};
	struct sockaddr_un address;
	struct strvec all = STRVEC_INIT;
	char *ssh = paths_tool("ssh");
	/* ssh makes the socket under a name with 17 characters more. */
	char *draft = xasprintf("%s.%016d", control, 0);
	int rc;

	strvec_push(&all, ssh);
	for (size_t i = 0; i < argv->count; i++)
		strvec_push(&all, argv->items[i]);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		strvec_push(&all, options[i]);
	rc = push_trust(config->address, revoked, &all, err);
	push_login(config, control, &all);
	if (rc == 0 && access(ssh, X_OK) == -1)
		rc = error_set(err, ERROR_CONFIG,
		               "gateway %s needs OpenSSH's ssh, which is missing",
		               config->address);
	if (rc == 0)
		rc = hostkey_touch(err);
	if (rc == 0)
		rc = unixsock_address(draft, &address, err);
	strvec_release(argv);
	*argv = all;
	free(draft);
	free(ssh);
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
	          known.own ? "cxssh hostkey forget " : "ssh-keygen -R ", address,
	          known.own ? "" : " -f ~/.ssh/known_hosts");
	strbuf_release(&known.revoked);
}

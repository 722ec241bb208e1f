/* SPDX-License-Identifier: MIT */
/* Which host key types ssh asks for, and in which order. */

#include <stdlib.h>

#include "base/strbuf.h"
#include "base/strvec.h"
#include "hostkey/keytypes.h"
#include "tap.h"

static void is_list(struct strvec *types, const char *want, const char *what)
{
	struct strbuf text = STRBUF_INIT;

	strvec_join(types, " ", &text);
	is_str(text.data, want, "%s", what);
	strbuf_release(&text);
	strvec_release(types);
}

static const struct {
	const char *what, *types, *sorted;
} sorts[] = {
	{ "none", "", "" },
	{ "as ssh has them", "ssh-rsa ecdsa-sha2-nistp256 ssh-ed25519",
	  "ssh-ed25519 ecdsa-sha2-nistp256 ssh-rsa" },
	{ "each once", "ssh-rsa ssh-ed25519 ssh-rsa ssh-ed25519", "ssh-ed25519 ssh-rsa" },
	{ "what is not known here, last", "ssh-new ecdsa-sha2-nistp521 ssh-rsa ssh-new",
	  "ecdsa-sha2-nistp521 ssh-new ssh-rsa" },
};

static const struct {
	const char *what, *algorithms, *types;
} algorithms[] = {
	{ "none", "", "" },
	{ "one", "ssh-ed25519", "ssh-ed25519" },
	{ "RSA is one type", "rsa-sha2-512,rsa-sha2-256,ssh-rsa", "ssh-rsa" },
	{ "in their order", "rsa-sha2-256,ssh-ed25519", "ssh-rsa ssh-ed25519" },
	{ "no certificates",
	  "ssh-ed25519-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh.com,"
	  "sk-ssh-ed25519@openssh.com",
	  "sk-ssh-ed25519@openssh.com" },
	{ "what is no name is left out", "ssh-ed25519,a b,-o,\xd0\xce", "ssh-ed25519" },
	{ "holes", ",,ssh-ed25519,,ssh-rsa,", "ssh-ed25519 ssh-rsa" },
};

int main(void)
{
	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
		struct strvec types = STRVEC_INIT;

		strvec_split(&types, sorts[i].types);
		keytypes_sort(&types);
		is_list(&types, sorts[i].sorted, sorts[i].what);
	}
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		struct strvec types = STRVEC_INIT;

		keytypes_of_algorithms(algorithms[i].algorithms, &types);
		is_list(&types, algorithms[i].types, algorithms[i].what);
	}
	return done_testing();
}

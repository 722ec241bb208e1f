/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/sshbuf.h"
#include "base/strbuf.h"
#include "keys/keykind.h"

static bool type_of(const struct strbuf *blob, char *type, size_t cap)
{
	struct sshbuf p = sshbuf_of(blob);

	return sshbuf_get_cstring(&p, type, cap);
}

bool keykind_is_plain(const struct strbuf *blob)
{
	static const char *const types[] = { "ssh-ed25519", "ecdsa-sha2-nistp256",
		                             "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
		                             "ssh-rsa" };
	char type[64];

	if (!type_of(blob, type, sizeof(type)))
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(type, types[i]) == 0)
			return true;
	}
	return false;
}

bool keykind_is_rsa(const struct strbuf *blob)
{
	char type[64];

	return type_of(blob, type, sizeof(type)) && strcmp(type, "ssh-rsa") == 0;
}

bool keykind_is_certificate(const struct strbuf *blob)
{
	char type[64];

	return type_of(blob, type, sizeof(type)) && strstr(type, "-cert-v") != NULL;
}

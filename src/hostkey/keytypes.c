/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strvec.h"
#include "hostkey/keytypes.h"

void keytypes_sort(struct strvec *types)
{
	static const char *const order[] = { "ssh-ed25519", "ecdsa-sha2-nistp256",
		                             "ecdsa-sha2-nistp384",
		                             "ecdsa-sha2-nistp521" };
	struct strvec sorted = STRVEC_INIT;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (strvec_has(types, order[i]))
			strvec_push(&sorted, order[i]);
	}
	for (size_t i = 0; i < types->count; i++)
		strvec_push_once(&sorted, types->items[i]);
	strvec_release(types);
	*types = sorted;
}

/* The name of an algorithm (RFC 4251, section 6), of the characters that names have. */
static bool is_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                          "0123456789@.-");

	return len > 0 && len <= 64 && name[len] == '\0' && name[0] != '-';
}

void keytypes_of_algorithms(const char *algorithms, struct strvec *types)
{
	struct strbuf name = STRBUF_INIT;

	while (*algorithms != '\0') {
		size_t len = strcspn(algorithms, ",");
		const char *type;

		strbuf_clear(&name);
		strbuf_add(&name, algorithms, len);
		algorithms += len + (algorithms[len] == ',');
		type = strncmp(name.data, "rsa-sha2-", 9) == 0 ? "ssh-rsa" : name.data;
		if (is_name(type) && strstr(name.data, "-cert-v") == NULL &&
		    !strvec_has(types, type))
			strvec_push(types, type);
	}
	strbuf_release(&name);
}

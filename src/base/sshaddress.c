/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/allowlist.h"
#include "base/sshaddress.h"

const char *gateway_address(const char *text)
{
	const char *at = strchr(text, '@');

	return at != NULL ? at + 1 : text;
}

bool gateway_split(const char *text, struct gateway *gateway)
{
	size_t len = strcspn(text, "@");

	if (text[len] == '\0' || len >= sizeof(gateway->user))
		return false;
	memcpy(gateway->user, text, len);
	gateway->user[len] = '\0';
	gateway->address = text + len + 1;
	return valid_user(gateway->user) && valid_address(gateway->address);
}

/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "hostkey/hostkeyalias.h"
#include "hostkey/knownhostsfile.h"
#include "hostkey/knownhostslookup.h"

static const char server_prefix[] = "cxssh-";
static const char gateway_prefix[] = "cxssh-gateway-";

char *hostkey_alias(const char *target)
{
	return mem_lower(xasprintf("%s%s", server_prefix, target));
}

char *hostkey_gateway_alias(const char *address)
{
	return mem_lower(xasprintf("%s%s", gateway_prefix, address));
}

/* True if name starts with prefix and is longer. */
static bool extends(const char *name, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	return len > n && strncasecmp(name, prefix, n) == 0;
}

enum hostkey_kind hostkey_kind(const char *name, size_t len)
{
	if (extends(name, len, gateway_prefix))
		return HOSTKEY_GATEWAY;
	if (!extends(name, len, server_prefix))
		return HOSTKEY_OTHER;
	return memchr(name, '.', len) != NULL ? HOSTKEY_ROLE : HOSTKEY_SERVER;
}

bool hostkey_is_listed(const struct strvec *names)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	bool listed = knownhostsfile_read(&text, &ignored) == 0 &&
	              (kh_has_name(text.data, names, kh_match_plain) ||
	               kh_has_ca(text.data, names, kh_match_plain));

	strbuf_release(&text);
	return listed;
}

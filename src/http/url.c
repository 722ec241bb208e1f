/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "http/url.h"

#define UNRESERVED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

enum { URL_MAX = 512 };

/* libcurl never asks a name server for "localhost" (since 7.77). */
static bool is_loopback(const char *host)
{
	return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	       (strncmp(host, "127.", 4) == 0 && valid_ip(host));
}

static bool is_host(const char *host)
{
	size_t len = strlen(host);
	char inside[64];

	if (host[0] != '[')
		return strchr(host, ':') == NULL && valid_address(host);
	if (len < 3 || len > sizeof(inside) || host[len - 1] != ']')
		return false;
	memcpy(inside, host + 1, len - 2);
	inside[len - 2] = '\0';
	return strchr(inside, ':') != NULL && valid_ip(inside);
}

/* Cut ":PORT" off the end of host, if any.  False if it is no valid port. */
static bool cut_port(char *host)
{
	struct error ignored = ERROR_INIT;
	char *bracket = strchr(host, ']');
	char *colon = strchr(bracket != NULL ? bracket : host, ':');
	uint16_t port;

	if (colon == NULL)
		return true;
	*colon = '\0';
	return parse_port(colon + 1, &port, &ignored) == 0;
}

char *url_base(const char *text, struct error *err)
{
	bool tls = strncasecmp(text, "https://", 8) == 0;
	bool plain = strncasecmp(text, "http://", 7) == 0;
	char shown[100];
	char *host = NULL;
	char *base = NULL;
	size_t len;

	(void)printable_text(text, shown, sizeof(shown));
	if ((!tls && !plain) || strlen(text) > URL_MAX) {
		error_set(err, ERROR_CONFIG, "base_url \"%s\" must begin with https://",
		          shown);
		goto out;
	}
	base = xasprintf("%s%s", tls ? "https://" : "http://", text + (tls ? 8 : 7));
	for (len = strlen(base); len > strlen("https://") && base[len - 1] == '/'; len--)
		base[len - 1] = '\0';
	host = xstrdup(url_host(base));
	if (!cut_port(host) || !is_host(host)) {
		error_set(err, ERROR_CONFIG,
		          "base_url \"%s\" is not of the form https://host", shown);
		goto out;
	}
	if (plain && !is_loopback(host)) {
		error_set(err, ERROR_CONFIG,
		          "base_url \"%s\" would send the token unencrypted; use "
		          "https://",
		          shown);
		goto out;
	}
	free(host);
	return base;
out:
	free(host);
	free(base);
	return NULL;
}

const char *url_host(const char *base)
{
	const char *end = strstr(base, "://");

	return end == NULL ? base : end + 3;
}

bool url_is_path(const char *path)
{
	return path[0] == '/' && strlen(path) <= URL_MAX && strstr(path, "..") == NULL &&
	       strstr(path, "//") == NULL && path[strspn(path, UNRESERVED "/")] == '\0';
}

bool url_is_query(const char *query)
{
	return strlen(query) <= URL_MAX &&
	       query[strspn(query, UNRESERVED "=&%+")] == '\0';
}

void url_escape(struct strbuf *out, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;
		char escaped[3] = { '%', hex[byte >> 4], hex[byte & 15] };

		if (strchr(UNRESERVED, *text) != NULL)
			strbuf_add(out, text, 1);
		else
			strbuf_add(out, escaped, sizeof(escaped));
	}
}

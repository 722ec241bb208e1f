/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/outbound.h"

/* Shared by the whole process. */
static const char *configured_ca_file;
static const char *configured_proxy;
static bool proxied;

void outbound_configure(const char *ca_file, const char *proxy)
{
	configured_ca_file = ca_file;
	configured_proxy = proxy;
}

/* The value of a variable; an empty one counts as unset. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

static const char *either(const char *first, const char *second)
{
	const char *value = variable(first);

	return value != NULL ? value : variable(second);
}

const char *outbound_ca_file(void)
{
	if (configured_ca_file != NULL)
		return configured_ca_file;
	return either("CURL_CA_BUNDLE", "SSL_CERT_FILE");
}

const char *outbound_ca_folder(void)
{
	if (configured_ca_file != NULL || variable("CURL_CA_BUNDLE") != NULL)
		return NULL;
	return variable("SSL_CERT_DIR");
}

const char *outbound_proxy(void)
{
	if (configured_proxy == NULL)
		return NULL;
	return strcmp(configured_proxy, "none") == 0 ? "" : configured_proxy;
}

/* Is host, len characters long, the entry's domain or in it? */
static bool matches(const char *entry, size_t entry_len, const char *host, size_t len)
{
	if (entry_len > 0 && entry[0] == '.') {
		entry++;
		entry_len--;
	}
	if (entry_len == 0 || entry_len > len ||
	    strncasecmp(host + len - entry_len, entry, entry_len) != 0)
		return false;
	return entry_len == len || host[len - entry_len - 1] == '.';
}

/* NO_PROXY: "*", or hosts and domains separated by commas or blanks. */
static bool is_excepted(const char *host, size_t len)
{
	static const char separators[] = ", \t";
	const char *entry = either("no_proxy", "NO_PROXY");

	if (entry == NULL)
		return false;
	if (strcmp(entry, "*") == 0)
		return true;
	while (*(entry += strspn(entry, separators)) != '\0') {
		size_t n = strcspn(entry, separators);

		if (matches(entry, n, host, len))
			return true;
		entry += n;
	}
	return false;
}

bool outbound_is_proxied(const char *url)
{
	static const char scheme[] = "https://";
	const char *host = url + strlen(scheme);
	const char *proxy = outbound_proxy();

	if (strncmp(url, scheme, strlen(scheme)) != 0)
		return false;
	if (proxy == NULL)
		proxy = either("https_proxy", "HTTPS_PROXY");
	if (proxy == NULL)
		proxy = either("all_proxy", "ALL_PROXY");
	if (proxy == NULL || proxy[0] == '\0' || is_excepted(host, strcspn(host, ":/")))
		return false;
	proxied = true;
	return true;
}

bool outbound_was_proxied(void)
{
	return proxied;
}

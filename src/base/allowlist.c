/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/allowlist.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define LETTERS LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* Is text 1 to max characters long, all of them in set? */
static bool made_of(const char *text, const char *set, size_t max)
{
	size_t len = strnlen(text, max + 1);

	return len > 0 && len <= max && strspn(text, set) == len;
}

bool valid_uid(const char *text)
{
	return text[0] != '-' && strncasecmp(text, "gateway-", strlen("gateway-")) != 0 &&
	       made_of(text, LETTERS DIGITS "_-", 64);
}

bool valid_target(const char *text)
{
	return text[0] != '-' && text[0] != '.' && strstr(text, "..") == NULL &&
	       made_of(text, LETTERS DIGITS "_.-", 128);
}

bool valid_alias(const char *text)
{
	size_t len;

	if (!made_of(text, LOWER DIGITS ".-", 40))
		return false;
	len = strlen(text);
	return strchr(".-", text[0]) == NULL && strchr(".-", text[len - 1]) == NULL;
}

bool valid_name(const char *text)
{
	return strchr("- ", text[0]) == NULL && strstr(text, "run:") == NULL &&
	       made_of(text, LETTERS DIGITS " ._-()+,:@&/#'", 128);
}

bool valid_role(const char *text)
{
	return strchr("-_", text[0]) == NULL && made_of(text, LOWER DIGITS "_-", 32);
}

bool valid_user(const char *text)
{
	return strchr("-.", text[0]) == NULL && made_of(text, LETTERS DIGITS "_.-", 32);
}

bool valid_ip(const char *text)
{
	unsigned char address[16];

	return inet_pton(AF_INET, text, address) == 1 ||
	       inet_pton(AF_INET6, text, address) == 1;
}

bool valid_address(const char *text)
{
	if (strchr("-.", text[0]) != NULL)
		return false;
	return valid_ip(text) || made_of(text, LETTERS DIGITS "_.-", 253);
}

bool valid_path(const char *text)
{
	return text[0] != '-' && strstr(text, "..") == NULL &&
	       made_of(text, LETTERS DIGITS "_./~+@=,-", 900);
}

const char *printable_text(const char *text, char *out, size_t cap)
{
	size_t n = 0;

	while (n + 1 < cap && text[n] != '\0') {
		unsigned char c = (unsigned char)text[n];

		out[n++] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	out[n] = '\0';
	return out;
}

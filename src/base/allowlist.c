/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <stdlib.h>
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
	return made_of(text, LOWER DIGITS ".-", 40) && strchr(".-", text[0]) == NULL &&
	       strchr(".-", text[strlen(text) - 1]) == NULL;
}

bool valid_prefix(const char *text)
{
	return made_of(text, LOWER DIGITS "-", 100) && text[0] != '-' &&
	       text[strlen(text) - 1] != '-';
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

bool valid_network(const char *text)
{
	size_t len = strcspn(text, "/");
	const char *bits = text + len + 1;
	char address[64];

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	return valid_ip(address) &&
	       (text[len] == '\0' ||
	        (made_of(bits, DIGITS, 3) &&
	         strtol(bits, NULL, 10) <= (strchr(address, ':') != NULL ? 128 : 32)));
}

/* Is the last label a number, decimal or hexadecimal?  No name of the DNS ends so; what
 * inet_aton(3) takes does, and reads 010 as 8 and a single number as four. */
static bool ends_in_number(const char *text)
{
	const char *end = text + strlen(text);
	const char *last;
	size_t len;

	if (end > text && end[-1] == '.')
		end--;
	for (last = end; last > text && last[-1] != '.';)
		last--;
	len = (size_t)(end - last);
	if (len > 2 && last[0] == '0' && (last[1] == 'x' || last[1] == 'X'))
		return strspn(last + 2, DIGITS "abcdefABCDEF") == len - 2;
	return len > 0 && strspn(last, DIGITS) == len;
}

bool valid_address(const char *text)
{
	if (strchr("-.", text[0]) != NULL)
		return false;
	return valid_ip(text) ||
	       (made_of(text, LETTERS DIGITS "_.-", 253) && !ends_in_number(text));
}

#define PATH_SET LETTERS DIGITS "_./~+@=,-"

bool valid_path(const char *text)
{
	return text[0] != '-' && strstr(text, "..") == NULL &&
	       made_of(text, PATH_SET, 900);
}

bool valid_quoted_path(const char *text)
{
	if (text[0] != '/' || strstr(text, "..") != NULL || strlen(text) > 900)
		return false;
	for (const char *c = text; *c != '\0'; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f ||
		    strchr("\"\\%$", *c) != NULL)
			return false;
	}
	return true;
}

/* The bytes of the character at text: 2 to 4 for UTF-8 from U+00A0 on, else 1. */
static size_t character_length(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t n = c[0] >= 0xf0 && c[0] < 0xf5 ? 4 :
	           c[0] >= 0xe0                ? 3 :
	           c[0] >= 0xc2                ? 2 :
	                                         1;

	if (c[0] >= 0xf5 || (c[0] == 0xc2 && c[1] < 0xa0))
		return 1;
	for (size_t i = 1; i < n; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return 1;
	}
	return n;
}

const char *bad_path_character(const char *text, char out[static 8])
{
	const char *bad = text + strspn(text, PATH_SET);
	char one[5] = "";

	memcpy(one, bad, *bad == '\0' ? 0 : character_length(bad));
	return printable_path(one, out, 8);
}

const char *printable_path(const char *text, char *out, size_t cap)
{
	size_t n = 0;

	while (*text != '\0') {
		size_t len = character_length(text);

		if (n + len >= cap)
			break;
		if (len > 1)
			memcpy(out + n, text, len);
		else
			out[n] = *text >= 0x20 && *text < 0x7f ? *text : '?';
		n += len;
		text += len;
	}
	out[n] = '\0';
	return out;
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

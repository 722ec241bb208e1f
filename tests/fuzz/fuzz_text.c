/* SPDX-License-Identifier: MIT */
/*
 * Short texts from outside: what the allow-list lets through has nothing in it that a
 * file, a path, a command line or a terminal could mistake; numbers, addresses, base64
 * and aliases are read as they are written.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/allowlist.h"
#include "base/base64.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "connect/stderrwords.h"
#include "fleet/alias.h"
#include "fleet/aliastext.h"
#include "fleet/gitremote.h"
#include "fleet/model.h"
#include "fuzz.h"
#include "http/url.h"

static void check_allowed(const char *text)
{
	bool word = valid_uid(text) || valid_target(text) || valid_alias(text) ||
	            valid_role(text) || valid_user(text) || valid_ip(text);

	require(!word || (text[0] != '\0' && fuzz_is_harmless(text)));
	require(!word || strchr(text, '/') == NULL);
	require(!(valid_uid(text) || valid_target(text)) || fuzz_is_file_name(text));
	require(!valid_ip(text) || valid_address(text));
	require(!valid_address(text) || fuzz_is_harmless(text));
	require(!valid_uid(text) || valid_target(text));
	if (valid_path(text))
		require(text[0] != '-' && strstr(text, "..") == NULL &&
		        strpbrk(text, " \"'`\\$%&;|<>(){}[]*?!#^\n\r\t\x1b") == NULL);
	if (valid_name(text))
		require(fuzz_is_printable(text) && text[0] != '-' && text[0] != '\0' &&
		        strpbrk(text, "\"`\\$%;|<>{}[]*?!^~") == NULL);
}

static void check_printable(const char *text)
{
	char out[40];

	require(fuzz_is_printable(printable_text(text, out, sizeof(out))));
	require(strlen(out) == strnlen(text, sizeof(out) - 1));
	require(printable_text(text, out, 1)[0] == '\0');
	(void)stderr_is_safe(text);
}

static void check_numbers(const char *text)
{
	struct error err = ERROR_INIT;
	char again[32];
	int64_t number;
	uint16_t port;

	if (parse_int(text, INT64_MIN, INT64_MAX, &number, &err) == 0) {
		int64_t same;

		(void)snprintf(again, sizeof(again), "%" PRId64, number);
		require(parse_int(again, number, number, &same, &err) == 0 &&
		        same == number);
	} else {
		require(err.code == ERROR_USAGE);
	}
	require(parse_port(text, &port, &err) == -1 || port > 0);
	require(parse_seconds(text, &number, &err) == -1 ||
	        (number >= 0 && number <= 366 * 86400));
}

static void check_base64(const char *text, size_t len)
{
	struct strbuf bytes = STRBUF_INIT;
	struct strbuf written = STRBUF_INIT;
	struct strbuf read = STRBUF_INIT;

	base64_encode((const unsigned char *)text, len, &written);
	require(base64_decode(written.data, written.len, &bytes));
	require(bytes.len == len && memcmp(bytes.data, text, len) == 0);
	strbuf_clear(&bytes);
	if (base64_decode(text, len, &bytes)) {
		strbuf_clear(&written);
		base64_encode((const unsigned char *)bytes.data, bytes.len, &written);
		require(base64_decode(written.data, written.len, &read) &&
		        fuzz_same(&bytes, &read));
	}
	strbuf_release(&bytes);
	strbuf_release(&written);
	strbuf_release(&read);
}

static void check_url(const char *text)
{
	struct error err = ERROR_INIT;
	struct strbuf escaped = STRBUF_INIT;
	char *base = url_base(text, &err);
	char *again;

	require((base == NULL) == (err.code == ERROR_CONFIG));
	require(fuzz_is_printable(err.text));
	if (base != NULL) {
		const char *host = url_host(base);

		require(strncmp(base, "https://", 8) == 0 ||
		        strncmp(host, "127.", 4) == 0 || strncmp(host, "[::1]", 5) == 0 ||
		        strncasecmp(host, "localhost", 9) == 0);
		require(strpbrk(host, "/@?# \\%\"'") == NULL && fuzz_is_printable(host));
		again = url_base(base, &err);
		require(again != NULL && strcmp(again, base) == 0);
		free(again);
		free(base);
	}
	url_escape(&escaped, text);
	require(escaped.len > 512 || url_is_query(escaped.data));
	require(strpbrk(escaped.data, "&=+/? #") == NULL &&
	        fuzz_is_printable(escaped.data));
	require(!url_is_path(text) || (text[0] == '/' && fuzz_is_printable(text) &&
	                               strpbrk(text, "?#%@\\ ") == NULL));
	strbuf_release(&escaped);
}

static void check_alias(const char *text)
{
	struct server servers[] = {
		{ .name = (char *)text, .uid = (char[]){ "1f2e3d4c" } },
		{ .name = (char[]){ "lion" }, .uid = (char[]){ "aa" } }
	};
	struct role roles[] = { { .name = (char[]){ "web" } } };
	struct stack stack = { .name = (char *)text,
		               .environment = (char *)text,
		               .uid = (char[]){ "0a1b2c3d" },
		               .servers = servers,
		               .server_count = 2,
		               .roles = roles,
		               .role_count = 1 };
	struct fleet fleet = { .stacks = &stack, .stack_count = 1 };
	char *slug = aliastext_slug(text);

	require(slug[0] == '\0' || strlen(slug) > ALIAS_MAX || valid_alias(slug));
	free(slug);
	alias_assign(&fleet, NULL, NULL);
	require(valid_alias(servers[0].alias) && valid_alias(servers[1].alias));
	require(valid_alias(roles[0].alias));
	require(strcmp(servers[0].alias, servers[1].alias) != 0 &&
	        strcmp(servers[0].alias, roles[0].alias) != 0);
	require(gitremote_same(text, "git@h:p.git") ==
	        gitremote_same("git@h:p.git", text));
	require(gitremote_same(text, text));
	free(servers[0].alias);
	free(servers[1].alias);
	free(roles[0].alias);
	free(stack.prefix);
}

void fuzz_input(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size);

	check_allowed(text);
	check_printable(text);
	check_numbers(text);
	check_base64(text, size);
	check_url(text);
	check_alias(text);
	free(text);
}

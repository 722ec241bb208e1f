/* SPDX-License-Identifier: MIT */
/*
 * The configuration: every value is within its range, and a line for a gateway that is
 * put into a file is read back, and changes nothing else.
 *
 * Input: the file, the gateway's name, the key's path.
 */

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strvec.h"
#include "fuzz.h"
#include "runtime/config.h"
#include "runtime/configedit.h"

static int read_config(const char *text, size_t len, struct config *config)
{
	struct error err = ERROR_INIT;
	char *copy = fuzz_copy(text, len);
	int rc = config_parse(config, copy, len, &err);

	free(copy);
	require(rc == 0 || err.code == ERROR_CONFIG);
	require(rc == 0 || strncmp(err.text, "line ", 5) == 0);
	return rc;
}

static void check(const struct config *c)
{
	const int64_t year = 366 * 86400;

	require(c->lease_minutes >= 1 && c->lease_minutes <= 240);
	require(c->gateway_persist >= 0 && c->gateway_persist <= year);
	require(c->sync_age >= 0 && c->sync_age <= year);
	require(c->log_size >= 4096 && c->log_size <= INT64_C(1) << 30);
	require(c->identity == NULL || c->identity[0] == '/');
	require(fuzz_is_harmless(c->from_ip));
	for (size_t i = 0; i < c->gateway_count; i++) {
		const struct gateway_setting *g = &c->gateways[i];

		require(g->key == NULL || g->key[0] == '/');
		require(config_gateway(c, g->name) == g);
	}
}

/* What config_write() lets through, but for blanks at the ends. */
static bool fits(const char *name, const char *value)
{
	static const char blanks[] = " \t\r";
	size_t n = strlen(name);
	size_t v = strlen(value);

	return n > 0 && n + v < 4000 && value[0] == '/' &&
	       strpbrk(name, "=\r\n") == NULL && strpbrk(value, "\r\n") == NULL &&
	       strchr(blanks, name[0]) == NULL && strchr(blanks, name[n - 1]) == NULL &&
	       strchr(blanks, value[v - 1]) == NULL;
}

static void put(const struct config *before, const struct strbuf *old, const char *name,
                const char *value)
{
	struct strbuf new = STRBUF_INIT;
	struct strbuf again = STRBUF_INIT;
	struct config after;
	const struct gateway_setting *g;

	config_put_named(old, "gateway-key", name, value, &new);
	require(read_config(new.data, new.len, &after) == 0);
	g = config_gateway(&after, name);
	require(g != NULL && g->key != NULL && strcmp(g->key, value) == 0);
	require(after.lease_minutes == before->lease_minutes &&
	        after.stacks.count == before->stacks.count);
	for (size_t i = 0; i < before->gateway_count; i++) {
		const char *other = before->gateways[i].name;
		const char *key = before->gateways[i].key;

		g = config_gateway(&after, other);
		require(strcmp(other, name) == 0 || key == NULL ||
		        (g != NULL && g->key != NULL && strcmp(g->key, key) == 0));
	}
	config_release(&after);
	config_put_named(&new, "gateway-key", name, value, &again);
	require(fuzz_same(&new, &again) || strchr(old->data, '\r') != NULL);
	strbuf_release(&again);
	strbuf_release(&new);
}

void fuzz_input(const uint8_t *data, size_t size)
{
	struct fuzz_parts parts = { data, size };
	struct strbuf old = STRBUF_INIT;
	struct config config;
	const uint8_t *text = NULL;
	size_t len = 0;
	char *name;
	char *value;

	(void)fuzz_part(&parts, &text, &len);
	name = fuzz_text(&parts);
	value = fuzz_text(&parts);
	strbuf_add(&old, text, len);
	if (read_config(old.data, old.len, &config) == 0) {
		check(&config);
		if (fits(name, value))
			put(&config, &old, name, value);
	}
	config_release(&config);
	strbuf_release(&old);
	free(value);
	free(name);
}

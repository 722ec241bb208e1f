/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/keyvalue.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "runtime/atomic.h"
#include "runtime/config.h"
#include "runtime/paths.h"

static void replace(char **where, char *with)
{
	free(*where);
	*where = with;
}

static void set_stacks(struct strvec *stacks, const char *value)
{
	char *copy = xstrdup(value);
	char *rest = copy;
	char *name;

	strvec_release(stacks);
	/* Separated by commas: names may hold blanks. */
	while ((name = strsep(&rest, ",")) != NULL) {
		name = keyvalue_trim(name);
		if (*name != '\0')
			strvec_push(stacks, name);
	}
	free(copy);
}

static int set_path(char **where, const char *value, struct error *err)
{
	char *path = paths_expand(value);

	if (path[0] != '/') {
		free(path);
		return error_set(err, ERROR_CONFIG,
		                 "must be an absolute path or begin with ~/");
	}
	replace(where, path);
	return 0;
}

static int set_from_ip(char **where, const char *value, struct error *err)
{
	if (strcmp(value, "AUTO") != 0 && !valid_network(value))
		return error_set(err, ERROR_CONFIG, "must be AUTO or an IP address");
	replace(where, xstrdup(value));
	return 0;
}

/* A URL of a scheme that libcurl knows, without blanks; the message does not repeat it,
 * because it may have a password. */
static int set_proxy(char **where, const char *value, struct error *err)
{
	static const char *const schemes[] = { "http://",    "https://",  "socks4://",
		                               "socks4a://", "socks5://", "socks5h://" };
	bool good = strcmp(value, "none") == 0;

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t len = strlen(schemes[i]);

		good = good || (strncmp(value, schemes[i], len) == 0 &&
		                value[len] != '\0' && strpbrk(value, " \t") == NULL);
	}
	if (!good)
		return error_set(err, ERROR_CONFIG,
		                 "must be none, or http://HOST:PORT, https:// or "
		                 "socks5h://");
	replace(where, xstrdup(value));
	return 0;
}

/* yes is the word for true, no the one for false. */
static int set_flag(bool *where, const char *value, const char *yes, const char *no,
                    struct error *err)
{
	*where = strcmp(value, yes) == 0;
	if (*where || strcmp(value, no) == 0)
		return 0;
	return error_set(err, ERROR_CONFIG, "must be %s or %s", yes, no);
}

static int set_key_lifetime(int64_t *where, const char *value, struct error *err)
{
	if (parse_seconds(value, where, err) == -1)
		return -1;
	if (*where >= 1 && *where <= 86400)
		return 0;
	return error_set(err, ERROR_CONFIG, "must be between 1s and 1d");
}

static struct gateway_setting *gateway_named(struct config *c, const char *name)
{
	struct gateway_setting *g;

	for (size_t i = 0; i < c->gateway_count; i++) {
		if (strcmp(c->gateways[i].name, name) == 0)
			return &c->gateways[i];
	}
	c->gateways = xgrow_array(c->gateways, c->gateway_count, sizeof(*c->gateways));
	g = &c->gateways[c->gateway_count++];
	*g = (struct gateway_setting){ .name = xstrdup(name) };
	return g;
}

static int set_gateway_transport(struct config *c, const char *name, const char *value,
                                 struct error *err)
{
	static const char *const names[] = { "auto", "libssh2", "openssh" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) == 0) {
			gateway_named(c, name)->transport = (enum gateway_transport)i;
			return 0;
		}
	}
	return error_set(err, ERROR_CONFIG, "must be libssh2 or openssh");
}

static int set_apn(struct config *c, const char *name, const char *value,
                   struct error *err)
{
	bool on;

	if (set_flag(&on, value, "yes", "no", err) == -1)
		return -1;
	if (*name == '\0')
		c->apn = on;
	else
		strvec_push(on ? &c->apn_on : &c->apn_off, name);
	return 0;
}

enum kind {
	STACKS,
	TEXT,
	PATH,
	NETWORK,
	PROXY,
	KEYS,
	YES_NO,
	SECONDS,
	LIFETIME,
	NUMBER,
	APN,         /* with a name, or without */
	GATEWAY_KEY, /* from here on "key NAME = value" */
	GATEWAY_TRANSPORT,
};

#define IN_CONFIG(member) offsetof(struct config, member)

static const struct setting {
	const char *key;
	enum kind kind;
	size_t offset; /* in struct config, unless it is a gateway's */
	int64_t min, max;
} settings[] = {
	{ "stacks", STACKS, IN_CONFIG(stacks), 0, 0 },
	{ "profile", TEXT, IN_CONFIG(profile), 0, 0 },
	{ "org", TEXT, IN_CONFIG(org), 0, 0 },
	{ "client-id", TEXT, IN_CONFIG(client_id), 0, 0 },
	{ "client-secret", TEXT, IN_CONFIG(client_secret), 0, 0 },
	{ "identity", PATH, IN_CONFIG(identity), 0, 0 },
	{ "keys", KEYS, IN_CONFIG(keys_in_agent), 0, 0 },
	{ "key-lifetime", LIFETIME, IN_CONFIG(key_lifetime), 0, 0 },
	{ "lease-minutes", NUMBER, IN_CONFIG(lease_minutes), 1, 240 },
	{ "leases-per-minute", NUMBER, IN_CONFIG(leases_per_minute), 0, 10000 },
	{ "from-ip", NETWORK, IN_CONFIG(from_ip), 0, 0 },
	{ "gateway-persist", SECONDS, IN_CONFIG(gateway_persist), 0, 0 },
	{ "apn", APN, 0, 0, 0 },
	{ "gateway-key", GATEWAY_KEY, 0, 0, 0 },
	{ "gateway-transport", GATEWAY_TRANSPORT, 0, 0, 0 },
	{ "sync-age", SECONDS, IN_CONFIG(sync_age), 0, 0 },
	{ "auto-sync", YES_NO, IN_CONFIG(auto_sync), 0, 0 },
	{ "control-master", YES_NO, IN_CONFIG(control_master), 0, 0 },
	{ "forward-agent", YES_NO, IN_CONFIG(forward_agent), 0, 0 },
	{ "ca-file", PATH, IN_CONFIG(ca_file), 0, 0 },
	{ "proxy", PROXY, IN_CONFIG(proxy), 0, 0 },
	{ "log-size", NUMBER, IN_CONFIG(log_size), 4096, INT64_C(1) << 30 },
};

enum { SETTINGS = sizeof(settings) / sizeof(settings[0]) };

static bool takes_name(const struct setting *s)
{
	return s->kind >= GATEWAY_KEY;
}

static int set(struct config *c, const struct setting *s, const char *name,
               const char *value, struct error *err)
{
	void *where = (char *)c + s->offset;

	switch (s->kind) {
	case STACKS: set_stacks(where, value); return 0;
	case TEXT: replace(where, xstrdup(value)); return 0;
	case PATH: return set_path(where, value, err);
	case NETWORK: return set_from_ip(where, value, err);
	case PROXY: return set_proxy(where, value, err);
	case KEYS: return set_flag(where, value, "agent", "file", err);
	case YES_NO: return set_flag(where, value, "yes", "no", err);
	case SECONDS: return parse_seconds(value, where, err);
	case LIFETIME: return set_key_lifetime(where, value, err);
	case NUMBER: return parse_int(value, s->min, s->max, where, err);
	case APN: return set_apn(c, name, value, err);
	case GATEWAY_KEY: return set_path(&gateway_named(c, name)->key, value, err);
	case GATEWAY_TRANSPORT: return set_gateway_transport(c, name, value, err);
	}
	return -1;
}

static int unknown_key(const char *key, struct error *err)
{
	const char *names[SETTINGS];
	char printable[64];
	const char *near;

	for (size_t i = 0; i < SETTINGS; i++)
		names[i] = settings[i].key;
	printable_text(key, printable, sizeof(printable));
	printable[strcspn(printable, " ")] = '\0'; /* "gateway-key NAME" */
	near = suggest_near(printable, names, SETTINGS);
	return error_set(err, ERROR_CONFIG, "unknown key \"%s\"%s%s%s",
	                 printable_text(key, printable, sizeof(printable)),
	                 near != NULL ? "; nearest is \"" : "", near != NULL ? near : "",
	                 near != NULL ? "\"" : "");
}

bool config_key_is(const char *text, const char *key, const char **name)
{
	size_t len = strlen(key);

	if (strncmp(text, key, len) != 0 ||
	    (text[len] != '\0' && strchr(" \t", text[len]) == NULL))
		return false;
	*name = text + len + strspn(text + len, " \t");
	return true;
}

int config_set(struct config *config, const char *key, const char *value,
               struct error *err)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		const struct setting *s = &settings[i];
		const char *name;

		if (!config_key_is(key, s->key, &name))
			continue;
		if (s->kind != APN && (*name != '\0') != takes_name(s))
			return error_set(err, ERROR_CONFIG, "%s: %s", s->key,
			                 takes_name(s) ? "needs a gateway's name" :
			                                 "takes no name");
		if (set(config, s, name, value, err) == -1) {
			err->code = ERROR_CONFIG;
			return error_prefix(err, "%s", s->key);
		}
		return 0;
	}
	return unknown_key(key, err);
}

static int on_line(const char *key, const char *value, void *cookie, struct error *err)
{
	if (value == NULL)
		return error_set(err, ERROR_CONFIG, "expected \"key = value\"");
	return config_set(cookie, key, value, err);
}

/* CXSSH_LEASE_MINUTES for lease-minutes; named keys have no variable. */
static int load_environment(struct config *config, struct error *err)
{
	bool in_agent = config->keys_in_agent;

	for (size_t i = 0; i < SETTINGS; i++) {
		char variable[64] = "CXSSH_";
		size_t n = strlen(variable);
		const char *value;

		if (takes_name(&settings[i]))
			continue;
		for (const char *p = settings[i].key; *p != '\0'; p++)
			variable[n++] =
				*p == '-' ? '_' : (char)toupper((unsigned char)*p);
		variable[n] = '\0';
		value = getenv(variable);
		if (value != NULL &&
		    config_set(config, settings[i].key, value, err) == -1)
			return error_prefix(err, "%s", variable);
	}
	config->keys_by_variable = config->keys_in_agent != in_agent;
	return 0;
}

char *config_path(void)
{
	return paths_config("config");
}

int config_parse(struct config *config, char *text, size_t len, struct error *err)
{
	size_t mark = utf8_mark(text, len); /* of an editor */

	*config = (struct config){
		.lease_minutes = 20,
		.leases_per_minute = 120,
		.gateway_persist = 600,
		.sync_age = 86400,
		.auto_sync = true,
		.log_size = 1 << 20,
		.from_ip = xstrdup("AUTO"),
	};
	return keyvalue_each(text + mark, len - mark, on_line, config, err);
}

int config_load(struct config *config, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	char *path = config_path();
	int rc = -1;

	*config = (struct config){ .gateways = NULL };
	if (atomic_read(path, CONFIG_FILE_MAX, &text, err) == -1)
		goto out;
	rc = config_parse(config, text.data, text.len, err);
	if (rc == -1)
		error_prefix(err, "%s", path);
	else
		rc = load_environment(config, err);
	if (rc == -1)
		error_hint(err, "man cxssh.conf");
out:
	strbuf_release(&text);
	free(path);
	return rc;
}

void config_release(struct config *config)
{
	strvec_release(&config->stacks);
	free(config->profile);
	free(config->org);
	free(config->client_id);
	mem_free_secret(config->client_secret);
	free(config->identity);
	free(config->from_ip);
	strvec_release(&config->apn_on);
	strvec_release(&config->apn_off);
	free(config->ca_file);
	free(config->proxy);
	for (size_t i = 0; i < config->gateway_count; i++) {
		free(config->gateways[i].name);
		free(config->gateways[i].key);
	}
	free(config->gateways);
	*config = (struct config){ .gateways = NULL };
}

static bool is_named(const struct strvec *stacks, const char *name, const char *uid)
{
	for (size_t i = 0; i < stacks->count; i++) {
		if (utf8_same_name(stacks->items[i], name) ||
		    strcmp(stacks->items[i], uid) == 0)
			return true;
	}
	return false;
}

bool config_apn(const struct config *config, const char *stack_name,
                const char *stack_uid)
{
	if (is_named(&config->apn_off, stack_name, stack_uid))
		return false;
	return config->apn || is_named(&config->apn_on, stack_name, stack_uid);
}

int64_t config_key_lifetime(const struct config *config)
{
	return config->key_lifetime != 0 ? config->key_lifetime :
	                                   config->lease_minutes * 60;
}

const struct gateway_setting *config_gateway(const struct config *config,
                                             const char *address)
{
	for (size_t i = 0; i < config->gateway_count; i++) {
		if (strcmp(config->gateways[i].name, address) == 0)
			return &config->gateways[i];
	}
	return NULL;
}

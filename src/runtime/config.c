/* SPDX-License-Identifier: MIT */
#include <ctype.h>
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
#include "runtime/atomic.h"
#include "runtime/config.h"
#include "runtime/paths.h"

static void replace(char **where, char *with)
{
	free(*where);
	*where = with;
}

static int set_stacks(struct config *c, const char *value, struct error *err)
{
	char *copy = xstrdup(value);

	(void)err;
	strvec_release(&c->stacks);
	/* Names may hold blanks, so the list is of commas. */
	for (char *name = copy; name != NULL;) {
		char *comma = strchr(name, ',');
		size_t len;

		if (comma != NULL)
			*comma++ = '\0';
		name += strspn(name, " \t");
		for (len = strlen(name); len > 0 && strchr(" \t", name[len - 1]) != NULL;
		     len--)
			name[len - 1] = '\0';
		if (*name != '\0')
			strvec_push(&c->stacks, name);
		name = comma;
	}
	free(copy);
	return 0;
}

static int set_profile(struct config *c, const char *value, struct error *err)
{
	(void)err;
	replace(&c->profile, xstrdup(value));
	return 0;
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

static int set_identity(struct config *c, const char *value, struct error *err)
{
	return set_path(&c->identity, value, err);
}

static int set_keys(struct config *c, const char *value, struct error *err)
{
	if (strcmp(value, "file") != 0 && strcmp(value, "agent") != 0)
		return error_set(err, ERROR_CONFIG, "must be file or agent");
	c->keys_in_agent = strcmp(value, "agent") == 0;
	return 0;
}

static int set_key_lifetime(struct config *c, const char *value, struct error *err)
{
	const int64_t day = 86400;

	if (parse_seconds(value, &c->key_lifetime, err) == -1)
		return -1;
	if (c->key_lifetime >= 1 && c->key_lifetime <= day)
		return 0;
	return error_set(err, ERROR_CONFIG, "must be between 1s and 1d");
}

static int set_lease_minutes(struct config *c, const char *value, struct error *err)
{
	return parse_int(value, 1, 240, &c->lease_minutes, err);
}

/* An IP address, or one and a slash and as many bits as such an address has at most. */
static bool is_network(const char *value)
{
	struct error ignored = ERROR_INIT;
	char address[64];
	const char *slash = strchr(value, '/');
	size_t len = slash != NULL ? (size_t)(slash - value) : strlen(value);
	int64_t bits;

	if (len >= sizeof(address))
		return false;
	memcpy(address, value, len);
	address[len] = '\0';
	if (!valid_ip(address))
		return false;
	return slash == NULL ||
	       parse_int(slash + 1, 0, strchr(address, ':') != NULL ? 128 : 32, &bits,
	                 &ignored) == 0;
}

static int set_from_ip(struct config *c, const char *value, struct error *err)
{
	if (strcmp(value, "AUTO") != 0 && !is_network(value))
		return error_set(err, ERROR_CONFIG, "must be AUTO or an IP address");
	replace(&c->from_ip, xstrdup(value));
	return 0;
}

static int set_gateway_persist(struct config *c, const char *value, struct error *err)
{
	return parse_seconds(value, &c->gateway_persist, err);
}

static int set_sync_age(struct config *c, const char *value, struct error *err)
{
	return parse_seconds(value, &c->sync_age, err);
}

static int set_yes_no(bool *where, const char *value, struct error *err)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return error_set(err, ERROR_CONFIG, "must be yes or no");
	*where = strcmp(value, "yes") == 0;
	return 0;
}

static int set_control_master(struct config *c, const char *value, struct error *err)
{
	return set_yes_no(&c->control_master, value, err);
}

static int set_forward_agent(struct config *c, const char *value, struct error *err)
{
	return set_yes_no(&c->forward_agent, value, err);
}

static int set_log_size(struct config *c, const char *value, struct error *err)
{
	return parse_int(value, 4096, INT64_C(1) << 30, &c->log_size, err);
}

static struct gateway_setting *gateway_named(struct config *c, const char *name)
{
	struct gateway_setting *g;

	for (size_t i = 0; i < c->gateway_count; i++) {
		if (strcmp(c->gateways[i].name, name) == 0)
			return &c->gateways[i];
	}
	c->gateways =
		xrealloc_array(c->gateways, c->gateway_count + 1, sizeof(*c->gateways));
	g = &c->gateways[c->gateway_count++];
	*g = (struct gateway_setting){ .name = xstrdup(name) };
	return g;
}

static int set_gateway_key(struct config *c, const char *name, const char *value,
                           struct error *err)
{
	return set_path(&gateway_named(c, name)->key, value, err);
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

static const struct setting {
	const char *key;
	int (*set)(struct config *c, const char *value, struct error *err);
	/* for keys of the form "key NAME = value" */
	int (*set_named)(struct config *c, const char *name, const char *value,
	                 struct error *err);
} settings[] = {
	{ "stacks", set_stacks, NULL },
	{ "profile", set_profile, NULL },
	{ "identity", set_identity, NULL },
	{ "keys", set_keys, NULL },
	{ "key-lifetime", set_key_lifetime, NULL },
	{ "lease-minutes", set_lease_minutes, NULL },
	{ "from-ip", set_from_ip, NULL },
	{ "gateway-persist", set_gateway_persist, NULL },
	{ "gateway-key", NULL, set_gateway_key },
	{ "gateway-transport", NULL, set_gateway_transport },
	{ "sync-age", set_sync_age, NULL },
	{ "control-master", set_control_master, NULL },
	{ "forward-agent", set_forward_agent, NULL },
	{ "log-size", set_log_size, NULL },
};

enum { SETTINGS = sizeof(settings) / sizeof(settings[0]) };

static int unknown_key(const char *key, struct error *err)
{
	const char *names[SETTINGS];
	char printable[64];
	const char *near;

	for (size_t i = 0; i < SETTINGS; i++)
		names[i] = settings[i].key;
	near = suggest(key, names, SETTINGS);
	return error_set(err, ERROR_CONFIG, "unknown key \"%s\"; nearest is \"%s\"",
	                 printable_text(key, printable, sizeof(printable)), near);
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
		int rc;

		if (!config_key_is(key, s->key, &name))
			continue;
		if ((*name != '\0') != (s->set_named != NULL))
			return error_set(err, ERROR_CONFIG, "%s: %s", s->key,
			                 s->set_named != NULL ? "wants a gateway's name" :
			                                        "takes no name");
		rc = s->set_named != NULL ? s->set_named(config, name, value, err) :
		                            s->set(config, value, err);
		if (rc == -1) {
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
	for (size_t i = 0; i < SETTINGS; i++) {
		char variable[64] = "CXSSH_";
		size_t n = strlen(variable);
		const char *value;

		if (settings[i].set == NULL)
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
	return 0;
}

char *config_path(void)
{
	return paths_config("config");
}

int config_parse(struct config *config, char *text, size_t len, struct error *err)
{
	*config = (struct config){
		.lease_minutes = 20,
		.gateway_persist = 600,
		.sync_age = 86400,
		.log_size = 1 << 20,
		.from_ip = xstrdup("AUTO"),
	};
	return keyvalue_each(text, len, on_line, config, err);
}

int config_load(struct config *config, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	char *path = config_path();
	int rc = -1;

	*config = (struct config){ .gateways = NULL };
	if (atomic_read(path, CONFIG_FILE_MAX, &text, err) == -1)
		goto out;
	if (config_parse(config, text.data, text.len, err) == -1) {
		error_prefix(err, "%s", path);
		goto out;
	}
	rc = load_environment(config, err);
out:
	strbuf_release(&text);
	free(path);
	return rc;
}

void config_release(struct config *config)
{
	strvec_release(&config->stacks);
	free(config->profile);
	free(config->identity);
	free(config->from_ip);
	for (size_t i = 0; i < config->gateway_count; i++) {
		free(config->gateways[i].name);
		free(config->gateways[i].key);
	}
	free(config->gateways);
	*config = (struct config){ .gateways = NULL };
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

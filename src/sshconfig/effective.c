/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "bastion/sshdump.h"
#include "hostkey/keytypes.h"
#include "hostkey/verify.h"
#include "keys/publicline.h"
#include "runtime/paths.h"
#include "sshconfig/effective.h"
#include "sshconfig/include.h"
#include "sshconfig/origin.h"

/* The settings that a user's line above the generated ones may change, as ssh -G prints
 * them, and as ssh_config(5) spells them. */
static const struct {
	const char *keyword;
	const char *shown;
	bool bypasses;
	const char *unset; /* as ssh -G prints it where the generated block has none */
} settings[] = {
	{ "proxycommand", "ProxyCommand", true, NULL },
	{ "hostname", "HostName", false, NULL }, /* the route has the address */
	{ "port", "Port", true, NULL },
	{ "user", "User", false, NULL },
	{ "hostkeyalias", "HostKeyAlias", false, NULL },
	{ "userknownhostsfile", "UserKnownHostsFile", false, NULL },
	{ "stricthostkeychecking", "StrictHostKeyChecking", false, NULL },
	{ "identitiesonly", "IdentitiesOnly", false, "no" },
	{ "identityagent", "IdentityAgent", false, NULL }, /* keys = agent */
	{ "proxyusefdpass", "ProxyUseFdpass", false, NULL },
	{ "pubkeyauthentication", "PubkeyAuthentication", false, NULL },
};

/* Those that no generated block sets, and that break sessions or what uses them. */
static const char programs[] = "scp, rsync and git may fail";
static const struct {
	const char *keyword;
	const char *shown;
	const char *harmless[3]; /* values, as ssh -G prints them */
	const char *effect;
} additions[] = {
	{ "remotecommand", "RemoteCommand", { "none" }, programs },
	{ "requesttty", "RequestTTY", { "auto", "false", "no" }, programs },
	{ "sessiontype", "SessionType", { "default" }, "no command runs there" },
	{ "stdinnull", "StdinNull", { "no" }, programs },
	{ "preferredauthentications",
	  "PreferredAuthentications",
	  { "publickey" },
	  "no key is offered" },
};

enum { ADDITIONS = sizeof(additions) / sizeof(additions[0]) };

static const char add_include[] = "run: cxssh sync --yes";

static void add(struct effective *effective, enum effective_kind kind, bool bypasses,
                char *what, char *remedy)
{
	char *shown = xcalloc(strlen(what) + 1, 1);

	(void)printable_text(what, shown, strlen(what) + 1);
	free(what);
	effective->items = xgrow_array(effective->items, effective->count,
	                               sizeof(*effective->items));
	effective->items[effective->count++] = (struct effective_difference){
		.kind = kind, .bypasses = bypasses, .what = shown, .remedy = remedy
	};
}

void effective_release(struct effective *effective)
{
	for (size_t i = 0; i < effective->count; i++) {
		free(effective->items[i].what);
		free(effective->items[i].remedy);
	}
	free(effective->items);
	*effective = (struct effective)EFFECTIVE_INIT;
}

/* "~/.ssh/config:3: "; takes the origin's file. */
static char *place_of(struct origin *origin)
{
	char *file = paths_shorten(origin->file);
	char *place = xasprintf("%s:%zu", file, origin->line);

	free(file);
	free(origin->file);
	return place;
}

static void add_overridden(struct effective *effective, bool bypasses, const char *shown,
                           const char *value, const char *alias)
{
	struct origin origin;
	bool found = origin_find(alias, shown, value, &origin);
	bool meant = origin.named && !bypasses;
	char *place = found ? place_of(&origin) : xstrdup("ssh");
	enum effective_kind kind = !found                     ? EFFECTIVE_OTHER :
	                           strcmp(shown, "Port") == 0 ? EFFECTIVE_OTHER_PORT :
	                                                        EFFECTIVE_OVERRIDDEN;

	if (!meant)
		add(effective, kind, bypasses,
		    xasprintf("%s: %s %.60s applies to %s instead of the generated one",
		              place, shown, value, alias),
		    xasprintf("put that line below \"%s\", or let its block exclude %s",
		              INCLUDE_LINE, alias));
	free(place);
}

/* ssh expands the "~" of an Include by HOME, and finds its own files by passwd(5). */
static bool add_wrong_home(struct effective *effective, const char *generated)
{
	const char *home = getenv("HOME");

	if (home == NULL || strcmp(home, paths_home()) == 0)
		return false;
	add(effective, EFFECTIVE_OTHER, true,
	    xasprintf("HOME is %s, so ssh does not find \"%s\" in %s/.ssh", home,
	              INCLUDE_LINE, paths_home()),
	    xasprintf("set HOME to %s, or write \"Include %s\"", paths_home(),
	              generated));
	return true;
}

/* Is the generated file the only one that gives the setting?  ssh has then not read it:
 * the command of a Match failed, say. */
static bool is_generated_alone(const char *alias, const char *shown, const char *value,
                               const char *generated)
{
	struct origin origin;
	bool alone = origin_find(alias, shown, value, &origin) &&
	             strcmp(origin.file, generated) == 0;

	free(origin.file);
	return alone;
}

/* ssh starts no ProxyCommand at all for the host, perhaps because of a ProxyJump. */
static void add_not_included(struct effective *effective, const char *generated,
                             const char *users, const char *alias)
{
	char *jump = sshdump_value(users, "proxyjump");
	const char *shown = jump != NULL ? "ProxyJump" : "ProxyCommand";
	const char *value = jump != NULL ? jump : "none";
	struct origin origin;
	enum origin_include state = origin_of_include(alias, generated, &origin);
	char *place = state == ORIGIN_MISSING ? NULL : place_of(&origin);
	bool elsewhere = state == ORIGIN_READ && add_wrong_home(effective, generated);

	if (state == ORIGIN_MISSING)
		add(effective, EFFECTIVE_NO_INCLUDE, true,
		    xasprintf("~/.ssh/config does not include cxssh/config, so ssh does "
		              "not know %s",
		              alias),
		    xstrdup(add_include));
	else if (state == ORIGIN_SKIPPED ||
	         (!elsewhere && is_generated_alone(alias, shown, value, generated)))
		add(effective, EFFECTIVE_NO_INCLUDE, true,
		    xasprintf("%s: the Include stands below a Host or Match that does "
		              "not apply to %s",
		              place, alias),
		    xstrdup(add_include));
	else if (!elsewhere)
		add_overridden(effective, true, shown, value, alias);
	free(place);
	free(jump);
}

static void compare_settings(struct effective *effective, const char *users,
                             const char *wanted, const char *generated, const char *alias)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		char *now = sshdump_value(users, settings[i].keyword);
		char *want = sshdump_value(wanted, settings[i].keyword);
		const char *unset = settings[i].unset;
		bool same = want == NULL || (now != NULL && strcmp(now, want) == 0) ||
		            (unset != NULL && strcmp(want, unset) == 0);

		if (!same && i == 0 && now == NULL)
			add_not_included(effective, generated, users, alias);
		else if (!same)
			add_overridden(effective, settings[i].bypasses, settings[i].shown,
			               now != NULL ? now : "none", alias);
		free(now);
		free(want);
		if (!same && i == 0)
			return; /* the others follow from it */
	}
}

/* Is one of the words of value, a list with commas, harmless? */
static bool is_harmless(size_t addition, const char *value)
{
	while (*value != '\0') {
		size_t len = strcspn(value, ",");

		for (size_t i = 0; i < 3 && additions[addition].harmless[i] != NULL;
		     i++) {
			const char *word = additions[addition].harmless[i];

			if (strlen(word) == len && strncasecmp(word, value, len) == 0)
				return true;
		}
		value += len + (value[len] == ',');
	}
	return false;
}

static void compare_additions(struct effective *effective, const char *users,
                              const char *alias)
{
	for (size_t i = 0; i < ADDITIONS; i++) {
		char *now = sshdump_value(users, additions[i].keyword);
		struct origin origin;

		if (now != NULL && !is_harmless(i, now) &&
		    origin_find(alias, additions[i].shown, now, &origin)) {
			bool meant = origin.named;
			char *place = place_of(&origin);

			if (!meant)
				add(effective, EFFECTIVE_OTHER, false,
				    xasprintf("%s: %s %.60s applies to %s, too; %s",
				              place, additions[i].shown, now, alias,
				              additions[i].effect),
				    xasprintf("let its block exclude %s", alias));
			free(place);
		}
		free(now);
	}
}

/* ---- algorithms ---- */

static void push_host_key_types(const char *wanted, struct strvec *types)
{
	char *name = sshdump_value(wanted, "hostkeyalias");
	struct hostkey_peer peer = { .names = STRVEC_INIT, .called = name };

	if (name != NULL) {
		strvec_push(&peer.names, name);
		hostkey_types(&peer, types, NULL);
	}
	strvec_release(&peer.names);
	free(name);
}

/* Without IdentitiesOnly any key of the user's may be the one. */
static void push_key_type(const char *wanted, struct strvec *types)
{
	struct error ignored = ERROR_INIT;
	struct strbuf line = STRBUF_INIT;
	char *only = sshdump_value(wanted, "identitiesonly");
	char *file = sshdump_value(wanted, "identityfile");
	char *path = paths_expand(file != NULL ? file : "");

	if (only != NULL && strcmp(only, "yes") == 0 &&
	    publicline_read(path, &line, &ignored) == 0) {
		line.data[strcspn(line.data, " ")] = '\0';
		strvec_push(types, line.data);
	}
	strbuf_release(&line);
	free(path);
	free(file);
	free(only);
}

static const struct {
	const char *keyword;
	const char *shown;
	const char *of; /* whose types the list is to have */
	void (*push_types)(const char *wanted, struct strvec *types);
} lists[] = {
	{ "hostkeyalgorithms", "HostKeyAlgorithms", "host key", push_host_key_types },
	{ "pubkeyacceptedalgorithms", "PubkeyAcceptedAlgorithms", "key", push_key_type },
};

static bool has_any(const struct strvec *all, const struct strvec *wanted)
{
	for (size_t i = 0; i < wanted->count; i++) {
		if (strvec_has(all, wanted->items[i]))
			return true;
	}
	return false;
}

static const char *algorithm_of(const char *type)
{
	return strcmp(type, "ssh-rsa") == 0 ? "rsa-sha2-512" : type;
}

/* Lists of the user's without the type of the known host key, or of the key. */
static void compare_algorithms(struct effective *effective, const char *users,
                               const char *wanted, const char *alias)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct strvec accepted = STRVEC_INIT;
		struct strvec types = STRVEC_INIT;
		char *now = sshdump_value(users, lists[i].keyword);
		struct origin origin;

		keytypes_of_algorithms(now != NULL ? now : "", &accepted);
		lists[i].push_types(wanted, &types);
		if (now != NULL && types.count > 0 && !has_any(&accepted, &types)) {
			bool found = origin_find(alias, lists[i].shown, now, &origin);
			char *place = found ? place_of(&origin) : xstrdup("ssh");
			const char *lacks = algorithm_of(types.items[0]);

			add(effective, EFFECTIVE_OTHER, false,
			    xasprintf("%s: %s lacks %s, which the %s of %s needs", place,
			              lists[i].shown, lacks, lists[i].of, alias),
			    xasprintf("add %s there, or let its block exclude %s", lacks,
			              alias));
			free(place);
		}
		free(now);
		strvec_release(&accepted);
		strvec_release(&types);
	}
}

int effective_check(const char *generated, const char *alias, struct deadline until,
                    struct effective *effective, struct error *err)
{
	struct strbuf users = STRBUF_INIT;
	struct strbuf wanted = STRBUF_INIT;
	int rc = sshdump_config(generated, alias, until, &wanted, err);

	if (rc == -1 && err->code == ERROR_CONFIG) {
		error_prefix(err, "%s", generated);
		error_hint(err, "cxssh sync");
	}
	if (rc == 0)
		rc = sshdump_users(alias, until, &users, err);
	if (rc == 0) {
		compare_settings(effective, users.data, wanted.data, generated, alias);
		if (effective->count == 0 || !effective->items[0].bypasses) {
			compare_additions(effective, users.data, alias);
			compare_algorithms(effective, users.data, wanted.data, alias);
		}
	}
	strbuf_release(&users);
	strbuf_release(&wanted);
	return rc;
}

const char *effective_remedy(const struct error *err)
{
	return err->code == ERROR_CONFIG && strstr(err->text, " run: ") == NULL ?
	               "mend that line" :
	               NULL;
}

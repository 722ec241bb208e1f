/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "runtime/atomic.h"
#include "runtime/paths.h"
#include "sshconfig/generate.h"
#include "tap.h"

static const struct generate_settings settings = { .proxy =
	                                                   "/usr/local/bin/cxssh-proxy" };

static const struct generate_host lion = {
	.alias = "myapp-lion",
	.host_key_alias = "cxssh-1f2e3d4c5b6a",
	.user = "deploy",
	.port = 22,
	.identity = "~/.ssh/cx_0a1b2c3d_pkey",
	.target = "1f2e3d4c5b6a",
};

/* The whole block of a direct host, byte for byte. */
static const char lion_block[] =
	"\nHost myapp-lion\n"
	"  HostName myapp-lion\n"
	"  HostKeyAlias cxssh-1f2e3d4c5b6a\n"
	"  User deploy\n"
	"  Port 22\n"
	"  IdentityFile ~/.ssh/cx_0a1b2c3d_pkey\n"
	"  IdentitiesOnly yes\n"
	"  UserKnownHostsFile ~/.ssh/cxssh/known_hosts\n"
	"  StrictHostKeyChecking yes\n"
	"  UpdateHostKeys no\n"
	"  ServerAliveInterval 15\n"
	"  ProxyUseFdpass yes\n"
	"  ProxyCommand /usr/local/bin/cxssh-proxy 1f2e3d4c5b6a %p\n";

static const struct {
	const char *what;
	struct generate_host host;
	const char *complaint;
} refused[] = {
	{ "an alias with a blank", { .alias = "a b", .target = "u" }, "a host's alias" },
	{ "an alias with a line break",
	  { .alias = "a\nHost *", .target = "u" },
	  "a host's alias" },
	{ "an alias in capitals", { .alias = "App", .target = "u" }, "a host's alias" },
	{ "no alias", { .alias = NULL, .target = "u" }, "a host's alias" },
	{ "no target", { .alias = "a" }, "a: its uid" },
	{ "a target with an option", { .alias = "a", .target = "-x" }, "a: its uid" },
	{ "a target for the shell", { .alias = "a", .target = "u;id" }, "a: its uid" },
	{ "an empty user",
	  { .alias = "a", .target = "u", .user = "" },
	  "a: its user name" },
	{ "a user with a command",
	  { .alias = "a", .target = "u", .user = "$(id)" },
	  "a: its user name" },
	{ "a user with a directive",
	  { .alias = "a", .target = "u", .user = "u\n  ProxyCommand id" },
	  "a: its user name" },
	{ "a key path with a blank",
	  { .alias = "a", .target = "u", .identity = "/home/a b/k" },
	  "a: its key file" },
	{ "a key path with a token",
	  { .alias = "a", .target = "u", .identity = "/k%h" },
	  "a: its key file" },
	{ "a relative key path",
	  { .alias = "a", .target = "u", .identity = "k" },
	  "a: its key file" },
	{ "a key path upwards",
	  { .alias = "a", .target = "u", .identity = "/k/../l" },
	  "a: its key file" },
	{ "a bad host key alias",
	  { .alias = "a", .target = "u", .host_key_alias = "a,b" },
	  "a: its host key alias" },
};

static const struct {
	const char *path;
	bool good;
} proxies[] = {
	{ "/opt/cxssh-1.0/bin/cxssh-proxy", true },
	{ "cxssh-proxy", false },
	{ "~/bin/cxssh-proxy", false },
	{ "/home/~u/cxssh-proxy", false },
	{ "/Users/Jo Doe/bin/cxssh-proxy", false },
	{ "/home/u/100%/cxssh-proxy", false },
	{ "/home/caf\xc3\xa9/cxssh-proxy", false },
	{ "/home/u/../cxssh-proxy", false },
	{ "/a\nHost */cxssh-proxy", false },
};

static int generate_config(const struct generate_settings *with,
                           const struct generate_host hosts[], size_t count,
                           struct strbuf *out, struct error *err)
{
	struct generator *generator = generate_begin(with, out, err);
	int rc = generator == NULL ? -1 : 0;

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = generate_add(generator, &hosts[i], out, err);
	generate_end(generator);
	return rc;
}

static void test_block(void)
{
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;
	const char *at;
	char *command;

	if (!ok(generate_config(&settings, &lion, 1, &out, &err) == 0, "a server: %s",
	        err.text))
		return;
	at = strstr(out.data, "\nHost ");
	is_str(at == NULL ? "" : at, lion_block, "a server has the expected block");
	ok(out.data[0] == '#' && strchr(out.data, '\'') == NULL &&
	           strstr(out.data, "##") == NULL && strstr(out.data, "{{") == NULL,
	   "a block is below a header of remarks without apostrophes");
	command = generate_proxy_command(settings.proxy, lion.target);
	is_str(command, "/usr/local/bin/cxssh-proxy 1f2e3d4c5b6a %p",
	       "the ProxyCommand of the block has the target and the port");
	free(command);
	strbuf_release(&out);
}

static void test_optional(void)
{
	const struct generate_settings all = { .proxy = "/p",
		                               .forward_agent = true,
		                               .control_master = true };
	const struct generate_host bare = { .role = true,
		                            .alias = "myapp-web",
		                            .target = "0a1b.web" };
	char *home_key = paths_ssh("cx_1");
	struct generate_host at_home = {
		.alias = "a", .target = "u", .identity = home_key, .port = 2222
	};
	const struct generate_host in_agent = { .alias = "a",
		                                .target = "u",
		                                .agent = true };
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;

	ok(generate_config(&settings, &bare, 1, &out, &err) == 0 &&
	           strstr(out.data, "Host myapp-web\n  HostName myapp-web\n  Port 22\n  "
	                            "UserKnown") != NULL,
	   "a role without user and key has no lines for them");
	ok(strstr(out.data, "ForwardAgent") == NULL &&
	           strstr(out.data, "Control") == NULL,
	   "a role has no option that is not set");
	strbuf_clear(&out);
	ok(generate_config(&all, &at_home, 1, &out, &err) == 0 &&
	           strstr(out.data,
	                  "  ForwardAgent yes\n  ControlMaster auto\n"
	                  "  ControlPath ~/.ssh/cxssh/%C\n  ControlPersist 600\n") !=
	                   NULL,
	   "agent and master are written where they are set");
	ok(strstr(out.data, "  Port 2222\n  IdentityFile ~/.ssh/cx_1\n") != NULL,
	   "a key at home is written with ~");
	ok(strstr(out.data, "IdentityAgent") == NULL,
	   "a key in a file leaves IdentityAgent to the user");
	strbuf_clear(&out);
	ok(generate_config(&settings, &in_agent, 1, &out, &err) == 0 &&
	           strstr(out.data, "  IdentityAgent SSH_AUTH_SOCK\n") != NULL &&
	           strstr(out.data, "IdentityFile") == NULL,
	   "a key in ssh-agent names the agent, and no file that is missing");
	strbuf_release(&out);
	free(home_key);
}

static void test_refused(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct generate_host both[] = { lion, refused[i].host };
		struct strbuf out = STRBUF_INIT;
		struct error err = ERROR_INIT;

		ok(generate_config(&settings, both, 2, &out, &err) == -1 &&
		           err.code == ERROR_CONFIG &&
		           strncmp(err.text, refused[i].complaint,
		                   strlen(refused[i].complaint)) == 0,
		   "%s is refused: %s", refused[i].what, err.text);
		strbuf_release(&out);
	}
	for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++) {
		struct generate_settings other = { .proxy = proxies[i].path };
		struct strbuf out = STRBUF_INIT;
		struct error err = ERROR_INIT;
		int rc = generate_config(&other, &lion, 1, &out, &err);

		ok(rc == (proxies[i].good ? 0 : -1) && strchr(err.text, '\n') == NULL,
		   "install path %zu: %s", i, err.text);
		strbuf_release(&out);
	}
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fputs(text, file) == EOF || fclose(file) == EOF)
		perror(path);
}

/* Copy the templates into the user's folder of them, or remove them there. */
static void set_templates(const char *folder, bool there)
{
	static const char *const names[] = { "header.conf", "server.conf", "role.conf" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *from = xasprintf("ssh_config.d/%s", names[i]);
		char *to = xasprintf("%s/cxssh/ssh_config.d/%s", folder, names[i]);
		struct strbuf text = STRBUF_INIT;
		struct error err = ERROR_INIT;

		if (!there)
			(void)unlink(to);
		else if (paths_make_for(to, &err) == 0 &&
		         atomic_read(from, 65536, &text, &err) == 1)
			write_file(to, text.data);
		strbuf_release(&text);
		free(from);
		free(to);
	}
}

/* folder is the user's ~/.config */
static void test_override(const char *folder)
{
	char *path = xasprintf("%s/cxssh/ssh_config.d/server.conf", folder);
	struct generate_host role = lion;
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;

	role.role = true;
	write_file(path, "Host {{alias}}\n  User me\n");
	ok(generate_config(&settings, &lion, 1, &out, &err) == 0 &&
	           strstr(out.data, "\n\nHost myapp-lion\n  User me\n") != NULL,
	   "a template of the user's is taken");
	strbuf_clear(&out);
	ok(generate_config(&settings, &role, 1, &out, &err) == 0 &&
	           strstr(out.data, "User deploy") != NULL,
	   "a kind without a template of the user has the installed one");
	strbuf_clear(&out);
	write_file(path, "Host {{alias}}\n  User {{usr}}\n");
	ok(generate_config(&settings, &lion, 1, &out, &err) == -1 &&
	           strstr(err.text, "server.conf:2: no placeholder {{usr}}; the nearest "
	                            "is {{user}}") != NULL,
	   "a mistake in a user's template is named: %s", err.text);
	(void)chmod(path, 0666);
	ok(generate_config(&settings, &lion, 1, &out, &err) == -1 &&
	           strstr(err.text, "others can write it") != NULL,
	   "a template that others can write is refused");
	set_templates(folder, false);
	ok(generate_config(&settings, &lion, 1, &out, &err) == 0 ||
	           strstr(err.text, "no template header.conf") != NULL,
	   "a configuration without templates is refused: %s", err.text);
	strbuf_release(&out);
	free(path);
}

static void test_many(void)
{
	enum { MANY = 10000 };
	struct generate_host *hosts = xcalloc(MANY, sizeof(*hosts));
	char(*aliases)[32] = xcalloc(MANY, sizeof(*aliases));
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;

	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(aliases[i], sizeof(aliases[i]), "myapp-%u", i);
		hosts[i] = lion;
		hosts[i].alias = aliases[i];
	}
	ok(generate_config(&settings, hosts, MANY, &out, &err) == 0,
	   "10000 hosts are written");
	strbuf_release(&out);
	free(aliases);
	free(hosts);
}

int main(void)
{
	char folder[] = "/tmp/cxssh-test-XXXXXX";
	char *remove;

	if (mkdtemp(folder) == NULL || access("ssh_config.d", R_OK) == -1) {
		printf("Bail out! no temporary folder, or not started from the top "
		       "folder\n");
		return 1;
	}
	(void)setenv("XDG_CONFIG_HOME", folder, 1);
	set_templates(folder, true);
	test_block();
	test_optional();
	test_refused();
	test_many();
	test_override(folder);
	remove = xasprintf("%s/cxssh/ssh_config.d", folder);
	for (size_t len; (len = strlen(remove)) >= strlen(folder) && rmdir(remove) == 0;)
		*strrchr(remove, '/') = '\0';
	free(remove);
	return done_testing();
}

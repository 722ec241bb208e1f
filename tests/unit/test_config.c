/* SPDX-License-Identifier: MIT */
/* The user's configuration: file, variables and flags, in folders of our own. */

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "runtime/atomic.h"
#include "runtime/config.h"
#include "runtime/configedit.h"
#include "runtime/paths.h"
#include "tap.h"

static char folder[] = "/tmp/cxssh-config.XXXXXX";

#define TEXT(text) text, sizeof(text) - 1

static void put(const char *text, size_t len)
{
	char *path = config_path();
	FILE *f = fopen(path, "w");

	if (f == NULL || fwrite(text, 1, len, f) != len || fclose(f) != 0)
		abort();
	free(path);
}

static const char *or_none(const char *text)
{
	return text != NULL ? text : "(none)";
}

static void test_defaults(void)
{
	struct error err = ERROR_INIT;
	struct config c;

	ok(config_load(&c, &err) == 0, "a missing configuration is no error");
	ok(c.stacks.count == 0 && c.profile == NULL && c.identity == NULL &&
	           c.gateway_count == 0,
	   "without a file no key is set");
	ok(c.lease_minutes == 20 && c.gateway_persist == 600 && c.sync_age == 86400,
	   "without a file a lease lasts 20 minutes, a bastion's connection 10, an "
	   "inventory a day");
	ok(!c.keys_in_agent && !c.control_master && !c.forward_agent,
	   "without a file no agent and no master is used");
	ok(config_key_lifetime(&c) == 1200,
	   "a key stays in ssh-agent for as long as a lease");
	is_str(or_none(c.from_ip), "AUTO",
	       "without a file a lease is for the address that the API sees");
	ok(c.log_size == 1048576, "without a file the log may have a megabyte");
	config_release(&c);
	config_release(&c);
}

static void test_mark(void)
{
	static const char text[] = "\xef\xbb\xbf"
				   "lease-minutes = 5\r\n";
	struct error err = ERROR_INIT;
	struct config c;

	put(text, sizeof(text) - 1);
	ok(config_load(&c, &err) == 0 && c.lease_minutes == 5,
	   "a byte order mark and line ends of an editor are no part of a key");
	config_release(&c);
}

static void test_all(void)
{
	struct error err = ERROR_INIT;
	struct config c;
	const struct gateway_setting *g;
	char *home = paths_in_home("%s", ".ssh/mine");

	put(TEXT("# mine\n"
	         "stacks = My App , other,, \n"
	         "profile = work\n"
	         "identity = ~/.ssh/mine\n"
	         "keys = agent\n"
	         "key-lifetime = 5m\n"
	         "lease-minutes = 240\n"
	         "from-ip = 198.51.100.0/24\n"
	         "gateway-persist = 2h\n"
	         "gateway-key 198.51.100.7 = /keys/hop\n"
	         "gateway-key my bastion = /keys/two words\n"
	         "gateway-transport 198.51.100.7 = openssh\n"
	         "sync-age = 90\r\n"
	         "control-master = yes\n"
	         "forward-agent=yes\n"
	         "ca-file = /etc/ca\nproxy = socks5h://127.0.0.1:1080\n"
	         "\tlog-size\t=\t4096\t\n"));
	ok(config_load(&c, &err) == 0, "a file with every key is read");
	is_str(err.text, "", "a file with every key gives no warning");
	ok(c.stacks.count == 2, "a list is separated by commas");
	is_str(c.stacks.count == 2 ? c.stacks.items[0] : "", "My App",
	       "a name in a list may have blanks");
	is_str(c.stacks.count == 2 ? c.stacks.items[1] : "", "other",
	       "an empty name in a list is left out");
	is_str(or_none(c.profile), "work", "the key profile is read");
	is_str(or_none(c.identity), home, "~ is the home folder");
	is_str(or_none(c.from_ip), "198.51.100.0/24", "the key from-ip is read");
	ok(c.lease_minutes == 240 && c.gateway_persist == 7200 && c.sync_age == 90 &&
	           c.log_size == 4096,
	   "numbers and times are read");
	is_str(or_none(c.ca_file), "/etc/ca", "the file of CAs is read");
	is_str(or_none(c.proxy), "socks5h://127.0.0.1:1080", "the proxy is read");
	ok(c.control_master && c.forward_agent, "yes sets a flag");
	ok(c.keys_in_agent && config_key_lifetime(&c) == 300,
	   "keys in ssh-agent for a time are read");
	g = config_gateway(&c, "198.51.100.7");
	ok(g != NULL && g->transport == TRANSPORT_OPENSSH &&
	           strcmp(or_none(g->key), "/keys/hop") == 0,
	   "two lines about one gateway are read as one");
	g = config_gateway(&c, "my bastion");
	ok(g != NULL && g->transport == TRANSPORT_AUTO &&
	           strcmp(or_none(g->key), "/keys/two words") == 0,
	   "a line about another gateway is read");
	ok(config_gateway(&c, "198.51.100") == NULL && config_gateway(&c, "") == NULL,
	   "a gateway without a line has no settings");
	config_release(&c);
	free(home);
}

static const struct {
	const char *line;
	const char *complaint; /* behind the file's name */
} bad_lines[] = {
	{ "stack = x", "line 1: unknown key \"stack\"; nearest is \"stacks\"" },
	{ "lease-minute = 5",
	  "line 1: unknown key \"lease-minute\"; nearest is \"lease-minutes\"" },
	{ "lease_minutes = 5",
	  "line 1: unknown key \"lease_minutes\"; nearest is \"lease-minutes\"" },
	{ "Profile = x", "line 1: unknown key \"Profile\"; nearest is \"profile\"" },
	{ "\nforwardagent = no",
	  "line 2: unknown key \"forwardagent\"; nearest is \"forward-agent\"" },
	{ "gatewaykey a = /x",
	  "line 1: unknown key \"gatewaykey a\"; nearest is \"gateway-key\"" },
	{ "\x1b[31m = x", "line 1: unknown key \"?[31m\"" },
	{ "= x", "line 1: unknown key \"\"" },
	{ "profile", "line 1: expected \"key = value\"" },
	{ "profile x", "line 1: expected \"key = value\"" },
	{ "profile work = x", "line 1: profile: takes no name" },
	{ "gateway-key = /x", "line 1: gateway-key: needs a gateway's name" },
	{ "gateway-transport = openssh",
	  "line 1: gateway-transport: needs a gateway's name" },
	{ "gateway-key a = x",
	  "line 1: gateway-key: must be an absolute path or begin with ~/" },
	{ "gateway-key a = ",
	  "line 1: gateway-key: must be an absolute path or begin with ~/" },
	{ "gateway-key a = ~root/x",
	  "line 1: gateway-key: must be an absolute path or begin with ~/" },
	{ "gateway-transport a = ssh",
	  "line 1: gateway-transport: must be libssh2 or openssh" },
	{ "identity = id_rsa",
	  "line 1: identity: must be an absolute path or begin with ~/" },
	{ "keys = usb", "line 1: keys: must be agent or file" },
	{ "key-lifetime = 0", "line 1: key-lifetime: must be between 1s and 1d" },
	{ "key-lifetime = 2d", "line 1: key-lifetime: must be between 1s and 1d" },
	{ "lease-minutes = 0", "line 1: lease-minutes: 0 is not between 1 and 240" },
	{ "lease-minutes = 241", "line 1: lease-minutes: 241 is not between 1 and 240" },
	{ "lease-minutes = 20m", "line 1: lease-minutes: '20m' is not a number" },
	{ "lease-minutes =", "line 1: lease-minutes: '' is not a number" },
	{ "gateway-persist = forever",
	  "line 1: gateway-persist: 'forever' is not a time, such as 30s, 10m, 1h or 1d, "
	  "of a year at most" },
	{ "sync-age = 1w", "line 1: sync-age: '1w' is not a time, such as 30s, 10m, 1h "
	                   "or 1d, of a year at most" },
	{ "sync-age = -1", "line 1: sync-age: '-1' is not a time, such as 30s, 10m, 1h "
	                   "or 1d, of a year at most" },
	{ "from-ip = here", "line 1: from-ip: must be AUTO or an IP address" },
	{ "from-ip = auto", "line 1: from-ip: must be AUTO or an IP address" },
	{ "from-ip = 198.51.100.0/", "line 1: from-ip: must be AUTO or an IP address" },
	{ "from-ip = 198.51.100.0/x", "line 1: from-ip: must be AUTO or an IP address" },
	{ "from-ip = 198.51.100.0/33", "line 1: from-ip: must be AUTO or an IP address" },
	{ "from-ip = 2001:db8::/129", "line 1: from-ip: must be AUTO or an IP address" },
	{ "from-ip = /8", "line 1: from-ip: must be AUTO or an IP address" },
	{ "control-master = true", "line 1: control-master: must be yes or no" },
	{ "forward-agent = YES", "line 1: forward-agent: must be yes or no" },
	{ "proxy = me:secret@host", "line 1: proxy: must be none, or http://HOST:PORT, "
	                            "https:// or socks5h://" },
	{ "proxy = http://",
	  "line 1: proxy: must be none, or http://HOST:PORT, https:// or "
	  "socks5h://" },
	{ "ca-file = ca.pem",
	  "line 1: ca-file: must be an absolute path or begin with ~/" },
	{ "log-size = 1", "line 1: log-size: 1 is not between 4096 and 1073741824" },
};

static void test_bad_lines(void)
{
	char *path = config_path();

	for (size_t i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++) {
		char *want = xasprintf("%s: %s; run: man cxssh.conf", path,
		                       bad_lines[i].complaint);
		struct error err = ERROR_INIT;
		struct config c;

		put(bad_lines[i].line, strlen(bad_lines[i].line));
		ok(config_load(&c, &err) == -1 && err.code == ERROR_CONFIG,
		   "case %zu is refused", i);
		is_str(err.text, want,
		       "a refused line is named with its reason and what helps");
		config_release(&c);
		free(want);
	}
	free(path);
}

static const struct {
	const char *from_ip;
} addresses[] = {
	{ "AUTO" },           { "198.51.100.7" },
	{ "198.51.100.0/0" }, { "198.51.100.0/32" },
	{ "2001:db8::7" },    { "2001:db8::/128" },
};

static void test_from_ip(void)
{
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct error err = ERROR_INIT;
		struct config c = { .from_ip = NULL };

		ok(config_set(&c, "from-ip", addresses[i].from_ip, &err) == 0,
		   "from-ip takes %s", addresses[i].from_ip);
		is_str(or_none(c.from_ip), addresses[i].from_ip,
		       "an address of from-ip is kept as it is");
		config_release(&c);
	}
}

static void test_environment(void)
{
	struct error err = ERROR_INIT;
	struct config c;

	put(TEXT("stacks = one\nlease-minutes = 5\nprofile = file\n"));
	(void)setenv("CXSSH_STACKS", "two, three", 1);
	(void)setenv("CXSSH_LEASE_MINUTES", "7", 1);
	(void)setenv("CXSSH_FORWARD_AGENT", "yes", 1);
	(void)setenv("CXSSH_GATEWAY_KEY", "nonsense", 1); /* not a variable */
	ok(config_load(&c, &err) == 0, "variables of the environment are read");
	ok(c.stacks.count == 2 && c.lease_minutes == 7 && c.forward_agent,
	   "a variable goes before the file");
	is_str(or_none(c.profile), "file", "the file counts where no variable is set");
	config_release(&c);

	(void)setenv("CXSSH_LEASE_MINUTES", "many", 1);
	ok(config_load(&c, &err) == -1 && err.code == ERROR_CONFIG,
	   "a bad variable is refused");
	is_str(err.text,
	       "CXSSH_LEASE_MINUTES: lease-minutes: 'many' is not a number; run: man "
	       "cxssh.conf",
	       "a bad variable is named");
	config_release(&c);
	(void)unsetenv("CXSSH_STACKS");
	(void)unsetenv("CXSSH_LEASE_MINUTES");
	(void)unsetenv("CXSSH_FORWARD_AGENT");
	(void)unsetenv("CXSSH_GATEWAY_KEY");

	put(TEXT("profile = one\n"));
	ok(config_load(&c, &err) == 0 && config_set(&c, "profile", "two", &err) == 0 &&
	           strcmp(or_none(c.profile), "two") == 0,
	   "an option goes before variable and file");
	config_release(&c);
}

static const struct {
	const char *what;
	const char *before;
	const char *after; /* of: gateway-key 198.51.100.7 = /new */
} edits[] = {
	{ "an empty file", "", "gateway-key 198.51.100.7 = /new\n" },
	{ "a file of others", "# mine\nprofile = x\n",
	  "# mine\nprofile = x\ngateway-key 198.51.100.7 = /new\n" },
	{ "a file without a last newline", "profile = x",
	  "profile = x\ngateway-key 198.51.100.7 = /new\n" },
	{ "its line", "gateway-key 198.51.100.7 = /old\n",
	  "gateway-key 198.51.100.7 = /new\n" },
	{ "its line between others",
	  "# a\n\ngateway-key 198.51.100.7 = /old\n\tprofile=x  \n",
	  "# a\n\ngateway-key 198.51.100.7 = /new\n\tprofile=x  \n" },
	{ "its line, written oddly", " gateway-key\t198.51.100.7\t=/old\nprofile = x\n",
	  "gateway-key 198.51.100.7 = /new\nprofile = x\n" },
	{ "its line twice",
	  "gateway-key 198.51.100.7 = /a\n# b\ngateway-key 198.51.100.7 = /c\n",
	  "gateway-key 198.51.100.7 = /new\n# b\n" },
	{ "the lines of others",
	  "gateway-key 198.51.100.77 = /a\ngateway-key x = /b\n"
	  "gateway-transport 198.51.100.7 = openssh\n",
	  "gateway-key 198.51.100.77 = /a\ngateway-key x = /b\n"
	  "gateway-transport 198.51.100.7 = openssh\ngateway-key 198.51.100.7 = /new\n" },
	{ "its line in a remark", "# gateway-key 198.51.100.7 = /old\n",
	  "# gateway-key 198.51.100.7 = /old\ngateway-key 198.51.100.7 = /new\n" },
	{ "a file from Windows",
	  "profile = x\r\ngateway-key 198.51.100.7 = /old\r\n# \xe9\r\n",
	  "profile = x\r\ngateway-key 198.51.100.7 = /new\n# \xe9\r\n" },
	{ "no last newline behind its line",
	  "gateway-key 198.51.100.7 = /old\nprofile = x",
	  "gateway-key 198.51.100.7 = /new\nprofile = x" },
	{ "nonsense", "a\n=\n==\n\n\n[x]\n",
	  "a\n=\n==\n\n\n[x]\ngateway-key 198.51.100.7 = /new\n" },
};

static void test_edits(void)
{
	char *path = config_path();

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		struct strbuf now = STRBUF_INIT;
		struct error err = ERROR_INIT;

		put(edits[i].before, strlen(edits[i].before));
		ok(config_write("gateway-key", "198.51.100.7", "/new", &err) == 0,
		   "a key is put into %s", edits[i].what);
		(void)atomic_read(path, 65536, &now, &err);
		is_str(now.data, edits[i].after,
		       "a key that is put in changes no other byte");
		ok(config_write("gateway-key", "198.51.100.7", "/new", &err) == 0,
		   "a key is put in a second time");
		strbuf_clear(&now);
		(void)atomic_read(path, 65536, &now, &err);
		is_str(now.data, edits[i].after,
		       "a key that is put in a second time changes nothing");
		strbuf_release(&now);
	}
	free(path);
}

static void test_more_edits(void)
{
	static const char whole[] = "profile = x\0y\n# z\ngateway-key b = /k\n";
	struct error err = ERROR_INIT;
	struct strbuf now = STRBUF_INIT;
	struct config c;
	const struct gateway_setting *g;
	char *path = config_path();
	char *sub = xasprintf("%s/new", folder);
	struct stat st;

	put(TEXT("profile = x\0y\n# z\n"));
	ok(config_write("gateway-key", "b", "/k", &err) == 0,
	   "a key is put into a file with a NUL");
	(void)atomic_read(path, 65536, &now, &err);
	ok(now.len == sizeof(whole) - 1 && memcmp(now.data, whole, sizeof(whole)) == 0,
	   "a NUL stays in the file");
	strbuf_release(&now);
	free(path);

	(void)setenv("XDG_CONFIG_HOME", sub, 1);
	ok(config_write("gateway-transport", "198.51.100.7", "openssh", &err) == 0 &&
	           config_write("gateway-key", "198.51.100.7", "/keys/hop", &err) == 0,
	   "a missing configuration is made");
	path = config_path();
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600,
	   "a new configuration is for its owner only");
	ok(config_load(&c, &err) == 0, "a new configuration is read back");
	g = config_gateway(&c, "198.51.100.7");
	ok(g != NULL && g->transport == TRANSPORT_OPENSSH &&
	           strcmp(or_none(g->key), "/keys/hop") == 0,
	   "a new configuration has both lines");
	config_release(&c);
	(void)setenv("XDG_CONFIG_HOME", folder, 1);
	free(path);
	free(sub);
}

static const struct {
	const char *name, *file;
} misfits[] = {
	{ "", "/k" },
	{ "a=b", "/k" },
	{ "a\nprofile", "/k" },
	{ "a\r", "/k" },
	{ "a", "/k\nforward-agent = yes" },
	{ "a", "/k\r" },
};

static void test_misfits(void)
{
	char *path = config_path();

	put(TEXT("profile = x\n"));
	for (size_t i = 0; i < sizeof(misfits) / sizeof(misfits[0]); i++) {
		struct strbuf now = STRBUF_INIT;
		struct error err = ERROR_INIT;

		ok(config_write("gateway-key", misfits[i].name, misfits[i].file, &err) ==
		                   -1 &&
		           err.code == ERROR_CONFIG,
		   "what would be another line is refused, %zu", i);
		is_str(err.text, "gateway-key: does not fit into a line",
		       "a refused value is named with its reason");
		(void)atomic_read(path, 65536, &now, &err);
		is_str(now.data, "profile = x\n", "a refused value is not written");
		strbuf_release(&now);
	}
	free(path);
}

static void test_bad_files(void)
{
	char *path = config_path();
	struct error err = ERROR_INIT;
	struct config c;

	put(TEXT("profile = x\n"));
	(void)chmod(path, 0666);
	ok(config_load(&c, &err) == -1 && strstr(err.text, "others can write it") != NULL,
	   "a file that others can write is not believed");
	config_release(&c);
	ok(config_write("gateway-key", "a", "/k", &err) == -1,
	   "a file that others can write is not written");
	(void)unlink(path);
	(void)mkdir(path, 0700);
	ok(config_load(&c, &err) == -1 && strstr(err.text, "not a regular file") != NULL,
	   "a folder is no file");
	config_release(&c);
	(void)rmdir(path);
	free(path);
}

int main(void)
{
	char *path;
	char *clean;

	if (mkdtemp(folder) == NULL || setenv("XDG_CONFIG_HOME", folder, 1) == -1 ||
	    setenv("XDG_CACHE_HOME", folder, 1) == -1)
		return 1;
	path = xasprintf("%s/cxssh", folder);
	(void)mkdir(path, 0700);
	free(path);
	test_defaults();
	test_mark();
	test_all();
	test_bad_lines();
	test_from_ip();
	test_environment();
	test_edits();
	test_misfits();
	test_bad_files();
	test_more_edits();
	clean = xasprintf("rm -rf %s", folder);
	if (system(clean) != 0)
		printf("# cannot remove %s\n", folder);
	free(clean);
	return done_testing();
}

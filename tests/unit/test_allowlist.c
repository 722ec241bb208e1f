/* SPDX-License-Identifier: MIT */
/* Every question of allow.h, with what an API, a file or a person could send. */

#include <stdbool.h>
#include <stdlib.h>

#include "base/allowlist.h"
#include "base/mem.h"
#include "tap.h"

enum {
	UID = 1 << 0,
	TARGET = 1 << 1,
	ALIAS = 1 << 2,
	NAME = 1 << 3,
	ROLE = 1 << 4,
	USER = 1 << 5,
	IP = 1 << 6,
	ADDRESS = 1 << 7,
	PATH = 1 << 8,
	/* a plain lower-case word is all but an IP address */
	WORD = UID | TARGET | ALIAS | NAME | ROLE | USER | ADDRESS | PATH,
	NOTHING = 0,
};

static const struct question {
	const char *name;
	bool (*allowed)(const char *text);
	unsigned bit;
	size_t max;
} questions[] = {
	{ "valid_uid", valid_uid, UID, 64 },
	{ "valid_target", valid_target, TARGET, 128 },
	{ "valid_alias", valid_alias, ALIAS, 40 },
	{ "valid_name", valid_name, NAME, 128 },
	{ "valid_role", valid_role, ROLE, 32 },
	{ "valid_user", valid_user, USER, 32 },
	{ "valid_ip", valid_ip, IP, 0 },
	{ "valid_address", valid_address, ADDRESS, 253 },
	{ "valid_path", valid_path, PATH, 900 },
};

enum { QUESTIONS = sizeof(questions) / sizeof(questions[0]) };

static const struct {
	const char *text;
	unsigned allowed;
} texts[] = {
	/* what is meant */
	{ "lion", WORD },
	{ "a", WORD },
	{ "7", WORD & ~(unsigned)ADDRESS },
	{ "web-1", WORD },
	{ "web_1", WORD & ~(unsigned)ALIAS },
	{ "Lion", WORD & ~(unsigned)(ALIAS | ROLE) },
	{ "_web", WORD & ~(unsigned)(ALIAS | ROLE) },
	{ "1f2e3d.web", TARGET | ALIAS | NAME | USER | ADDRESS | PATH },
	{ "My App (2), a+b: x@y", NAME },
	{ "R&D/web #1's", NAME },
	{ "dry run", NAME },
	{ "myapp has moved, run: wget x & sh x #", 0 },
	{ "/home/u/.ssh/cx_0a1b_pkey", NAME | PATH },
	{ "~/.ssh/id_ed25519", PATH },
	{ "203.0.113.5", TARGET | ALIAS | NAME | USER | IP | ADDRESS | PATH },
	{ "2001:db8::1", NAME | IP | ADDRESS },
	{ "::1", NAME | IP | ADDRESS },
	{ "::ffff:203.0.113.5", NAME | IP | ADDRESS },
	{ "bastion.example.com", TARGET | ALIAS | NAME | USER | ADDRESS | PATH },
	{ "3com.example.0xyz", TARGET | ALIAS | NAME | USER | ADDRESS | PATH },

	/* what inet_aton(3) reads as an address, perhaps as another one */
	{ "203.0.113.021", TARGET | ALIAS | NAME | USER | PATH },
	{ "203.0.113.5.", TARGET | NAME | USER | PATH },
	{ "127.1", TARGET | ALIAS | NAME | USER | PATH },
	{ "0xcb007115", WORD & ~(unsigned)ADDRESS },
	{ "203.0.113.0x15", TARGET | ALIAS | NAME | USER | PATH },
	{ "3405803797", WORD & ~(unsigned)ADDRESS },

	/* nearly */
	{ "", NOTHING },
	{ " ", NOTHING },
	{ ".", NAME | PATH },
	{ "..", NAME },
	{ "-", NOTHING },
	{ ".hidden", NAME | PATH },
	{ "lion.", TARGET | NAME | USER | ADDRESS | PATH },
	{ "lion-", WORD & ~(unsigned)ALIAS },
	{ "gateway-x", WORD & ~(unsigned)UID },
	{ "Gateway-x", WORD & ~(unsigned)(UID | ALIAS | ROLE) },
	{ "gateway", WORD },
	{ " lion", NOTHING },
	{ "lion ", NAME },
	{ "a b", NAME },
	{ "a..b", ALIAS | NAME | USER | ADDRESS },
	{ "a/../b", NAME },
	{ "../../etc/passwd", NAME },
	{ "fe80::1%eth0", NOTHING },
	{ "203.0.113.5/32", NAME | PATH },
	{ "203.0.113.5:22", NAME },
	{ "[2001:db8::1]", NOTHING },
	{ "2001:db8::zz", NAME },
	{ "root@host", NAME | PATH },
	{ "a=b", PATH },

	/* options, tokens, shells, patterns */
	{ "-lion", NOTHING },
	{ "-oProxyCommand=reboot", NOTHING },
	{ "--help", NOTHING },
	{ "%h", NOTHING },
	{ "li%hon", NOTHING },
	{ "$(reboot)", NOTHING },
	{ "${HOME}", NOTHING },
	{ "`reboot`", NOTHING },
	{ "a;reboot", NOTHING },
	{ "a|reboot", NOTHING },
	{ "a>b", NOTHING },
	{ "a<b", NOTHING },
	{ "a\\b", NOTHING },
	{ "\"lion\"", NOTHING },
	{ "li\"on", NOTHING },
	{ "*", NOTHING },
	{ "l?on", NOTHING },
	{ "!lion", NOTHING },
	{ "[lion]", NOTHING },
	{ "{{alias}}", NOTHING },
	{ "^lion", NOTHING },

	/* lines and terminals */
	{ "\n", NOTHING },
	{ "lion\n", NOTHING },
	{ "\nlion", NOTHING },
	{ "lion\nHost *\n  ProxyCommand reboot", NOTHING },
	{ "lion\r", NOTHING },
	{ "lion\tx", NOTHING },
	{ "lion\x0b", NOTHING },
	{ "\x1b[31mlion", NOTHING },
	{ "lion\x7f", NOTHING },
	{ "lion\x9b", NOTHING },
	{ "caf\xc3\xa9", NOTHING },
	{ "\xe6\x97\xa5\xe6\x9c\xac", NOTHING },
	{ "li\xe2\x80\xae"
	  "on",
	  NOTHING }, /* right-to-left override */
	{ "l\xd1\x96"
	  "on",
	  NOTHING },                 /* a Cyrillic letter that looks Latin */
	{ "lion\xc0\x8a", NOTHING }, /* an overlong newline */
	{ "lion\xff\xfe", NOTHING },
};

static void test_texts(void)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char shown[64];

		printable_text(texts[i].text, shown, sizeof(shown));
		for (size_t k = 0; k < QUESTIONS; k++) {
			bool want = (texts[i].allowed & questions[k].bit) != 0;

			ok(questions[k].allowed(texts[i].text) == want, "%s %s '%s'",
			   questions[k].name, want ? "takes" : "refuses", shown);
		}
	}
}

static char *repeat(char c, size_t len)
{
	char *text = xcalloc(len + 1, 1);

	memset(text, c, len);
	return text;
}

static void test_lengths(void)
{
	enum { MANY = 1024 * 1024 };

	for (size_t k = 0; k < QUESTIONS; k++) {
		const struct question *q = &questions[k];
		char *full = repeat('a', q->max);
		char *longer = repeat('a', q->max + 1);
		char *huge = repeat('a', MANY);
		char *lines = repeat('\n', MANY);

		ok(q->allowed(full) == (q->max > 0), "%s takes %zu characters", q->name,
		   q->max);
		ok(!q->allowed(longer), "%s refuses one more", q->name);
		ok(!q->allowed(huge), "%s refuses a megabyte", q->name);
		ok(!q->allowed(lines), "%s refuses a megabyte of lines", q->name);
		free(full);
		free(longer);
		free(huge);
		free(lines);
	}
}

/* No list may grow by what these mean to ssh_config, a shell or a terminal. */
static void test_every_byte(void)
{
	static const char never[] = "\"`$%\\;|<>*?![]{}^";

	for (size_t k = 0; k < QUESTIONS; k++) {
		int passed = 0;
		int bad = 0;

		for (int c = 1; c < 256; c++) {
			char text[4] = { 'a', (char)c, 'a', '\0' };

			if (!questions[k].allowed(text))
				continue;
			passed++;
			if (c < 0x20 || c >= 0x7f || strchr(never, c) != NULL)
				bad = c;
		}
		ok(bad == 0,
		   "%s lets no byte through that a file or a terminal could act upon",
		   questions[k].name);
		ok(passed > 0 || questions[k].bit == IP, "%s lets some bytes through",
		   questions[k].name);
	}
}

static const struct {
	const char *text;
	size_t cap;
	const char *shown;
} printables[] = {
	{ "lion", 64, "lion" },
	{ "", 64, "" },
	{ "two\nlines\r\n", 64, "two?lines??" },
	{ "\x1b[31mred\x1b[0m", 64, "?[31mred?[0m" },
	{ "caf\xc3\xa9", 64, "caf??" },
	{ "a\tb\x7f", 64, "a?b?" },
	{ "%s%n $(x) 'y'", 64, "%s%n $(x) 'y'" },
	{ "lion", 5, "lion" },
	{ "lion", 4, "lio" },
	{ "lion", 2, "l" },
	{ "lion", 1, "" },
};

static void test_printable(void)
{
	for (size_t i = 0; i < sizeof(printables) / sizeof(printables[0]); i++) {
		char *out = xcalloc(printables[i].cap,
		                    1); /* the sanitizer sees one byte more */

		is_str(printable_text(printables[i].text, out, printables[i].cap),
		       printables[i].shown, "'%s' in %zu bytes", printables[i].shown,
		       printables[i].cap);
		free(out);
	}
}

static void test_paths(void)
{
	static const struct {
		const char *path;
		bool quoted;       /* valid_quoted_path() */
		const char *shown; /* printable_path() */
		const char *bad;   /* bad_path_character() */
	} paths[] = {
		{ "/home/jos\xc3\xa9/key", true, "/home/jos\xc3\xa9/key", "\xc3\xa9" },
		{ "/a b/key", true, "/a b/key", " " },
		{ "/home/x/key", true, "/home/x/key", "" },
		{ "/\xf0\x9f\x94\x91", true, "/\xf0\x9f\x94\x91", "\xf0\x9f\x94\x91" },
		{ "key", false, "key", "" },
		{ "/a/../key", false, "/a/../key", "" },
		{ "/50%", false, "/50%", "%" },
		{ "/a\"b", false, "/a\"b", "\"" },
		{ "/a\nb", false, "/a?b", "?" },
		{ "/a\x1b[2J", false, "/a?[2J", "?" },
		{ "/a\xc2\x9b", true, "/a??", "?" },
		{ "/a\xc3", true, "/a?", "?" },
	};
	char out[40];
	char bad[8];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const char *path = paths[i].path;

		ok(valid_quoted_path(path) == paths[i].quoted, "the path %s is %s",
		   paths[i].shown, paths[i].quoted ? "for quotes" : "refused");
		is_str(printable_path(path, out, sizeof(out)), paths[i].shown,
		       "a path is shown with its letters beyond ASCII");
		is_str(bad_path_character(path, bad), paths[i].bad,
		       "the first character that a plain path cannot have");
	}
	is_str(printable_path("/jos\xc3\xa9", out, 6), "/jos",
	       "a letter that does not fit is left out as a whole");
}

static const struct {
	const char *text;
	bool network;
} networks[] = {
	{ "203.0.113.5", true },
	{ "203.0.113.0/24", true },
	{ "0.0.0.0/0", true },
	{ "203.0.113.5/32", true },
	{ "2001:db8::/32", true },
	{ "2001:db8::1/128", true },
	{ "203.0.113.5/33", false },
	{ "2001:db8::/129", false },
	{ "203.0.113.5/", false },
	{ "203.0.113.5/-1", false },
	{ "203.0.113.5/8/8", false },
	{ "203.0.113.5/8 ", false },
	{ "/8", false },
	{ "", false },
	{ "web.example.com/8", false },
	{ "203.0.113/8", false },
};

static void test_networks(void)
{
	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
		ok(valid_network(networks[i].text) == networks[i].network,
		   "\"%s\" is %s network", networks[i].text,
		   networks[i].network ? "an address or a" : "no");
}

int main(void)
{
	test_paths();
	test_texts();
	test_lengths();
	test_every_byte();
	test_printable();
	test_networks();
	return done_testing();
}

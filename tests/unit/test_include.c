/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "sshconfig/include.h"
#include "tap.h"

static const struct include_target target = {
	.home = "/home/u",
	.path = "/home/u/.ssh/cxssh/config",
};

static const struct {
	const char *text;
	enum include_state state;
	size_t line;
} finds[] = {
	{ "", INCLUDE_ABSENT, 0 },
	{ "Include cxssh/config\n", INCLUDE_EFFECTIVE, 1 },
	{ "Include cxssh/config", INCLUDE_EFFECTIVE, 1 },
	{ "\xef\xbb\xbfInclude cxssh/config\r\n", INCLUDE_EFFECTIVE, 1 },
	{ "# x\n\ninclude cxssh/config\n", INCLUDE_EFFECTIVE, 3 },
	{ "INCLUDE ~/.ssh/cxssh/config\n", INCLUDE_EFFECTIVE, 1 },
	{ "Include /home/u/.ssh/cxssh/config\n", INCLUDE_EFFECTIVE, 1 },
	{ "Include /home/u//.ssh/./cxssh/config\n", INCLUDE_EFFECTIVE, 1 },
	{ "Include=cxssh/config\n", INCLUDE_EFFECTIVE, 1 },
	{ "\t Include = cxssh/config  \r\n", INCLUDE_EFFECTIVE, 1 },
	{ "Include \"cxssh/config\"\n", INCLUDE_EFFECTIVE, 1 },
	{ "Include 'cxssh/config'\n", INCLUDE_EFFECTIVE, 1 },
	{ "Include \"~/.ssh/cxssh/config\"\n", INCLUDE_EFFECTIVE, 1 },
	{ "Include config.d/a cxssh/config other\n", INCLUDE_EFFECTIVE, 1 },
	{ "Include \"with blank\" cxssh/config # why\n", INCLUDE_EFFECTIVE, 1 },
	{ "Include cxssh/*\n", INCLUDE_EFFECTIVE, 1 },
	{ "Include */config\n", INCLUDE_EFFECTIVE, 1 },
	{ "Include *\n", INCLUDE_ABSENT, 0 },
	{ "# Include cxssh/config\n", INCLUDE_ABSENT, 0 },
	{ "#Include cxssh/config\n", INCLUDE_ABSENT, 0 },
	{ "Include # cxssh/config\n", INCLUDE_ABSENT, 0 },
	{ "Include cxssh/config2\n", INCLUDE_ABSENT, 0 },
	{ "Include /home/v/.ssh/cxssh/config\n", INCLUDE_ABSENT, 0 },
	{ "Included cxssh/config\n", INCLUDE_ABSENT, 0 },
	{ "User cxssh/config\n", INCLUDE_ABSENT, 0 },
	{ "User bob\nInclude cxssh/config\n", INCLUDE_EFFECTIVE, 2 },
	{ "Host a\n  User b\nInclude cxssh/config\n", INCLUDE_INEFFECTIVE, 3 },
	{ "host=a\nInclude cxssh/config\n", INCLUDE_INEFFECTIVE, 2 },
	{ "Match host a\nInclude cxssh/config\n", INCLUDE_INEFFECTIVE, 2 },
	{ "HostName a\nInclude cxssh/config\n", INCLUDE_EFFECTIVE, 2 },
	{ "Host a\n User b\nHost *\nInclude cxssh/config\n", INCLUDE_LATE, 4 },
	{ "Host a\nMatch all\nInclude cxssh/config\n", INCLUDE_LATE, 3 },
	{ "Host * !a\nInclude cxssh/config\n", INCLUDE_INEFFECTIVE, 2 },
	{ "Host a\nInclude cxssh/config\nHost *\nInclude cxssh/config\n", INCLUDE_LATE,
	  4 },
	{ "Include cxssh/config\nHost a\nInclude cxssh/config\n", INCLUDE_EFFECTIVE, 1 },
};

#define TEXT(literal) \
	{ \
		literal, sizeof(literal) - 1 \
	}

/* What is to come back byte for byte. */
static const struct {
	const char *text;
	size_t len;
} texts[] = {
	TEXT(""),
	TEXT("\n"),
	TEXT("\r\n"),
	TEXT("\n\n\n"),
	TEXT("x"),
	TEXT("x\n"),
	TEXT("x\r\n"),
	TEXT("x\ny"),
	TEXT("x\r\ny"),
	TEXT("x\ny\r\n"),
	TEXT("x\r"),
	TEXT("\r"),
	TEXT(" "),
	TEXT("\t\n"),
	TEXT("\xef\xbb\xbf"),
	TEXT("\xef\xbb\xbf\n"),
	TEXT("\xef\xbb\xbfHost a\r\n"),
	TEXT("\xef\xbb"),
	TEXT("\xef\xbb\xbf\xef\xbb\xbf"),
	TEXT("Host *\n  User x\n"),
	TEXT("Host *\n  User x"),
	TEXT("# a comment\n\nHost a\n\tPort 22\n\n\n"),
	TEXT("Include cxssh/config\n"),
	TEXT("Include cxssh/config"),
	TEXT("Include cxssh/config\r\n"),
	TEXT("Include cxssh/config\nInclude cxssh/config\n"),
	TEXT("\xef\xbb\xbfInclude cxssh/config\n"),
	TEXT("Host a\nInclude cxssh/config\n"),
	TEXT(" Include cxssh/config\n"),
	TEXT("include cxssh/config\n"),
	TEXT("nul\0byte\n\0"),
	TEXT("caf\xc3\xa9 \xff\xfe\n"),
	TEXT("\"unbalanced\nHost b\n"),
	TEXT("# BEGIN cxsshx\n# END cxsshy\n"),
};

static const char block[] = "# made\nHost myapp-lion\n  HostName myapp-lion\n";

static bool same(const struct strbuf *sb, const char *text, size_t len)
{
	return sb->len == len && memcmp(sb->data, text, len) == 0;
}

static void test_line_property(size_t i)
{
	struct strbuf with = STRBUF_INIT;
	struct strbuf without = STRBUF_INIT;
	size_t line = 0;

	include_add(texts[i].text, texts[i].len, &with);
	ok(include_has(with.data, with.len), "text %zu: the line is in", i);
	ok(include_find(with.data, with.len, &target, &line) == INCLUDE_EFFECTIVE &&
	           line == 1,
	   "text %zu: our line is the first", i);
	include_remove(with.data, with.len, &without);
	ok(same(&without, texts[i].text, texts[i].len),
	   "text %zu: a removed line leaves no trace", i);
	strbuf_release(&with);
	strbuf_release(&without);
}

static void test_last_property(size_t i)
{
	struct strbuf first = STRBUF_INIT;
	struct strbuf with = STRBUF_INIT;
	struct strbuf without = STRBUF_INIT;
	struct strbuf whole = STRBUF_INIT;

	include_add_last(texts[i].text, texts[i].len, &with);
	ok(include_has_last(with.data, with.len), "text %zu: the last lines are in", i);
	include_remove_last(with.data, with.len, &without);
	ok(same(&without, texts[i].text, texts[i].len),
	   "text %zu: and go without a trace", i);
	include_add(texts[i].text, texts[i].len, &first);
	strbuf_clear(&with);
	strbuf_clear(&without);
	include_add_last(first.data, first.len, &with);
	include_remove(with.data, with.len, &without);
	include_remove_last(without.data, without.len, &whole);
	ok(same(&whole, texts[i].text, texts[i].len),
	   "text %zu: so do both, the first line before the last ones", i);
	strbuf_release(&first);
	strbuf_release(&with);
	strbuf_release(&without);
	strbuf_release(&whole);
}

static void test_block_property(size_t i)
{
	struct strbuf with = STRBUF_INIT;
	struct strbuf again = STRBUF_INIT;
	struct strbuf without = STRBUF_INIT;
	struct error err = ERROR_INIT;

	ok(include_add_block(texts[i].text, texts[i].len, "Host old\n", 9, &with, &err) ==
	                   0 &&
	           include_add_block(with.data, with.len, block, strlen(block), &again,
	                             &err) == 0,
	   "text %zu: a block is added, and replaced by the next one", i);
	ok(strstr(again.data, "old") == NULL,
	   "text %zu: nothing is left of the old block", i);
	ok(include_remove_block(again.data, again.len, &without, &err) == 1 &&
	           same(&without, texts[i].text, texts[i].len),
	   "text %zu: a removed block leaves no trace", i);
	strbuf_release(&with);
	strbuf_release(&again);
	strbuf_release(&without);
}

static const struct {
	const char *text, *complaint;
} broken[] = {
	{ "# BEGIN cxssh\nHost a\n", "line 1: \"# BEGIN cxssh\" has no" },
	{ "x\n# BEGIN cxssh (whatever)\n# BEGIN cxssh\n# END cxssh\n",
	  "line 3: a second marker" },
	{ "x\n# END cxssh\n", "line 2: \"# END cxssh\" has no" },
	{ "# END cxssh\n# BEGIN cxssh\n", "line 1: \"# END cxssh\" has no" },
	{ "# BEGIN cxssh\n# END cxssh\n# END cxssh\n", "line 3: a second marker" },
	{ "# BEGIN cxssh\n# END cxssh\n# BEGIN cxssh\n# END cxssh\n",
	  "line 3: a second marker" },
};

static void test_broken(size_t i)
{
	struct strbuf out = STRBUF_INIT;
	struct error add = ERROR_INIT;
	struct error remove = ERROR_INIT;
	size_t len = strlen(broken[i].text);

	ok(include_add_block(broken[i].text, len, block, strlen(block), &out, &add) ==
	                   -1 &&
	           add.code == ERROR_CONFIG &&
	           strstr(add.text, broken[i].complaint) == add.text,
	   "broken markers %zu: no block is added: %s", i, add.text);
	ok(include_remove_block(broken[i].text, len, &out, &remove) == -1 &&
	           strcmp(add.text, remove.text) == 0,
	   "broken markers %zu: no block is removed", i);
	ok(out.len == 0, "broken markers %zu: no text comes out", i);
	strbuf_release(&out);
}

static void test_exact(void)
{
	static const char marker[] = "# BEGIN cxssh\n# END cxssh\n";
	static const char theirs[] =
		"x\r\n# BEGIN cxssh y\r\nold\r\n# END cxssh\r\nz\r\n";
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;

	include_add("\xef\xbb\xbfHost a\r\n", 11, &out);
	is_str(out.data, "\xef\xbb\xbfInclude cxssh/config\r\nHost a\r\n",
	       "a line behind a byte order mark ends as the others do");
	strbuf_clear(&out);
	ok(include_add_block(theirs, strlen(theirs), "Host b\n", 7, &out, &err) == 0,
	   "a block that was moved is found");
	is_str(out.data,
	       "x\r\n" INCLUDE_BEGIN "\r\nHost b\r\n\r\nHost *\r\n" INCLUDE_END
	       "\r\nz\r\n",
	       "a block that was moved is replaced where it is, its lines end as the "
	       "others do");
	strbuf_clear(&out);
	ok(include_add_block("", 0, marker, strlen(marker), &out, &err) == -1,
	   "a block that has markers itself is refused");
	ok(include_remove_block("Host a\n", 7, &out, &err) == 0,
	   "a text without a block has no block to remove");
	is_str(out.data, "Host a\n", "a text without a block stays as it is");
	strbuf_release(&out);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(finds) / sizeof(finds[0]); i++) {
		size_t line = 0;
		enum include_state state =
			include_find(finds[i].text, strlen(finds[i].text), &target,
		                     &line);

		ok(state == finds[i].state && line == finds[i].line,
		   "find %zu: state %d in line %zu", i, (int)state, line);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		test_line_property(i);
		test_last_property(i);
		test_block_property(i);
	}
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		test_broken(i);
	test_exact();
	return done_testing();
}

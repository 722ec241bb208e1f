/* SPDX-License-Identifier: MIT */
/*
 * Lines of a known_hosts file.  In the tables $A, $B and $R stand for three keys,
 * two of type ssh-ed25519 and one of ssh-rsa; the question is always about $A.
 */

#include <stdlib.h>

#include "base/base64.h"
#include "base/deadline.h"
#include "base/mem.h"
#include "hostkey/hashedname.h"
#include "hostkey/knownhosts.h"
#include "hostkey/knownhostslookup.h"
#include "tap.h"

struct key {
	struct strbuf blob;
	struct strbuf text;
};

static struct key keys[3];

static void make_key(struct key *key, const char *type, char filler)
{
	char prefix[4] = { 0, 0, 0, (char)strlen(type) };
	char rest[36] = { 0, 0, 0, 32 };

	memset(rest + 4, filler, 32);
	key->blob = (struct strbuf)STRBUF_INIT;
	key->text = (struct strbuf)STRBUF_INIT;
	strbuf_add(&key->blob, prefix, sizeof(prefix));
	strbuf_adds(&key->blob, type);
	strbuf_add(&key->blob, rest, sizeof(rest));
	base64_encode((const unsigned char *)key->blob.data, key->blob.len, &key->text);
}

static const unsigned char *blob_of(const struct key *key)
{
	return (const unsigned char *)key->blob.data;
}

/* text with $A, $B and $R filled in; the caller frees it. */
static char *fill_in(const char *text)
{
	struct strbuf out = STRBUF_INIT;

	for (; *text != '\0'; text++) {
		const char *which =
			text[0] == '$' && text[1] != '\0' ? strchr("ABR", text[1]) : NULL;

		if (which == NULL) {
			strbuf_add(&out, text, 1);
			continue;
		}
		strbuf_adds(&out, keys[which - "ABR"].text.data);
		text++;
	}
	return strbuf_detach(&out);
}

#define LION_A "lion ssh-ed25519 $A\n"
#define LION_B "lion ssh-ed25519 $B\n"
/* By ssh-keygen -H. */
#define HASHED_LION "|1|w0N2qFHy+kJG55ibkVBAsw5Rx7o=|B0aImhAxnQJpBGxT1Ex62aPBLXQ="
#define HASHED_ADDRESS "|1|+V4vSaoxiPuCIiv73pFEYMLKtxI=|kzOxQdRLm1/0N5aXklwp//hYpTE="

static const struct {
	const char *what;
	const char *text;
	const char *name;
	enum kh_verdict verdict;
} checks[] = {
	{ "an empty file knows no name", "", "lion", KH_KEY_UNKNOWN },
	{ "its key", LION_A, "lion", KH_KEY_MATCH },
	{ "its key, and no newline", "lion ssh-ed25519 $A", "lion", KH_KEY_MATCH },
	{ "its key in a file from Windows", "lion ssh-ed25519 $A\r\n", "lion",
	  KH_KEY_MATCH },
	{ "its key and a remark", "lion ssh-ed25519 $A me@here\n", "lion", KH_KEY_MATCH },
	{ "blanks and tabs", " \tlion\t ssh-ed25519 \t$A\n", "lion", KH_KEY_MATCH },
	{ "another key", LION_B, "lion", KH_KEY_CHANGED },
	{ "a key of another type", "lion ssh-rsa $R\n", "lion", KH_KEY_CHANGED },
	{ "a key that goes on", "lion ssh-ed25519 $AAAAA\n", "lion", KH_KEY_UNKNOWN },
	{ "a key that is cut", "lion ssh-ed25519 AAAAC3Nz\n", "lion", KH_KEY_UNKNOWN },
	{ "a key that is only a type", "lion ssh-rsa AAAAB3NzaC1yc2E=\n", "lion",
	  KH_KEY_UNKNOWN },
	{ "another key, said to be of another type", "lion ssh-rsa $B\n", "lion",
	  KH_KEY_UNKNOWN },
	{ "another key behind one that is cut", "lion ssh-ed25519 AAAAC3Nz\n" LION_B,
	  "lion", KH_KEY_CHANGED },

	{ "a longer name", "lionel ssh-ed25519 $A\n", "lion", KH_KEY_UNKNOWN },
	{ "a shorter name", "lio ssh-ed25519 $A\n", "lion", KH_KEY_UNKNOWN },
	{ "a name that ends so", "sealion ssh-ed25519 $A\n", "lion", KH_KEY_UNKNOWN },
	{ "the name elsewhere in the line", "x ssh-ed25519 $B lion\n", "lion",
	  KH_KEY_UNKNOWN },
	{ "the name with a port", "[lion]:2222 ssh-ed25519 $A\n", "lion",
	  KH_KEY_UNKNOWN },
	{ "upper case in the file", "LION ssh-ed25519 $A\n", "lion", KH_KEY_MATCH },
	{ "upper case in the question", LION_A, "LION", KH_KEY_MATCH },
	{ "an address", "203.0.113.5 ssh-ed25519 $A\n", "203.0.113.5", KH_KEY_MATCH },
	{ "a dot is no pattern", "203.0.113.5 ssh-ed25519 $A\n", "203a0.113.5",
	  KH_KEY_UNKNOWN },

	{ "first of a list", "lion,tiger ssh-ed25519 $A\n", "lion", KH_KEY_MATCH },
	{ "last of a list", "tiger,lion ssh-ed25519 $A\n", "lion", KH_KEY_MATCH },
	{ "a list with holes", ",,lion, ssh-ed25519 $A\n", "lion", KH_KEY_MATCH },
	{ "a name that a list does not have", "tiger,bear ssh-ed25519 $A\n", "lion",
	  KH_KEY_UNKNOWN },
	{ "a blank ends the list", "tiger, lion ssh-ed25519 $A\n", "lion",
	  KH_KEY_UNKNOWN },

	{ "everybody", "* ssh-ed25519 $A\n", "lion", KH_KEY_MATCH },
	{ "a star within", "l*n ssh-ed25519 $A\n", "lion", KH_KEY_MATCH },
	{ "a star for nothing", "lion* ssh-ed25519 $A\n", "lion", KH_KEY_MATCH },
	{ "two stars", "*.exa*.com ssh-ed25519 $A\n", "a.example.com", KH_KEY_MATCH },
	{ "a star that must go back", "*abc ssh-ed25519 $A\n", "ababc", KH_KEY_MATCH },
	{ "a star and no end", "*.com ssh-ed25519 $A\n", "a.com.org", KH_KEY_UNKNOWN },
	{ "question marks", "l??n ssh-ed25519 $A\n", "lion", KH_KEY_MATCH },
	{ "too few of them", "l?n ssh-ed25519 $A\n", "lion", KH_KEY_UNKNOWN },
	{ "one too many", "lion? ssh-ed25519 $A\n", "lion", KH_KEY_UNKNOWN },
	{ "a pattern in upper case", "L*N ssh-ed25519 $A\n", "lion", KH_KEY_MATCH },
	{ "everybody but it", "*,!lion ssh-ed25519 $A\n", "lion", KH_KEY_UNKNOWN },
	{ "a list of all names but this one", "!lion,* ssh-ed25519 $A\n", "lion",
	  KH_KEY_UNKNOWN },
	{ "everybody but another", "*,!tiger ssh-ed25519 $A\n", "lion", KH_KEY_MATCH },
	{ "everybody but a pattern", "*,!l* ssh-ed25519 $A\n", "lion", KH_KEY_UNKNOWN },
	{ "only a no", "!tiger ssh-ed25519 $A\n", "lion", KH_KEY_UNKNOWN },
	{ "a no counts for its line", "*,!lion ssh-ed25519 $B\n" LION_A, "lion",
	  KH_KEY_MATCH },
	{ "a wildcard with another key", "* ssh-ed25519 $B\n", "lion", KH_KEY_CHANGED },

	{ "the second of two keys", LION_B LION_A, "lion", KH_KEY_MATCH },
	{ "the first of two keys", LION_A LION_B, "lion", KH_KEY_MATCH },
	{ "one of another type beside it", "lion ssh-rsa $R\n" LION_A, "lion",
	  KH_KEY_MATCH },
	{ "the same key of another host", "tiger ssh-ed25519 $A\n" LION_B, "lion",
	  KH_KEY_CHANGED },

	{ "revoked", "@revoked lion ssh-ed25519 $A\n", "lion", KH_KEY_REVOKED },
	{ "revoked for all", "@revoked * ssh-ed25519 $A\n", "lion", KH_KEY_REVOKED },
	{ "revoked after it was known", LION_A "@revoked * ssh-ed25519 $A\n", "lion",
	  KH_KEY_REVOKED },
	{ "revoked before it was known", "@revoked * ssh-ed25519 $A\n" LION_A, "lion",
	  KH_KEY_REVOKED },
	{ "revoked, tabs", "@revoked\t*\tssh-ed25519\t$A\n" LION_A, "lion",
	  KH_KEY_REVOKED },
	{ "revoked for another", "@revoked tiger ssh-ed25519 $A\n" LION_A, "lion",
	  KH_KEY_MATCH },
	{ "another key revoked", "@revoked * ssh-ed25519 $B\n" LION_A, "lion",
	  KH_KEY_MATCH },
	{ "another key revoked, this one new", "@revoked * ssh-ed25519 $B\n", "lion",
	  KH_KEY_UNKNOWN },
	{ "an authority is no key", "@cert-authority * ssh-ed25519 $A\n", "lion",
	  KH_KEY_UNKNOWN },
	{ "a @cert-authority for all names beside a key",
	  "@cert-authority * ssh-ed25519 $B\n" LION_A, "lion", KH_KEY_MATCH },
	{ "a marker of tomorrow", "@trusted lion ssh-ed25519 $A\n", "lion",
	  KH_KEY_UNKNOWN },
	{ "a marker in upper case", "@REVOKED lion ssh-ed25519 $A\n", "lion",
	  KH_KEY_UNKNOWN },

	{ "a remark", "# lion ssh-ed25519 $A\n", "lion", KH_KEY_UNKNOWN },
	{ "a remark without a blank", "#lion ssh-ed25519 $A\n", "#lion", KH_KEY_UNKNOWN },
	{ "a hashed name", HASHED_LION " ssh-ed25519 $A\n", "lion", KH_KEY_MATCH },
	{ "a hashed name, asked for in upper case", HASHED_LION " ssh-ed25519 $A\n",
	  "LION", KH_KEY_MATCH },
	{ "a hashed name with another key", HASHED_LION " ssh-ed25519 $B\n", "lion",
	  KH_KEY_CHANGED },
	{ "a hashed name that is revoked", "@revoked " HASHED_LION " ssh-ed25519 $A\n",
	  "lion", KH_KEY_REVOKED },
	{ "a hashed address", HASHED_ADDRESS " ssh-ed25519 $A\n", "203.0.113.5",
	  KH_KEY_MATCH },
	{ "the hashed name of another", HASHED_ADDRESS " ssh-ed25519 $B\n" LION_A, "lion",
	  KH_KEY_MATCH },
	{ "no hash", "|1|YWJj|ZGVm ssh-ed25519 $B\n", "lion", KH_KEY_UNKNOWN },
	{ "a hash that is cut", "|1|w0N2qFHy+kJG55ibkVBAsw5Rx7o=|B0aI ssh-rsa $R\n",
	  "lion", KH_KEY_UNKNOWN },
	{ "a hash that goes on", HASHED_LION ",lion ssh-ed25519 $A\n", "lion",
	  KH_KEY_UNKNOWN },
	{ "a hash in a list", "x," HASHED_LION " ssh-ed25519 $A\n", "lion",
	  KH_KEY_UNKNOWN },
	{ "a hash of another kind",
	  "|2|w0N2qFHy+kJG55ibkVBAsw5Rx7o=|B0aImhAxnQJpBGxT1Ex62aPBLXQ= ssh-rsa $R\n",
	  "lion", KH_KEY_UNKNOWN },
	{ "a hash in other letters for the same", /* ...7p= for 7o= */
	  "|1|w0N2qFHy+kJG55ibkVBAsw5Rx7p=|B0aImhAxnQJpBGxT1Ex62aPBLXQ= ssh-rsa $R\n",
	  "lion", KH_KEY_UNKNOWN },
	{ "nothing but the mark of one", "|*lion* ssh-ed25519 $A\n", "lion",
	  KH_KEY_UNKNOWN },
	{ "bad lines hide nothing",
	  "garbage\n\n   \nlion\nlion ssh-ed25519\n@revoked\n@revoked "
	  "lion\n\x01\x02\xff\n,\n" LION_A,
	  "lion", KH_KEY_MATCH },
	{ "lines that ssh skips before a @revoked one",
	  "garbage\nlion ssh-ed25519\n@revoked * ssh-ed25519 $A\n", "lion",
	  KH_KEY_REVOKED },
	{ "a line of protocol 1 is nothing", "lion 1024 35 1234567\n", "lion",
	  KH_KEY_UNKNOWN },
};

static void test_checks(void)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		char *text = fill_in(checks[i].text);

		ok(kh_check(text, checks[i].name, blob_of(&keys[0]), keys[0].blob.len) ==
		           checks[i].verdict,
		   "%s", checks[i].what);
		free(text);
	}
}

static void test_slow_pattern(void)
{
	struct strbuf text = STRBUF_INIT;
	char name[200];
	int64_t began = deadline_now_ms();

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < 100; i++)
		strbuf_adds(&text, "*a");
	strbuf_addf(&text, "b ssh-ed25519 %s\n", keys[0].text.data);
	ok(kh_check(text.data, name, blob_of(&keys[0]), keys[0].blob.len) ==
	           KH_KEY_UNKNOWN,
	   "a pattern of a hundred stars does not match another name");
	ok(deadline_now_ms() - began < 20000,
	   "a hundred stars are matched in less than 20 s");
	strbuf_release(&text);
}

static void test_many_hashed(void)
{
	struct strbuf text = STRBUF_INIT;
	char *own = fill_in("@revoked " HASHED_LION " ssh-ed25519 $A\n");
	int64_t began;

	for (int i = 0; i < 10000; i++)
		strbuf_addf(&text, HASHED_ADDRESS " ssh-ed25519 %s\n", keys[1].text.data);
	strbuf_adds(&text, own);
	began = deadline_now_ms();
	ok(kh_check(text.data, "lion", blob_of(&keys[0]), keys[0].blob.len) ==
	           KH_KEY_REVOKED,
	   "the last of ten thousand hashed names is found");
	ok(deadline_now_ms() - began < 20000,
	   "the last of ten thousand hashed names is found in less than 20 s");
	strbuf_release(&text);
	free(own);
}

static void test_hashed_forms(void)
{
	struct strvec forms = STRVEC_INIT;
	char *text =
		fill_in("lion ssh-ed25519 $A\n" HASHED_LION " ssh-rsa $R\n" HASHED_ADDRESS
	                " ssh-rsa $R\n#" HASHED_LION "\n");

	kh_hashed_names(text, "lion", &forms);
	ok(forms.count == 1, "the hashed form of lion is found once");
	is_str(forms.count > 0 ? forms.items[0] : "", HASHED_LION,
	       "the hashed form of lion is as it stands in the file");
	strvec_release(&forms);
	free(text);
}

static const struct {
	const char *what;
	const char *text;
	bool listed;
} plain[] = {
	{ "a plain name is found without hashing", LION_A, true },
	{ "a hashed name is not", HASHED_LION " ssh-ed25519 $A\n", false },
	{ "a key that a hashed line revokes is not, whatever name was hashed",
	  LION_A "@revoked " HASHED_ADDRESS " ssh-ed25519 $A\n", false },
	{ "a hashed line that revokes another key does not matter",
	  LION_A "@revoked " HASHED_ADDRESS " ssh-ed25519 $B\n", true },
};

/* As the proxy looks, which links no library to compute hashes. */
static void test_without_hashes(void)
{
	struct strvec names = STRVEC_INIT;

	strvec_push(&names, "lion");
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		char *text = fill_in(plain[i].text);

		ok(kh_has_name(text, &names, kh_match_plain) == plain[i].listed, "%s",
		   plain[i].what);
		free(text);
	}
	strvec_release(&names);
}

static void test_types(void)
{
	char *text =
		fill_in(LION_B "lion ssh-dss AAAA\ntiger ssh-ed25519 $A\nl* ssh-rsa $R\n"
	                       "@revoked lion ssh-dss $A\n@cert-authority * ssh-x $A\n");
	struct strvec types = STRVEC_INIT;

	kh_types(text, "lion", &types);
	ok(types.count == 2, "two types are known for lion");
	is_str(types.count > 0 ? types.items[0] : "", "ssh-ed25519",
	       "the types of lion's own line come first");
	is_str(types.count > 1 ? types.items[1] : "", "ssh-rsa",
	       "the types of the pattern's line come next");
	strvec_release(&types);
	kh_types(text, "bear", &types);
	ok(types.count == 0, "no type is known for bear");
	strvec_release(&types);
	free(text);
}

static const struct {
	const char *names; /* blank-separated */
	bool listed;
} lists[] = {
	{ "cxssh-1", true },
	{ "cxssh-1 lion", true },
	{ "lion web cxssh-1", true },
	{ "cxssh-1 tiger", false }, /* on two lines */
	{ "cxssh-2 tiger", true },
	{ "cxssh-1 bear", false },
	{ "CXSSH-1", false }, /* exact */
	{ "cxssh", false },
	{ "revoked", false },
	{ "authority", false },
	{ "star-1", false }, /* a pattern lists no name */
	{ "cut", false },
	{ "mistaken", false },
	{ "once", false },
	{ "other", true }, /* another key is revoked */
};

static void test_lists(void)
{
	char *text = fill_in(
		"# cxssh-1,bear\ncxssh-1,lion,web ssh-ed25519 $A\n"
		"cxssh-2,tiger ssh-ed25519 $B\n@revoked revoked ssh-ed25519 $A\n"
		"@cert-authority authority ssh-ed25519 $A\nstar-* ssh-ed25519 $A\n"
		"cut ssh-ed25519 AAAAC3Nz\nmistaken ssh-rsa $A\n"
		"once,twice ssh-rsa $R\nother ssh-rsa $R\n"
		"@revoked twi* ssh-rsa $R\n@revoked other ssh-ed25519 $A\n");

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct strvec names = STRVEC_INIT;

		strvec_split(&names, lists[i].names);
		ok(kh_has_name(text, &names, kh_match) == lists[i].listed,
		   "\"%s\" %s on one line", lists[i].names,
		   lists[i].listed ? "stand" : "do not stand");
		strvec_release(&names);
	}
	free(text);
}

#define BLOB(bytes) bytes, sizeof(bytes) - 1

static const struct {
	const char *what;
	const char *blob;
	size_t len;
	const char *type; /* NULL: refused */
} blobs[] = {
	{ "a key", BLOB("\0\0\0\7ssh-rsa\0\0\0\1x"), "ssh-rsa" },
	{ "a type and nothing else", BLOB("\0\0\0\7ssh-rsa"), "ssh-rsa" },
	{ "nothing", BLOB(""), NULL },
	{ "three bytes", BLOB("\0\0\0"), NULL },
	{ "a type of no length", BLOB("\0\0\0\0ssh-rsa"), NULL },
	{ "a type longer than the blob", BLOB("\0\0\0\10ssh-rsa"), NULL },
	{ "a type longer than memory", BLOB("\377\377\377\377ssh-rsa"), NULL },
	{ "a type that just fits", BLOB("\0\0\0\20ssh-rsa890123456xx"), NULL },
	{ "a blank in the type", BLOB("\0\0\0\7ssh rsa"), NULL },
	{ "a newline in the type", BLOB("\0\0\0\7ssh\nrsa"), NULL },
	{ "a NUL in the type", BLOB("\0\0\0\7ssh\0rsa"), NULL },
	{ "a letter above ASCII", BLOB("\0\0\0\7ssh\351rsa"), NULL },
};

static void test_blobs(void)
{
	for (size_t i = 0; i < sizeof(blobs) / sizeof(blobs[0]); i++) {
		unsigned char *copy = xcalloc(blobs[i].len, 1); /* and no byte more */
		char type[16] = "";
		bool is;

		memcpy(copy, blobs[i].blob, blobs[i].len);
		is = kh_key_type(copy, blobs[i].len, type, sizeof(type));
		ok(is == (blobs[i].type != NULL), "%s is %s", blobs[i].what,
		   blobs[i].type != NULL ? "taken" : "refused");
		if (blobs[i].type != NULL)
			is_str(type, blobs[i].type, "%s has its type", blobs[i].what);
		free(copy);
	}
}

static void test_line(void)
{
	struct strvec names = STRVEC_INIT;
	struct strbuf out = STRBUF_INIT;
	char *want = fill_in("cxssh-1,myapp-lion,myapp-web ssh-ed25519 $A\n");

	strvec_split(&names, "cxssh-1 myapp-lion myapp-web");
	ok(kh_format_line(&out, &names, blob_of(&keys[0]), keys[0].blob.len) == 0,
	   "a line is written");
	is_str(out.data, want, "a line has all names, the type and the key");
	ok(kh_check(out.data, "myapp-web", blob_of(&keys[0]), keys[0].blob.len) ==
	           KH_KEY_MATCH,
	   "a line that was written is read back");
	strbuf_clear(&out);
	ok(kh_format_line(&out, &names, (const unsigned char *)"\0\0\0\4a\nb c", 8) ==
	                   -1 &&
	           out.len == 0,
	   "a blob that is no key writes no line");
	strbuf_release(&out);
	strvec_release(&names);
	free(want);
}

static const struct {
	const char *what, *before, *after; /* after NULL: nothing to do */
} renames[] = {
	{ "an empty file", "", NULL },
	{ "one name more", "cxssh-1,old ssh-ed25519 $A\n",
	  "cxssh-1,old,lion,web ssh-ed25519 $A\n" },
	{ "all names there", "web,lion,cxssh-1 ssh-ed25519 $A\n", NULL },
	{ "a name that is not the first of its list", "x,cxssh-1 ssh-ed25519 $A\n",
	  "x,cxssh-1,lion,web ssh-ed25519 $A\n" },
	{ "odd spacing, a remark, Windows", " cxssh-1\t ssh-ed25519  $A  me \r\n",
	  " cxssh-1,lion,web\t ssh-ed25519  $A  me \r\n" },
	{ "no newline at the end", "cxssh-1 ssh-ed25519 $A",
	  "cxssh-1,lion,web ssh-ed25519 $A" },
	{ "two keys", "cxssh-1 ssh-ed25519 $A\ncxssh-1,lion ssh-rsa $R\n",
	  "cxssh-1,lion,web ssh-ed25519 $A\ncxssh-1,lion,web ssh-rsa $R\n" },
	{ "a marker is not touched", "@revoked cxssh-1 ssh-ed25519 $A\n", NULL },
	{ "a remark is not touched", "# cxssh-1 ssh-ed25519 $A\n", NULL },
	{ "a pattern is not touched", "cxssh-* ssh-ed25519 $A\n", NULL },
	{ "another uid is not touched",
	  "cxssh-11 ssh-ed25519 $A\nxcxssh-1 ssh-ed25519 $A\n", NULL },
	{ "a half line is not touched", "cxssh-1 ssh-ed25519\n", NULL },
};

static void test_renames(void)
{
	struct strvec names = STRVEC_INIT;

	strvec_split(&names, "cxssh-1 lion web");
	for (size_t i = 0; i < sizeof(renames) / sizeof(renames[0]); i++) {
		struct strbuf out = STRBUF_INIT;
		char *before = fill_in(renames[i].before);
		char *after = fill_in(renames[i].after != NULL ? renames[i].after :
		                                                 renames[i].before);

		ok(kh_add_names(before, &names, &out) == (renames[i].after != NULL),
		   "rename, %s", renames[i].what);
		is_str(out.data, after, "a renamed line has the expected names");
		strbuf_release(&out);
		free(before);
		free(after);
	}
	strvec_release(&names);
}

/* Lines that rename has no business with. */
static const char *const others[] = {
	"# a remark\n",
	"\n",
	"   \n",
	"garbage\n",
	"tiger ssh-ed25519 $B\n",
	"|1|YQ==|Yg== ssh-rsa $R\n",
	HASHED_LION " ssh-rsa $R\n",
	"@revoked * ssh-ed25519 $B\n",
	"@cert-authority *.x ssh-rsa $R\n",
	"bear,203.0.113.9\tssh-rsa $R x\r\n",
	"cxssh-10,lion ssh-ed25519 $A\n",
	"#cxssh-1 ssh-ed25519 $A\n",
	"\xff\xfe\x01 bad\n",
	"cxssh-1\n",
};

static unsigned dice(unsigned *seed, unsigned sides)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % sides;
}

static void test_rename_property(void)
{
	struct strvec names = STRVEC_INIT;
	unsigned seed = 1;
	int wrong = 0;
	int again = 0;
	int unknown = 0;

	strvec_split(&names, "cxssh-1 lion web");
	for (int round = 0; round < 300; round++) {
		struct strbuf raw = STRBUF_INIT;
		struct strbuf want_raw = STRBUF_INIT;
		struct strbuf out = STRBUF_INIT;
		struct strbuf twice = STRBUF_INIT;
		char *before;
		char *want;
		bool wanted = false;

		for (unsigned n = dice(&seed, 12); n > 0; n--) {
			const char *line =
				others[dice(&seed, sizeof(others) / sizeof(others[0]))];

			if (dice(&seed, 6) == 0) {
				strbuf_adds(&raw, "cxssh-1 ssh-ed25519 $A\n");
				strbuf_adds(&want_raw,
				            "cxssh-1,lion,web ssh-ed25519 $A\n");
				wanted = true;
			}
			strbuf_adds(&raw, line);
			strbuf_adds(&want_raw, line);
		}
		before = fill_in(raw.data);
		want = fill_in(want_raw.data);
		wrong += kh_add_names(before, &names, &out) != wanted ||
		         strcmp(out.data, want) != 0;
		again += kh_add_names(out.data, &names, &twice) ||
		         strcmp(out.data, twice.data) != 0;
		unknown += wanted && !kh_has_name(out.data, &names, kh_match);
		free(before);
		free(want);
		strbuf_release(&raw);
		strbuf_release(&want_raw);
		strbuf_release(&out);
		strbuf_release(&twice);
	}
	ok(wrong == 0, "in 300 files of dice only the wanted line changes");
	ok(again == 0, "names that were added are not added twice");
	ok(unknown == 0, "all names are listed after they were added");
	strvec_release(&names);
}

static const struct {
	const char *what, *before, *after;
} drops[] = {
	{ "an empty file", "", "" },
	{ "a line of its own", "lion ssh-ed25519 $A\n", "" },
	{ "one name of many", "a,lion,b ssh-ed25519 $A x\n", "a,b ssh-ed25519 $A x\n" },
	{ "the first of two", "lion,b ssh-ed25519 $A\n", "b ssh-ed25519 $A\n" },
	{ "the last of two", "a,lion ssh-ed25519 $A\n", "a ssh-ed25519 $A\n" },
	{ "a line among others", "# lion\nlion ssh-rsa $R\r\nb ssh-rsa $R\r\n",
	  "# lion\nb ssh-rsa $R\r\n" },
	{ "odd spacing", "  a,lion\t ssh-ed25519  $A  me \r\n",
	  "  a\t ssh-ed25519  $A  me \r\n" },
	{ "no newline at the end", "lion,b ssh-ed25519 $A", "b ssh-ed25519 $A" },
	{ "what is no name of that very kind", "lionel,*lion*,!lion,LION ssh-rsa $R\n",
	  "lionel,*lion*,!lion,LION ssh-rsa $R\n" },
	{ "marked lines", "@revoked lion ssh-rsa $R\n@cert-authority lion ssh-rsa $R\n",
	  "@revoked lion ssh-rsa $R\n@cert-authority lion ssh-rsa $R\n" },
	{ "half a line", "lion\nlion ssh-rsa\n\n \n", "lion\nlion ssh-rsa\n\n \n" },
	{ "holes in the list", ",lion,,a, ssh-rsa $R\n", "a ssh-rsa $R\n" },
};

static bool is_lion(const struct kh_line *line, struct kh_span name, void *cookie)
{
	(void)line;
	++*(size_t *)cookie;
	return kh_span_is(name, "lion");
}

static void test_drop(void)
{
	for (size_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++) {
		char *before = fill_in(drops[i].before);
		char *after = fill_in(drops[i].after);
		struct strbuf out = STRBUF_INIT;
		size_t asked = 0;
		size_t gone = kh_drop_names(before, is_lion, &asked, &out);

		is_str(out.data, after, "drop: %s", drops[i].what);
		ok((gone > 0) == (strcmp(before, after) != 0) && gone <= asked,
		   "a dropped line is counted");
		strbuf_release(&out);
		free(before);
		free(after);
	}
}

static const struct {
	const char *text, *names;
	bool certified;
} authorities[] = {
	{ "@cert-authority cxssh-* ssh-rsa $R\n", "cxssh-1", true },
	{ "@cert-authority cxssh-* ssh-rsa $R\n", "cxssh-1 cxssh-2.web", true },
	{ "@cert-authority cxssh-*,!cxssh-2.web ssh-rsa $R\n", "cxssh-1 cxssh-2.web",
	  false },
	{ "@cert-authority lion ssh-rsa $R\n", "cxssh-1", false },
	{ "@revoked * ssh-rsa $R\n* ssh-rsa $R\n", "cxssh-1", false },
	{ "", "cxssh-1", false },
};

static void test_authorities(void)
{
	for (size_t i = 0; i < sizeof(authorities) / sizeof(authorities[0]); i++) {
		struct strvec names = STRVEC_INIT;
		char *text = fill_in(authorities[i].text);

		strvec_split(&names, authorities[i].names);
		ok(kh_has_ca(text, &names, kh_match) == authorities[i].certified,
		   "\"%s\" %s a certificate", authorities[i].names,
		   authorities[i].certified ? "needs" : "does not need");
		strvec_release(&names);
		free(text);
	}
}

int main(void)
{
	make_key(&keys[0], "ssh-ed25519", 'a');
	make_key(&keys[1], "ssh-ed25519", 'b');
	make_key(&keys[2], "ssh-rsa", 'r');
	test_checks();
	test_slow_pattern();
	test_many_hashed();
	test_hashed_forms();
	test_without_hashes();
	test_types();
	test_lists();
	test_blobs();
	test_line();
	test_drop();
	test_authorities();
	test_renames();
	test_rename_property();
	for (size_t i = 0; i < 3; i++) {
		strbuf_release(&keys[i].blob);
		strbuf_release(&keys[i].text);
	}
	return done_testing();
}

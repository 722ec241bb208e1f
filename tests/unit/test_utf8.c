/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "tap.h"

static const struct {
	const char *what;
	const char *name;
	const char *plain; /* NULL: refused */
} names[] = {
	{ "ASCII stays", "My App-1", "My App-1" },
	{ "marks of ASCII stay", "a\"$(x)\n", "a\"$(x)\n" },
	{ "accents go", "Caf\xc3\xa9 Z\xc3\xbcrich", "Cafe Zurich" },
	{ "letters of the East and North",
	  "\xc5\x81\xc3\xb3"
	  "d\xc5\xba \xc3\x98"
	  "re",
	  "Lodz Ore" },
	{ "the last letter of the table", "\xc5\xbf", "s" },
	{ "an accent of its own goes", "Cafe\xcc\x81", "Cafe" },
	{ "other letters are one mark", "a\xe5\x90\x8d\xe5\x89\x8d", "a_" },
	{ "a symbol is a mark", "Prod \xf0\x9f\x9a\x80", "Prod _" },
	{ "a wide slash is a mark", "\xef\xbc\x8fx", "_x" },
	{ "a control character", "a\xc2\x9b", NULL },
	{ "a change of direction",
	  "\xe2\x80\xae"
	  "x",
	  NULL },
	{ "a joiner", "a\xe2\x80\x8b", NULL },
	{ "a byte order mark",
	  "\xef\xbb\xbf"
	  "a",
	  NULL },
	{ "a byte that is no UTF-8", "a\xff", NULL },
	{ "a character cut short", "a\xc3", NULL },
	{ "nothing", "", "" },
};

int main(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *plain = utf8_plain_name(names[i].name);

		ok(names[i].plain == NULL ?
		           plain == NULL :
		           plain != NULL && strcmp(plain, names[i].plain) == 0,
		   "a name in ASCII: %s", names[i].what);
		free(plain);
	}
	ok(utf8_same_name("CAF\xc3\x89", "Cafe"),
	   "a name is the same in capitals with accents");
	ok(!utf8_same_name("Caf", "Cafe"), "a part of a name is not the same name");
	ok(utf8_begins_name("caf\xc3\xa9", "Cafe Zurich"),
	   "a name begins with a part of it");
	ok(utf8_begins_name("", "Cafe"), "a name begins with nothing");
	ok(!utf8_begins_name("Cafe\xff", "Cafe"), "what is no UTF-8 begins no name");
	return done_testing();
}

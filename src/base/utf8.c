/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"

size_t utf8_mark(const char *text, size_t len)
{
	static const char mark[] = "\xef\xbb\xbf";

	return len >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0 ?
	               strlen(mark) :
	               0;
}

long utf8_decode(const unsigned char *text, size_t left, size_t *len)
{
	static const long least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
	long point = text[0] & (0xff >> (n + 1));

	if (text[0] < 0xc0 || text[0] >= 0xf8 || n > left)
		return -1;
	for (size_t i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return -1;
		point = point << 6 | (text[i] & 0x3f);
	}
	*len = n;
	return point < least[n] || point > 0x10ffff || (point & 0x1ff800) == 0xd800 ?
	               -1 :
	               point;
}

/* U+00C0 to U+017F without their accents. */
static const char latin[] =
	"AAAAAAACEEEEIIIIDNOOOOO_OUUUUYTsaaaaaaaceeeeiiiidnooooo_ouuuuyty"
	"AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLl"
	"LlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

/* Characters that a terminal or a reader does not see as they are: controls, directions,
 * joiners, those for private use. */
static bool is_hidden(long point)
{
	static const long ranges[][2] = {
		{ 0x80, 0x9f },        { 0xad, 0xad },     { 0x180e, 0x180e },
		{ 0x200b, 0x200f },    { 0x2028, 0x202e }, { 0x2060, 0x206f },
		{ 0xe000, 0xf8ff },    { 0xfeff, 0xfeff }, { 0xfff0, 0xffff },
		{ 0xe0000, 0x10ffff },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (point >= ranges[i][0] && point <= ranges[i][1])
			return true;
	}
	return false;
}

/* The character in ASCII; '\0' for an accent of its own. */
static char plain(long point)
{
	if (point >= 0x300 && point <= 0x36f)
		return '\0';
	return point >= 0xc0 && point < 0x180 ? latin[point - 0xc0] : '_';
}

char *utf8_plain_name(const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t len = strlen(text);
	char *name = xcalloc(len + 1, 1);
	size_t n = 0;

	for (size_t i = 0, size = 1; i < len; i += size, size = 1) {
		long point = bytes[i];

		if (point >= 0x80)
			point = utf8_decode(bytes + i, len - i, &size);
		if (point == -1 || is_hidden(point)) {
			free(name);
			return NULL;
		}
		name[n] = point < 0x80 ? text[i] : plain(point);
		/* Several others in a row are one '_'. */
		n += name[n] != '\0' &&
		     (point < 0x80 || name[n] != '_' || n == 0 || name[n - 1] != '_');
	}
	name[n] = '\0';
	return name;
}

/* How much of name the given one is: 0 nothing, 1 its begin, 2 all. */
static int compare(const char *given, const char *name)
{
	char *plain = utf8_plain_name(given);
	char *have = utf8_plain_name(name);
	int rc = 0;

	if (plain != NULL && have != NULL && strcasecmp(plain, have) == 0)
		rc = 2;
	else if (plain != NULL && have != NULL &&
	         strncasecmp(plain, have, strlen(plain)) == 0)
		rc = 1;
	free(plain);
	free(have);
	return rc;
}

bool utf8_same_name(const char *given, const char *name)
{
	return compare(given, name) == 2;
}

bool utf8_begins_name(const char *given, const char *name)
{
	return compare(given, name) != 0;
}

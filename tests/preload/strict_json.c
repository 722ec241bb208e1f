/* SPDX-License-Identifier: MIT */
/*
 * strict_json.c - json-c as version 0.18 has it: a parser in strict mode refuses bytes
 * above 0x7f, and integers of more than 64 bits (here: of more than 20 digits).  For
 * programs that are started with LD_PRELOAD=strict_json.so.
 */
#include <dlfcn.h>

struct json_tokener;
struct json_object;

struct json_object *json_tokener_parse_ex(struct json_tokener *tok, const char *text,
                                          int len);

struct json_object *json_tokener_parse_ex(struct json_tokener *tok, const char *text,
                                          int len)
{
	union {
		void *symbol;
		struct json_object *(*call)(struct json_tokener *, const char *, int);
	} real = { dlsym(RTLD_NEXT, "json_tokener_parse_ex") };

	int digits = 0;

	for (int i = 0; i < len; i++) {
		if (((unsigned char)text[i] & 0x80) != 0 ||
		    (digits > 20 && (text[i] == ']' || text[i] == '}')))
			return real.call(tok, "'", 1);
		digits = text[i] >= '0' && text[i] <= '9' ? digits + 1 : 0;
	}
	return real.call(tok, text, len);
}

/* SPDX-License-Identifier: MIT */
/*
 * strict_json.c - json-c as version 0.18 has it: a parser in strict mode refuses bytes
 * above 0x7f.  For programs that are started with LD_PRELOAD=strict_json.so.
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

	for (int i = 0; i < len; i++) {
		if (((unsigned char)text[i] & 0x80) != 0)
			return real.call(tok, "'", 1);
	}
	return real.call(tok, text, len);
}

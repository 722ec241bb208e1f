/* SPDX-License-Identifier: MIT */
/*
 * drive_hostkey.c - the questions of src/hostkey/verify.h, one a command, for
 * t50-hosttrust.sh.  NAMES are separated by commas; ADDRESS may be "-": none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "hostkey/hostkeyalias.h"
#include "hostkey/verify.h"
#include "runtime/atomic.h"

enum { KEY_MAX = 16 * 1024 };

static struct strvec split(const char *text)
{
	struct strvec names = STRVEC_INIT;
	char *copy = xstrdup(text);

	for (char *p = copy; *p != '\0'; p++) {
		if (*p == ',')
			*p = ' ';
	}
	strvec_split(&names, copy);
	free(copy);
	return names;
}

/* The blob in a file as ssh-keygen writes it: type, base64, remark. */
static int read_key(const char *path, struct strbuf *blob, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	struct strvec words = STRVEC_INIT;
	int rc = atomic_read(path, KEY_MAX, &text, err);

	if (rc != -1) {
		text.data[strcspn(text.data, "\n")] = '\0';
		strvec_split(&words, text.data);
		rc = words.count > 1 && base64_decode(words.items[1],
		                                      strlen(words.items[1]), blob) ?
		             0 :
		             error_set(err, ERROR_INTERNAL, "%s is no public key", path);
	}
	strvec_release(&words);
	strbuf_release(&text);
	return rc;
}

/* accept NAMES ADDRESS KEY.pub */
static int do_accept(char **argv, struct error *err)
{
	struct hostkey_peer peer = {
		.names = split(argv[0]),
		.address = strcmp(argv[1], "-") == 0 ? NULL : argv[1],
		.called = "myapp-lion",
		.until = deadline_in(5000),
	};
	struct strbuf blob = STRBUF_INIT;
	int rc = read_key(argv[2], &blob, err);

	if (rc == 0)
		rc = hostkey_verify_or_learn(&peer, (const unsigned char *)blob.data,
		                             blob.len, err);
	strbuf_release(&blob);
	strvec_release(&peer.names);
	return rc;
}

/* junk NAMES: accept something that is no key */
static int do_junk(char **argv, struct error *err)
{
	struct hostkey_peer peer = { .names = split(argv[0]),
		                     .called = "myapp-lion",
		                     .until = deadline_in(5000) };
	int rc = hostkey_verify_or_learn(&peer,
	                                 (const unsigned char *)"\0\0\0\11ssh\nrogue", 13,
	                                 err);

	strvec_release(&peer.names);
	return rc;
}

/* has NAMES */
static int do_has(char **argv, struct error *err)
{
	struct strvec names = split(argv[0]);

	(void)err;
	(void)puts(hostkey_is_listed(&names) ? "yes" : "no");
	strvec_release(&names);
	return 0;
}

/* add NAMES */
static int do_add(char **argv, struct error *err)
{
	struct strvec names = split(argv[0]);
	int rc = hostkey_add_names(&names, deadline_in(5000), err);

	strvec_release(&names);
	return rc == -1 ? -1 : 0;
}

/* types NAMES ADDRESS */
static int do_types(char **argv, struct error *err)
{
	struct hostkey_peer peer = {
		.names = split(argv[0]),
		.address = strcmp(argv[1], "-") == 0 ? NULL : argv[1],
		.called = "myapp-lion",
		.until = deadline_in(5000),
	};
	struct strvec types = STRVEC_INIT;

	(void)err;
	hostkey_types(&peer, &types, NULL);
	for (size_t i = 0; i < types.count; i++)
		(void)puts(types.items[i]);
	strvec_release(&types);
	strvec_release(&peer.names);
	return 0;
}

/* names TARGET: what a server and a gateway of this name are kept under */
static int do_names(char **argv, struct error *err)
{
	char *server = hostkey_alias(argv[0]);
	char *gateway = hostkey_gateway_alias(argv[0]);

	(void)err;
	(void)printf("%s\n%s\n", server, gateway);
	free(server);
	free(gateway);
	return 0;
}

/* touch */
static int do_touch(char **argv, struct error *err)
{
	(void)argv;
	return hostkey_touch(err);
}

static const struct {
	const char *word;
	int arguments;
	int (*run)(char **argv, struct error *err);
} commands[] = {
	{ "accept", 3, do_accept }, { "junk", 1, do_junk },   { "has", 1, do_has },
	{ "add", 1, do_add },       { "types", 2, do_types }, { "names", 1, do_names },
	{ "touch", 0, do_touch },
};

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]) && argc > 1; i++) {
		if (strcmp(argv[1], commands[i].word) != 0 ||
		    argc != 2 + commands[i].arguments)
			continue;
		if (commands[i].run(argv + 2, &err) == 0)
			return 0;
		fprintf(stderr, "%s\n", err.text);
		return error_exit_status(err.code);
	}
	fprintf(stderr, "see the top of hosttrust.c\n");
	return 64;
}

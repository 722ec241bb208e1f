/* SPDX-License-Identifier: MIT */
/*
 * The listener of a login in the browser: a request is taken only when it bears the state
 * of this login, and what it brings is a code in plain text, or a refusal to print.
 *
 * Input: the request, as any program on this machine may send it.
 */

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cloud66/callback.h"
#include "fuzz.h"

#define STATE "0123456789abcdef0123456789abcdef"

static void check(int rc, const char *code, const struct error *err)
{
	require(rc == 0 || rc == 1 || rc == -1);
	require((rc == 1) == (code != NULL));
	require(code == NULL || (code[0] != '\0' && fuzz_is_printable(code)));
	require(rc != -1 || (err->code == ERROR_DENIED && fuzz_is_printable(err->text)));
}

void fuzz_input(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size);
	struct error err = ERROR_INIT;
	char *code = NULL;
	int rc = callback_read_request(text, size, STATE, &code, &err);

	check(rc, code, &err);
	require(rc == 0 || strncmp(text, "GET /?", 6) == 0);
	mem_free_secret(code);
	err = (struct error)ERROR_INIT;
	rc = callback_read(text, STATE, &code, &err);
	check(rc, code, &err);
	/* Escapes may hide the state, its name not. */
	require(rc == 0 || strstr(text, "state=") != NULL);
	mem_free_secret(code);
	free(text);
}

/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "hostkey/keyscan.h"
#include "hostkey/knownhostsline.h"
#include "runtime/paths.h"
#include "runtime/spawn.h"

static const char *const usual[] = { "ssh-ed25519", "ecdsa-sha2-nistp256",
	                             "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
	                             "ssh-rsa" };

/* Set *blob to the first key of this type in ssh-keyscan's output. */
static bool find(const char *output, const char *type, struct strbuf *blob)
{
	struct strbuf key = STRBUF_INIT;
	struct kh_line line;
	bool found = false;

	while (!found && kh_next_line(&output, &line)) {
		strbuf_clear(&key);
		found = line.kind == KH_PLAIN && kh_span_is(line.type, type) &&
		        base64_decode(line.key.at, line.key.len, &key);
	}
	if (found) {
		strbuf_release(blob);
		*blob = key;
	} else {
		strbuf_release(&key);
	}
	return found;
}

static bool find_any(const char *output, const char *const *types, size_t count,
                     struct strbuf *blob)
{
	for (size_t i = 0; i < count; i++) {
		if (find(output, types[i], blob))
			return true;
	}
	return false;
}

int keyscan(const char *address, uint16_t port, const struct strvec *types,
            struct strbuf *blob, struct deadline until, struct error *err)
{
	struct strbuf output = STRBUF_INIT;
	struct error trouble = ERROR_INIT;
	char *program = paths_tool("ssh-keyscan");
	char number[8];
	char *argv[] = { program,
		         (char[]){ "-T" },
		         (char[]){ "4" },
		         (char[]){ "-t" },
		         (char[]){ "ed25519,ecdsa,rsa" },
		         (char[]){ "-p" },
		         number,
		         (char[]){ "--" },
		         (char *)address,
		         NULL };
	int status;
	int rc = 0;

	(void)snprintf(number, sizeof(number), "%u", port);
	if (spawn_run(argv, until, &output, &status, &trouble) == -1 || status != 0 ||
	    (!find_any(output.data, (const char *const *)types->items, types->count,
	               blob) &&
	     !find_any(output.data, usual, sizeof(usual) / sizeof(usual[0]), blob)))
		rc = error_set(err, ERROR_UNAVAILABLE, "ssh-keyscan gets no host key");
	free(program);
	strbuf_release(&output);
	return rc;
}

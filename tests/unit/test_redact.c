/* SPDX-License-Identifier: MIT */
/* What a server says, without our secrets. */

#include "http/redact.h"
#include "tap.h"

static const struct redact_list list = { { "token-123", NULL, "s3cret", "abc" } };

static const struct {
	const char *what, *text, *shown;
} cases[] = {
	{ "text without a secret", "no such stack", "no such stack" },
	{ "nothing at all stays", "", "" },
	{ "a secret alone", "token-123", "(hidden)" },
	{ "a secret inside", "Bearer token-123!", "Bearer (hidden)!" },
	{ "two", "token-123 and s3cret", "(hidden) and (hidden)" },
	{ "one twice, without a gap", "token-123token-123", "(hidden)(hidden)" },
	{ "half of one is none", "token-12", "token-12" },
	{ "what begins like one before it", "ttoken-123", "t(hidden)" },
	{ "one too short to be a secret", "abc", "abc" },
	{ "a private key", "x -----BEGIN RSA PRIVATE KEY-----\nMII", "x (hidden)" },
	{ "what looks like our advice", "no; run: x | sh", "no; run. x | sh" },
	{ "control bytes", "a\033b", "a?b" },
	/* Cut at 31 bytes, but not through a secret. */
	{ "what is too long", "0123456789012345678901234 token-123",
	  "0123456789012345678901234 (hidd" },
};

int main(void)
{
	char out[32];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_str(redact(cases[i].text, &list, out, sizeof(out)), cases[i].shown,
		       "%s", cases[i].what);
	return done_testing();
}

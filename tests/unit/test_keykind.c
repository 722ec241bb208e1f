/* SPDX-License-Identifier: MIT */
/* Which kind of key a blob is. */
#include "base/sshbuf.h"
#include "base/strbuf.h"
#include "keys/keykind.h"
#include "tap.h"

static const struct {
	const char *type;
	bool plain;
	bool rsa;
	bool certificate;
} kinds[] = {
	{ "ssh-ed25519", true, false, false },
	{ "ecdsa-sha2-nistp256", true, false, false },
	{ "ecdsa-sha2-nistp384", true, false, false },
	{ "ecdsa-sha2-nistp521", true, false, false },
	{ "ssh-rsa", true, true, false },
	{ "rsa-sha2-512", false, false, false }, /* an algorithm, no type of a key */
	{ "ssh-dss", false, false, false },
	{ "sk-ssh-ed25519@openssh.com", false, false, false },
	{ "sk-ecdsa-sha2-nistp256@openssh.com", false, false, false },
	{ "ssh-rsa-cert-v01@openssh.com", false, false, true },
	{ "ssh-ed25519-cert-v01@openssh.com", false, false, true },
	{ "", false, false, false },
};

int main(void)
{
	struct strbuf blob = STRBUF_INIT;
	char text[100];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		strbuf_clear(&blob);
		sshbuf_put_cstring(&blob, kinds[i].type);
		strbuf_add(&blob, "rest", 4);
		ok(keykind_is_plain(&blob) == kinds[i].plain &&
		           keykind_is_rsa(&blob) == kinds[i].rsa &&
		           keykind_is_certificate(&blob) == kinds[i].certificate,
		   "a key of the type \"%s\" is of its kind", kinds[i].type);
	}
	strbuf_clear(&blob);
	ok(!keykind_is_plain(&blob) && !keykind_is_certificate(&blob),
	   "an empty blob is of no kind");
	strbuf_add(&blob, "\0\0\0\x20ssh-rsa", 11);
	ok(!keykind_is_rsa(&blob), "a blob that ends within its type is of no kind");
	strbuf_clear(&blob);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	sshbuf_put_cstring(&blob, text);
	ok(!keykind_is_plain(&blob), "a blob with a type without end is of no kind");
	strbuf_release(&blob);
	return done_testing();
}

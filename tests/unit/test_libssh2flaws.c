/* SPDX-License-Identifier: MIT */
/* What a version of libssh2 is trusted with. */

#include "bastion/libssh2flaws.h"
#include "tap.h"

static bool allows(unsigned int flaws, const char *name)
{
	return libssh2flaws_allow_algorithm(flaws, name, strlen(name));
}

int main(void)
{
	static const unsigned int both = LIBSSH2FLAWS_CIPHERS | LIBSSH2FLAWS_RSA;
	static const char *const flawed[] = { "1.11.0", "1.11.1", "1.11.1_DEV" };
	static const char *const sound[] = { "1.9.0", "1.10.0", "1.12.0", "1.110.0",
		                             "2.0.0" };
	static const char rsa[] = "\0\0\0\7ssh-rsa\0\0\0\1x";
	static const char certified[] = "\0\0\0\34ssh-rsa-cert-v01@openssh.com";
	static const char retyped[] = "\0\0\0\14rsa-sha2-512\0\0\0\1x";
	static const char ed25519[] = "\0\0\0\13ssh-ed25519\0\0\0\1x";

	for (size_t i = 0; i < sizeof(flawed) / sizeof(flawed[0]); i++)
		ok(libssh2flaws_of(flawed[i], 0) == both, "%s has both holes", flawed[i]);
	for (size_t i = 0; i < sizeof(sound) / sizeof(sound[0]); i++)
		ok(libssh2flaws_of(sound[i], 0) == 0, "%s has no hole", sound[i]);
	ok(libssh2flaws_of("1.11.1", LIBSSH2FLAWS_CIPHERS) == LIBSSH2FLAWS_RSA,
	   "a packager can say that the ciphers are patched");
	ok(libssh2flaws_of("1.11.1", both) == 0,
	   "a packager can say that all holes are patched");
	ok(libssh2flaws_of("1.10.0", both) == 0, "a patch adds no hole");

	ok(!allows(both, "aes128-gcm@openssh.com") && !allows(both, "aes256-gcm"),
	   "a flawed libssh2 is offered no AES-GCM");
	ok(!allows(both, "hmac-sha2-256-etm@openssh.com"),
	   "a flawed libssh2 is offered no encrypt-then-MAC");
	ok(allows(both, "aes128-ctr") && allows(both, "hmac-sha2-256") &&
	           allows(both, "curve25519-sha256"),
	   "a flawed libssh2 is offered all else");
	ok(allows(LIBSSH2FLAWS_RSA, "aes128-gcm@openssh.com") &&
	           allows(0, "hmac-sha2-512-etm@openssh.com"),
	   "a libssh2 without the hole of the ciphers is offered AES-GCM and "
	   "encrypt-then-MAC");

	ok(!libssh2flaws_allow_key(both, rsa, sizeof(rsa)),
	   "a flawed libssh2 gets no key of type ssh-rsa");
	ok(!libssh2flaws_allow_key(LIBSSH2FLAWS_RSA, certified, sizeof(certified)),
	   "a flawed libssh2 gets no certificate of a key of type ssh-rsa");
	ok(libssh2flaws_allow_key(both, retyped, sizeof(retyped)) &&
	           libssh2flaws_allow_key(both, ed25519, sizeof(ed25519)),
	   "a flawed libssh2 gets keys of other types");
	ok(libssh2flaws_allow_key(LIBSSH2FLAWS_CIPHERS, rsa, sizeof(rsa)),
	   "a libssh2 without the hole of RSA gets keys of type ssh-rsa");
	ok(libssh2flaws_allow_key(both, rsa, 3),
	   "a blob that is cut short is no key of type ssh-rsa");
	return done_testing();
}

/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/base64.h"
#include "base/strbuf.h"
#include "hostkey/fingerprint.h"

const char *fingerprint_of_blob(const struct strbuf *blob, char out[FINGERPRINT_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct strbuf text = STRBUF_INIT;
	unsigned int size = 0;

	(void)snprintf(out, FINGERPRINT_SIZE, "?");
	if (EVP_Digest(blob->data, blob->len, digest, &size, EVP_sha256(), NULL) == 1) {
		base64_encode(digest, size, &text);
		(void)snprintf(out, FINGERPRINT_SIZE, "SHA256:%.*s",
		               (int)strcspn(text.data, "="), text.data);
	}
	strbuf_release(&text);
	return out;
}

const char *fingerprint_of(const char *key, size_t len, char out[FINGERPRINT_SIZE])
{
	struct strbuf blob = STRBUF_INIT;

	(void)snprintf(out, FINGERPRINT_SIZE, "?");
	if (base64_decode(key, len, &blob))
		(void)fingerprint_of_blob(&blob, out);
	strbuf_release(&blob);
	return out;
}

const char *fingerprint_openssl(void)
{
	return OpenSSL_version(OPENSSL_VERSION);
}

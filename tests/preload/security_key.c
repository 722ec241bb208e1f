/* SPDX-License-Identifier: MIT */
/*
 * security_key.c - a FIDO token without hardware: the functions that OpenSSH's
 * SecurityKeyProvider must have (sk-api.h of OpenSSH, API 10).  Keys are Ed25519; the
 * handle of a key is its private half.  The token signs at once, as if it had been
 * touched.
 */
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { API_VERSION = 0x000a0000, ED25519 = 1, KEY_LEN = 32, SIGNATURE_LEN = 64 };
enum { FAILED = -1, UNSUPPORTED = -2 };

struct sk_option;

struct sk_enroll_response {
	uint8_t flags;
	uint8_t *public_key;
	size_t public_key_len;
	uint8_t *key_handle;
	size_t key_handle_len;
	uint8_t *signature;
	size_t signature_len;
	uint8_t *attestation_cert;
	size_t attestation_cert_len;
	uint8_t *authdata;
	size_t authdata_len;
};

struct sk_sign_response {
	uint8_t flags;
	uint32_t counter;
	uint8_t *sig_r;
	size_t sig_r_len;
	uint8_t *sig_s;
	size_t sig_s_len;
};

uint32_t sk_api_version(void);
int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len,
              const char *application, uint8_t flags, const char *pin,
              struct sk_option **options, struct sk_enroll_response **response);
int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application,
            const uint8_t *key_handle, size_t key_handle_len, uint8_t flags,
            const char *pin, struct sk_option **options,
            struct sk_sign_response **response);
int sk_load_resident_keys(const char *pin, struct sk_option **options, void *keys,
                          size_t *count);

uint32_t sk_api_version(void)
{
	return API_VERSION;
}

int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len,
              const char *application, uint8_t flags, const char *pin,
              struct sk_option **options, struct sk_enroll_response **response)
{
	struct sk_enroll_response *r = calloc(1, sizeof(*r));
	EVP_PKEY *key = alg == ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : NULL;
	size_t len = KEY_LEN;

	(void)challenge;
	(void)challenge_len;
	(void)application;
	(void)pin;
	(void)options;
	if (key == NULL || r == NULL) {
		free(r);
		return UNSUPPORTED;
	}
	r->flags = flags;
	r->public_key = calloc(1, KEY_LEN);
	r->key_handle = calloc(1, KEY_LEN);
	r->signature = calloc(1, 1);
	r->public_key_len = r->key_handle_len = KEY_LEN;
	(void)EVP_PKEY_get_raw_public_key(key, r->public_key, &len);
	(void)EVP_PKEY_get_raw_private_key(key, r->key_handle, &len);
	EVP_PKEY_free(key);
	*response = r;
	return 0;
}

/* What a token signs: SHA-256 of the application, flags, counter, SHA-256 of the data. */
static size_t signed_text(uint8_t *text, const char *application,
                          const struct sk_sign_response *r, const uint8_t *data,
                          size_t data_len)
{
	uint8_t *at = text + SHA256_DIGEST_LENGTH;

	SHA256((const uint8_t *)application, strlen(application), text);
	*at++ = r->flags;
	for (int shift = 24; shift >= 0; shift -= 8)
		*at++ = (uint8_t)(r->counter >> shift);
	SHA256(data, data_len, at);
	return (size_t)(at - text) + SHA256_DIGEST_LENGTH;
}

int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application,
            const uint8_t *key_handle, size_t key_handle_len, uint8_t flags,
            const char *pin, struct sk_option **options,
            struct sk_sign_response **response)
{
	struct sk_sign_response *r = calloc(1, sizeof(*r));
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key_handle,
	                                             key_handle_len);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t text[2 * SHA256_DIGEST_LENGTH + 5];
	int rc = FAILED;

	(void)pin;
	(void)options;
	if (alg == ED25519 && r != NULL && key != NULL && context != NULL) {
		r->flags = flags;
		r->counter = 1;
		r->sig_r = calloc(1, SIGNATURE_LEN);
		r->sig_r_len = SIGNATURE_LEN;
		if (EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestSign(context, r->sig_r, &r->sig_r_len, text,
		                   signed_text(text, application, r, data, data_len)) ==
		            1)
			rc = 0;
		*response = r;
	}
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return rc;
}

int sk_load_resident_keys(const char *pin, struct sk_option **options, void *keys,
                          size_t *count)
{
	(void)pin;
	(void)options;
	(void)keys;
	(void)count;
	return UNSUPPORTED;
}

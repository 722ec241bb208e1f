/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/sshbuf.h"
#include "base/strbuf.h"
#include "keys/keyfile.h"
#include "keys/sshkey.h"

struct sshkey {
	EVP_PKEY *pkey;
};

static const struct curve {
	const char *type;
	const char *ssh_name;
	const char *group;
	const char *hash;
} curves[] = {
	{ "ecdsa-sha2-nistp256", "nistp256", "prime256v1", "SHA256" },
	{ "ecdsa-sha2-nistp384", "nistp384", "secp384r1", "SHA384" },
	{ "ecdsa-sha2-nistp521", "nistp521", "secp521r1", "SHA512" },
};

enum { CURVES = sizeof(curves) / sizeof(curves[0]) };

/* Which hash goes with an RSA signature algorithm. */
static const struct {
	const char *algorithm;
	const char *hash;
} rsa_hashes[] = {
	{ "rsa-sha2-512", "SHA512" },
	{ "rsa-sha2-256", "SHA256" },
	{ "ssh-rsa", "SHA1" },
};

enum { RSA_HASHES = sizeof(rsa_hashes) / sizeof(rsa_hashes[0]) };

/* Take the next string as a number. */
static BIGNUM *take_number(struct sshbuf *p)
{
	struct sshbuf number;

	if (!sshbuf_get_string(p, &number) || number.left > 4096)
		return NULL;
	return BN_bin2bn(number.at, (int)number.left, NULL);
}

/* A key from the parameters of build; NULL when they make none. */
static EVP_PKEY *from_parameters(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (params != NULL && ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		pkey = NULL;
	for (OSSL_PARAM *p = params; p != NULL && p->key != NULL; p++)
		mem_wipe(p->data, p->data_size);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return pkey;
}

/* d mod (prime - 1), which OpenSSH leaves out of its files. */
static BIGNUM *exponent(const BIGNUM *d, const BIGNUM *prime)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *less = BN_dup(prime);
	BIGNUM *result = BN_new();
	bool good = ctx != NULL && less != NULL && result != NULL &&
	            BN_sub_word(less, 1) == 1 && BN_mod(result, d, less, ctx) == 1;

	BN_clear_free(less);
	BN_CTX_free(ctx);
	if (good)
		return result;
	BN_clear_free(result);
	return NULL;
}

/* n e d iqmp p q, then the two exponents */
static EVP_PKEY *read_rsa(struct sshbuf *p)
{
	static const char *const names[] = {
		OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
		OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
		OSSL_PKEY_PARAM_RSA_FACTOR1,   OSSL_PKEY_PARAM_RSA_FACTOR2,
		OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
	};
	enum { D = 2, P = 4, Q = 5, IN_FILE = 6, ALL = 8 };
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *numbers[ALL] = { NULL };
	EVP_PKEY *pkey = NULL;
	bool good = build != NULL;

	for (size_t i = 0; i < IN_FILE; i++)
		good = (numbers[i] = take_number(p)) != NULL && good;
	if (good) {
		numbers[IN_FILE] = exponent(numbers[D], numbers[P]);
		numbers[IN_FILE + 1] = exponent(numbers[D], numbers[Q]);
	}
	for (size_t i = 0; i < ALL; i++)
		good = good && numbers[i] != NULL &&
		       OSSL_PARAM_BLD_push_BN(build, names[i], numbers[i]) == 1;
	if (good)
		pkey = from_parameters("RSA", build);
	for (size_t i = 0; i < ALL; i++)
		BN_clear_free(numbers[i]);
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

/* curve, public point, private number */
static EVP_PKEY *read_ecdsa(struct sshbuf *p, const struct curve *curve)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *number = NULL;
	EVP_PKEY *pkey = NULL;
	struct sshbuf name;
	struct sshbuf point;

	if (build != NULL && sshbuf_get_string(p, &name) &&
	    sshbuf_equals(&name, curve->ssh_name) && sshbuf_get_string(p, &point) &&
	    (number = take_number(p)) != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
	                                    curve->group, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.at,
	                                     point.left) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1)
		pkey = from_parameters("EC", build);
	BN_clear_free(number);
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

/* public key, then seed and public key in one */
static EVP_PKEY *read_ed25519(struct sshbuf *p)
{
	struct sshbuf point;
	struct sshbuf both;

	if (!sshbuf_get_string(p, &point) || !sshbuf_get_string(p, &both) ||
	    both.left != 64)
		return NULL;
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, both.at, 32);
}

/* The private section: the same number twice, the type, its numbers. */
static EVP_PKEY *read_section(const struct strbuf *section)
{
	struct sshbuf p = sshbuf_of(section);
	uint32_t first;
	uint32_t second;
	char type[64];

	if (!sshbuf_get_u32(&p, &first) || !sshbuf_get_u32(&p, &second) ||
	    first != second || !sshbuf_get_cstring(&p, type, sizeof(type)))
		return NULL;
	if (strcmp(type, "ssh-rsa") == 0)
		return read_rsa(&p);
	if (strcmp(type, "ssh-ed25519") == 0)
		return read_ed25519(&p);
	for (size_t i = 0; i < CURVES; i++) {
		if (strcmp(type, curves[i].type) == 0)
			return read_ecdsa(&p, &curves[i]);
	}
	return NULL;
}

/* OpenSSL's callback for a passphrase: note that it asked, and give none. */
static int no_passphrase(char *buf, int size, int writing, void *asked)
{
	(void)buf;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}

static EVP_PKEY *read_pem(const struct strbuf *text, bool *encrypted)
{
	BIO *bio = BIO_new_mem_buf(text->data, (int)text->len);
	EVP_PKEY *pkey = NULL;

	if (bio != NULL)
		pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, encrypted);
	BIO_free(bio);
	ERR_clear_error();
	return pkey;
}

static bool put_number(const EVP_PKEY *pkey, const char *name, struct strbuf *out)
{
	unsigned char bytes[2048];
	BIGNUM *number = NULL;
	int len = 0;

	if (EVP_PKEY_get_bn_param(pkey, name, &number) == 1 &&
	    BN_num_bytes(number) <= (int)sizeof(bytes))
		len = BN_bn2bin(number, bytes);
	sshbuf_put_mpint(out, bytes, (size_t)len);
	mem_wipe(bytes, (size_t)len); /* may be private */
	BN_clear_free(number);
	return len > 0;
}

static bool public_of_ec(EVP_PKEY *pkey, struct strbuf *blob)
{
	unsigned char *point = NULL;
	char group[64];
	size_t len = EVP_PKEY_get1_encoded_public_key(pkey, &point);
	bool known = false;

	if (len == 0 || EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME,
	                                               group, sizeof(group), NULL) != 1)
		len = 0;
	for (size_t i = 0; i < CURVES && len > 0; i++) {
		if (strcmp(group, curves[i].group) != 0)
			continue;
		sshbuf_put_cstring(blob, curves[i].type);
		sshbuf_put_cstring(blob, curves[i].ssh_name);
		sshbuf_put_string(blob, point, len);
		known = true;
	}
	OPENSSL_free(point);
	return known;
}

struct sshkey *sshkey_read(const struct keyfile *file, bool *encrypted)
{
	struct sshkey *key;
	EVP_PKEY *pkey = NULL;

	*encrypted = file->encrypted;
	if (file->form == KEYFILE_OPENSSH && !file->encrypted)
		pkey = read_section(&file->secret);
	else if (file->form == KEYFILE_PEM)
		pkey = read_pem(&file->text, encrypted);
	ERR_clear_error();
	if (pkey == NULL)
		return NULL;
	key = xcalloc(1, sizeof(*key));
	key->pkey = pkey;
	return key;
}

void sshkey_free(struct sshkey *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey); /* wipes the private numbers */
	free(key);
}

bool sshkey_public(const struct sshkey *key, struct strbuf *blob)
{
	unsigned char point[32];
	size_t len = sizeof(point);

	switch (EVP_PKEY_get_base_id(key->pkey)) {
	case EVP_PKEY_RSA:
		sshbuf_put_cstring(blob, "ssh-rsa");
		return put_number(key->pkey, OSSL_PKEY_PARAM_RSA_E, blob) &&
		       put_number(key->pkey, OSSL_PKEY_PARAM_RSA_N, blob);
	case EVP_PKEY_ED25519:
		if (EVP_PKEY_get_raw_public_key(key->pkey, point, &len) != 1)
			return false;
		sshbuf_put_cstring(blob, "ssh-ed25519");
		sshbuf_put_string(blob, point, len);
		return true;
	case EVP_PKEY_EC: return public_of_ec(key->pkey, blob);
	default: return false;
	}
}

static bool private_of_rsa(const EVP_PKEY *pkey, struct strbuf *out)
{
	static const char *const names[] = {
		OSSL_PKEY_PARAM_RSA_N,       OSSL_PKEY_PARAM_RSA_E,
		OSSL_PKEY_PARAM_RSA_D,       OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
		OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
	};

	sshbuf_put_cstring(out, "ssh-rsa");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!put_number(pkey, names[i], out))
			return false;
	}
	return true;
}

/* The public key, then the seed and the public key in one. */
static bool private_of_ed25519(const EVP_PKEY *pkey, struct strbuf *out)
{
	unsigned char both[64];
	size_t seed_len = 32;
	size_t point_len = 32;
	bool good = EVP_PKEY_get_raw_private_key(pkey, both, &seed_len) == 1 &&
	            EVP_PKEY_get_raw_public_key(pkey, both + 32, &point_len) == 1;

	if (good) {
		sshbuf_put_cstring(out, "ssh-ed25519");
		sshbuf_put_string(out, both + 32, 32);
		sshbuf_put_string(out, both, sizeof(both));
	}
	mem_wipe(both, sizeof(both));
	return good;
}

bool sshkey_private(const struct sshkey *key, struct strbuf *out)
{
	switch (EVP_PKEY_get_base_id(key->pkey)) {
	case EVP_PKEY_RSA: return private_of_rsa(key->pkey, out);
	case EVP_PKEY_ED25519: return private_of_ed25519(key->pkey, out);
	case EVP_PKEY_EC:
		return public_of_ec(key->pkey, out) &&
		       put_number(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, out);
	default: return false;
	}
}

/* Set *hash to the digest of algorithm; false when key is not for algorithm. */
static bool hash_of(const struct sshkey *key, const char *algorithm, const char **hash)
{
	int kind = EVP_PKEY_get_base_id(key->pkey);

	*hash = NULL; /* Ed25519 needs none */
	if (kind == EVP_PKEY_ED25519)
		return strcmp(algorithm, "ssh-ed25519") == 0;
	for (size_t i = 0; i < RSA_HASHES && kind == EVP_PKEY_RSA; i++) {
		if (strcmp(algorithm, rsa_hashes[i].algorithm) == 0)
			*hash = rsa_hashes[i].hash;
	}
	for (size_t i = 0; i < CURVES && kind == EVP_PKEY_EC; i++) {
		if (strcmp(algorithm, curves[i].type) == 0)
			*hash = curves[i].hash;
	}
	return *hash != NULL;
}

/* Write OpenSSL's DER signature as SSH's two mpints. */
static bool put_ecdsa_signature(const unsigned char *der, size_t len, struct strbuf *out)
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
	unsigned char number[128];

	if (pair == NULL)
		return false;
	sshbuf_put_mpint(out, number, (size_t)BN_bn2bin(ECDSA_SIG_get0_r(pair), number));
	sshbuf_put_mpint(out, number, (size_t)BN_bn2bin(ECDSA_SIG_get0_s(pair), number));
	ECDSA_SIG_free(pair);
	return true;
}

int sshkey_sign(const struct sshkey *key, const char *algorithm,
                const struct strbuf *data, struct strbuf *signature, struct error *err)
{
	unsigned char made[2048]; /* RSA of 16384 bits, the longest that OpenSSH takes */
	size_t len = sizeof(made);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const char *hash;
	bool good = ctx != NULL && hash_of(key, algorithm, &hash) &&
	            EVP_DigestSignInit_ex(ctx, NULL, hash, NULL, NULL, key->pkey, NULL) ==
	                    1 &&
	            EVP_DigestSign(ctx, made, &len, (const unsigned char *)data->data,
	                           data->len) == 1;

	if (good && EVP_PKEY_get_base_id(key->pkey) == EVP_PKEY_EC)
		good = put_ecdsa_signature(made, len, signature);
	else if (good)
		strbuf_add(signature, made, len);
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	if (!good)
		return error_set(err, ERROR_DENIED,
		                 "OpenSSL would not sign with the key");
	return 0;
}

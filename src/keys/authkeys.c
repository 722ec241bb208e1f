/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/sshbuf.h"
#include "base/strbuf.h"
#include "keys/agent.h"
#include "keys/authkeys.h"
#include "keys/keyfile.h"
#include "keys/keykind.h"
#include "keys/sshkey.h"
#include "net/fdpass.h"

/* Few attempts: sshd disconnects after MaxAuthTries (6) failures, and from 9.8 on then
 * refuses the address for a while (PerSourcePenalties). */
enum { KEYS_MAX = 3, VARIANTS = 3 };

struct authkeys {
	struct authkeys_config config;
	struct strbuf
		wanted; /* public half of the key file; empty: any key of the agent */
	bool is_public; /* the key file is */
	bool listing;   /* the agent was asked for its keys */
	int opening;    /* the connection to the agent comes through it; -1 */
	struct strbuf blobs[KEYS_MAX];
	size_t count;
	struct sshkey *key;    /* the private half of blobs[0]; NULL: in the agent */
	int agent;             /* -1: not needed, or not there yet */
	bool signing;          /* the agent was asked */
	struct strbuf partial; /* of its answer */
	bool skipped; /* the agent has keys of types that libssh2 does not take */
	const char *unfit;
	char *display_name;
};

static const char rsa_sha2_512[] = "rsa-sha2-512";
static const char rsa_sha2_256[] = "rsa-sha2-256";
static const char rsa_sha1[] = "ssh-rsa";

static void add_blob(struct authkeys *keys, const struct strbuf *blob)
{
	keys->blobs[keys->count] = (struct strbuf)STRBUF_INIT;
	strbuf_add(&keys->blobs[keys->count++], blob->data, blob->len);
}

/* Take one of the agent's keys, unless there are enough. */
static void take_key(struct authkeys *keys, const struct strbuf *blob)
{
	if (keykind_is_certificate(blob))
		keys->unfit = "ssh-agent has a certificate";
	if (!keykind_is_plain(blob))
		keys->skipped = true;
	else if (keys->count < KEYS_MAX)
		add_blob(keys, blob);
}

/* Take the wanted one of the agent's keys, or the first few.  Returns how many may be
 * taken. */
static int take_listed(struct authkeys *keys, const struct strbuf *blobs)
{
	struct strbuf blob = STRBUF_INIT;
	struct sshbuf p = sshbuf_of(blobs);
	struct sshbuf one;
	int count = 0;

	while (sshbuf_get_string(&p, &one)) {
		if (keys->wanted.len > 0 && !sshbuf_same(&one, &keys->wanted))
			continue;
		strbuf_clear(&blob);
		strbuf_add(&blob, one.at, one.left);
		take_key(keys, &blob);
		count++;
	}
	if (keys->count == 0 && keys->skipped && keys->unfit == NULL)
		keys->unfit = "the key in ssh-agent is of a kind for OpenSSH only";
	strbuf_release(&blob);
	return count;
}

/* The end of a listing without a key file: count keys may be taken; -1: why says what
 * failed. */
static int end_agent(struct authkeys *keys, int count, struct error *why,
                     struct error *err)
{
	const struct authkeys_config *config = &keys->config;

	keys->display_name = count > KEYS_MAX ?
	                             xasprintf("the first %d of %d keys in ssh-agent",
	                                       KEYS_MAX, count) :
	                             xstrdup("the keys in ssh-agent");
	if (count > 0)
		return 0;
	if (count == 0)
		error_set(why, ERROR_CONFIG, "ssh-agent at %s is locked or has no key",
		          agent_socket(config->agent_path));
	else if (keys->agent != -1)
		error_prefix(why, "%s", agent_socket(config->agent_path));
	error_set(err, ERROR_CONFIG, "no key for gateway %s: %s", config->address,
	          why->text);
	return error_hint(err, "cxssh gateway key %s FILE", config->address);
}

/* The file does not give the private half: the agent must have it. */
static int end_matching(const struct authkeys *keys, int count, const struct error *why,
                        struct error *err)
{
	const char *file = keys->config.key_file;

	if (count > 0)
		return 0;
	error_set(err, ERROR_DENIED, "the key %s is %s and not in ssh-agent%s%s%s", file,
	          keys->is_public ? "a public key" : "encrypted",
	          why->text[0] != '\0' ? " (" : "", why->text,
	          why->text[0] != '\0' ? ")" : "");
	return error_hint(err, "ssh-add %s", keys->is_public ? "FILE" : file);
}

static int end_listing(struct authkeys *keys, int count, struct error *why,
                       struct error *err)
{
	keys->listing = false;
	strbuf_release(&keys->partial);
	return keys->config.key_file == NULL ? end_agent(keys, count, why, err) :
	                                       end_matching(keys, count, why, err);
}

/* Ask the agent for its keys, of which only one is wanted unless keys->wanted is empty.
 */
static int start_listing(struct authkeys *keys, struct error *err)
{
	const struct authkeys_config *config = &keys->config;
	struct error why = ERROR_INIT;
	int rc = 0;

	keys->listing = true;
	if (config->open_agent != NULL) {
		rc = keys->opening = config->open_agent(&why);
	} else {
		keys->agent = agent_open(config->agent_path, &why);
		rc = keys->agent == -1 ? -1 : agent_list_start(keys->agent, &why);
	}
	return rc == -1 ? end_listing(keys, -1, &why, err) : 0;
}

/* The agent's connection comes through the descriptor: 1 when it is there, 0, or -1. */
static int receive_agent(struct authkeys *keys, struct error *err)
{
	char byte;
	ssize_t n = fdpass_read(keys->opening, &byte, 1, &keys->agent);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	fd_close(&keys->opening);
	if (keys->agent == -1)
		return error_set(err, ERROR_UNAVAILABLE, "ssh-agent does not answer (%s)",
		                 agent_socket(NULL));
	return agent_list_start(keys->agent, err) == -1 ? -1 : 1;
}

int authkeys_step(struct authkeys *keys, struct deadline until, struct error *err)
{
	struct strbuf blobs = STRBUF_INIT;
	struct error why = ERROR_INIT;
	int rc = 1;
	int count = -1;

	if (!keys->listing)
		return AUTHKEYS_READY;
	if (keys->opening != -1)
		rc = receive_agent(keys, &why);
	if (rc == 1)
		rc = agent_list_step(keys->agent, &keys->partial, &blobs, &why);
	if (rc == 1)
		count = take_listed(keys, &blobs);
	strbuf_release(&blobs);
	if (rc == 0 && !deadline_passed(until))
		return AUTHKEYS_PENDING;
	if (rc == 0)
		error_set(&why, ERROR_UNAVAILABLE, "ssh-agent did not answer in time");
	return end_listing(keys, count, &why, err);
}

/* The file does not give the private half. */
static int ask_agent(struct authkeys *keys, const struct keyfile *file, struct error *err)
{
	struct error why = ERROR_INIT;

	keys->is_public = file->form == KEYFILE_PUBLIC || file->text.len == 0;
	strbuf_add(&keys->wanted, file->blob.data, file->blob.len);
	if (file->blob.len > 0)
		return start_listing(keys, err);
	error_set(&why, ERROR_DENIED, "%s.pub is missing", keys->config.key_file);
	return end_listing(keys, -1, &why, err);
}

static int load_file(struct authkeys *keys, struct error *err)
{
	const struct authkeys_config *config = &keys->config;
	struct keyfile file = KEYFILE_INIT;
	struct strbuf blob = STRBUF_INIT;
	bool encrypted = false;
	int rc = -1;

	keys->display_name = xasprintf("the key %s", config->key_file);
	if (keyfile_read(config->key_file, &file, err) == -1)
		goto out;
	rc = 0;
	if (file.certified || keykind_is_certificate(&file.blob))
		keys->unfit = "the key has a certificate";
	else if (file.blob.len > 0 && !keykind_is_plain(&file.blob))
		keys->unfit = "the key is of a kind for OpenSSH only";
	if (keys->unfit != NULL)
		goto out;
	keys->key = sshkey_read(&file, &encrypted);
	if (keys->key != NULL && sshkey_public(keys->key, &blob))
		add_blob(keys, &blob);
	else if (encrypted || file.form == KEYFILE_PUBLIC || file.text.len == 0)
		rc = ask_agent(keys, &file, err);
	else
		rc = error_set(err, ERROR_CONFIG,
		               "%s is not a private key that can be used (RSA, ECDSA, "
		               "Ed25519)",
		               config->key_file);
out:
	strbuf_release(&blob);
	keyfile_release(&file);
	return rc;
}

struct authkeys *authkeys_start(const struct authkeys_config *config, struct error *err)
{
	struct authkeys *keys = xcalloc(1, sizeof(*keys));
	int rc;

	keys->config = *config;
	keys->agent = keys->opening = -1;
	keys->partial = keys->wanted = (struct strbuf)STRBUF_INIT;
	rc = config->key_file != NULL ? load_file(keys, err) : start_listing(keys, err);
	if (rc == 0)
		return keys;
	authkeys_free(keys);
	return NULL;
}

struct authkeys *authkeys_load(const struct authkeys_config *config,
                               struct deadline until, struct error *err)
{
	struct authkeys *keys = authkeys_start(config, err);
	int rc = AUTHKEYS_PENDING;

	while (keys != NULL &&
	       (rc = authkeys_step(keys, until, err)) == AUTHKEYS_PENDING) {
		struct pollfd pfd = { .fd = authkeys_poll_fd(keys), .events = POLLIN };

		(void)poll(&pfd, 1, deadline_left(until));
	}
	if (rc == AUTHKEYS_READY)
		return keys;
	authkeys_free(keys);
	return NULL;
}

void authkeys_free(struct authkeys *keys)
{
	if (keys == NULL)
		return;
	for (size_t i = 0; i < keys->count; i++)
		strbuf_release(&keys->blobs[i]);
	strbuf_release(&keys->partial);
	strbuf_release(&keys->wanted);
	sshkey_free(keys->key);
	fd_close(&keys->opening);
	fd_close(&keys->agent);
	free(keys->display_name);
	free(keys);
}

const char *authkeys_unfit(const struct authkeys *keys)
{
	return keys->unfit;
}

bool authkeys_skipped(const struct authkeys *keys)
{
	return keys->skipped;
}

const char *authkeys_display_name(const struct authkeys *keys)
{
	return keys->display_name;
}

/* The key of an attempt, and for RSA the algorithm.  One key is tried with all of them;
 * of several, each with the likeliest. */
static const struct strbuf *choose(const struct authkeys *keys,
                                   const struct authkeys_try *turn,
                                   const char **algorithm)
{
	static const char *const order[2][VARIANTS] = {
		{ rsa_sha1, rsa_sha2_512, rsa_sha2_256 },
		{ rsa_sha2_512, rsa_sha2_256, rsa_sha1 },
	};
	size_t which = keys->count > 1 ? turn->attempt : 0;
	size_t form = keys->count > 1 ? 0 : turn->attempt;

	*algorithm = NULL;
	if (which >= keys->count)
		return NULL;
	if (keykind_is_rsa(&keys->blobs[which])) {
		if (form >= VARIANTS)
			return NULL;
		*algorithm = order[turn->modern ? 1 : 0][form];
		return &keys->blobs[which];
	}
	return form == 0 ? &keys->blobs[which] : NULL;
}

bool authkeys_offer(const struct authkeys *keys, const struct authkeys_try *turn,
                    struct strbuf *blob)
{
	const char *algorithm;
	const struct strbuf *chosen = choose(keys, turn, &algorithm);
	struct sshbuf p;
	struct sshbuf type;

	strbuf_clear(blob);
	if (chosen == NULL)
		return false;
	p = sshbuf_of(chosen);
	if (algorithm != NULL && sshbuf_get_string(&p, &type))
		sshbuf_put_cstring(blob, algorithm);
	strbuf_add(blob, p.at, p.left);
	return true;
}

/* The algorithm that the request names (RFC 4252 section 7). */
static bool named_algorithm(const struct strbuf *data, char *algorithm, size_t cap)
{
	struct sshbuf p = sshbuf_of(data);
	struct sshbuf skipped;
	unsigned char byte;

	return sshbuf_get_string(&p, &skipped) && /* session */
	       sshbuf_get_u8(&p, &byte) &&        /* 50 */
	       sshbuf_get_string(&p, &skipped) &&
	       sshbuf_get_string(&p, &skipped) && /* user, service */
	       sshbuf_get_string(&p, &skipped) &&
	       sshbuf_get_u8(&p, &byte) && /* method, true */
	       sshbuf_get_cstring(&p, algorithm, cap);
}

static uint32_t flags_for(const char *algorithm)
{
	if (strcmp(algorithm, rsa_sha2_512) == 0)
		return AGENT_RSA_SHA2_512;
	return strcmp(algorithm, rsa_sha2_256) == 0 ? AGENT_RSA_SHA2_256 : 0;
}

bool authkeys_unattended(const struct authkeys *keys)
{
	return keys->key != NULL;
}

/* The bytes of a signature that the agent made by the algorithm. */
static int check_signature(const struct strbuf *framed, const char *algorithm,
                           struct strbuf *signature, struct error *err)
{
	struct sshbuf p = sshbuf_of(framed);
	struct sshbuf made_with;
	struct sshbuf made;

	if (!sshbuf_get_string(&p, &made_with) || !sshbuf_get_string(&p, &made) ||
	    !sshbuf_equals(&made_with, algorithm))
		return error_set(err, ERROR_DENIED, "ssh-agent cannot sign with %s",
		                 algorithm);
	strbuf_add(signature, made.at, made.left);
	return AUTHKEYS_SIGNED;
}

static int sign_by_agent(struct authkeys *keys, const struct agent_request *wanted,
                         const char *algorithm, struct strbuf *signature,
                         struct error *err)
{
	struct strbuf framed = STRBUF_INIT;
	int rc = keys->signing ? 0 : agent_sign_start(keys->agent, wanted, err);

	if (rc == 0)
		rc = agent_sign_step(keys->agent, &keys->partial, &framed, err);
	keys->signing = rc == 0;
	if (rc == 1)
		rc = check_signature(&framed, algorithm, signature, err);
	else if (rc == 0)
		rc = AUTHKEYS_PENDING;
	if (!keys->signing)
		strbuf_release(&keys->partial);
	strbuf_release(&framed);
	return rc;
}

int authkeys_poll_fd(const struct authkeys *keys)
{
	if (keys->opening != -1)
		return keys->opening;
	return keys->listing || keys->signing ? keys->agent : -1;
}

int authkeys_sign(struct authkeys *keys, const struct authkeys_try *turn,
                  const struct strbuf *data, struct strbuf *signature, struct error *err)
{
	const char *variant;
	const struct strbuf *blob = choose(keys, turn, &variant);
	struct agent_request wanted = { .blob = blob, .data = data };
	char algorithm[64];

	if (blob == NULL || !named_algorithm(data, algorithm, sizeof(algorithm)))
		return error_set(err, ERROR_INTERNAL, "not a request of this login");
	if (keys->key != NULL)
		return sshkey_sign(keys->key, algorithm, data, signature, err);
	wanted.flags = flags_for(algorithm);
	return sign_by_agent(keys, &wanted, algorithm, signature, err);
}

/* SPDX-License-Identifier: MIT */
#include "bastion/bastionkey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/sshbuf.h"
#include "base/strvec.h"
#include "hostkey/hostkeyalias.h"
#include "hostkey/verify.h"

enum {
	LOCK_MS = 5000, /* to wait for the lock of known_hosts */
	ADDRESS_MAX = 256,
	TYPES_MAX = 4096,
};

void bastionkey_release(struct bastionkey *k)
{
	fd_close(&k->fd);
	strbuf_release(&k->answer);
}

/* A question: the address, then the key; an empty key asks for types.  An answer: the
 * code and text of an error, then the types. */
static void start(struct bastionkey *k, const char *address, const unsigned char *blob,
                  size_t len)
{
	struct strbuf question = STRBUF_INIT;
	struct error err = ERROR_INIT;

	bastionkey_release(k);
	sshbuf_put_cstring(&question, address);
	sshbuf_put_string(&question, blob, len);
	if (k->ask == NULL)
		bastionkey_answer(&question, &k->answer);
	else
		k->fd = k->ask(&question, &err);
	strbuf_release(&question);
}

void bastionkey_start_types(struct bastionkey *k, const char *address)
{
	start(k, address, (const unsigned char *)"", 0);
}

void bastionkey_start_check(struct bastionkey *k, const char *address,
                            const unsigned char *blob, size_t len)
{
	start(k, address, blob, len);
}

static enum transport_result read_answer(const struct bastionkey *k, struct strvec *types,
                                         struct error *err)
{
	struct sshbuf p = sshbuf_of(&k->answer);
	char text[sizeof(err->text)];
	char known[TYPES_MAX];
	uint32_t code;

	if (!sshbuf_get_u32(&p, &code) || code > ERROR_CLIENT_GONE ||
	    !sshbuf_get_cstring(&p, text, sizeof(text)) ||
	    !sshbuf_get_cstring(&p, known, sizeof(known)))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "known_hosts cannot be read now");
	if (code != ERROR_NONE)
		return error_set(err, (enum error_code)code, "%s", text);
	if (types != NULL)
		strvec_split(types, known);
	return TRANSPORT_DONE;
}

enum transport_result bastionkey_step(struct bastionkey *k, struct strvec *types,
                                      struct error *err)
{
	char block[4096];
	ssize_t n = 0;

	while (k->fd != -1 && (n = read(k->fd, block, sizeof(block))) > 0)
		strbuf_add(&k->answer, block, (size_t)n);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return TRANSPORT_PENDING;
	fd_close(&k->fd);
	return read_answer(k, types, err);
}

void bastionkey_answer(const struct strbuf *question, struct strbuf *answer)
{
	struct sshbuf p = sshbuf_of(question);
	struct strbuf joined = STRBUF_INIT;
	struct strvec types = STRVEC_INIT;
	struct error err = ERROR_INIT;
	struct hostkey_peer peer = { .until = deadline_in(LOCK_MS) };
	char address[ADDRESS_MAX];
	struct sshbuf blob;
	char *name;

	if (!sshbuf_get_cstring(&p, address, sizeof(address)) ||
	    !sshbuf_get_string(&p, &blob))
		return;
	peer.address = peer.called = address;
	name = hostkey_gateway_alias(address);
	strvec_push(&peer.names, name);
	free(name);
	if (blob.left == 0)
		hostkey_types(&peer, &types, NULL);
	else
		(void)hostkey_verify_or_learn(&peer, blob.at, blob.left, &err);
	strvec_join(&types, " ", &joined);
	sshbuf_put_u32(answer, err.code);
	sshbuf_put_cstring(answer, err.text);
	sshbuf_put_cstring(answer, joined.data);
	strvec_release(&peer.names);
	strvec_release(&types);
	strbuf_release(&joined);
}

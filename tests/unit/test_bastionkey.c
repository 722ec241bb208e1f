/* SPDX-License-Identifier: MIT */
/* What known_hosts says of a bastion's host key, asked by a question and an answer. */

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/sshbuf.h"
#include "base/strvec.h"
#include "bastion/bastionkey.h"
#include "tap.h"

/* The other end of what ask() returns, and what was asked. */
static int peer = -1;
static struct strbuf asked = STRBUF_INIT;

static int ask(const struct strbuf *question, struct error *err)
{
	int ends[2];

	(void)err;
	strbuf_clear(&asked);
	strbuf_add(&asked, question->data, question->len);
	if (fd_socketpair(ends) == -1)
		return -1;
	peer = ends[1];
	(void)fd_nonblocking(ends[0]);
	return ends[0];
}

static int ask_in_vain(const struct strbuf *question, struct error *err)
{
	(void)question;
	return error_set(err, ERROR_UNAVAILABLE, "no");
}

/* The answer arrives in two pieces. */
static void answer(const struct strbuf *text, struct bastionkey *k, const char *what)
{
	struct error err = ERROR_INIT;

	ok(write(peer, text->data, 3) == 3 &&
	           bastionkey_step(k, NULL, &err) == TRANSPORT_PENDING && k->fd != -1,
	   "%s: half an answer is none", what);
	ok(write(peer, text->data + 3, text->len - 3) == (ssize_t)text->len - 3 &&
	           bastionkey_step(k, NULL, &err) == TRANSPORT_PENDING,
	   "%s: an answer has an end", what);
	fd_close(&peer);
}

static void test_types(void)
{
	struct bastionkey k = BASTIONKEY_INIT(ask);
	struct strbuf text = STRBUF_INIT;
	struct strvec types = STRVEC_INIT;
	struct error err = ERROR_INIT;

	bastionkey_start_types(&k, "bastion.test");
	sshbuf_put_u32(&text, ERROR_NONE);
	sshbuf_put_cstring(&text, "");
	sshbuf_put_cstring(&text, "ssh-ed25519 ssh-rsa");
	answer(&text, &k, "types");
	ok(bastionkey_step(&k, &types, &err) == TRANSPORT_DONE && types.count == 2,
	   "the types that the bastion is known by are in the answer");
	ok(k.fd == -1, "a question that was answered leaves no descriptor");
	strvec_release(&types);
	strbuf_release(&text);
	bastionkey_release(&k);
}

static void test_check(void)
{
	struct bastionkey k = BASTIONKEY_INIT(ask);
	struct strbuf text = STRBUF_INIT;
	struct error err = ERROR_INIT;

	bastionkey_start_check(&k, "bastion.test", (const unsigned char *)"key", 3);
	sshbuf_put_u32(&text, ERROR_TRUST);
	sshbuf_put_cstring(&text, "the host key has changed");
	sshbuf_put_cstring(&text, "");
	answer(&text, &k, "check");
	ok(bastionkey_step(&k, NULL, &err) == TRANSPORT_FAILED && err.code == ERROR_TRUST,
	   "a key that is refused is an error of trust");
	is_str(err.text, "the host key has changed",
	       "the error has the words of the answer");
	strbuf_release(&text);
	bastionkey_release(&k);
}

/* Without a whole answer no key is trusted. */
static void test_no_answer(void)
{
	static const char *const broken[] = { "", "\0\0\0", "\0\0\0\0\0\0\0\0\0\0\0",
		                              "\0\0\0\x63\0\0\0\0\0\0\0\0" };
	static const size_t len[] = { 0, 3, 11, 12 };
	struct bastionkey in_vain = BASTIONKEY_INIT(ask_in_vain);
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		struct bastionkey k = BASTIONKEY_INIT(ask);

		bastionkey_start_check(&k, "bastion.test", (const unsigned char *)"key",
		                       3);
		ok(send(peer, broken[i], len[i], 0) == (ssize_t)len[i],
		   "%zu bytes of an answer are sent", len[i]);
		fd_close(&peer);
		ok(bastionkey_step(&k, NULL, &err) == TRANSPORT_FAILED &&
		           err.code == ERROR_UNAVAILABLE,
		   "no key is trusted by %zu bytes of an answer", len[i]);
		bastionkey_release(&k);
	}
	bastionkey_start_check(&in_vain, "bastion.test", (const unsigned char *)"key", 3);
	ok(bastionkey_step(&in_vain, NULL, &err) == TRANSPORT_FAILED,
	   "no key is trusted where it cannot be asked about");
	bastionkey_release(&in_vain);
}

/* The side that answers. */
static void test_answer(void)
{
	struct strbuf question = STRBUF_INIT;
	struct strbuf text = STRBUF_INIT;
	struct sshbuf p;
	char words[512];
	uint32_t code;

	bastionkey_answer(&question, &text);
	ok(text.len == 0, "no question has no answer");
	sshbuf_put_cstring(&question, "bastion.test");
	sshbuf_put_string(&question, "no key", 6);
	bastionkey_answer(&question, &text);
	p = sshbuf_of(&text);
	ok(sshbuf_get_u32(&p, &code) && code != ERROR_NONE &&
	           sshbuf_get_cstring(&p, words, sizeof(words)) && words[0] != '\0',
	   "a key of no known form is refused with a reason");
	ok(sshbuf_get_cstring(&p, words, sizeof(words)) && p.left == 0,
	   "an answer to a check has no types");
	strbuf_release(&text);
	strbuf_release(&question);
}

int main(void)
{
	/* The home is the one of passwd(5): nothing is written there for such a key. */
	test_types();
	test_check();
	test_no_answer();
	test_answer();
	strbuf_release(&asked);
	return done_testing();
}

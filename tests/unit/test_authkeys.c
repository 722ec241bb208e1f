/* SPDX-License-Identifier: MIT */
/*
 * The keys to log in with on a bastion: from an agent that the test plays, and from files
 * of tests/fuzz/corpus, which open nothing.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/sshbuf.h"
#include "base/strbuf.h"
#include "keys/authkeys.h"
#include "net/fdpass.h"
#include "tap.h"

static char folder[] = "/tmp/cxssh-test-authkeys.XXXXXX";
static int agent = -1; /* the agent's end of the connection */
static bool hangs_up;  /* where the connection should come */

static int open_agent(struct error *err)
{
	int through[2];
	int connection[2];

	if (fd_socketpair(through) == -1 || fd_socketpair(connection) == -1)
		return error_set(err, ERROR_INTERNAL, "socketpair");
	agent = connection[1];
	if (!hangs_up)
		(void)fdpass_write(through[1], "", 1, connection[0], 0);
	fd_close(&connection[0]);
	fd_close(&through[1]);
	(void)fd_nonblocking(through[0]);
	return through[0];
}

static struct authkeys *start(const char *file, struct error *err)
{
	*err = (struct error)ERROR_INIT;
	return authkeys_start(&(struct authkeys_config){ .address = "bastion.test",
	                                                 .key_file = file,
	                                                 .open_agent = open_agent },
	                      err);
}

static void end(struct authkeys *keys)
{
	authkeys_free(keys);
	fd_close(&agent);
}

/* "string type" and a number. */
static void put_blob(struct strbuf *out, const char *type)
{
	struct strbuf blob = STRBUF_INIT;

	sshbuf_put_cstring(&blob, type);
	sshbuf_put_cstring(&blob, "number");
	sshbuf_put_string(out, blob.data, blob.len);
	strbuf_release(&blob);
}

static void answer(const struct strbuf *message)
{
	struct strbuf framed = STRBUF_INIT;

	sshbuf_put_string(&framed, message->data, message->len);
	(void)!write(agent, framed.data, framed.len);
	strbuf_release(&framed);
}

static void list(const char *const types[], uint32_t count)
{
	struct strbuf message = STRBUF_INIT;

	sshbuf_put_u8(&message, 12);
	sshbuf_put_u32(&message, count);
	for (uint32_t i = 0; i < count; i++) {
		put_blob(&message, types[i]);
		sshbuf_put_cstring(&message, "comment");
	}
	answer(&message);
	strbuf_release(&message);
}

static int step(struct authkeys *keys, int64_t ms, struct error *err)
{
	return authkeys_step(keys, deadline_in(ms), err);
}

/* The algorithms that are offered, one after the other, each with a blank. */
static void offers(struct authkeys *keys, bool modern, char *out, size_t cap)
{
	struct authkeys_try turn = { .modern = modern };
	struct strbuf blob = STRBUF_INIT;

	out[0] = '\0';
	for (; authkeys_offer(keys, &turn, &blob); turn.attempt++) {
		struct sshbuf p = sshbuf_of(&blob);
		char type[64] = "?";
		size_t len = strlen(out);

		(void)sshbuf_get_cstring(&p, type, sizeof(type));
		(void)snprintf(out + len, cap - len, "%s ", type);
	}
	strbuf_release(&blob);
}

/* A request as libssh2 signs it (RFC 4252, section 7). */
static void put_request(struct strbuf *data, const char *algorithm)
{
	sshbuf_put_cstring(data, "session");
	sshbuf_put_u8(data, 50);
	sshbuf_put_cstring(data, "user");
	sshbuf_put_cstring(data, "ssh-connection");
	sshbuf_put_cstring(data, "publickey");
	sshbuf_put_u8(data, 1);
	sshbuf_put_cstring(data, algorithm);
	sshbuf_put_cstring(data, "blob");
}

static void sign_with(const char *algorithm)
{
	struct strbuf message = STRBUF_INIT;
	struct strbuf made = STRBUF_INIT;

	sshbuf_put_cstring(&made, algorithm);
	sshbuf_put_cstring(&made, "made");
	sshbuf_put_u8(&message, 14);
	sshbuf_put_string(&message, made.data, made.len);
	answer(&message);
	strbuf_release(&made);
	strbuf_release(&message);
}

static void test_agent(void)
{
	static const char *const types[] = { "ssh-ed25519", "sk-ssh-ed25519@openssh.com",
		                             "ssh-rsa" };
	struct strbuf data = STRBUF_INIT;
	struct strbuf signature = STRBUF_INIT;
	const struct authkeys_try first = { .modern = true };
	struct error err;
	struct authkeys *keys = start(NULL, &err);
	char offered[256];

	ok(step(keys, 5000, &err) == AUTHKEYS_PENDING && authkeys_poll_fd(keys) != -1,
	   "keys are pending until the agent has named them");
	list(types, 3);
	ok(step(keys, 5000, &err) == AUTHKEYS_READY && authkeys_poll_fd(keys) == -1,
	   "keys are ready when the agent has named them");
	offers(keys, true, offered, sizeof(offered));
	is_str(offered, "ssh-ed25519 rsa-sha2-512 ",
	       "the agent's keys are offered in its order, each once");
	ok(authkeys_skipped(keys) && authkeys_unfit(keys) == NULL,
	   "a key on a token is skipped, and the others are tried");
	ok(!authkeys_unattended(keys), "an agent may ask its user");
	is_str(authkeys_display_name(keys), "the keys in ssh-agent",
	       "messages name the keys in ssh-agent");
	put_request(&data, "ssh-ed25519");
	ok(authkeys_sign(keys, &first, &data, &signature, &err) == AUTHKEYS_PENDING &&
	           authkeys_poll_fd(keys) != -1,
	   "a signature is pending until the agent has made it");
	sign_with("ssh-ed25519");
	ok(authkeys_sign(keys, &first, &data, &signature, &err) == AUTHKEYS_SIGNED,
	   "the agent's signature is taken");
	is_str(signature.data, "made", "the signature is without its algorithm");
	(void)authkeys_sign(keys, &first, &data, &signature, &err);
	sign_with("ssh-rsa");
	ok(authkeys_sign(keys, &first, &data, &signature, &err) == -1 &&
	           err.code == ERROR_DENIED,
	   "a signature by another algorithm is refused");
	strbuf_clear(&data);
	strbuf_adds(&data, "no request");
	ok(authkeys_sign(keys, &first, &data, &signature, &err) == -1 &&
	           err.code == ERROR_INTERNAL,
	   "what is no request of a login is not signed");
	strbuf_release(&data);
	strbuf_release(&signature);
	end(keys);
}

static void test_odd_agents(void)
{
	static const char *const certificate[] = { "ssh-rsa-cert-v01@openssh.com" };
	static const char *const token[] = { "sk-ssh-ed25519@openssh.com" };
	static const char *const many[] = { "ssh-rsa", "ssh-rsa", "ssh-rsa", "ssh-rsa" };
	struct error err;
	struct authkeys *keys = start(NULL, &err);

	list(certificate, 1);
	(void)step(keys, 5000, &err);
	is_str(authkeys_unfit(keys), "ssh-agent has a certificate",
	       "a certificate is for OpenSSH");
	end(keys);
	keys = start(NULL, &err);
	list(token, 1);
	(void)step(keys, 5000, &err);
	is_str(authkeys_unfit(keys), "the key in ssh-agent is of a kind for OpenSSH only",
	       "a key on a token alone is for OpenSSH");
	end(keys);
	keys = start(NULL, &err);
	list(many, 4);
	(void)step(keys, 5000, &err);
	is_str(authkeys_display_name(keys), "the first 3 of 4 keys in ssh-agent",
	       "of many keys the first three are tried");
	end(keys);
	keys = start(NULL, &err);
	list(many, 0);
	ok(step(keys, 5000, &err) == -1 && err.code == ERROR_CONFIG &&
	           strstr(err.text, "is locked or has no key; run: cxssh gateway key "
	                            "bastion.test FILE") != NULL,
	   "an agent without keys is an error with the command that helps");
	end(keys);
	keys = start(NULL, &err);
	ok(step(keys, 0, &err) == -1 &&
	           strstr(err.text, "ssh-agent did not answer in time") != NULL,
	   "an agent that names no keys in time is an error");
	end(keys);
	hangs_up = true;
	keys = start(NULL, &err);
	ok(step(keys, 5000, &err) == -1 && err.code == ERROR_CONFIG,
	   "an agent that is not reached is an error");
	hangs_up = false;
	end(keys);
}

/* A file of the corpus, as only its user can read it. */
static const char *file_of(const char *key)
{
	static char path[128];
	char command[512];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, key);
	(void)snprintf(command, sizeof(command),
	               "cp tests/fuzz/corpus/keyfile/%s '%s' && chmod 600 '%s'", key,
	               path, path);
	if (system(command) != 0)
		(void)printf("Bail out! no %s\n", key);
	return path;
}

static void test_files(void)
{
	struct strbuf data = STRBUF_INIT;
	struct strbuf signature = STRBUF_INIT;
	const struct authkeys_try first = { .modern = true };
	struct error err;
	struct authkeys *keys = start(file_of("openssh-ed25519"), &err);
	char offered[256];

	ok(keys != NULL && step(keys, 0, &err) == AUTHKEYS_READY &&
	           authkeys_unattended(keys),
	   "a key in a file needs no agent");
	offers(keys, true, offered, sizeof(offered));
	is_str(offered, "ssh-ed25519 ", "a key that has one form is offered once");
	put_request(&data, "ssh-ed25519");
	ok(authkeys_sign(keys, &first, &data, &signature, &err) == AUTHKEYS_SIGNED &&
	           signature.len == 64,
	   "a key in a file signs");
	end(keys);
	keys = start(file_of("openssh-rsa"), &err);
	offers(keys, true, offered, sizeof(offered));
	is_str(offered, "rsa-sha2-512 rsa-sha2-256 ssh-rsa ",
	       "an RSA key is offered in the newest form first");
	offers(keys, false, offered, sizeof(offered));
	is_str(offered, "ssh-rsa rsa-sha2-512 rsa-sha2-256 ",
	       "an old server is offered the oldest form first");
	end(keys);
	ok(start(file_of("words"), &err) == NULL && err.code == ERROR_CONFIG,
	   "a file that is no key is an error of the configuration");
	keys = start(file_of("openssh-encrypted"), &err);
	ok(keys != NULL && !authkeys_unattended(keys),
	   "the private half of an encrypted key is asked of the agent");
	list(NULL, 0);
	ok(step(keys, 5000, &err) == -1 && err.code == ERROR_DENIED &&
	           strstr(err.text, "is encrypted and not in ssh-agent; run: ssh-add") !=
	                   NULL,
	   "an encrypted key that the agent has not is an error with ssh-add");
	end(keys);
	strbuf_release(&data);
	strbuf_release(&signature);
}

int main(void)
{
	char command[128];

	if (mkdtemp(folder) == NULL)
		return 1;
	test_agent();
	test_odd_agents();
	test_files();
	(void)snprintf(command, sizeof(command), "rm -rf --one-file-system '%s'", folder);
	(void)!system(command);
	return done_testing();
}

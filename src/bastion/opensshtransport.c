/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "bastion/opensshlogin.h"
#include "bastion/opensshmux.h"
#include "bastion/opensshoptions.h"
#include "bastion/opensshtransport.h"
#include "bastion/transport.h"
#include "hostkey/verify.h"
#include "net/pollset.h"
#include "net/unixsock.h"
#include "runtime/log.h"
#include "runtime/paths.h"
#include "runtime/spawn.h"

enum {
	LOGIN_MS = 20000,
	RETRY_MS = 400,    /* pause after the bastion turned a login away; doubled */
	RETRIES_MS = 8000, /* not after this */
	CHECK_MS = 20,     /* between looks for the control socket */
	REQUESTS_MAX = 64,
};

struct openssh {
	struct transport transport; /* first: cast to and from */
	const struct transport_config *config;
	struct child ssh;
	bool adopted;
	int login; /* connected to the ssh of opensshlogin; -1: ssh is a child */
	struct strbuf output;
	char *control; /* the control socket */
	char *revoked; /* a file for opensshoptions_command() */
	struct deadline until;
	int64_t started_ms;
	int64_t retry_ms; /* when to start ssh again, or 0 */
	int64_t pause_ms;
	struct opensshmux *requests[REQUESTS_MAX];
	size_t forbidden; /* channels that ssh said so of, before their reply */
	bool ready;
	bool closed;
};

/* Did ssh say that it cannot load the file of the key? */
static bool set_unloaded(const struct openssh *t, struct error *err)
{
	static const char word[] = "Load key \"";
	const char *line = strstr(t->output.data, word);
	const char *why = line != NULL ? strstr(line, "\": ") : NULL;

	if (why == NULL || t->config->key_file == NULL)
		return false;
	why += strlen("\": ");
	error_set(err, ERROR_CONFIG, "gateway %s gets no key: ssh cannot load %s: %.*s",
	          t->config->address, t->config->key_file, (int)strcspn(why, "\r\n"),
	          why);
	error_hint(err, "cxssh gateway key %s FILE", t->config->address);
	return true;
}

enum remedy { NONE, LOG_IN, GIVE_KEY, GIVE_READABLE_KEY, CHANGED };

static const char revoked[] = "shows a host key that is marked @revoked";
static const char untrusted[] = "shows a host key that is not trusted";

/* What words of a failed ssh mean; the first ones that are there count. */
static const struct meaning {
	const char *words;
	enum error_code code;
	enum remedy remedy;
	const char *text;
} meanings[] = {
	{ "with partial success", ERROR_DENIED, LOG_IN,
	  "takes the key, and asks for a second factor" },
	{ "Permission denied (keyboard-interactive", ERROR_DENIED, LOG_IN,
	  "asks for a second factor" },
	{ "Permission denied (password", ERROR_DENIED, LOG_IN, "asks for a password" },
	{ "REVOKED HOST KEY", ERROR_TRUST, NONE, revoked },
	{ "revoked by file", ERROR_TRUST, NONE, revoked },
	{ "IDENTIFICATION HAS CHANGED", ERROR_TRUST, CHANGED,
	  "shows another host key than the known one" },
	{ "Host key verification", ERROR_TRUST, NONE, untrusted },
	{ "host key is known for", ERROR_TRUST, NONE, untrusted },
	{ "Permission denied", ERROR_DENIED, GIVE_READABLE_KEY,
	  "does not accept the key" },
	{ "Too many authentication", ERROR_DENIED, GIVE_KEY,
	  "was offered too many keys" },
	{ "Unable to negotiate", ERROR_UNAVAILABLE, NONE,
	  "and ssh have no common way to encrypt" },
	{ "kex_exchange_identification", ERROR_RETRY, NONE,
	  "turns this address away (too many connections that have not logged in, or a "
	  "penalty); try again in 15 s" },
	{ "refused", ERROR_UNAVAILABLE, NONE, "does not listen on port 22" },
	{ "timed out", ERROR_UNAVAILABLE, NONE, "does not answer" },
};

static const struct meaning *meaning_of(const char *output)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (strstr(output, meanings[i].words) != NULL)
			return &meanings[i];
	}
	return NULL;
}

/* What the output of a failed ssh means, in one line; the log has the output. */
static int set_reason(const struct openssh *t, struct error *err)
{
	const struct meaning *m = meaning_of(t->output.data);
	const char *address = t->config->address;

	if (m == NULL)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "ssh could not log in on gateway %s; see cxssh why",
		                 address);
	if (m->remedy == GIVE_READABLE_KEY && set_unloaded(t, err))
		return -1;
	error_set(err, m->code, "gateway %s %s (by ssh)", address, m->text);
	switch (m->remedy) {
	case NONE: break;
	case LOG_IN: error_hint(err, "cxssh gateway login %s", address); break;
	case GIVE_KEY:
	case GIVE_READABLE_KEY:
		error_hint(err, "cxssh gateway key %s FILE", address);
		break;
	case CHANGED: opensshoptions_remedy(address, err); break;
	}
	return -1;
}

/* Move the output of ssh to the log, line by line, and count refused channels. */
static void log_output(struct openssh *t)
{
	for (char *line = t->output.data; *line != '\0';) {
		char *end = line + strcspn(line, "\r\n");
		bool last = *end == '\0';

		*end = '\0';
		if (strstr(line, "open failed: administratively prohibited") != NULL)
			t->forbidden++;
		if (*line != '\0')
			log_step("ssh prints: %s", line);
		line = last ? end : end + 1;
	}
	strbuf_clear(&t->output);
}

static int run_ssh(struct openssh *t, struct error *err)
{
	/* VERBOSE tells of a partial success, see set_reason(). */
	static const char *const options[] = { "-oBatchMode=yes", "-oControlPersist=no",
		                               "-oLogLevel=VERBOSE" };
	struct strvec argv = STRVEC_INIT;
	int rc = -1;

	(void)unlink(t->control);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		strvec_push(&argv, options[i]);
	if (opensshoptions_command(t->config, t->control, t->revoked, &argv, err) == 0)
		rc = spawn_start_pdeathsig(argv.items, &t->ssh, err);
	strvec_release(&argv);
	return rc;
}

/* After ERROR_RETRY: start ssh again after a pause, while a client may wait. */
static enum transport_result retry_later(struct openssh *t, const struct error *why)
{
	int64_t now = deadline_now_ms();

	log_output(t);
	t->pause_ms = t->pause_ms == 0 ? RETRY_MS : t->pause_ms * 2;
	if (why->code != ERROR_RETRY || now + t->pause_ms >= t->started_ms + RETRIES_MS)
		return TRANSPORT_FAILED;
	t->retry_ms = now + t->pause_ms;
	return TRANSPORT_PENDING;
}

static enum transport_result openssh_step(struct transport *transport, struct error *err)
{
	struct openssh *t = (struct openssh *)transport;
	struct stat st;
	int status;
	int rc;

	if (t->login != -1) {
		t->ready = true;
		log_step("gateway %s: the login of cxssh gateway login is used",
		         t->config->address);
		return TRANSPORT_DONE;
	}
	if (t->retry_ms != 0) {
		if (deadline_now_ms() < t->retry_ms)
			return TRANSPORT_PENDING;
		t->retry_ms = 0;
		return run_ssh(t, err) == -1 ? TRANSPORT_FAILED : TRANSPORT_PENDING;
	}
	rc = spawn_poll(&t->ssh, &t->output, &status, err);
	if (rc == 1)
		rc = set_reason(t, err);
	if (rc == -1)
		return retry_later(t, err);
	/* ssh makes the control socket once it has logged in, and listens before it gets
	 * this name. */
	if (stat(t->control, &st) == 0 && S_ISSOCK(st.st_mode)) {
		log_output(t);
		t->ready = true;
		log_step("logged in on gateway %s by ssh in %d ms", t->config->address,
		         (int)(deadline_now_ms() - t->started_ms));
		return TRANSPORT_DONE;
	}
	if (deadline_passed(t->until))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "gateway %s takes too long to log in",
		                 t->config->address);
	return TRANSPORT_PENDING;
}

static void openssh_poll(struct transport *transport, struct pollset *set, int *wait_ms)
{
	struct openssh *t = (struct openssh *)transport;

	(void)pollset_add(set, t->login != -1 ? t->login : t->ssh.output, POLLIN);
	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		if (t->requests[i] != NULL)
			opensshmux_poll(t->requests[i], set);
	}
	if (!t->ready && CHECK_MS < *wait_ms)
		*wait_ms = CHECK_MS;
}

/* Has the ssh of opensshlogin ended?  It sends its hello, and then nothing. */
static bool login_ended(const struct openssh *t)
{
	char block[64];
	ssize_t n = recv(t->login, block, sizeof(block), MSG_DONTWAIT);

	return n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR);
}

static bool openssh_receive(struct transport *transport)
{
	struct openssh *t = (struct openssh *)transport;
	struct error ignored = ERROR_INIT;
	int status;

	if (!t->closed)
		t->closed = t->login != -1 ? login_ended(t) :
		                             spawn_poll(&t->ssh, &t->output, &status,
		                                        &ignored) != 0;
	log_output(t);
	return true; /* each stream asks poll(2) itself */
}

static bool openssh_flush(struct transport *transport)
{
	(void)transport;
	return false;
}

/* Replace a request; NULL: a free place. */
static void replace_request(struct openssh *t, const struct opensshmux *old,
                            struct opensshmux *new)
{
	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		if (t->requests[i] == old) {
			t->requests[i] = new;
			return;
		}
	}
}

static bool openssh_can_open(const struct transport *transport)
{
	const struct openssh *t = (const struct openssh *)transport;

	for (size_t i = 0; i < REQUESTS_MAX && t->ready && !t->closed; i++) {
		if (t->requests[i] == NULL)
			return true;
	}
	return false;
}

static enum transport_result openssh_open(struct transport *transport,
                                          struct channel_open *o, struct stream **stream,
                                          struct error *err)
{
	struct openssh *t = (struct openssh *)transport;
	struct opensshmux *m = o->place;
	int rc;

	if (m == NULL) {
		m = opensshmux_request(t->control, o->host, o->port, err);
		if (m == NULL)
			return -1;
		replace_request(t, NULL, m);
		o->place = m;
		return 0;
	}
	rc = opensshmux_step(m, stream, err);
	if (rc == 0)
		return 0;
	replace_request(t, m, NULL);
	o->place = NULL;
	if (rc == TRANSPORT_FAILED) {
		opensshmux_free(m);
		(void)openssh_receive(transport);
		if (t->forbidden > 0) {
			t->forbidden--;
			error_set(err, ERROR_DENIED, TRANSPORT_FORBIDDEN);
		}
	}
	return rc;
}

static void openssh_cancel(struct transport *transport, struct channel_open *o)
{
	struct openssh *t = (struct openssh *)transport;

	if (o->place == NULL)
		return;
	replace_request(t, o->place, NULL);
	opensshmux_free(o->place);
	o->place = NULL;
}

static void openssh_probe(struct transport *transport)
{
	(void)transport; /* ssh probes: ServerAliveInterval */
}

static bool openssh_unresponsive(const struct transport *transport)
{
	(void)transport;
	return false;
}

static bool openssh_is_closed(const struct transport *transport)
{
	return ((const struct openssh *)transport)->closed;
}

static void openssh_abandon(struct transport *transport)
{
	struct openssh *t = (struct openssh *)transport;

	t->closed = true;
	if (!t->adopted) {
		spawn_kill(&t->ssh);
		(void)unlink(t->control);
		(void)unlink(t->revoked);
	}
	fd_close(&t->login);
}

static void openssh_free(struct transport *transport)
{
	struct openssh *t = (struct openssh *)transport;

	openssh_abandon(transport);
	for (size_t i = 0; i < REQUESTS_MAX; i++)
		opensshmux_free(t->requests[i]);
	strbuf_release(&t->output);
	free(t->control);
	free(t->revoked);
	free(t);
}

struct transport *opensshtransport_start(const struct transport_config *config,
                                         struct error *err)
{
	static const struct transport_ops ops = {
		.step = openssh_step,
		.poll = openssh_poll,
		.receive = openssh_receive,
		.flush = openssh_flush,
		.can_open = openssh_can_open,
		.open = openssh_open,
		.cancel = openssh_cancel,
		.probe = openssh_probe,
		.unresponsive = openssh_unresponsive,
		.is_closed = openssh_is_closed,
		.abandon = openssh_abandon,
		.free = openssh_free,
		.name = "openssh",
	};
	struct openssh *t = xcalloc(1, sizeof(*t));

	t->transport.ops = &ops;
	t->config = config;
	t->output = (struct strbuf)STRBUF_INIT;
	t->ssh = (struct child)CHILD_INIT;
	t->control = opensshlogin_path(config->gateway);
	t->login = opensshmux_connect(t->control);
	t->adopted = t->login != -1;
	if (!t->adopted) {
		free(t->control);
		t->control = unixsock_path(config->gateway, ".mux");
	}
	t->revoked = unixsock_path(config->gateway, ".revoked");
	t->until = deadline_in(LOGIN_MS);
	t->started_ms = deadline_now_ms();
	if (t->login != -1 || run_ssh(t, err) == 0)
		return &t->transport;
	openssh_free(&t->transport);
	return NULL;
}

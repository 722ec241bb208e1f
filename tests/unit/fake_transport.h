/* SPDX-License-Identifier: MIT */
/* fake_transport.h - logins whose state the test sets, for a pool_backend. */
#ifndef FAKE_TRANSPORT_H
#define FAKE_TRANSPORT_H

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "bastion/stream.h"
#include "bastion/transport.h"
#include "broker/pool.h"

enum { FAKES_MAX = 16 };

struct fake {
	struct transport transport; /* first: cast to and from */
	enum transport_result login;
	enum error_code login_error;
	enum transport_result open;
	bool opening;
	bool closed;
	bool unresponsive;
	bool freed; /* the memory stays, to be looked at */
	int opens;
	int cancels;
	int probes;
	char peer_address[TRANSPORT_ADDRESS_SIZE]; /* that the login was started with */
};

static struct {
	struct fake *items[FAKES_MAX];
	size_t count;
	bool refuse; /* the next start fails */
	bool has_login;
	bool attended;               /* the next login asks ssh-agent */
	enum transport_result login; /* of the next one */
	int confined;
	int streams; /* open now */
	bool stream_ended;
	size_t stream_bytes; /* that the streams give together */
	size_t stream_read;  /* that a read gives at most; 0: any */
	size_t written;      /* bytes that the streams took */
	bool narrow; /* a stream takes one write, and the next after two flushes */
	int full;    /* flushes until it takes the next */
} fakes;

static ssize_t fake_read(struct stream *s, void *buf, size_t cap)
{
	(void)s;
	if (fakes.stream_bytes > 0) {
		size_t n = fakes.stream_bytes < cap ? fakes.stream_bytes : cap;

		if (n > fakes.stream_read && fakes.stream_read > 0)
			n = fakes.stream_read;

		memset(buf, 'x', n);
		fakes.stream_bytes -= n;
		return (ssize_t)n;
	}
	return fakes.stream_ended ? STREAM_EOF : STREAM_AGAIN;
}

static ssize_t fake_write(struct stream *s, const void *buf, size_t len)
{
	size_t taken = fakes.narrow && len > 1000 ? 1000 : len;

	(void)s;
	(void)buf;
	fakes.written += taken;
	fakes.full = fakes.narrow ? 2 : 0;
	return (ssize_t)taken;
}

static bool fake_writable(const struct stream *s)
{
	(void)s;
	return fakes.full == 0;
}

static int fake_finish(struct stream *s)
{
	(void)s;
	return 0;
}

static void fake_stream_poll(struct stream *s, struct pollset *set, bool in, bool out)
{
	(void)s;
	(void)set;
	(void)in;
	(void)out;
}

static bool fake_stream_close(struct stream *s)
{
	fakes.streams--;
	free(s);
	return true;
}

static struct stream *fake_stream(void)
{
	static const struct stream_ops ops = {
		.read = fake_read,
		.write = fake_write,
		.writable = fake_writable,
		.finish = fake_finish,
		.poll = fake_stream_poll,
		.close = fake_stream_close,
	};
	struct stream *s = xcalloc(1, sizeof(*s));

	s->ops = &ops;
	fakes.streams++;
	return s;
}

static enum transport_result fake_step(struct transport *t, struct error *err)
{
	const struct fake *f = (struct fake *)t;

	if (f->login == TRANSPORT_FAILED)
		error_set(err, f->login_error, "the login failed");
	return f->login;
}

static void fake_poll(struct transport *t, struct pollset *set, int *wait_ms)
{
	(void)t;
	(void)set;
	(void)wait_ms;
}

static bool fake_receive(struct transport *t)
{
	(void)t;
	return true;
}

static bool fake_flush(struct transport *t)
{
	(void)t;
	return fakes.full > 0 && --fakes.full == 0;
}

static bool fake_can_open(const struct transport *t)
{
	const struct fake *f = (const struct fake *)t;

	return !f->opening && !f->unresponsive;
}

static enum transport_result fake_open(struct transport *t, struct channel_open *o,
                                       struct stream **stream, struct error *err)
{
	struct fake *f = (struct fake *)t;

	if (o->place == NULL)
		f->opens++;
	o->place = f->open == TRANSPORT_PENDING ? f : NULL;
	f->opening = f->open == TRANSPORT_PENDING;
	if (f->open == TRANSPORT_DONE)
		*stream = fake_stream();
	if (f->open == TRANSPORT_FAILED)
		error_set(err, ERROR_UNAVAILABLE, "nothing listens there, or it is down");
	return f->open;
}

static void fake_cancel(struct transport *t, struct channel_open *o)
{
	struct fake *f = (struct fake *)t;

	f->cancels += o->place != NULL;
	o->place = NULL;
}

static void fake_probe(struct transport *t)
{
	((struct fake *)t)->probes++;
}

static bool fake_peer_address(const struct transport *t, char out[TRANSPORT_ADDRESS_SIZE])
{
	(void)t;
	strcpy(out, "192.0.2.1");
	return true;
}

static bool fake_unresponsive(const struct transport *t)
{
	return ((const struct fake *)t)->unresponsive;
}

static bool fake_is_closed(const struct transport *t)
{
	return ((const struct fake *)t)->closed;
}

static void fake_abandon(struct transport *t)
{
	((struct fake *)t)->closed = true;
}

static void fake_free(struct transport *t)
{
	((struct fake *)t)->freed = true;
}

#define FAKE_OPS(called) \
	{ \
		.step = fake_step, .poll = fake_poll, .receive = fake_receive, \
		.flush = fake_flush, .can_open = fake_can_open, .open = fake_open, \
		.cancel = fake_cancel, .probe = fake_probe, \
		.peer_address = fake_peer_address, .unresponsive = fake_unresponsive, \
		.is_closed = fake_is_closed, .abandon = fake_abandon, .free = fake_free, \
		.name = called, \
	}

static struct transport *fake_start(const struct transport_ops *ops,
                                    const struct transport_config *config,
                                    struct error *err)
{
	struct fake *f;

	if (fakes.refuse || fakes.count == FAKES_MAX) {
		error_set(err, ERROR_CONFIG, "no key");
		return NULL;
	}
	f = xcalloc(1, sizeof(*f));
	f->transport.ops = ops;
	f->transport.unattended = !fakes.attended;
	f->login = fakes.login;
	if (config->peer_address != NULL)
		strcpy(f->peer_address, config->peer_address);
	fakes.items[fakes.count++] = f;
	return &f->transport;
}

static struct transport *fake_libssh2(const struct transport_config *config,
                                      struct error *err)
{
	static const struct transport_ops ops = FAKE_OPS("libssh2");

	return fake_start(&ops, config, err);
}

static struct transport *fake_openssh(const struct transport_config *config,
                                      struct error *err)
{
	static const struct transport_ops ops = FAKE_OPS("openssh");

	return fake_start(&ops, config, err);
}

static bool fake_has_login(const char *gateway)
{
	(void)gateway;
	return fakes.has_login;
}

static void fake_confine(void)
{
	fakes.confined++;
}

static const struct pool_backend fake_backend = { .libssh2 = fake_libssh2,
	                                          .openssh = fake_openssh,
	                                          .has_login = fake_has_login,
	                                          .confine = fake_confine };

/* Forget all logins of the last test. */
static void fakes_reset(void)
{
	for (size_t i = 0; i < fakes.count; i++)
		free(fakes.items[i]);
	memset(&fakes, 0, sizeof(fakes));
}

static int remove_entry(const char *path, const struct stat *st, int type,
                        struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

/* The test's own folder, with all that the modules have written there. */
static void remove_folder(const char *folder)
{
	(void)nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

#endif

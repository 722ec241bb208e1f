/* SPDX-License-Identifier: MIT */
/*
 * What an ssh-agent answers, and the SSH data types that it is made of.
 *
 * Input: a first byte, and bytes.  'l': the answer to a list, 's': to a signature, with
 * its length in front; 'L', 'S': the length is put in front; 'g': to a key that is added
 * and to one that is removed; 'p': data types.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/sshbuf.h"
#include "fuzz.h"
#include "keys/agent.h"

/* The blobs of the keys in an answer, in another way: false when it is no whole one. */
static bool blobs_of(const uint8_t *data, size_t size, struct strbuf *blobs)
{
	struct sshbuf p = { data, size };
	struct sshbuf blob;
	struct sshbuf comment;
	unsigned char type;
	uint32_t count;
	bool whole = sshbuf_get_u8(&p, &type) && type == 12 &&
	             sshbuf_get_u32(&p, &count) && count <= 2048;

	for (uint32_t i = 0; whole && i < count; i++) {
		whole = sshbuf_get_string(&p, &blob) && sshbuf_get_string(&p, &comment);
		if (whole)
			sshbuf_put_string(blobs, blob.at, blob.left);
	}
	return whole;
}

static void check_list(int fd, const uint8_t *data, size_t size)
{
	struct strbuf expected = STRBUF_INIT;
	struct error err = ERROR_INIT;
	struct strbuf blobs = STRBUF_INIT;
	struct sshbuf p;
	struct sshbuf blob;
	int count = agent_list(fd, &blobs, deadline_in(10000), &err);

	require(count >= 0 || err.code == ERROR_UNAVAILABLE);
	p = (struct sshbuf){ (const unsigned char *)blobs.data, blobs.len };
	for (int i = 0; i < count; i++)
		require(sshbuf_get_string(&p, &blob));
	require(count < 0 || p.left == 0);
	if (data != NULL)
		require(blobs_of(data, size, &expected) == (count >= 0) &&
		        (count < 0 || fuzz_same(&blobs, &expected)));
	strbuf_release(&expected);
	strbuf_release(&blobs);
}

/* A key that is given to it and taken from it. */
static void check_give(int fd, const uint8_t *data, size_t size)
{
	struct strbuf key = STRBUF_INIT;
	struct error err = ERROR_INIT;
	const struct agent_key given = { &key, "comment", 60 };
	int rc;

	(void)data;
	(void)size;
	sshbuf_put_cstring(&key, "ssh-ed25519");
	rc = agent_add(fd, &given, deadline_in(10000), &err);
	require(rc == 0 || err.code == ERROR_DENIED || err.code == ERROR_UNAVAILABLE);
	rc = agent_remove(fd, &key, deadline_in(10000), &err);
	require(rc == 0 || rc == 1 || err.code == ERROR_UNAVAILABLE);
	strbuf_release(&key);
}

static void check_sign(int fd, const uint8_t *data, size_t size)
{
	struct strbuf blob = STRBUF_INIT;
	struct strbuf made = STRBUF_INIT;
	struct error err = ERROR_INIT;
	const struct agent_request wanted = { &blob, &blob, AGENT_RSA_SHA2_256 };
	struct strbuf partial = STRBUF_INIT;
	int rc = agent_sign_start(fd, &wanted, &err);

	if (rc == 0)
		rc = agent_sign_step(fd, &partial, &made, &err);
	strbuf_release(&partial);

	(void)data;
	(void)size;
	require(rc == 1 || err.code == ERROR_DENIED || err.code == ERROR_UNAVAILABLE);
	require(rc == 1 || made.len == 0);
	strbuf_release(&made);
}

/* An agent that has said this and hangs up; check() learns what it said if it is framed
 * by us. */
static void with_agent(const uint8_t *data, size_t size, bool framed,
                       void (*check)(int fd, const uint8_t *data, size_t size))
{
	struct strbuf said = STRBUF_INIT;
	int ends[2];

	if (size > 60000) /* what fits a socket without a reader */
		return;
	require(fd_socketpair(ends) == 0);
	if (framed)
		sshbuf_put_string(&said, data, size);
	else
		strbuf_add(&said, data, size);
	require(send(ends[1], said.data, said.len, MSG_NOSIGNAL) == (ssize_t)said.len);
	require(shutdown(ends[1], SHUT_WR) == 0);
	check(ends[0], framed ? data : NULL, size);
	fd_close(&ends[0]);
	fd_close(&ends[1]);
	strbuf_release(&said);
}

static void check_text(struct sshbuf p)
{
	struct sshbuf copy = p;
	char text[64];
	struct sshbuf string;

	if (sshbuf_get_cstring(&p, text, sizeof(text)))
		require(sshbuf_get_string(&copy, &string) &&
		        sshbuf_equals(&string, text) && copy.at == p.at);
	else
		require(p.at == copy.at && p.left == copy.left);
}

/* Strings as long as there are any; put together again they are the same bytes. */
static void check_packets(const uint8_t *data, size_t size)
{
	struct sshbuf p = { data, size };
	struct strbuf again = STRBUF_INIT;
	struct strbuf number = STRBUF_INIT;
	struct sshbuf string;
	struct sshbuf back;
	unsigned char byte;
	uint32_t u32;

	check_text(p);
	while (sshbuf_get_string(&p, &string))
		sshbuf_put_string(&again, string.at, string.left);
	require(again.len + p.left == size && memcmp(again.data, data, again.len) == 0);
	if (sshbuf_get_u32(&p, &u32)) {
		require(u32 > p.left); /* else it were a string */
		sshbuf_put_u32(&again, u32);
	}
	while (sshbuf_get_u8(&p, &byte))
		sshbuf_put_u8(&again, byte);
	require(again.len == size && memcmp(again.data, data, size) == 0 && p.left == 0);

	sshbuf_put_mpint(&number, data, size);
	p = (struct sshbuf){ (const unsigned char *)number.data, number.len };
	require(sshbuf_get_string(&p, &back) && p.left == 0 && back.left <= size + 1);
	require(back.left == 0 || (back.at[0] & 0x80) == 0);
	strbuf_release(&number);
	strbuf_release(&again);
}

void fuzz_input(const uint8_t *data, size_t size)
{
	if (size == 0)
		return;
	switch (data[0]) {
	case 'l':
	case 'L': with_agent(data + 1, size - 1, data[0] == 'L', check_list); break;
	case 's':
	case 'S': with_agent(data + 1, size - 1, data[0] == 'S', check_sign); break;
	case 'g': with_agent(data + 1, size - 1, false, check_give); break;
	case 'p': check_packets(data + 1, size - 1); break;
	default: break;
	}
}

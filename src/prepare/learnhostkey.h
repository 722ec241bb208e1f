/* SPDX-License-Identifier: MIT */
/*
 * learnhostkey.h - the host key of a server, learnt once and kept in known_hosts.
 */
#ifndef PREPARE_LEARNHOSTKEY_H
#define PREPARE_LEARNHOSTKEY_H

struct error;
struct prepare;
struct strvec;

/*
 * Learn the host key of the server over the path that the session will take, while its
 * lease is being made: a connection that succeeds proves the lease.  -1 with ERROR_TRUST
 * (another key is known), ERROR_UNAVAILABLE, ERROR_RETRY (too many clients), or what the
 * lease or the broker said.  Blocks until o->until.
 */
int learn_host_key(struct prepare *o, struct error *err);

/* Push the names that the key is kept under; the first is the server's HostKeyAlias. */
void learn_host_key_names(const struct prepare *o, struct strvec *names);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * blockinghelper.h - a process beside the broker that does for it what can wait.
 *
 * It connects to ssh-agent, and reads, locks and writes known_hosts, each time in a
 * process of its own: an agent or a file system that does not answer holds up no session.
 * A settled broker makes no AF_UNIX socket any more, since each could lead to the user's
 * other services; the helper, which reads nothing from the network, hands over the
 * agent's descriptor.  It ends with the broker.
 */
#ifndef BROKER_BLOCKINGHELPER_H
#define BROKER_BLOCKINGHELPER_H

struct error;
struct strbuf;

/* Start the helper, without the broker's listener.  Before confine_settle(). */
void blockinghelper_start(int listener);

/* Have the helper connect to ssh-agent: a descriptor, owned by the caller, through which
 * the connection comes (fdpass_read()), or nothing and its end.  -1 with
 * ERROR_UNAVAILABLE.  Does not block. */
int blockinghelper_open_agent(struct error *err);

/* Have the helper answer a question about a host key: bastion/bastionkey.h says what is
 * returned.  Does not block. */
int blockinghelper_ask_bastionkey(const struct strbuf *question, struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * agenthelper.h - a process beside the broker that connects to ssh-agent for it.
 *
 * A settled broker makes no AF_UNIX socket any more: each could lead to the user's other
 * services.  The helper, which reads nothing from the network, connects to $SSH_AUTH_SOCK
 * and hands the descriptor over.  It ends with the broker.
 */
#ifndef BROKER_AGENTHELPER_H
#define BROKER_AGENTHELPER_H

struct error;

/* Start the helper, where there is a $SSH_AUTH_SOCK.  Before confine_settle(). */
void agenthelper_start(void);

/* Have the helper connect to ssh-agent: a descriptor, owned by the caller, through which
 * the connection comes (fdpass_read()), or nothing and its end.  -1 with
 * ERROR_UNAVAILABLE.  Does not block. */
int agenthelper_open(struct error *err);

#endif

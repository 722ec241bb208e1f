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

/* As agent_open(NULL, err), by the helper.  Blocks, at most 2 s. */
int agenthelper_open(struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * verdict.h - what the log and the files of this machine say about a connection: why it
 * failed, what ssh may have said after it, and what helps.
 */
#ifndef DOCTOR_VERDICT_H
#define DOCTOR_VERDICT_H

#include <stddef.h>
#include <stdint.h>

#include "sshconfig/effective.h"

struct history_connection;

enum { VERDICT_SAID_MAX = 4 };

/* What ssh may have said after it got the connection, and what helps. */
struct verdict_said {
	const char *words;
	char *what; /* to do */
};

struct verdict {
	const struct history_connection *connection;
	int64_t age_s;
	char *host;       /* in the user's words */
	char *reason;     /* of a failure: host and what failed; NULL: none */
	char *cause;      /* or NULL */
	char *remedy;     /* or NULL */
	char *overridden; /* FILE:LINE and what stands there, or what ssh says of its
	                     configuration; NULL: ssh asks cxssh */
	enum effective_kind how; /* of overridden */
	char *proxy;             /* why ssh cannot start cxssh-proxy, or NULL */
	struct verdict_said said[VERDICT_SAID_MAX];
	size_t said_count;
};

void verdict_release(struct verdict *verdict);

/* Set *verdict, which borrows the connection.  Blocks for ssh -G and the user's shell, up
 * to 7 s. */
void verdict_judge(const struct history_connection *connection, struct verdict *verdict);

/* Set overridden and proxy alone: does ssh start cxssh-proxy for alias?  Blocks like
 * verdict_judge(). */
void verdict_check_ssh(struct verdict *verdict, const char *alias);

/* The alias of a target, as its route has it, else the target.  The caller frees it. */
char *verdict_name_of(const char *target);

/* Seconds since the end of the connection. */
int64_t verdict_age_of(const struct history_connection *connection);

#endif

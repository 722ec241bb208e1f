/* SPDX-License-Identifier: MIT */
/*
 * faults.h - what is to go wrong, as written in the state folder's file "faults".
 *
 * Knows the file's language (see the manual in api.c), which rule is next, and
 * the answers that a fault gives in place of the real one.  Does not know what
 * a route is; waiting, hanging and cutting are done by serve.c and lease.c.
 */
#ifndef SANDBOX_FAULTS_H
#define SANDBOX_FAULTS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "answer.h"

enum fault_kind {
	FAULT_NONE,
	FAULT_STATUS,
	FAULT_SLOW,
	FAULT_HANG,
	FAULT_TRUNCATE,
	FAULT_GARBAGE,
	FAULT_EMPTY,
	FAULT_BODY,
	FAULT_WRONGTYPE,
	FAULT_REDIRECT,
	FAULT_RESET,
	FAULT_BIG,
	FAULT_EXPIRE_TOKEN,
	/* From here on: about the lease that a request asks for. */
	FAULT_REFUSE_LEASE,
	FAULT_LEASE_DELAY,
	FAULT_FIREWALL_LATE,
};

/* Owns nothing: it is copied out, so that a changed file cannot pull it away. */
struct fault {
	enum fault_kind kind;
	int64_t number;
	int64_t retry_after_s;
	int64_t times;
	char text[PATH_MAX];
	char error[128], details[256], body[PATH_MAX];
};

struct faults *faults_open(const char *path);
void faults_free(struct faults *faults);

/*
 * Use up the first rule for this request; kind is FAULT_NONE without one.
 * subject is path?query after /api/3; lease says whether a lease is asked for.
 */
void faults_take(struct faults *faults, const char *method, const char *subject,
                 bool lease, struct fault *fault);

/* Give the fault's own answer, if it is one that replaces the real one. */
bool faults_answer(const struct fault *fault, struct answer *answer);

#endif

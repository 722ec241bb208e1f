/* SPDX-License-Identifier: MIT */
/*
 * identity.h - the private keys that the API hands out, as files in ~/.ssh under the
 * toolbelt's own names, so that both tools share them.
 */
#ifndef KEYS_IDENTITY_H
#define KEYS_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"

struct api;
struct error;
struct strbuf;

/* What came of asking the API for a key. */
enum identity_result {
	IDENTITY_FAILED = -1, /* with err */
	IDENTITY_NONE = 0,    /* the API has no key for the server */
	IDENTITY_READY = 1,
};

/* The key of a server, and where it is wanted. */
struct identity_request {
	const char *identity; /* FILE, or FILE.pub of a key for ssh-agent: see
	                         keys/agentidentity.h */
	const char *stack_uid;
	const char *server_uid;
	int64_t lifetime_s; /* in ssh-agent */
	bool again;         /* also when the key is there */
};

/* ~/.ssh/cx_UID, or cx_UID_pkey for a personal key; absolute, the caller frees it. */
char *identity_path(const char *stack_uid, bool personal);

/* Does the file exist, or FILE.pub, whose private half ssh-agent may have? */
bool identity_is_there(const char *path);

/* -1 with ERROR_CONFIG and the command that helps when other users can read or change
 * the file: ssh refuses such a key.  0 also when there is none.  Does not block. */
int identity_check(const char *path, struct error *err);

/*
 * Download the key to the file; unless again is set, only when that is no usable key
 * (keys/keyfile.h).  Callers at the same time share one download.  Blocks for
 * the lock and the API, until the deadline.  Errors: those of identity_download(),
 * ERROR_RETRY when the lock was not free in time, ERROR_CONFIG when the file cannot be
 * written.
 */
enum identity_result identity_fetch(struct api *api,
                                    const struct identity_request *wanted,
                                    struct deadline until, struct error *err);

/* Append the key of a server, as ssh takes it, to *key (a secret buffer).  Blocks.
 * Errors: those of api_server_key(), and ERROR_UNAVAILABLE when the API's answer is no
 * private key. */
enum identity_result identity_download(struct api *api, const char *stack_uid,
                                       const char *server_uid, struct strbuf *key,
                                       struct deadline until, struct error *err);

/* Take the lock of identity_fetch(), one per stack: a descriptor for lock_release(), or
 * -1 with ERROR_RETRY when time is up.  Blocks. */
int identity_lock(const char *stack_uid, struct deadline until, struct error *err);

#endif

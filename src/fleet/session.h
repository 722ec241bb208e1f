/* SPDX-License-Identifier: MIT */
/*
 * session.h - an API session with the login that the configuration names, or else the
 * one that fetched the inventory (fleet/owner.h).
 */
#ifndef FLEET_SESSION_H
#define FLEET_SESSION_H

#include "base/deadline.h"

struct api;
struct config;
struct error;

/* Blocks where a token is refreshed or an account id is asked for.  Errors as
 * api_open().  The caller frees the result with api_free(). */
struct api *api_session(const struct config *config, struct deadline until,
                        struct error *err);

/* The same with token, which is not stored: for api_ping(), then api_keep_token(). */
struct api *api_session_with_token(const struct config *config, const char *token,
                                   struct deadline until, struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * api.h - the calls of the Cloud 66 API v3 (src/doc/cloud66.md), as functions.
 *
 * Each function that takes a deadline blocks, until that at most; the others do not.
 *
 * Errors: ERROR_DENIED 401 (says to log in) and 403; ERROR_NO_HOST 404;
 * ERROR_RETRY throttled (429, 503) for longer than the deadline allows;
 * ERROR_UNAVAILABLE for no answer, 5xx, or an answer that is not what the API
 * promises; ERROR_CONFIG for a broken profile or token file.
 */
#ifndef CLOUD66_API_H
#define CLOUD66_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/deadline.h"

struct api;
struct error;
struct json;
struct strbuf;

struct api_config {
	const char *profile; /* NULL: the toolbelt's last one */
	const char *org;     /* name of an account; NULL: the profile's organization */
	bool any_family;     /* also IPv6: only when from-ip is set by hand */
	const char *token;   /* to be tried, for auth_try(); NULL: the profile's own */
};

/* Load profile and token (refreshed when past its Expiry) and find the account id of
 * the profile's organization.  With config->token no account is looked up: only for
 * api_ping() and api_keep_token().  The caller frees the result with api_free(). */
struct api *api_open(const struct api_config *config, struct deadline until,
                     struct error *err);
void api_free(struct api *api); /* NULL is allowed */

/* "https://app.cloud66.com"; borrowed from api. */
const char *api_base_url(const struct api *api);

/* Name of the profile; its organization or NULL; id of the account or NULL; path of the
 * token file.  Borrowed from api. */
const char *api_profile(const struct api *api);
const char *api_scopes(const struct api *api); /* NULL: not known */
const char *api_organization(const struct api *api);
const char *api_account(const struct api *api);
const char *api_token_path(const struct api *api);

/* Ask the API whether it accepts the token. */
int api_ping(struct api *api, struct deadline until, struct error *err);

/* Store the token that was tried; see auth_keep(). */
int api_keep_token(const struct api *api, struct error *err);

/* Called for each item of a list, in the API's order; item lives for the call.  It may
 * start calls of the API, but not wait for them.  -1 with err ends that list. */
typedef int api_item_fn(const struct json *item, void *cookie, struct error *err);

struct api_list {
	char *path;        /* "/stacks", without suffix and query; owned by the caller */
	const char *query; /* "a=b" to add, or NULL */
	api_item_fn *each;
	void *cookie;
	int rc;            /* 0, or -1 with err */
	int status;        /* of HTTP, of the answer that failed; 0: there is none */
	struct error *err; /* owned by the caller, one per list */
};

/*
 * Fetch all pages of every list, lists and pages in parallel over few connections.
 * each() is called in order within a list, list after list as they become whole.
 * progress(done, known, cookie) may be NULL; it counts pages, and known grows on the way.
 * 0, or -1 when a list failed; each list has its own rc and err.
 */
int api_lists(struct api *api, struct api_list *lists, size_t count,
              void (*progress)(size_t done, size_t known, void *cookie), void *cookie,
              struct deadline until);

/* One list. */
int api_list(struct api *api, const char *path, api_item_fn *each, void *cookie,
             struct deadline until, struct error *err);

/* A call whose answer is one object: the content of its envelope goes to each(), once. */
struct api_object {
	const char *path;
	const char *query; /* or NULL */
	const char *body;  /* JSON, for POST; NULL: GET */
	api_item_fn *each;
	void *cookie;
};

/* -1 also where each() returns that.  A POST whose connection breaks is not repeated. */
int api_call(struct api *api, const struct api_object *object, struct deadline until,
             struct error *err);

/* Append the private key of a server, as the API gives it, to *key (STRBUF_SECRET). */
enum api_key { API_KEY_NONE = 0, API_KEY_GIVEN = 1 /* or -1 with err */ };
int api_server_key(struct api *api, const char *stack_uid, const char *server_uid,
                   struct strbuf *key, struct deadline until, struct error *err);

/*
 * The public key that the API keeps for the user of the token, one line as in
 * authorized_keys: append it to *line.  API_KEY_NONE when none was uploaded.
 */
int api_access_key(struct api *api, struct strbuf *line, struct deadline until,
                   struct error *err);

/* Replace it. */
int api_set_access_key(struct api *api, const char *line, struct deadline until,
                       struct error *err);

struct api_key_probe {
	const char *stack_uid;
	const char *server_uid;
	int answer; /* out: 1 has a key, 0 has none, -1 not known */
};

/* Ask for many servers at once whether the API has a key. */
void api_probe_keys(struct api *api, struct api_key_probe *probes, size_t count,
                    struct deadline until);

struct api_lease {
	const char *stack_uid;
	const char *server_uid; /* "" for every server of the stack */
	const char *from_ip;    /* "AUTO", address or CIDR */
	uint16_t port;
	int64_t minutes;
};

/*
 * Ask for a temporary firewall rule, a lease, and poll until the action has finished: at
 * once, then after 0.25 s growing to 2 s.  0 when the rule is there.  ERROR_DENIED with
 * the API's message when the action fails.
 */
int api_lease(struct api *api, const struct api_lease *lease, struct deadline until,
              struct error *err);

/* Call each() for every rule of a stack's firewall that names an address or network. */
struct api_firewall_rule {
	const char *from;       /* ADDRESS or ADDRESS/BITS */
	const char *server_uid; /* NULL: for every server of the stack */
	int64_t port;
};
typedef void api_firewall_fn(const struct api_firewall_rule *rule, void *cookie);
int api_firewall_rules(struct api *api, const char *stack_uid, api_firewall_fn *each,
                       void *cookie, struct deadline until, struct error *err);

/*
 * api_lease() in two halves.  api_lease_ask() sends nothing before the next call of any
 * function that takes api; NULL with err.  api_lease_wait() frees the request, in
 * whatever state it is.  Between them every call to the API advances the request, and
 * api_turn() does so in a loop that also polls other descriptors: see http_turn().
 */
struct api_lease_request;
enum api_lease_progress {
	API_LEASE_ASKED,   /* no answer yet */
	API_LEASE_ORDERED, /* the action runs: the firewall may open at any time */
	API_LEASE_DONE,
	API_LEASE_FAILED, /* api_lease_wait() says why */
};
struct api_lease_request *api_lease_ask(struct api *api, const struct api_lease *lease,
                                        struct deadline until, struct error *err);
enum api_lease_progress api_lease_state(const struct api_lease_request *request);
int api_lease_wait(struct api_lease_request *request, struct error *err);

/* Did the connection break before the answer to the request came?  The API may have taken
 * the request, so it is not to be repeated.  Does not block. */
bool api_lease_is_lost(const struct api_lease_request *request);

/* Wait for it until another deadline, from its next call on. */
void api_lease_extend(struct api_lease_request *request, struct deadline until);

/* Stop waiting: the rule may come or not.  Frees the request.  NULL is allowed. */
void api_lease_leave(struct api_lease_request *request);

struct pollfd;
void api_turn(struct api *api, struct deadline until, struct pollfd *also, size_t count,
              int wait_ms);

#endif

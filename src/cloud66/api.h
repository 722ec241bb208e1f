/* SPDX-License-Identifier: MIT */
/*
 * api.h - the calls of the Cloud 66 API v3 that cxssh makes, as functions.
 *
 * Knows paths, envelopes, pagination, error bodies, throttling and the polling
 * of actions (facts/cloud66.md 1 and 2).  What an item of a list means is the
 * caller's business.  Every function blocks until its deadline at the most.
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
#include "cloud66/pagination.h" /* struct api_list, api_item_fn */

struct api;
struct error;
struct json;
struct strbuf;

struct api_config {
	const char *profile; /* NULL: the toolbelt's last one */
	bool any_family;     /* also IPv6: only when from-ip is set by hand */
	const char *token;   /* to be tried, for auth_try(); NULL: the profile's own */
};

/* Load profile and token (refreshed when past its Expiry), find the account id of
 * the profile's organization; with a token to be tried, no account is asked for, and
 * api_ping() is all it is for.  The caller frees the result with api_free(). */
struct api *api_open(const struct api_config *config, struct deadline until,
                     struct error *err);
void api_free(struct api *api); /* NULL is allowed */

/* "https://app.cloud66.com"; borrowed from api. */
const char *api_base_url(const struct api *api);

/* Whose login it is: the profile's name, borrowed from api. */
const char *api_profile(const struct api *api);

/* Is the API there, and does it accept the token?  Nothing else is asked. */
int api_ping(struct api *api, struct deadline until, struct error *err);

/* Keep the token that was tried; see auth_keep(). */
int api_keep_token(const struct api *api, struct error *err);

/*
 * Fetch all pages of every list, lists and pages in parallel over few
 * connections.  each() is called in order within a list, list after list as they
 * become whole.  progress(done, known, cookie) may be NULL; it counts pages, and more
 * become known on the way.  Returns 0 when all
 * went well, else -1; each list's own rc and err say more.
 */
int api_lists(struct api *api, struct api_list *lists, size_t count,
              void (*progress)(size_t done, size_t known, void *cookie), void *cookie,
              struct deadline until);

/* One list. */
int api_list(struct api *api, const char *path, api_item_fn *each, void *cookie,
             struct deadline until, struct error *err);

/* GET one object; the content of its envelope goes to each(), once. */
int api_get(struct api *api, const char *path, const char *query, api_item_fn *each,
            void *cookie, struct deadline until, struct error *err);

/*
 * The private key of a server, into *key (make it STRBUF_SECRET), line ends
 * normalised, one final newline.  1, or 0 when the API has none to give.
 */
int api_server_key(struct api *api, const char *stack_uid, const char *server_uid,
                   struct strbuf *key, struct deadline until, struct error *err);

struct api_key_probe {
	const char *stack_uid;
	const char *server_uid;
	int answer; /* out: 1 has a key, 0 has none, -1 not known */
};

/* Ask for many servers at once whether the API has a key; nothing is kept. */
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
 * Ask for a temporary firewall rule and wait until the action has finished: the
 * first look at once, then after 0.25 s growing to 2 s.  0 when the rule is there.
 * ERROR_DENIED with the API's message when the action fails.
 */
int api_lease(struct api *api, const struct api_lease *lease, struct deadline until,
              struct error *err);

/*
 * The same in two halves, for one who has other things to do meanwhile.  Ask: nothing
 * is sent before the next call of any function that takes api; NULL with err.  Wait:
 * frees the opening, in whatever state it is.  Between them every call to the API
 * takes the opening further, and api_turn() does so for a loop that also waits for
 * other descriptors: see http_turn().
 */
struct api_lease_request;
enum api_lease_progress {
	API_LEASE_ASKED,   /* no answer yet */
	API_LEASE_ORDERED, /* the API works on it: the door may open any moment */
	API_LEASE_DONE,
	API_LEASE_FAILED, /* api_lease_wait() says why */
};
struct api_lease_request *api_lease_ask(struct api *api, const struct api_lease *lease,
                                        struct deadline until, struct error *err);
enum api_lease_progress api_lease_state(const struct api_lease_request *opening);
int api_lease_wait(struct api_lease_request *opening, struct error *err);

/* It is no longer waited for: the rule may come or not.  NULL is allowed. */
void api_lease_leave(struct api_lease_request *opening);

struct pollfd;
void api_turn(struct api *api, struct deadline until, struct pollfd *also, size_t count,
              int wait_ms);

#endif

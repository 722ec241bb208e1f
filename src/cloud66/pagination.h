/* SPDX-License-Identifier: MIT */
/*
 * pagination.h - all pages of many lists at once, delivered in order
 * (src/doc/cloud66.md).  Other folders include api.h.
 */
#ifndef CLOUD66_PAGINATION_H
#define CLOUD66_PAGINATION_H

#include <stddef.h>

#include "base/deadline.h"

struct api;
struct error;
struct json;

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

/* See api_lists().  Blocks. */
int pagination_fetch(struct api *api, struct api_list *lists, size_t count,
                     void (*progress)(size_t done, size_t known, void *cookie),
                     void *cookie, struct deadline until);

#endif

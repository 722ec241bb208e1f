/* SPDX-License-Identifier: MIT */
/*
 * modeljson.h - the fleet as JSON, in the API's own words and some of ours: the form of
 * the cache.
 */
#ifndef FLEET_MODELJSON_H
#define FLEET_MODELJSON_H

struct error;
struct fleet;
struct json;

/* A new document; the caller frees it with json_free(). */
struct json *fleet_to_json(const struct fleet *fleet);

/* Add what doc describes; what does not pass is skipped, as fleet_add_server() does
 * it.  -1 with ERROR_UNAVAILABLE where the document is of another shape. */
int fleet_from_json(struct fleet *fleet, const struct json *doc, struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * modeljson.h - the fleet as JSON, with the API's own keys and some of cxssh's
 * ("cxssh_..."): the form of the inventory file.  Nothing here blocks.
 */
#ifndef FLEET_MODELJSON_H
#define FLEET_MODELJSON_H

struct error;
struct fleet;
struct json;

/* A new document; the caller frees it with json_free(). */
struct json *fleet_to_json(const struct fleet *fleet);

/*
 * Add what doc describes; what is not allowed is skipped as by fleet_add_server().
 * -1 with ERROR_CONFIG where doc has another format version, ERROR_UNAVAILABLE where
 * its shape is another.
 */
int fleet_from_json(struct fleet *fleet, const struct json *doc, struct error *err);

#endif

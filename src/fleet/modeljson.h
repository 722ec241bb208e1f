/* SPDX-License-Identifier: MIT */
/*
 * modeljson.h - the fleet as JSON, with the API's own keys and some of cxssh's
 * ("cxssh_..."): the form of the inventory file.  Nothing here blocks.
 */
#ifndef FLEET_MODELJSON_H
#define FLEET_MODELJSON_H

#include <stddef.h>

struct error;
struct fleet;
struct strbuf;

/* Append the fleet as documents, one in a line, of which each but the first has one
 * stack: a reader need not hold all of them as JSON at once. */
void fleet_write(const struct fleet *fleet, struct strbuf *out);

/*
 * Add what text describes; what is not allowed is skipped as by fleet_add_server().
 * -1 with ERROR_CONFIG where it has another format version or is not whole,
 * ERROR_UNAVAILABLE where its shape is another.
 */
int fleet_read(struct fleet *fleet, const char *text, size_t len, struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * modelread.h - JSON of the API, which is also the form of the inventory file, into the
 * values of fleet/model.h.  No function here blocks.
 */
#ifndef FLEET_MODELREAD_H
#define FLEET_MODELREAD_H

#include <stdbool.h>

struct fleet;
struct json;
struct server;
struct stack;

/*
 * Add what item describes.  Where a field is not allowed, or the stack has a server of
 * this uid already, nothing is added and a warning names the field (never its content).
 * The result is borrowed until the next call; NULL: skipped.
 */
struct stack *fleet_add_stack(struct fleet *fleet, const struct json *item);

/* Write what a role of the API is called here: lower case, "-" for a blank and a dot.
 * False when its name is not allowed. */
enum { FLEET_ROLE_SIZE = 33 };
bool fleet_role_name(const char *raw, char out[static FLEET_ROLE_SIZE]);

struct server *fleet_add_server(struct fleet *fleet, struct stack *stack,
                                const struct json *item);

/* Add a stack that was not selected: its name still counts when aliases are made. */
void fleet_add_other(struct fleet *fleet, const struct json *item);

#endif

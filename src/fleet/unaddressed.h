/* SPDX-License-Identifier: MIT */
/*
 * unaddressed.h - servers that the API lists without an address, as while they are being
 * made.  They have no alias, route or block; a user who names one is told.
 *
 * No function here blocks.
 */
#ifndef FLEET_UNADDRESSED_H
#define FLEET_UNADDRESSED_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct stack;

/* Note a server; both texts have passed the allow-list. */
void unaddressed_add(struct stack *stack, const char *uid, const char *name);

/* The name of a server of stack->unaddressed.  Borrowed. */
const char *unaddressed_name(const char *entry);

/* Is name the uid, the name or the alias of such a server, in one of these stacks?  Then
 * ERROR_RETRY, which calls it shown. */
bool unaddressed_tell(const struct stack *stacks, size_t count, const char *name,
                      const char *shown, struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * nearest.h - names of the fleet that are like one that was mistyped.  Nothing here
 * blocks.
 */
#ifndef FLEET_NEAREST_H
#define FLEET_NEAREST_H

struct fleet;
struct stack;
struct strbuf;

/* Append "; nearest: " and up to three aliases of the hosts that are nearest to typed;
 * nothing where none is near. */
void nearest_hosts(const struct fleet *fleet, const char *typed, struct strbuf *out);

/* The name of the server or role of the stack that is nearest; NULL: none is near.
 * Borrowed. */
const char *nearest_in(const struct stack *stack, const char *name);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * twins.h - servers that the API lists with one uid.
 */
#ifndef FLEET_TWINS_H
#define FLEET_TWINS_H

struct fleet;

/*
 * Skip each server with the uid of another one, of an earlier stack, that has another
 * name or address, and warn of it: the uid names one server.  Stacks may share a server.
 * Does not block.
 */
void fleet_skip_twins(struct fleet *fleet);

#endif

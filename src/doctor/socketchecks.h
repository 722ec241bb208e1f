/* SPDX-License-Identifier: MIT */
/*
 * socketchecks.h - the check of "cxssh doctor" about the sockets of brokers.
 */
#ifndef DOCTOR_SOCKETCHECKS_H
#define DOCTOR_SOCKETCHECKS_H

struct findings;
struct fleet;

/* Add the results: may sockets be made, and does each broker of the fleet answer?  Blocks
 * for up to 2 s for each broker that does not. */
void socketchecks(const struct fleet *fleet, struct findings *findings);

#endif

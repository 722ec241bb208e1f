/* SPDX-License-Identifier: MIT */
/*
 * keytypes.h - lists of host key types as in known_hosts ("ssh-rsa").  Does not block.
 */
#ifndef HOSTKEY_KEYTYPES_H
#define HOSTKEY_KEYTYPES_H

#include <stddef.h>

struct strvec;

/* Remove doubles and sort in ssh's order of preference, so that all servers of a role are
 * known by one type where they have it. */
void keytypes_sort(struct strvec *types);

/* Push the types, each once, that a value of HostKeyAlgorithms stands for, such as
 * "rsa-sha2-512,ssh-ed25519"; certificates are left out: they cannot be learnt,
 * and what is no name of an algorithm. */
void keytypes_of_algorithms(const char *algorithms, struct strvec *types);

#endif

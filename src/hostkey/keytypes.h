/* SPDX-License-Identifier: MIT */
/*
 * keytypes.h - lists of host key types, as they stand in known_hosts ("ssh-rsa"), and
 * which of them ssh asks for first.
 */
#ifndef HOSTKEY_KEYTYPES_H
#define HOSTKEY_KEYTYPES_H

#include <stddef.h>

struct strvec;

/* Each once, and in ssh's own order: the name of a role is to have one type for all of
 * its servers, where they have it. */
void keytypes_sort(struct strvec *types);

/* Push the types, each once, that a value of HostKeyAlgorithms stands for, such as
 * "rsa-sha2-512,ssh-ed25519"; certificates are no keys that could be learnt. */
void keytypes_of_algorithms(const char *algorithms, struct strvec *types);

#endif

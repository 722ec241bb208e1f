/* SPDX-License-Identifier: MIT */
/*
 * aliastext.h - the text of one alias, at each level of what makes it unique.
 *
 * The level of a name rises as long as another one has the same text: a role first gets
 * "-role-", then come more and more characters of the uid, and last a hash of the whole
 * identity.  Nothing here blocks.
 */
#ifndef FLEET_ALIASTEXT_H
#define FLEET_ALIASTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ALIASTEXT_MAX = 100, ALIASTEXT_PLAIN = 0 /* the lowest level */ };

struct aliastext {
	const char *head; /* the stack's part, or "" */
	char *tail;       /* owned: the slug of this one */
	const char *uid;  /* "" for a role */
	uint64_t hash;    /* of kind and uids: equal only for the same thing */
	size_t limit;     /* of text */
	unsigned level;
	bool role;
	char text[ALIASTEXT_MAX + 1];
};

/*
 * The letters and digits of text in lower case, any other run of bytes between them as
 * one '-', also a dot, so that no alias is the name of a host elsewhere; "" when nothing
 * is left.  The caller frees it.
 */
char *aliastext_slug(const char *text);

/* The hash of what kind, "server" say, and its uids stand for. */
uint64_t aliastext_hash(const char *kind, const char *first, const char *second);

/* Set text by the other members. */
void aliastext_compose(struct aliastext *name);

/* Raise the level; false: it is the last one. */
bool aliastext_raise(struct aliastext *name);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * keptnames.h - ~/.config/cxssh/aliases: the names that were given on this machine, and
 * the stack of each.
 *
 * A line is "NAME STACK_UID"; the prefix that all names of a stack have is "PREFIX-*".
 * Lines are only added.  Of two lines with one name the first counts, and a line of
 * another form is left as it is.
 */
#ifndef FLEET_KEPTNAMES_H
#define FLEET_KEPTNAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "base/strvec.h"

struct error;
struct fleet;
struct host;

struct keptnames {
	struct strbuf text;     /* the file */
	struct strvec owners;   /* "NAME NUMBER STACK_UID", sorted */
	struct strvec prefixes; /* "STACK_UID NUMBER PREFIX", sorted */
	size_t count;           /* of names, for NUMBER */
};

#define KEPTNAMES_INIT \
	{ \
		.text = STRBUF_INIT \
	}

/*
 * Read the file; where there is none yet, take the names of the inventory, which an older
 * version gave.  *kept is KEPTNAMES_INIT.  -1 with ERROR_CONFIG where the file cannot be
 * read.  Does not block.
 */
int keptnames_load(struct keptnames *kept, struct error *err);
void keptnames_release(struct keptnames *kept);

/* The uid of the stack that name leads to, or of "PREFIX-*"; NULL: of none. Borrowed. */
const char *keptnames_owner(const struct keptnames *kept, const char *name);

/* The first and the last prefix that was given to the stack; NULL: none.  Borrowed. */
const char *keptnames_prefix(const struct keptnames *kept, const char *stack_uid,
                             bool last);

/* Push all prefixes that the stack has had, in the order in which they were given. */
void keptnames_prefixes(const struct keptnames *kept, const char *stack_uid,
                        struct strvec *prefixes);

/* The host that had name when its stack had another one; false: none.  Does not block. */
bool keptnames_find(const struct keptnames *kept, const struct fleet *fleet,
                    const char *name, struct host *found);

/* Add the names of fleet, in memory only; false: there was no new one. */
bool keptnames_add(struct keptnames *kept, const struct fleet *fleet);

/*
 * Add the names of fleet to the file; anew drops all others.  The file is replaced whole
 * or not at all.  The caller holds the inventory lock.  -1 with ERROR_CONFIG.  Does not
 * block.
 */
int keptnames_store(const struct fleet *fleet, bool anew, struct error *err);

#endif

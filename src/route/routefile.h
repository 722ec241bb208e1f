/* SPDX-License-Identifier: MIT */
/*
 * routefile.h - ~/.cache/cxssh/routes/TARGET: what a connection needs to know of one
 * server or role, in one small file, so that its cost does not grow with the fleet.
 *
 * The proxy reads of the fleet only these files; cxssh writes them.  A reader takes no
 * lock and sees a whole file; a writer holds routefile_lock().  A file that is damaged
 * or of another version counts as none, and is written anew.
 *
 * TARGET is a server's uid, or for a role STACK_UID '.' ROLE.  Unless said otherwise, a
 * function does not block, and fails with ERROR_CONFIG when a file cannot be written.
 */
#ifndef ROUTE_ROUTEFILE_H
#define ROUTE_ROUTEFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"
#include "base/strvec.h"

struct error;
struct strbuf;

struct route {
	char *target;       /* the file's name */
	char *alias;        /* the name in ssh_config */
	char *second_alias; /* another name in ssh_config, or NULL */
	char *stack_uid;    /* the stack that key and lease belong to */
	struct strvec
		servers; /* of a role: server uids, healthy ones first; else empty */
	char *address;   /* IP address or DNS name; NULL for a role */
	char *user;      /* login name on the server */
	char *gateway;   /* "user@address" of the bastion, or NULL */
	char *apn;       /* its name in a private network, to be tried first, or NULL */
	char *identity;  /* IdentityFile that cxssh provides, or NULL */
	int64_t lease_made; /* seconds since the epoch; 0: no lease */
	int64_t lease_until;
	char *lease_network; /* the source address that it was made for, or NULL */
};

/* Read the route of target: 1 with *route, which has alias, stack_uid and user, and
 * servers or an address; the caller releases it.  0 when no file can
 * be used; -1 with ERROR_USAGE when target is no name of a route. */
int routefile_read(const char *target, struct route *route, struct error *err);
void routefile_release(struct route *route);

/* Parse the content of a file, which is changed on the way: 1 with *route, or 0 as
 * routefile_read(). */
int routefile_parse(const char *target, char *text, size_t len, struct route *route);
void routefile_format(const struct route *route, struct strbuf *out);

/* Write the file unless it says the same already. */
int routefile_write(const struct route *route, struct error *err);

/* Push the targets of all route files. */
int routefile_list(struct strvec *targets, struct error *err);

/* Remove a file; 0 also when there is none. */
int routefile_remove(const char *target, struct error *err);

/* Take the writers' lock of target: a descriptor for lock_release(), or -1 with
 * ERROR_RETRY when until has passed.  Blocks. */
int routefile_lock(const char *target, struct deadline until, struct error *err);

/* True for a role and for an alias that stands for several servers. */
bool routefile_has_servers(const struct route *route);

/* True when target is STACK_UID '.' ROLE: then it has a HostKeyAlias of its own. */
bool routefile_is_stack_role(const struct route *route);

/*
 * The state of route's lease at now (seconds since the epoch) for packets that leave
 * from the address source (NULL: not known).  A lease in its last quarter is still
 * valid, and should be renewed.
 */
enum lease_state { LEASE_NONE, LEASE_ENDING, LEASE_VALID };
enum lease_state routefile_lease(const struct route *route, int64_t now,
                                 const char *source);

/*
 * Hints about one port of a server, kept as files; a failure to write one is ignored.
 *   MARK_DOWN  did not answer: for 60 s a role tries it last
 *   MARK_BUSY  its sshd refused connections (MaxStartups): for 30 s a connection counts
 *              only when sshd has sent its banner
 *   MARK_CHECKED  of a role: for 60 s the API is not asked again which servers have it
 *   MARK_MISSING  of a name: for 60 s the API is not asked for it again
 *   MARK_LOOKED  of a server behind a bastion, or a role, that was not reached: for 10 s
 *              the API is not asked again where it is
 */
enum route_mark { MARK_DOWN, MARK_BUSY, MARK_CHECKED, MARK_MISSING, MARK_LOOKED };
void routefile_mark(const char *uid, uint16_t port, enum route_mark mark);
void routefile_unmark(const char *uid, uint16_t port, enum route_mark mark);
bool routefile_is_marked(const char *uid, uint16_t port, enum route_mark mark);

#endif

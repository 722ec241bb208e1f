/* SPDX-License-Identifier: MIT */
/*
 * routefile.h - ~/.cache/cxssh/routes/TARGET: all that a connection needs to know
 * of one server or one role, in one small file, so that its cost does not grow
 * with the fleet.
 *
 * The proxy reads these and nothing else of the fleet; cxssh writes them.  A
 * reader never locks and sees a whole file; a writer holds routefile_lock().
 * Broken content counts as no file: it is rebuilt.
 *
 * TARGET is a server's uid, or for a role STACK_UID '.' ROLE.
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
	char *target;          /* the file's name */
	char *alias;           /* what the user types */
	char *stack_uid;       /* owner of key and lease: the server's own stack_uid */
	struct strvec servers; /* a role's server uids, healthy ones first; empty for a
	                          server */
	char *address;         /* IP or DNS name; NULL for a role */
	char *user;            /* login name on the server */
	char *gateway;         /* "user@address", or NULL: direct */
	char *identity; /* key file that must exist before ssh logs in, or NULL: none of
	                   ours */
	int64_t lease_made; /* seconds since the epoch; 0: no lease */
	int64_t lease_until;
	char *lease_network; /* as sourceaddr_of_route() said when it was made, or NULL */
};

/* Read the route of target.  1 with *route (release it), 0 when there is none that
 * can be used, -1 with err when target is no name of a route. */
int routefile_read(const char *target, struct route *route, struct error *err);
void routefile_release(struct route *route);

/* The content of a file as a route, and back.  text is changed on the way; 1, or 0 when
 * it is none that can be used. */
int routefile_parse(const char *target, char *text, size_t len, struct route *route);
void routefile_format(const struct route *route, struct strbuf *out);

/* Write it, if it says anything new. */
int routefile_write(const struct route *route, bool *changed, struct error *err);

/* Push the targets of all routes that there are; remove one, if it is there. */
int routefile_list(struct strvec *targets, struct error *err);
int routefile_remove(const char *target, struct error *err);

/* One writer at a time per target; give the descriptor to lock_release(). */
int routefile_lock(const char *target, struct deadline until, struct error *err);

/* Does it lead to other routes: a role's, or an alias's? */
bool routefile_has_servers(const struct route *route);

/* Is it STACK_UID '.' ROLE, which ssh knows host keys under? */
bool routefile_is_stack_role(const struct route *route);

/*
 * What the cached lease is worth now (seconds since the epoch) to one who leaves by
 * the address source (NULL: not known).  A lease in its last quarter still opens
 * the door, and should be renewed.
 */
enum lease_state { LEASE_NONE, LEASE_ENDING, LEASE_VALID };
enum lease_state routefile_lease(const struct route *route, int64_t now,
                                 const char *source);

/*
 * Hints about a server that fade by themselves; setting one never fails loudly.
 *   MARK_DOWN  did not answer lately: a role tries it last for a minute
 *   MARK_BUSY  its sshd turned connections away (MaxStartups): for half a minute
 *              a connection counts only when the server has spoken
 */
enum route_mark { MARK_DOWN, MARK_BUSY };
void routefile_mark(const char *uid, enum route_mark mark);
void routefile_unmark(const char *uid, enum route_mark mark);
bool routefile_is_marked(const char *uid, enum route_mark mark);

#endif

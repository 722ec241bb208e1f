/*
 * switchboard.h - who waits for a channel, who talks, and over which login.
 *
 * Starts the logins: one, as a rule; another beside it when callers wait too
 * long behind a server that the bastion cannot reach (libssh2 opens one channel
 * at a time), or when the first has fallen silent.  Changes to OpenSSH's client
 * where libssh2 is not able to.  Never blocks but on a key's agent and on local
 * files.
 */
#ifndef BROKER_DISPATCHER_H
#define BROKER_DISPATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct asker;
struct error;
struct pollset;
struct switchboard;

struct switchboard_config {
	const char *gateway; /* "user@address" */
	const char *key_file;
	int transport;   /* enum gateway_transport */
	int send_buffer; /* SO_SNDBUF of the connection to the bastion, or 0 */
};

struct switchboard *switchboard_new(const struct switchboard_config *config);
void switchboard_free(struct switchboard *sb);

/* Begin to log in, although nobody waits. */
void switchboard_warm(struct switchboard *sb);

/* Takes somebody who wants a channel; he is answered sooner or later. */
void switchboard_admit(struct switchboard *sb, struct asker *asker);

/* Add what to wait for; lower *wait_ms. */
void switchboard_poll(struct switchboard *sb, struct pollset *set, int *wait_ms);

/* Do what can be done now; true when more may be possible at once. */
bool switchboard_move(struct switchboard *sb, const struct pollset *set);

/* Time has jumped: ask every login for a sign of life. */
void switchboard_doubt(struct switchboard *sb);

/* Tell all who wait. */
void switchboard_refuse_all(struct switchboard *sb, const struct error *why);

/* Could nobody log in?  Then everybody was and will be told this. */
const struct error *switchboard_failure(const struct switchboard *sb);

/* Is there no login any more, after there was one? */
bool switchboard_is_over(const struct switchboard *sb);

size_t switchboard_talks(const struct switchboard *sb);
size_t switchboard_calls(const struct switchboard *sb);
int64_t switchboard_served(const struct switchboard *sb);
const char *switchboard_transport(const struct switchboard *sb); /* "connecting" */

#endif

/*
 * asker.h - somebody at the broker's door: one request line, one answer line,
 * perhaps with a descriptor.  The server side of broker/client.
 *
 * Requests: "channel UID PORT", "status", "close".  Answers: "ok ..." and "error
 * STATUS TEXT", where STATUS is the exit status that a program would end with.
 */
#ifndef BROKER_BROKERREQUEST_H
#define BROKER_BROKERREQUEST_H

#include <stdint.h>

struct asker;
struct error;

enum asker_wish {
	ASKER_READING, /* not all of it is there yet */
	ASKER_CHANNEL,
	ASKER_STATUS,
	ASKER_CLOSE,
	ASKER_GONE, /* hung up, is not our user, or talks nonsense */
};

/* Takes fd, an accepted connection. */
struct asker *asker_new(int fd);
void asker_free(struct asker *a); /* hangs up; NULL is allowed */

int asker_fd(const struct asker *a);

/* Read what there is and say what is wanted.  When that was said before: the same,
 * or ASKER_GONE.  Does not block. */
enum asker_wish asker_read(struct asker *a);

/* Of ASKER_CHANNEL. */
const char *asker_uid(const struct asker *a);
uint16_t asker_port(const struct asker *a);

/* Answer with one line and, unless it is -1, a descriptor, which stays the caller's. */
void asker_answer(struct asker *a, const char *text, int fd);
void asker_refuse(struct asker *a, const struct error *why);

#endif

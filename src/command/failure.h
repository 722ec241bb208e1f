/*
 * failure.h - a failed attempt, shared with those who were waiting for it: fifty
 * sessions at once make one call and see one error, and the next one tries anew.
 */
#ifndef COMMAND_FAILURE_H
#define COMMAND_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

struct error;

/* Wall-clock milliseconds: the same for every process. */
int64_t failure_now_ms(void);

/*
 * Did an attempt at target fail after we began to wait?  Then that is ours, too.  Once
 * one has shared it there is a crowd, and for three seconds its latecomers are told the
 * same; a single attempt that failed keeps nobody from trying again at once.
 */
bool failure_shared(const char *target, int64_t began_ms, struct error *err);

/* Leave a failure for those who wait.  Never fails loudly. */
void failure_note(const char *target, const struct error *err);

#endif

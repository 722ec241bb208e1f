/*
 * atomic.h - files that are whole or not there: read with a limit, replaced by
 * rename(2).
 */
#ifndef BASE_ATOMIC_H
#define BASE_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct error;
struct strbuf;

/*
 * Append the content of path to *content.  Returns 1, or 0 when there is no
 * such file, or -1 with ERROR_CONFIG: not a regular file, longer than max, not
 * readable.  A file that others own or can write is refused: it is not ours.
 */
int atomic_read(const char *path, size_t max, struct strbuf *content, struct error *err);

/*
 * Make path hold exactly these bytes, or leave it as it was: written beside it
 * under a name nobody guesses that begins with '.', fsynced, renamed, folder fsynced.  mode is the
 * new file's.  path must not be a symbolic link that matters: rename replaces it.
 * -1 with ERROR_CONFIG and the reason (full disk, read-only, permissions).
 */
int atomic_write(const char *path, const void *bytes, size_t len, mode_t mode,
                 struct error *err);

/* atomic_update() for what can be made again: nothing waits for the disk. */
int atomic_update_cache(const char *path, const void *bytes, size_t len, bool *changed,
                        struct error *err);

/* atomic_write() unless path holds these bytes already.  *changed may be NULL. */
int atomic_update(const char *path, const void *bytes, size_t len, mode_t mode,
                  bool *changed, struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * atomic.h - files that are whole or not there: read with a limit, replaced by
 * rename(2).
 */
#ifndef RUNTIME_ATOMIC_H
#define RUNTIME_ATOMIC_H

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

/* The same, but of a file that is longer its last max bytes: then it returns 2. */
int atomic_read_end(const char *path, size_t max, struct strbuf *content,
                    struct error *err);

/* As atomic_read() for a file of the user's that others read as well: who owns it and who
 * can write it is his matter. */
int atomic_read_users(const char *path, size_t max, struct strbuf *content,
                      struct error *err);

/*
 * Make path hold exactly these bytes, or leave it as it was: written beside it as a
 * draft, fsynced, renamed, folder fsynced.  mode is the new file's, the owner is who
 * we are.  path must not be a symbolic link that matters: rename replaces it.
 * -1 with ERROR_CONFIG and the reason (full disk, read-only, permissions).
 */
int atomic_write(const char *path, const void *bytes, size_t len, mode_t mode,
                 struct error *err);

/* atomic_update() for what can be made again: nothing waits for the disk. */
int atomic_update_cache(const char *path, const void *bytes, size_t len, bool *changed,
                        struct error *err);

/* atomic_write() unless path is a file of ours with this mode that holds these bytes
 * already.  *changed may be NULL. */
int atomic_update(const char *path, const void *bytes, size_t len, mode_t mode,
                  bool *changed, struct error *err);

/*
 * The same for a file that the user may have made, to be edited by hand as well: the
 * file at the end of its links is the one that changes, and its mode and group stay;
 * mode is for one that is not there yet.  A link that leads nowhere is refused.
 */
int atomic_update_users(const char *path, const void *bytes, size_t len, mode_t mode,
                        struct error *err);

/*
 * The same from before, which was read, to after.  A file that is read-only or has a
 * second name (a hard link) is refused; ERROR_RETRY when right before the change it is
 * not what was read.  What is changed in the moment between looking and rename(2) is
 * lost.
 */
int atomic_change_users(const char *path, const struct strbuf *before,
                        const struct strbuf *after, mode_t mode, struct error *err);

/*
 * A file on its way to its place: whole, fsynced, beside where it will be, under a
 * name that nobody guesses (.NAME.cxssh-XXXXXX).  It is locked (flock) as long as we
 * live, so that others can tell it from one that a killed process left.
 */
struct tmpfile {
	char *name;
	int fd; /* open for writing */
};

#define TMPFILE_INIT \
	{ \
		.fd = -1 \
	}

/* Make the draft of path, from TMPFILE_INIT: 0, or -1 as atomic_write(). */
int tmpfile_open(struct tmpfile *draft, const char *path, const void *bytes, size_t len,
                 mode_t mode, struct error *err);

/* Each of these ends the draft: rename it to path and fsync the folder, or -1 as
 * atomic_write(); remove it; or leave it to who has renamed it. */
int tmpfile_publish(struct tmpfile *draft, const char *path, struct error *err);
void tmpfile_release(struct tmpfile *draft);
void tmpfile_close(struct tmpfile *draft);

/* Does a file of this name look like a draft? */
bool tmpfile_is_name(const char *name);

/* So that a new name in the folder of path survives a power cut; not every file
 * system can, and a failure is ignored. */
void atomic_sync_folder(const char *path);

#endif

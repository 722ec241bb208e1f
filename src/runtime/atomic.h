/* SPDX-License-Identifier: MIT */
/*
 * atomic.h - read a file with a size limit; replace a file as a whole, by rename(2).
 *
 * Nothing here blocks but for the disk; failures are ERROR_CONFIG unless it says else.
 * A file that the user edits as well is changed by replace.h.
 */
#ifndef RUNTIME_ATOMIC_H
#define RUNTIME_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct error;
struct strbuf;

/*
 * Append the content of path to *content.  Returns 1, 0 if there is no such file, or -1:
 * not a regular file, longer than max bytes, not readable, owned by another user (root
 * excepted) or writable for others (paths_others_write()).
 */
int atomic_read(const char *path, size_t max, struct strbuf *content, struct error *err);

/* The same, but of a file longer than max only its last max bytes: then it returns 2. */
int atomic_read_end(const char *path, size_t max, struct strbuf *content,
                    struct error *err);

/* atomic_read() of a file that other programs read as well: any owner and mode. */
int atomic_read_users(const char *path, size_t max, struct strbuf *content,
                      struct error *err);

/*
 * Write path as a whole or leave it as it was: a temporary file beside it, fsync(2),
 * rename(2), fsync(2) of the folder.  The new file has this mode and the process's owner;
 * a symbolic link at path is replaced, not followed.
 */
int atomic_write(const char *path, const void *bytes, size_t len, mode_t mode,
                 struct error *err);

/* atomic_write() unless path is a regular file of this user with this mode and content
 * already.  *changed (may be NULL) says which. */
int atomic_update(const char *path, const void *bytes, size_t len, mode_t mode,
                  bool *changed, struct error *err);

/* True if path is a regular file of this user, and not a link to one, with this mode and
 * content. */
bool atomic_is(const char *path, const void *bytes, size_t len, mode_t mode);

/* atomic_update() without fsync(2), mode 0600: for files that can be made again. */
int atomic_update_cache(const char *path, const void *bytes, size_t len, bool *changed,
                        struct error *err);

/*
 * atomic_update() of the file at the end of path's symbolic links, which keeps its mode
 * and group; a new one has mode 0600.  A link that leads nowhere is an error.
 */
int atomic_update_users(const char *path, const void *bytes, size_t len,
                        struct error *err);

/*
 * A temporary file with its whole content on the disk, beside its final place, with a
 * random name (.NAME.cxssh-XXXXXX).  This process holds a flock on it, by which
 * tmpsweep.h knows it from one that a killed process left.
 */
struct tmpfile {
	char *name;
	int fd; /* open for writing */
};

#define TMPFILE_INIT \
	{ \
		.fd = -1 \
	}

/* Make it for path, with mode 0600; *tmp must be TMPFILE_INIT, which it also is after a
 * failure. */
int tmpfile_open(struct tmpfile *tmp, const char *path, const void *bytes, size_t len,
                 struct error *err);

/* Each of these ends it: rename it to path and fsync(2) the folder (on failure it is
 * removed); remove it; or leave the file of its name. */
int tmpfile_publish(struct tmpfile *tmp, const char *path, struct error *err);
void tmpfile_release(struct tmpfile *tmp);
void tmpfile_close(struct tmpfile *tmp);

/* Is this the name of a temporary file? */
bool tmpfile_is_name(const char *name);

/* Make bytes the whole content of the open file, on the disk: 0, or -1 with errno.  The
 * file is neither the old nor the new one until then. */
int atomic_overwrite(int fd, const void *bytes, size_t len);

/* fsync(2) the folder of path, so that a new name survives a power cut.  Failures are
 * ignored: not every file system can. */
void atomic_sync_folder(const char *path);

#endif

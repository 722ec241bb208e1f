/* SPDX-License-Identifier: MIT */
/*
 * cachefile.h - the small text files that cxssh keeps for itself: their first line is
 * "version=N", so that a file of another version of cxssh is never misread.
 *
 * In ~/.cache/cxssh a file of another version, or without that line, counts as none and
 * is written anew.  A file that cannot be made again is read with cachefile_version():
 * without the line (0) it has the form of version 1, which cxssh 1.0.0 wrote so.
 *
 * Nothing here blocks but for the disk.
 */
#ifndef RUNTIME_CACHEFILE_H
#define RUNTIME_CACHEFILE_H

#include <stddef.h>

struct error;
struct strbuf;

/* The number in the first line behind remarks, with *text moved to the next; 0 where that
 * line says no version; -1 where its version is no number. */
int cachefile_version(char **text);

/* Add the first line of a file of this version. */
void cachefile_begin(struct strbuf *out, int version);

/*
 * Append to *content what follows the first line of the file path: 1; 0 where there is no
 * such file; -1 where it is of another version, or cannot be read (atomic_read()).
 */
int cachefile_read(const char *path, int version, size_t max, struct strbuf *content);

/* Write the first line and text by atomic_update_cache(), and make the folders on the
 * way. -1 with ERROR_CONFIG. */
int cachefile_write(const char *path, int version, const char *text, struct error *err);

#endif

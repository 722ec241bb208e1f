/* SPDX-License-Identifier: MIT */
/*
 * include.h - the Include lines of cxssh, or its block, in the text of a ~/.ssh/config.
 *
 * What is added can be removed again, and every other byte stays: include_remove() after
 * include_add() gives the same text, for every text; so do the block's functions, for
 * every text without markers.  No function here reads a file or blocks.
 */
#ifndef SSHCONFIG_INCLUDE_H
#define SSHCONFIG_INCLUDE_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct strbuf;

#define INCLUDE_LINE "Include cxssh/config"
#define INCLUDE_LAST "Include cxssh/new" /* below INCLUDE_LAST_HOST */
#define INCLUDE_LAST_HOST "Host *"
#define INCLUDE_MARK "# BEGIN cxssh"
#define INCLUDE_BEGIN INCLUDE_MARK " (written by cxssh sync --inline, changes are lost)"
#define INCLUDE_END "# END cxssh"

enum include_state {
	INCLUDE_ABSENT = 0,
	INCLUDE_INEFFECTIVE, /* only inside a Host or Match block */
	INCLUDE_LATE,        /* inside "Host *" or "Match all": OpenSSH follows it */
	INCLUDE_EFFECTIVE,   /* before the first Host or Match */
};

/* The file to look for among the Includes. */
struct include_target {
	const char *home; /* "~"; relative paths begin at home/.ssh */
	const char *path; /* absolute */
};

/*
 * Does text include the target, in any spelling: relative, "~/", absolute, a pattern,
 * quoted, one of several?  Of several Includes the best counts.  *line (may be NULL) gets
 * its line, from 1 on, or 0.
 */
enum include_state include_find(const char *text, size_t len,
                                const struct include_target *target, size_t *line);

/* True if a line of text is exactly INCLUDE_LINE. */
bool include_has(const char *text, size_t len);

/* Append to *out the text with INCLUDE_LINE first, behind a byte order mark, with the
 * line end of text. */
void include_add(const char *text, size_t len, struct strbuf *out);

/* Append to *out the text without the first line that is exactly INCLUDE_LINE. */
void include_remove(const char *text, size_t len, struct strbuf *out);

/*
 * The same for the two lines at the end of the file, INCLUDE_LAST_HOST and INCLUDE_LAST.
 * Without the first, the Include would belong to the user's last block.  The last such
 * pair counts.
 */
bool include_has_last(const char *text, size_t len);
void include_add_last(const char *text, size_t len, struct strbuf *out);
void include_remove_last(const char *text, size_t len, struct strbuf *out);

/*
 * Append to *out the text with block between the markers: where they are, else first.
 * Remarks at the beginning of block, which are about the generated file, are left out.
 * 0, or -1 with ERROR_CONFIG, which names the line of a marker that has no partner or
 * stands there twice.
 */
int include_add_block(const char *text, size_t len, const char *block, size_t block_len,
                      struct strbuf *out, struct error *err);

/* Does text have the block?  1, 0, or -1 as include_add_block(). */
int include_has_block(const char *text, size_t len, struct error *err);

/*
 * Call each for every literal name on a Host line below the line or block, whose hosts
 * win over it.  by is INCLUDE_LINE or INCLUDE_MARK.
 */
typedef void include_host_fn(const char *host, size_t line, const char *by, void *cookie);
void include_each_below(const char *text, size_t len, const struct include_target *target,
                        include_host_fn *each, void *cookie);

/* Append to *out the text without the block: 1, or 0 if there is none, or -1. */
int include_remove_block(const char *text, size_t len, struct strbuf *out,
                         struct error *err);

#endif

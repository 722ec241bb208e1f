/* SPDX-License-Identifier: MIT */
/*
 * include.h - our one line, or our one block, in the text of somebody's
 * ~/.ssh/config.
 *
 * Texts only: which file it is, and whether it may be changed, others know.
 * What is put in can be taken out again, and every other byte stays: after
 * include_add(x) -> y, include_remove(y) gives x, for every x; likewise for
 * blocks, for every x without markers.
 */
#ifndef SSHCONFIG_INCLUDE_H
#define SSHCONFIG_INCLUDE_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct strbuf;

#define INCLUDE_LINE "Include cxssh/config"
#define INCLUDE_MARK "# BEGIN cxssh"
#define INCLUDE_BEGIN INCLUDE_MARK " (written by cxssh sync --inline, changes are lost)"
#define INCLUDE_END "# END cxssh"

enum include_state {
	INCLUDE_ABSENT = 0,
	INCLUDE_INEFFECTIVE, /* only inside a Host or Match block */
	INCLUDE_LATE,        /* inside "Host *" or "Match all": works, for ssh itself */
	INCLUDE_EFFECTIVE,   /* before the first Host or Match */
};

/* The file that is looked for among the Includes. */
struct include_target {
	const char *home; /* "~", and home/.ssh is where relative paths begin */
	const char *path; /* absolute */
};

/*
 * Does text include the target, in any spelling: relative, "~/", absolute, a
 * pattern, quoted, one of several?  Of several the best counts; *line (which may
 * be NULL) is its line, from 1 on.
 */
enum include_state include_find(const char *text, size_t len,
                                const struct include_target *target, size_t *line);

/* Does text have a line that is exactly ours? */
bool include_has(const char *text, size_t len);

/* Append to *out the text with our line as its first, ending as its lines end; a
 * byte order mark stays in front. */
void include_add(const char *text, size_t len, struct strbuf *out);

/* Append to *out the text without the first line that is exactly ours. */
void include_remove(const char *text, size_t len, struct strbuf *out);

/*
 * Append to *out the text with block between our markers: where they are, else
 * first.  What follows the block stands outside it, as before.  ERROR_CONFIG with
 * the line for markers that have no partner, or stand there twice.
 */
int include_add_block(const char *text, size_t len, const char *block, size_t block_len,
                      struct strbuf *out, struct error *err);

/* Does text have our block?  1, 0, or -1 as include_add_block(). */
int include_has_block(const char *text, size_t len, struct error *err);

/*
 * Call each for every host that text names in full in a Host line below what brings
 * our hosts in: by is INCLUDE_LINE or INCLUDE_MARK.  Where ours has the same name, ssh
 * takes ours.
 */
typedef void include_host_fn(const char *host, size_t line, const char *by, void *cookie);
void include_each_below(const char *text, size_t len, const struct include_target *target,
                        include_host_fn *each, void *cookie);

/* Append to *out the text without our block: 1, or 0 if there is none, or -1. */
int include_remove_block(const char *text, size_t len, struct strbuf *out,
                         struct error *err);

#endif

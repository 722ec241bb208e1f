/* SPDX-License-Identifier: MIT */
/*
 * util.h - small things that every module of the sandbox's API server needs.
 *
 * The server is a test fixture: without memory it ends at once, and what it
 * reads comes from tests.  It shares nothing with src/, so that a mistake
 * there cannot hide itself here.
 */
#ifndef SANDBOX_UTIL_H
#define SANDBOX_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define ISO_TIME_SIZE 40
#define RANDOM_TOKEN_SIZE 44

void *xcalloc(size_t count, size_t size);
void *xrealloc(void *ptr, size_t size);
char *xstrdup(const char *str);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Milliseconds since 1970. */
int64_t now_ms(void);

/* 2026-01-02T03:04:05Z, the form of every time in the API. */
void iso_time(int64_t ms, char out[ISO_TIME_SIZE]);

/* The whole of text is a decimal number from min to max. */
bool parse_number(const char *text, int64_t min, int64_t max, int64_t *number);

/* 43 characters like a personal access token, and a NUL. */
void random_token(char out[RANDOM_TOKEN_SIZE]);

/* The bytes that text stands for, NUL-terminated, owned; NULL if it is no base64. */
char *base64_decode(const char *text, size_t *len);

/* The file's bytes, NUL-terminated, owned by the caller; or NULL with errno. */
char *slurp(const char *path, size_t *len);

/* What a file looked like; zero is "not there". */
struct stamp {
	ino_t inode;
	off_t size;
	struct timespec mtime;
};

/* Did path change since the stamp was taken?  The stamp is brought up to date. */
bool stamp_changed(struct stamp *stamp, const char *path);

/* Sleep, unless the server is being stopped: then true, at once. */
bool stop_wait(int stop_fd, int64_t ms);

#endif

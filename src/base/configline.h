/* SPDX-License-Identifier: MIT */
/*
 * configline.h - the lines of an ssh_config(5) text, and their words.
 */
#ifndef BASE_CONFIGLINE_H
#define BASE_CONFIGLINE_H

#include <stdbool.h>
#include <stddef.h>

struct strvec;

/* A position in a text, line by line; borrows the text. */
struct configline {
	const char *line; /* its first byte, behind a byte order mark */
	const char *end;  /* behind its last byte, without the line end */
	const char *next; /* the next line */
	const char *stop; /* the end of the text */
	size_t number;    /* from 1 on; 0 before the first */
};

/* Before the first line; then true for each line that is there. */
struct configline configline_at(const char *text, size_t len);
bool configline_next(struct configline *at);

/* True if the line is exactly text. */
bool configline_is(const struct configline *at, const char *text);

/* Push the keyword, "" on an empty line or a remark, and its arguments, with quotes and
 * escapes resolved as ssh does. */
void configline_split(const struct configline *at, struct strvec *words);

/* True for what separates words. */
bool configline_is_blank(char c);

#endif

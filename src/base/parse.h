/* SPDX-License-Identifier: MIT */
/*
 * parse.h - numbers from outside: every character must belong to the value, and the value
 * must be in range.  Does not block.
 */
#ifndef BASE_PARSE_H
#define BASE_PARSE_H

#include <stdint.h>

struct error;

/* -1 with ERROR_USAGE and a message that has the text and the range (min to max). */
int parse_int(const char *text, int64_t min, int64_t max, int64_t *value,
              struct error *err);
int parse_port(const char *text, uint16_t *port, struct error *err);

/* "90", "90s", "10m", "2h" or "1d" as seconds, between 0 and a year. */
int parse_seconds(const char *text, int64_t *seconds, struct error *err);

#endif

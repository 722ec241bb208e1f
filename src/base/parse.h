/* SPDX-License-Identifier: MIT */
/*
 * parse.h - numbers from outside, whole and in range.  All or nothing: every
 * character must belong to the value.
 */
#ifndef BASE_PARSE_H
#define BASE_PARSE_H

#include <stdint.h>

struct error;

/* Fail with ERROR_USAGE and a sentence that names the text and the range. */
int parse_int(const char *text, int64_t min, int64_t max, int64_t *value,
              struct error *err);
int parse_port(const char *text, uint16_t *port, struct error *err);

/* "90", "90s", "10m", "2h" or "1d" as seconds, between 0 and a year. */
int parse_seconds(const char *text, int64_t *seconds, struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * answers.h - a stand-in for http/http: every request gets the next answer of the
 * input, whatever it asks.  So the real callers of that module are fuzzed, from the
 * request to what they make of the answer.
 *
 * An answer is a part of the input (see fuzz.h): a line with the HTTP status and,
 * perhaps, the seconds of Retry-After; then the body.  Status 0 is a lost connection,
 * 1 one that never came to be.  When there are no more, time is up.
 */
#ifndef ANSWERS_H
#define ANSWERS_H

#include "fuzz.h"

/* What http_run() answers from now on; parts stays the caller's. */
void answers_from(struct fuzz_parts *parts);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what the fuzz targets share.
 *
 * A target is a program of one file, fuzz_NAME.c, that defines fuzz_input(), and
 * a folder corpus/NAME of inputs.  fuzz.c makes a libFuzzer target of it; with
 * standalone.c it is an ordinary test that runs the corpus.
 *
 * A target asserts with require() what must hold whatever the input is.  It never
 * writes a file: the folders of cxssh do not exist for it.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/* What a target does with one input. */
void fuzz_input(const uint8_t *data, size_t size);

/* Called once, before the first input. */
void fuzz_prepare(void);

/* What must hold; aborts where it does not, which fuzzer and test report. */
#define require(cond) ((cond) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #cond))
_Noreturn void fuzz_failed(const char *file, int line, const char *what);

/* A copy of exactly size bytes and a NUL, so that reading past the end is noticed. */
char *fuzz_copy(const void *data, size_t size);

/* An input that is made of several: the parts stand between lines "%%". */
struct fuzz_parts {
	const uint8_t *at;
	size_t left;
};

/* The next part as text (NUL bytes in it are its end) that the caller frees; "" when
 * there are no more. */
char *fuzz_text(struct fuzz_parts *parts);

/* The next part as it is; false when there are no more. */
bool fuzz_part(struct fuzz_parts *parts, const uint8_t **bytes, size_t *len);

/* May text stand in a configuration of ssh, a command line and a terminal as it is?  Not
 * by the lists of src, but by what must not be there: control bytes, blanks, quotes,
 * what a shell or ssh expands, a leading '-'. */
bool fuzz_is_harmless(const char *text);

/* May text be the name of a file that cxssh writes? */
bool fuzz_is_file_name(const char *text);

/* Are all bytes printable ASCII? */
bool fuzz_is_printable(const char *text);

bool fuzz_same(const struct strbuf *a, const struct strbuf *b);

#endif

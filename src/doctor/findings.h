/* SPDX-License-Identifier: MIT */
/*
 * findings.h - the results of "cxssh doctor", in the order of the checks.  No function
 * here blocks.
 */
#ifndef DOCTOR_FINDINGS_H
#define DOCTOR_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct strbuf;

enum verdict { VERDICT_PASS, VERDICT_WARN, VERDICT_FAIL, VERDICT_SKIPPED };

struct finding {
	const char *id; /* stable; a literal */
	enum verdict verdict;
	char *value;  /* what was measured, or why it was skipped; printable */
	char *remedy; /* what to do, or NULL */
};

struct findings {
	struct finding *items;
	size_t count;
};

#define FINDINGS_INIT \
	{ \
		.items = NULL \
	}

/* Add a result.  remedy may be NULL and is copied. */
void findings_add(struct findings *findings, const char *id, enum verdict verdict,
                  const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Add a failure, its remedy what stands behind "; run: " in the message. */
void findings_add_error(struct findings *findings, const char *id, enum verdict verdict,
                        const struct error *err);

/* Add "skipped because WHY". */
void findings_skip(struct findings *findings, const char *id, const char *why);

/* How many have this verdict. */
size_t findings_count(const struct findings *findings, enum verdict verdict);

/* Append them as a table, lines at most width columns long (0: no limit), the verdicts in
 * colour or not, and what to do first.  findings_json() appends a JSON document. */
void findings_table(const struct findings *findings, int width, bool colours,
                    struct strbuf *out);
void findings_json(const struct findings *findings, struct strbuf *out);

void findings_release(struct findings *findings);

#endif

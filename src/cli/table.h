/* SPDX-License-Identifier: MIT */
/*
 * table.h - rows under headings on stdout, as wide as the terminal at most.
 *
 * Where the rows do not fit, columns are left out, the least important first, and the
 * reader is told which.  Into a pipe or a file the whole is written, unless COLUMNS says
 * a width.  Nothing here blocks.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf;
struct strvec;

enum { TABLE_COLUMNS_MAX = 12 };

struct table_column {
	const char *heading;
	int keep;     /* 0: always shown; else those with less are left out first */
	bool blank;   /* what is empty is blank, not "-" */
	bool shrinks; /* may be cut, when leaving out columns is not enough */
	const char *(*colour)(const char *cell); /* SGR parameters, or NULL for none */
};

struct table;

/* columns, at most TABLE_COLUMNS_MAX, must outlive the table; table_free() frees it. */
struct table *table_new(const struct table_column *columns, size_t count);
void table_free(struct table *table);

/* Add a row: one text for each column, copied; NULL and "" are printed as
 * "-". */
void table_add(struct table *table, const char *const *cells);
size_t table_rows(const struct table *table);

/* Print heading and rows; nothing without rows.  Push the headings of columns that did
 * not fit to *left_out, which may be NULL. */
void table_print(struct table *table, struct strvec *left_out);

/* Print it with the rows in the order of their cells, from the left, as
 * natural_compare(), and free it. */
void table_finish(struct table *table);

/* Columns of the terminal on stdout, or of COLUMNS; 0: no limit. */
int table_width(void);

/* Append text and an end of line, broken between words where lines would be longer than
 * width (0: no limit); what is broken off is indented. */
void table_wrap(struct strbuf *out, const char *text, int width, int indent);

/* "3 minutes ago", in out, which is returned. */
const char *table_ago(int64_t seconds, char *out, size_t cap);

/* May stdout have colours?  Not in a pipe, nor with NO_COLOR, nor on a dumb terminal. */
bool table_colours(void);

#endif

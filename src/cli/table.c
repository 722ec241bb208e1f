/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/natural.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/table.h"

enum { GAP = 2, SHRUNK_MIN = 8, WIDTH_MIN = 20, WIDTH_MAX = 10000 };

struct table {
	const struct table_column *columns;
	size_t count;
	struct strvec cells;            /* row after row */
	int widths[TABLE_COLUMNS_MAX];  /* 0: left out */
	bool filled[TABLE_COLUMNS_MAX]; /* has a cell that is not "-" */
};

struct table *table_new(const struct table_column *columns, size_t count)
{
	struct table *table = xcalloc(1, sizeof(*table));

	table->columns = columns;
	table->count = count;
	for (size_t i = 0; i < count; i++)
		table->widths[i] = (int)strlen(columns[i].heading);
	return table;
}

void table_free(struct table *table)
{
	strvec_release(&table->cells);
	free(table);
}

void table_add(struct table *table, const char *const *cells)
{
	for (size_t i = 0; i < table->count; i++) {
		bool empty = cells[i] == NULL || cells[i][0] == '\0';
		const char *text = !empty ? cells[i] : table->columns[i].blank ? "" : "-";

		strvec_push(&table->cells, text);
		table->filled[i] = table->filled[i] || !empty;
		if ((int)strlen(text) > table->widths[i])
			table->widths[i] = (int)strlen(text);
	}
}

size_t table_rows(const struct table *table)
{
	return table->cells.count / table->count;
}

/* A row, for qsort(3), which gives its function no table; qsort_r(3) takes other
 * arguments on macOS. */
struct row {
	char *cells[TABLE_COLUMNS_MAX];
	size_t count;
};

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a;
	const struct row *y = b;
	int order = 0;

	for (size_t i = 0; i < x->count && order == 0; i++)
		order = natural_compare(x->cells[i], y->cells[i]);
	return order;
}

static void sort_rows(struct table *table)
{
	size_t count = table_rows(table);
	size_t size = table->count * sizeof(*table->cells.items);
	struct row *rows = xcalloc(count + 1, sizeof(*rows));

	for (size_t i = 0; i < count; i++) {
		rows[i].count = table->count;
		memcpy(rows[i].cells, table->cells.items + i * table->count, size);
	}
	qsort(rows, count, sizeof(*rows), compare_rows);
	for (size_t i = 0; i < count; i++)
		memcpy(table->cells.items + i * table->count, rows[i].cells, size);
	free(rows);
}

int table_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct error ignored = ERROR_INIT;
	struct winsize size;
	int64_t width;

	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
	    size.ws_col > 0)
		return size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col;
	if (columns != NULL &&
	    parse_int(columns, WIDTH_MIN, WIDTH_MAX, &width, &ignored) == 0)
		return (int)width;
	return 0;
}

void table_wrap(struct strbuf *out, const char *text, int width, int indent)
{
	enum { ROOM_MIN = 20 };
	const char *line = strrchr(out->data, '\n');
	size_t begun = strlen(line == NULL ? out->data : line + 1);
	size_t columns = width >= indent + ROOM_MIN ? (size_t)width : SIZE_MAX;

	for (;;) {
		size_t end = columns > begun ? columns - begun : 0;

		if (strlen(text) <= end)
			break;
		while (end > 0 && text[end] != ' ')
			end--;
		if (end == 0 && begun <= (size_t)indent)
			end = strcspn(text, " ");
		strbuf_addf(out, "%.*s", (int)end, text);
		text += end + strspn(text + end, " ");
		if (*text == '\0')
			break;
		strbuf_addf(out, "\n%*s", indent, "");
		begun = (size_t)indent;
	}
	strbuf_addf(out, "%s\n", text);
}

bool table_colours(void)
{
	const char *none = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (none == NULL || none[0] == '\0') &&
	       term != NULL && strcmp(term, "dumb") != 0;
}

static int total(const struct table *table)
{
	int sum = -GAP;

	for (size_t i = 0; i < table->count; i++)
		sum += table->widths[i] > 0 ? table->widths[i] + GAP : 0;
	return sum;
}

/* The column to leave out next: one of "-" alone, else the least important; count when
 * none may be. */
static size_t dispensable(const struct table *table)
{
	size_t best = table->count;

	for (size_t i = 0; i < table->count; i++) {
		const struct table_column *column = &table->columns[i];

		if (column->keep == 0 || table->widths[i] == 0)
			continue;
		if (best == table->count ||
		    (table->filled[i] == table->filled[best] ?
		             column->keep < table->columns[best].keep :
		             !table->filled[i]))
			best = i;
	}
	return best;
}

/* Cut the column that may be cut to what fits, but not to less than SHRUNK_MIN. */
static void shrink(struct table *table, int width)
{
	for (size_t i = 0; i < table->count; i++) {
		int excess = total(table) - width;
		int room = table->widths[i] - SHRUNK_MIN;

		if (table->columns[i].shrinks && excess > 0 && room > 0)
			table->widths[i] -= excess < room ? excess : room;
	}
}

/* Leave columns out and cut others until a row fits into width. */
static void fit(struct table *table, int width, struct strvec *left_out)
{
	int full[TABLE_COLUMNS_MAX];

	memcpy(full, table->widths, sizeof(full));
	for (size_t worst; width > 0; table->widths[worst] = full[worst] = 0) {
		shrink(table, width);
		worst = dispensable(table);
		if (total(table) <= width || worst == table->count)
			return;
		memcpy(table->widths, full, sizeof(full));
		if (left_out != NULL)
			strvec_push(left_out, table->columns[worst].heading);
	}
}

/* The text of a cell; row 0 is the heading. */
static const char *cell(const struct table *table, size_t row, size_t i)
{
	return row == 0 ? table->columns[i].heading :
	                  table->cells.items[(row - 1) * table->count + i];
}

/* Append one cell, and the blanks up to the next one. */
static void add_cell(struct strbuf *out, const char *text, int width, const char *colour,
                     bool is_last)
{
	int len = (int)strlen(text);
	bool cut = len > width;
	int blanks = is_last ? 0 : (cut ? 0 : width - len) + GAP;

	if (colour != NULL)
		strbuf_addf(out, "\033[%sm", colour);
	strbuf_add(out, text, (size_t)(cut ? width - 3 : len));
	if (cut)
		strbuf_adds(out, "...");
	if (colour != NULL)
		strbuf_adds(out, "\033[0m");
	while (blanks-- > 0)
		strbuf_add(out, " ", 1);
}

/* The last column that has anything to print in this row; row 0 is the heading. */
static size_t last_column(const struct table *table, size_t row)
{
	size_t last = table->count - 1;

	while (last > 0 &&
	       (table->widths[last] == 0 || cell(table, row, last)[0] == '\0'))
		last--;
	return last;
}

static void add_row(struct strbuf *out, const struct table *table, size_t row,
                    bool colours)
{
	size_t last = last_column(table, row);

	for (size_t i = 0; i <= last; i++) {
		const struct table_column *column = &table->columns[i];
		const char *text = cell(table, row, i);
		bool is_coloured = colours && row > 0 && column->colour != NULL;

		if (table->widths[i] > 0)
			add_cell(out, text, table->widths[i],
			         is_coloured ? column->colour(text) : NULL, i == last);
	}
	strbuf_adds(out, "\n");
}

void table_print(struct table *table, struct strvec *left_out)
{
	bool colours = table_colours();
	struct strbuf out = STRBUF_INIT;

	if (table->cells.count == 0)
		return;
	fit(table, table_width(), left_out);
	for (size_t row = 0; row <= table_rows(table); row++)
		add_row(&out, table, row, colours);
	(void)fputs(out.data, stdout);
	strbuf_release(&out);
}

void table_finish(struct table *table)
{
	sort_rows(table);
	table_print(table, NULL);
	table_free(table);
}

const char *table_ago(int64_t seconds, char *out, size_t cap)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" } };

	(void)snprintf(out, cap, "%" PRId64 " s ago", seconds);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		int64_t n = seconds / units[i].seconds;

		if (n > 0) {
			(void)snprintf(out, cap, "%" PRId64 " %s%s ago", n, units[i].unit,
			               n == 1 ? "" : "s");
			break;
		}
	}
	return out;
}

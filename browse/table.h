/*
 * The columns of a list: which of them there is room for, their headings and cells. A view has a
 * const array of columns; a table is laid out for one drawing. Plain values. UI thread.
 */
#ifndef SCHEDTOP_BROWSE_TABLE_H
#define SCHEDTOP_BROWSE_TABLE_H

#include "tui/layout.h"
#include "tui/view.h"

enum { TABLE_COLUMNS_MAX = 14 };

struct table_column {
	const char *name;
	int sort;  /* index into the view's `sorts`; -1: it can't be sorted by this one */
	bool left; /* text; else a number, which ends at the right */
	struct slot slot;
};

struct table {
	const struct table_column *column;
	size_t columns;
	struct slot slot[TABLE_COLUMNS_MAX];
	bool sampled; /* as in report/page.h: what was seen now and then is no number */
};

void table_layout(struct table *table, const struct table_column *column, size_t columns,
                  int width);
/* `place` is told where headings are that can be clicked. */
void table_draw_headings(struct pane line, const struct table *table, struct view_place *place);

/* The cell of a column, of width 0 where there is no room for it. */
struct pane table_cell(struct pane line, const struct table *table, size_t column);
void table_text(struct pane line, const struct table *table, size_t column, enum style style,
                const char *text);
/* Marks a row of the page as selected, whose cells are view_list_inside, but for what a column
   shows by colour (TABLE_COLUMNS_MAX: none). */
void table_select(struct pane row, const struct table *table, size_t graph);
/* What was never is a dash. */
void table_duration(struct pane line, const struct table *table, size_t column, enum style style,
                    int64_t ns, bool known);
void table_count(struct pane line, const struct table *table, size_t column, enum style style,
                 uint64_t n);
/* How often something happened, and how long the longest took: unknown of samples. */
void table_times(struct pane line, const struct table *table, size_t column, enum style style,
                 uint64_t n);
void table_longest(struct pane line, const struct table *table, size_t column, enum style style,
                   int64_t ns, bool known);
/* `part` of `whole`. */
void table_share(struct pane line, const struct table *table, size_t column, enum style style,
                 double part, double whole);

#endif

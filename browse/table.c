#include "browse/table.h"

#include <string.h>

#include "util/text.h"

void table_layout(struct table *table, const struct table_column *column, size_t columns, int width)
{
	*table = (struct table){.column = column, .columns = columns};
	for (size_t i = 0; i < columns; i++)
		table->slot[i] = column[i].slot;
	layout(table->slot, columns, width);
}

struct pane table_cell(struct pane line, const struct table *table, size_t column)
{
	const struct slot *slot = &table->slot[column];
	return pane_sub(line, slot->at, 0, slot->size, 1);
}

void table_draw_headings(struct pane line, const struct table *table, struct view_place *place)
{
	for (size_t i = 0; i < table->columns; i++)
		if (table->slot[i].size)
			view_draw_heading(table_cell(line, table, i), place, table->column[i].sort,
			                  table->column[i].name, !table->column[i].left);
}

void table_text(struct pane line, const struct table *table, size_t column, enum style style,
                const char *text)
{
	struct pane cell = table_cell(line, table, column);
	if (cell.width == 0)
		return;
	if (table->column[column].left)
		pane_fit(cell, 0, 0, style, text);
	else
		pane_right(cell, 0, style, text);
}

void table_select(struct pane row, const struct table *table, size_t graph)
{
	const struct slot *slot = graph < table->columns ? &table->slot[graph] : NULL;
	if (!slot || !slot->size) {
		view_draw_selected(row);
		return;
	}
	int from = VIEW_LIST_MARGIN + slot->at, to = from + slot->size;
	view_draw_selected(pane_sub(row, 0, 0, from, 1));
	pane_restyle(pane_sub(row, to, 0, row.width - to, 1), STYLE_SELECTED);
}

void table_duration(struct pane line, const struct table *table, size_t column, enum style style,
                    int64_t ns, bool known)
{
	char text[32];
	text_duration(text, sizeof text, (double)ns, line.canvas->ascii);
	table_text(line, table, column, known ? style : STYLE_DIM, known ? text : "–");
}

void table_count(struct pane line, const struct table *table, size_t column, enum style style,
                 uint64_t n)
{
	char text[32];
	text_count(text, sizeof text, n > INT64_MAX ? INT64_MAX : (int64_t)n);
	table_text(line, table, column, n ? style : STYLE_DIM, text);
}

void table_times(struct pane line, const struct table *table, size_t column, enum style style,
                 uint64_t n)
{
	if (table->sampled)
		table_text(line, table, column, STYLE_DIM, "–");
	else
		table_count(line, table, column, style, n);
}

void table_longest(struct pane line, const struct table *table, size_t column, enum style style,
                   int64_t ns, bool known)
{
	table_duration(line, table, column, style, ns, known && !table->sampled);
}

void table_share(struct pane line, const struct table *table, size_t column, enum style style,
                 double part, double whole)
{
	char text[32];
	text_percent(text, sizeof text, whole > 0 ? part / whole : 0);
	table_text(line, table, column, whole > 0 ? style : STYLE_DIM, whole > 0 ? text : "–");
}

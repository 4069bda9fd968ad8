/* The first page of Tasks: the types of tasks and regions. */
#include <stdlib.h>
#include <string.h>

#include "browse/table.h"
#include "browse/tasks.h"
#include "browse/words.h"

enum sort { BY_TOTAL, BY_COUNT, BY_MEDIAN, BY_P99, BY_MAX, BY_NAME };
const char *const tasks_sorts[] = {"total", "count", "p50", "p99", "max", "type", NULL};

enum {
	COLUMN_KIND,
	COLUMN_NAME,
	COLUMN_COUNT,
	COLUMN_OPEN,
	COLUMN_TOTAL,
	COLUMN_P50,
	COLUMN_P99,
	COLUMN_MAX,
	COLUMN_SPENT,
	COLUMNS
};
static const struct table_column column[COLUMNS] = {
	[COLUMN_KIND] = {"", -1, true, {.min = 6, .want = 6}},
	[COLUMN_NAME] = {"TYPE", BY_NAME, true, {.min = 14, .want = 26, .gap = 1, .grow = 1}},
	[COLUMN_COUNT] = {"ENDED", BY_COUNT, false, {.min = 7, .want = 7, .gap = 1}},
	[COLUMN_OPEN] = {"OPEN", -1, false, {.min = 5, .want = 6, .gap = 1, .drop = 4}},
	[COLUMN_TOTAL] = {"TOTAL", BY_TOTAL, false, {.min = 8, .want = 8, .gap = 1, .drop = 3}},
	[COLUMN_P50] = {"P50", BY_MEDIAN, false, {.min = 8, .want = 8, .gap = 1, .drop = 2}},
	[COLUMN_P99] = {"P99", BY_P99, false, {.min = 8, .want = 8, .gap = 1, .drop = 1}},
	[COLUMN_MAX] = {"MAX", BY_MAX, false, {.min = 8, .want = 8, .gap = 1}},
	[COLUMN_SPENT] = {"SPENT ON",
                      -1,
                      true,
                      {.min = 12, .want = 24, .gap = 2, .drop = 5, .grow = 1}},
};

struct row {
	struct tasks_met met;
	int64_t p50_ns, p99_ns;
	char name[PAGE_CELL];
};

/* --- rows ----------------------------------------------------------------------------------- */

static int by_number(int64_t a, int64_t b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

static int compare_by(const struct row *a, const struct row *b, int sort)
{
	const struct distribution *x = a->met.duration, *y = b->met.duration;
	switch (sort) {
	case BY_COUNT:
		return x->count < y->count ? 1 : x->count > y->count ? -1 : 0;
	case BY_MEDIAN:
		return by_number(a->p50_ns, b->p50_ns);
	case BY_P99:
		return by_number(a->p99_ns, b->p99_ns);
	case BY_MAX:
		return by_number(x->max_ns, y->max_ns);
	case BY_NAME:
		return strcmp(a->name, b->name);
	default:
		return by_number(x->sum_ns, y->sum_ns);
	}
}

/* Tasks stand before regions: these lie in them. */
static int compare(const void *x, const void *y, void *arg)
{
	const struct row *a = x, *b = y;
	const struct view_place *place = arg;
	if (a->met.type.region != b->met.type.region)
		return a->met.type.region - b->met.type.region;
	int order = compare_by(a, b, place->sort);
	order = place->reversed ? -order : order;
	return order ? order : by_number(b->met.type.name, a->met.type.name);
}

static bool is_there(const struct trace_data *data, const struct tasks_met *met)
{
	(void)data;
	if (met->tasks && !met->tasks->wanted)
		return false;
	return met->duration->count || met->open;
}

/* The caller frees; NULL: no memory. `canvas` may be NULL where names are not needed. */
static struct row *make_rows(const struct canvas *canvas, const struct trace_data *data,
                             const struct view_place *place, int *n)
{
	const struct analysis *a = data->analysis;
	size_t tasks = a->tasks.types, all = tasks + a->regions.types;
	struct row *row = calloc(all ? all : 1, sizeof *row);
	struct filter filter;
	*n = 0;
	if (!row)
		return NULL;
	filter_open(&filter, place->filter);
	for (size_t i = 0; i < all; i++) {
		struct row *r = &row[*n];
		*r = (struct row){.met = tasks_met(data, i >= tasks, i >= tasks ? i - tasks : i)};
		if (!is_there(data, &r->met))
			continue;
		r->p50_ns = distribution_percentile(r->met.duration, .5);
		r->p99_ns = distribution_percentile(r->met.duration, .99);
		tasks_name(r->name, canvas, data, &r->met);
		*n += filter_matches(&filter, r->name);
	}
	filter_close(&filter);
	qsort_r(row, (size_t)*n, sizeof *row, compare, (void *)(uintptr_t)place);
	return row;
}

/* The caller frees; NULL: no memory. */
static int64_t *ids_of(const struct row *row, int n)
{
	int64_t *id = calloc(n ? (size_t)n : 1, sizeof *id);
	for (int i = 0; id && i < n; i++)
		id[i] = (int64_t)row[i].met.type.name << 1 | row[i].met.type.region;
	return id;
}

static void select_row(struct view_place *place, const struct row *row, int n, int page)
{
	int64_t *id = ids_of(row, n);
	view_select(place, id, n, page);
	free(id);
}

bool tasks_selected_type(const struct trace_data *data, const struct view_place *place,
                         struct tasks_met *met)
{
	const struct canvas canvas = {.ascii = false};
	int n;
	struct row *row = make_rows(&canvas, data, place, &n);
	int64_t *id = row ? ids_of(row, n) : NULL;
	int selected = view_selected_row(place, id, n);
	bool found = row && selected < n;
	if (found)
		*met = row[selected].met;
	free(id);
	free(row);
	return found;
}

/* --- the page ------------------------------------------------------------------------------- */

static void draw_row(struct pane line, const struct table *table, const struct row *row)
{
	const struct distribution *d = row->met.duration;
	bool known = d->count > 0;
	table_text(line, table, COLUMN_KIND, STYLE_DIM, row->met.type.region ? "region" : "task");
	table_text(line, table, COLUMN_NAME, STYLE_TEXT, row->name);
	table_count(line, table, COLUMN_COUNT, STYLE_TEXT, d->count);
	table_count(line, table, COLUMN_OPEN, STYLE_TEXT, row->met.open);
	table_duration(line, table, COLUMN_TOTAL, STYLE_STRONG, d->sum_ns, known);
	table_duration(line, table, COLUMN_P50, STYLE_TEXT, row->p50_ns, known);
	table_duration(line, table, COLUMN_P99, STYLE_TEXT, row->p99_ns, known);
	table_duration(line, table, COLUMN_MAX, STYLE_TEXT, d->max_ns, known);
	tasks_draw_spent(table_cell(line, table, COLUMN_SPENT), row->met.spent);
}

static void draw_nothing(struct pane pane, const struct trace_data *data, bool filtered)
{
	pane_wrap(pane_sub(pane, 1, 1, pane.width - 2, pane.height - 1), STYLE_DIM,
	          filtered        ? "nothing that the filter leaves"
	          : data->loading ? "none so far"
	                          : "none: the program makes no tasks and regions "
	                            "(runtime/trace.NewTask, WithRegion)");
}

void tasks_draw_types(struct pane pane, const struct trace_data *data, struct view_place *place)
{
	struct table table;
	struct pane inner = view_list_inside(pane);
	int n;
	struct row *row = make_rows(pane.canvas, data, place, &n);
	if (!row) {
		view_fit(place, 0, 0);
		return;
	}
	select_row(place, row, n, pane.height > 1 ? pane.height - 1 : 0);
	table_layout(&table, column, COLUMNS, inner.width);
	table_draw_headings(pane_row(inner, 0), &table, place);
	place->list_y = pane.y + 1;
	for (int i = place->top; i < n && i < place->top + place->page; i++) {
		struct pane line = pane_row(inner, 1 + i - place->top);
		draw_row(line, &table, &row[i]);
		if (i == place->selected)
			table_select(pane_row(pane, 1 + i - place->top), &table, COLUMN_SPENT);
	}
	if (n == 0)
		draw_nothing(pane, data, place->filter[0]);
	free(row);
}

/* Latency: how long do goroutines wait to run, and which of them wait longest? */
#include <stdlib.h>
#include <string.h>

#include "browse/bars.h"
#include "browse/table.h"
#include "browse/view.h"
#include "browse/words.h"
#include "trace/sampled.h"
#include "util/text.h"

enum { WIDE = 100, TABLE_WIDTH = 34, LIST_LEAST = 5 };

/* A line of the list: a group, or all of them. */
struct row {
	const struct latency_group *group; /* NULL: all goroutines */
	const struct distribution *wait;
	int64_t p50_ns, p99_ns;
	char function[PAGE_CELL], creator[PAGE_CELL];
};

enum sort { BY_TOTAL, BY_COUNT, BY_MEDIAN, BY_P99, BY_MAX, BY_FUNCTION, BY_CREATOR };
static const char *const sorts[] = {"total", "waits",     "p50",        "p99",
                                    "max",   "starts in", "created by", NULL};

enum {
	COLUMN_TOTAL,
	COLUMN_COUNT,
	COLUMN_P50,
	COLUMN_P99,
	COLUMN_MAX,
	COLUMN_FUNCTION,
	COLUMN_CREATOR,
	COLUMNS
};
static const struct table_column column[COLUMNS] = {
	[COLUMN_TOTAL] = {"TOTAL", BY_TOTAL, false, {.min = 8, .want = 8}},
	[COLUMN_COUNT] = {"WAITS", BY_COUNT, false, {.min = 7, .want = 7, .gap = 1, .drop = 2}},
	[COLUMN_P50] = {"P50", BY_MEDIAN, false, {.min = 8, .want = 8, .gap = 1, .drop = 3}},
	[COLUMN_P99] = {"P99", BY_P99, false, {.min = 8, .want = 8, .gap = 1}},
	[COLUMN_MAX] = {"MAX", BY_MAX, false, {.min = 8, .want = 8, .gap = 1}},
	[COLUMN_FUNCTION] = {"STARTS IN",
                         BY_FUNCTION,
                         true,
                         {.min = 20, .want = 30, .gap = 2, .grow = 1}},
	[COLUMN_CREATOR] = {"CREATED BY",
                        BY_CREATOR,
                        true,
                        {.min = 18, .want = 30, .gap = 2, .drop = 1, .grow = 1}},
};

/* --- rows ----------------------------------------------------------------------------------- */

static int by_number(int64_t a, int64_t b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

static int compare_by(const struct row *a, const struct row *b, int sort)
{
	switch (sort) {
	case BY_COUNT:
		return a->wait->count < b->wait->count ? 1 : a->wait->count > b->wait->count ? -1 : 0;
	case BY_MEDIAN:
		return by_number(a->p50_ns, b->p50_ns);
	case BY_P99:
		return by_number(a->p99_ns, b->p99_ns);
	case BY_MAX:
		return by_number(a->wait->max_ns, b->wait->max_ns);
	case BY_FUNCTION:
		return strcmp(a->function, b->function);
	case BY_CREATOR:
		return strcmp(a->creator, b->creator);
	default:
		return by_number(a->wait->sum_ns, b->wait->sum_ns);
	}
}

/* All goroutines stay on top; equals in the order in which they were met. */
static int compare(const void *x, const void *y, void *arg)
{
	const struct row *a = x, *b = y;
	const struct view_place *place = arg;
	if (!a->group || !b->group)
		return (a->group != NULL) - (b->group != NULL);
	int order = compare_by(a, b, place->sort);
	order = place->reversed ? -order : order;
	return order ? order : (a->group > b->group) - (a->group < b->group);
}

static bool matches(const struct filter *filter, const struct row *row)
{
	return filter_matches(filter, row->function) || filter_matches(filter, row->creator);
}

static void name_row(struct row *row, const struct canvas *canvas, const struct names *names)
{
	const struct latency_group *g = row->group;
	row->p50_ns = distribution_percentile(row->wait, .5);
	row->p99_ns = distribution_percentile(row->wait, .99);
	if (!g) {
		strcpy(row->function, "all goroutines");
		row->creator[0] = '\0';
	} else if (g->others) {
		strcpy(row->function, "(others)");
		row->creator[0] = '\0';
	} else {
		words_name(row->function, canvas, names, g->function, "(unknown)");
		words_name(row->creator, canvas, names, g->creator, "(before the trace)");
	}
}

/* What can be seen, sorted; the caller frees. NULL: no memory. */
static struct row *make_rows(const struct canvas *canvas, const struct trace_data *data,
                             struct view_place *place, int *n)
{
	const struct latency *latency = &data->extra->latency;
	struct row *row = calloc(latency->groups + 1, sizeof *row);
	struct filter filter;
	*n = 0;
	if (!row)
		return NULL;
	row[0].wait = &data->analysis->goroutines.latency;
	name_row(&row[(*n)++], canvas, &data->analysis->names);
	filter_open(&filter, place->filter);
	for (size_t i = 0; i < latency->groups; i++) {
		struct row *r = &row[*n];
		*r = (struct row){.group = &latency->group[i], .wait = &latency->group[i].wait};
		if (!r->wait->count)
			continue;
		name_row(r, canvas, &data->analysis->names);
		*n += matches(&filter, r);
	}
	filter_close(&filter);
	qsort_r(row, (size_t)*n, sizeof *row, compare, place);
	return row;
}

static int64_t row_id(const struct row *row)
{
	if (!row->group)
		return -1;
	return (int64_t)(((uint64_t)row->group->function << 32 | row->group->creator) & INT64_MAX);
}

/* The caller frees; NULL: no memory. */
static int64_t *ids_of(const struct row *row, int n)
{
	int64_t *id = calloc((size_t)n, sizeof *id);
	for (int i = 0; id && i < n; i++)
		id[i] = row_id(&row[i]);
	return id;
}

static void select_row(struct view_place *place, const struct row *row, int n, int page)
{
	int64_t *id = ids_of(row, n);
	view_select(place, id, n, page);
	free(id);
}

/* --- the distribution ----------------------------------------------------------------------- */

static const struct {
	const char *name;
	double ratio;
} percentile[] = {{"p50", .5}, {"p90", .9}, {"p99", .99}, {"p99.9", .999}};
enum { PERCENTILES = sizeof percentile / sizeof *percentile };

static void draw_figure(struct pane line, const char *name, int64_t ns, bool known,
                        int64_t other_ns, bool other_known)
{
	char text[32];
	pane_text(line, 0, 0, STYLE_LABEL, name);
	text_duration(text, sizeof text, (double)ns, line.canvas->ascii);
	pane_right(pane_sub(line, 7, 0, 10, 1), 0, known ? STYLE_TEXT : STYLE_DIM, known ? text : "–");
	if (!other_known)
		return;
	text_duration(text, sizeof text, (double)other_ns, line.canvas->ascii);
	pane_right(pane_sub(line, 18, 0, 10, 1), 0, STYLE_DIM, text);
}

/* Beside the bars: the percentiles of the selected group, and of all. */
static void draw_figures(struct pane pane, const struct row *row, const struct row *all)
{
	const struct distribution *d = row->wait, *o = all->wait;
	bool other = row != all && o->count;
	pane_right(pane_sub(pane, 7, 0, 10, 1), 0, STYLE_DIM, row == all ? "all" : "selected");
	if (other)
		pane_right(pane_sub(pane, 18, 0, 10, 1), 0, STYLE_DIM, "all");
	draw_figure(pane_row(pane, 1), "least", d->min_ns, d->count, o->min_ns, other);
	for (int i = 0; i < PERCENTILES; i++)
		draw_figure(pane_row(pane, 2 + i), percentile[i].name,
		            distribution_percentile(d, percentile[i].ratio), d->count,
		            distribution_percentile(o, percentile[i].ratio), other);
	draw_figure(pane_row(pane, 2 + PERCENTILES), "most", d->max_ns, d->count, o->max_ns, other);
	draw_figure(pane_row(pane, 3 + PERCENTILES), "mean",
	            d->count ? d->sum_ns / (int64_t)(d->count & INT64_MAX) : 0, d->count,
	            other ? o->sum_ns / (int64_t)(o->count & INT64_MAX) : 0, other);
}

static void draw_distribution(struct pane pane, const struct row *row, const struct row *all)
{
	struct bars bars;
	struct pane left = pane;
	char title[PAGE_CELL + 32];
	if (pane.width >= WIDE) {
		left = pane_sub(pane, 0, 0, pane.width - TABLE_WIDTH, pane.height);
		draw_figures(pane_sub(pane, left.width + 4, 0, TABLE_WIDTH - 4, pane.height), row, all);
	}
	bars_make(&bars, row->wait, row == all ? NULL : all->wait, pane.height - 1);
	snprintf(title, sizeof title, "Wait to run%s", row == all ? ", all goroutines" : "");
	bars_draw_title(pane_row(left, 0), &bars, title, row->function, "all");
	for (int i = 0; i < bars.rows; i++)
		bars_draw_row(pane_row(left, 1 + i), &bars, i);
}

/* --- the view ------------------------------------------------------------------------------- */

static void draw_row(struct pane line, const struct table *table, const struct row *row)
{
	bool known = row->wait->count > 0;
	table_duration(line, table, COLUMN_TOTAL, STYLE_STRONG, row->wait->sum_ns, known);
	table_count(line, table, COLUMN_COUNT, STYLE_TEXT, row->wait->count);
	table_duration(line, table, COLUMN_P50, STYLE_TEXT, row->p50_ns, known);
	table_duration(line, table, COLUMN_P99, STYLE_TEXT, row->p99_ns, known);
	table_duration(line, table, COLUMN_MAX, STYLE_TEXT, row->wait->max_ns, known);
	table_text(line, table, COLUMN_FUNCTION, row->group ? STYLE_TEXT : STYLE_LABEL, row->function);
	table_text(line, table, COLUMN_CREATOR, STYLE_DIM, row->creator);
}

static void draw_list(struct pane pane, const struct row *row, int n, struct view_place *place)
{
	struct table table;
	struct pane inner = view_list_inside(pane);
	table_layout(&table, column, COLUMNS, inner.width);
	table_draw_headings(pane_row(inner, 0), &table, place);
	place->list_y = pane.y + 1;
	for (int i = place->top; i < n && i < place->top + place->page; i++) {
		draw_row(pane_row(inner, 1 + i - place->top), &table, &row[i]);
		if (i == place->selected)
			table_select(pane_row(pane, 1 + i - place->top), &table, TABLE_COLUMNS_MAX);
	}
}

static void draw(struct pane pane, const struct trace_data *data, struct view_place *place,
                 void *own)
{
	(void)own;
	if (data->summary->sampled_hz) {
		view_fit(place, 0, 0);
		pane_wrap(pane_sub(pane, 1, 1, pane.width - 2, pane.height - 1), STYLE_DIM,
		          "How long goroutines waited to run is unknown in a sampled trace: " SAMPLED_CAVEAT
		          ".");
		return;
	}
	int n, bars = pane.height * 2 / 5;
	struct row *row = make_rows(pane.canvas, data, place, &n);
	if (!row) {
		view_fit(place, 0, 0);
		return;
	}
	/* A low screen is for the list. */
	if (pane.height - bars - 2 < LIST_LEAST)
		bars = pane.height > LIST_LEAST + 2 + 4 ? pane.height - LIST_LEAST - 2 : 0;
	int list_y = bars ? bars + 2 : 0, page = pane.height - list_y - 1;
	select_row(place, row, n, page > 0 ? page : 0);
	if (bars)
		draw_distribution(pane_sub(pane, 1, 1, pane.width - 2, bars), &row[place->selected],
		                  &row[0]);
	draw_list(pane_sub(pane, 0, list_y, pane.width, pane.height - list_y), row, n, place);
	free(row);
}

/* --- commands ------------------------------------------------------------------------------- */

/* The group with the longest wait of the selected row. */
static const struct latency_group *longest_of(const struct trace_data *data, const struct row *row)
{
	const struct latency *latency = &data->extra->latency;
	const struct latency_group *longest = row->group;
	for (size_t i = 0; !row->group && i < latency->groups; i++)
		if (latency->group[i].wait.count &&
		    (!longest || latency->group[i].wait.max_ns > longest->wait.max_ns))
			longest = &latency->group[i];
	return longest;
}

/* Shows the longest wait where it lies. */
static enum loop_next act(const struct trace_data *data, struct view_place *place, void *own,
                          const struct trace_action *action, struct trace_request *request)
{
	const struct canvas canvas = {.ascii = false};
	int n;
	(void)own;
	if (action->command != COMMAND_EXPAND)
		return LOOP_GO_ON;
	struct row *row = make_rows(&canvas, data, place, &n);
	int64_t *id = row ? ids_of(row, n) : NULL;
	int selected = view_selected_row(place, id, n);
	const struct latency_group *longest =
		row && selected < n ? longest_of(data, &row[selected]) : NULL;
	free(id);
	free(row);
	if (!longest)
		return LOOP_DRAW;
	request->view = CONTEXT_TRACE_TIMELINE;
	request->target = (struct trace_target){.goroutine = longest->longest_goroutine,
	                                        .from_ns = longest->longest_begin_ns,
	                                        .to_ns = longest->longest_begin_ns};
	add_ns(&request->target.to_ns, longest->wait.max_ns);
	return LOOP_DRAW;
}

const struct trace_view trace_view_latency = {
	.name = "Latency",
	.context = CONTEXT_TRACE_LATENCY,
	.sorts = sorts,
	.draw = draw,
	.act = act,
};

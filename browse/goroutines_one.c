/* The third page of Goroutines: one of them, what it did, where it blocked and for how long. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "browse/goroutines.h"
#include "browse/table.h"
#include "trace/elapsed.h"
#include "tui/trail.h"
#include "util/text.h"

enum { HEAD_LINES = 4, STACK_LINES = 10, LIST_LEAST = 4 };

/* With the state that goes on. */
static struct goroutine_time now_of(const struct goroutine_report *r)
{
	struct goroutine_time g = *r->goroutine;
	if (r->data->loading && r->lives)
		add_ns(&g.state_ns[g.state], elapsed_ns(g.since_ns, r->data->last_ns));
	return g;
}

/* --- the head ------------------------------------------------------------------------------- */

/* A name that the trail doesn't have. */
static int draw_name(struct pane line, int x, const char *label, const struct goroutine_report *r,
                     uint32_t name, const char *group)
{
	char text[PAGE_CELL], whole[PAGE_CELL + 16];
	words_name(text, line.canvas, &r->data->analysis->names, name, "(unknown)");
	snprintf(whole, sizeof whole, "%s%s", label, text);
	if (strcmp(whole, group) == 0)
		return x;
	x = pane_fit(line, x + 2, 0, STYLE_DIM, label);
	return pane_fit(line, x, 0, STYLE_STRONG, text);
}

/* The first line: where this is, and how it came to be, once that is known. */
static void draw_trail(struct pane line, const struct trace_data *data,
                       const struct goroutines_view *view, const struct goroutine_report *r)
{
	char group[PAGE_CELL], id[32];
	goroutines_group_name(group, line.canvas, data, &view->group);
	snprintf(id, sizeof id, "G%" PRIu64, view->goroutine);
	const struct trail trail = {{trace_view_goroutines.name, group, id}};
	const struct goroutine_time *g = r ? r->goroutine : NULL;
	int x = trail_draw(g ? pane_sub(line, 0, 0, line.width * 2 / 3, 1) : line, 0, &trail);
	if (g)
		x = draw_name(line, x, "", r, g->function, group);
	if (g && g->creator != NAME_NONE)
		draw_name(line, x, "created by ", r, g->creator, group);
}

static void draw_life(struct pane line, const struct goroutine_report *r,
                      const struct goroutine_time *g)
{
	char from[32], lived[32];
	int64_t ns = 0;
	for (size_t i = 0; i < GO_STATUS_COUNT; i++)
		add_ns(&ns, g->state_ns[i]);
	text_duration(from, sizeof from, (double)elapsed_ns(r->data->first_ns, g->first_ns),
	              line.canvas->ascii);
	text_duration(lived, sizeof lived, (double)ns, line.canvas->ascii);
	int x = pane_text(line, 0, 0, STYLE_DIM, g->created ? "created at " : "seen from ");
	x = pane_text(line, x, 0, STYLE_TEXT, from);
	x = pane_text(line, x, 0, STYLE_DIM,
	              g->state == TRACE_NOT_EXIST ? ", ended after " : ", still there after ");
	pane_text(line, x, 0, STYLE_TEXT, lived);
}

static void draw_starts(struct pane line, const struct goroutine_report *r,
                        const struct goroutine_time *g)
{
	const struct distribution *d = &r->data->analysis->goroutines.latency;
	static const double ratio[] = {.5, .99, 1};
	static const char *const label[] = {"  p50 ", "  p99 ", "  max "};
	char text[32];
	if (r->data->summary->sampled_hz) {
		pane_text(line, 0, 0, STYLE_DIM, "how often it ran is unknown: samples can't tell");
		return;
	}
	text_count(text, sizeof text, g->starts);
	int x = pane_text(line, 0, 0, STYLE_DIM, "ran ");
	x = pane_text(line, x, 0, STYLE_TEXT, text);
	x = pane_text(line, x, 0, STYLE_DIM, " times");
	if (d->count == 0)
		return;
	x = pane_text(line, x, 0, STYLE_DIM, "  waits for a P:");
	for (size_t i = 0; i < sizeof ratio / sizeof *ratio; i++) {
		text_duration(text, sizeof text, (double)distribution_percentile(d, ratio[i]),
		              line.canvas->ascii);
		x = pane_text(line, x, 0, STYLE_DIM, label[i]);
		x = pane_text(line, x, 0, STYLE_TEXT, text);
	}
}

static void draw_head(struct pane pane, const struct goroutine_report *r)
{
	const struct goroutine_time g = now_of(r);
	draw_life(pane_row(pane, 0), r, &g);
	if (r->data->loading)
		pane_right(pane_row(pane, 0), 0, STYLE_DIM, "reading on");
	goroutines_draw_states(pane_row(pane, 1), g.state_ns);
	draw_starts(pane_row(pane, 2), r, &g);
}

/* --- where it blocked ------------------------------------------------------------------------ */

enum { COLUMN_WHAT, COLUMN_COUNT, COLUMN_TOTAL, COLUMN_LONGEST, COLUMN_WHERE, COLUMNS };
static const struct table_column column[COLUMNS] = {
	[COLUMN_WHAT] = {"BLOCKED ON", -1, true, {.min = 12, .want = 24}},
	[COLUMN_COUNT] = {"COUNT", -1, false, {.min = 7, .want = 7, .gap = 1, .drop = 1}},
	[COLUMN_TOTAL] = {"TOTAL", -1, false, {.min = 8, .want = 8, .gap = 1}},
	[COLUMN_LONGEST] = {"LONGEST", -1, false, {.min = 8, .want = 8, .gap = 1, .drop = 2}},
	[COLUMN_WHERE] = {"AT", -1, true, {.min = 12, .want = 30, .gap = 2, .grow = 1}},
};

static int by_total(const void *x, const void *y)
{
	const struct block_site *a = *(const struct block_site *const *)x,
							*b = *(const struct block_site *const *)y;
	if (a->total_ns != b->total_ns)
		return a->total_ns < b->total_ns ? 1 : -1;
	return (a > b) - (a < b);
}

/* The caller frees; NULL: none, or no memory. */
static const struct block_site **make_rows(const struct goroutine_report *r, int *n)
{
	const struct blocking *b = &r->data->analysis->blocking;
	const struct block_site **row = b->sites ? calloc(b->sites, sizeof(void *)) : NULL;
	*n = 0;
	for (size_t i = 0; row && i < b->sites; i++)
		if (b->site[i].count)
			row[(*n)++] = &b->site[i];
	if (*n)
		qsort(row, (size_t)*n, sizeof(void *), by_total);
	return row;
}

/* The selection stays with its site while others overtake it: their numbers never change. */
static void select_site(struct view_place *place, const struct goroutine_report *r,
                        const struct block_site *const *row, int n, int room)
{
	int64_t *id = n ? calloc((size_t)n, sizeof *id) : NULL;
	for (int i = 0; id && i < n; i++)
		id[i] = row[i] - r->data->analysis->blocking.site;
	view_select(place, id, n, room > 0 ? room : 0);
	free(id);
}

/* "main.(*Server).handle  server.go:88" */
static void frame_text(char to[PAGE_CELL], const struct canvas *canvas, const struct analysis *a,
                       const struct stack_frame *frame)
{
	char function[PAGE_CELL], location[PAGE_CELL];
	words_name(function, canvas, &a->names, frame->function, "(unknown)");
	words_location(location, canvas, &a->names, frame);
	snprintf(to, PAGE_CELL, "%.250s  %.120s", function, location);
}

static void draw_row(struct pane line, const struct table *table, const struct analysis *a,
                     const struct block_site *site)
{
	char text[PAGE_CELL];
	uint32_t where = stacks_where(&a->stacks, &a->names, site->stack);
	words_name(text, line.canvas, &a->names, site->reason, "(before the trace)");
	table_text(line, table, COLUMN_WHAT, site->syscall ? STYLE_SYSCALL : STYLE_TEXT,
	           site->syscall ? "system call" : text);
	table_times(line, table, COLUMN_COUNT, STYLE_TEXT, site->count);
	table_duration(line, table, COLUMN_TOTAL, STYLE_STRONG, site->total_ns, true);
	table_longest(line, table, COLUMN_LONGEST, STYLE_TEXT, site->max_ns, true);
	snprintf(text, sizeof text, "(no stack)");
	if (where != UINT32_MAX)
		frame_text(text, line.canvas, a, &a->stacks.frame[where]);
	table_text(line, table, COLUMN_WHERE, STYLE_TEXT, text);
}

static void draw_stack(struct pane pane, const struct analysis *a, const struct block_site *site)
{
	const struct stack *stack = site->stack ? &a->stacks.stack[site->stack - 1] : NULL;
	char text[PAGE_CELL];
	pane_text(pane, 0, 0, STYLE_DIM, stack ? "its stack:" : "the trace has no stack of it");
	for (uint32_t i = 0; stack && i < stack->frames && 1 + (int)i < pane.height; i++) {
		frame_text(text, pane.canvas, a, &a->stacks.frame[stack->first + i]);
		pane_fit(pane, 2, 1 + (int)i, STYLE_TEXT, text);
	}
}

static void draw_sites(struct pane outer, const struct goroutine_report *r,
                       struct view_place *place)
{
	struct pane pane = view_list_inside(outer);
	int n, stack_lines = pane.height - LIST_LEAST;
	const struct block_site **row = make_rows(r, &n);
	struct table table;
	if (stack_lines > STACK_LINES)
		stack_lines = STACK_LINES;
	int room = pane.height - (stack_lines > 2 ? stack_lines : 0) - 1;
	select_site(place, r, row, n, room);
	table_layout(&table, column, COLUMNS, pane.width);
	table.sampled = r->data->summary->sampled_hz > 0;
	if (n == 0)
		pane_text(pane, 0, 0, STYLE_DIM, "it never blocked and made no system call");
	else
		table_draw_headings(pane_row(pane, 0), &table, place);
	place->list_y = pane.y + 1;
	for (int i = place->top; i < n && i < place->top + place->page; i++) {
		struct pane line = pane_row(pane, 1 + i - place->top);
		draw_row(line, &table, r->data->analysis, row[i]);
		if (i == place->selected)
			table_select(pane_row(outer, 1 + i - place->top), &table, TABLE_COLUMNS_MAX);
	}
	/* As high as the list needs, and no gap of more than one line. */
	int below = n < room ? n + 2 : room + 1;
	struct pane stack = pane_sub(outer, 1, below, outer.width - 2, pane.height - below);
	if (n > 0 && stack_lines > 2) {
		view_tell_detail(place, stack);
		draw_stack(stack, r->data->analysis, row[place->selected]);
	}
	free(row);
}

/* --- the page ------------------------------------------------------------------------------- */

static void draw_nothing(struct pane pane, const struct goroutine_report *r)
{
	char share[16];
	if (!r->data->loading) {
		pane_text(pane, 0, 2, STYLE_DIM, "this part of the trace doesn't name it");
		return;
	}
	text_percent(share, sizeof share, r->data->progress);
	pane_print(pane, 0, 2, STYLE_DIM, "looking for it in the file %s",
	           r->data->progress < 0 ? "" : share);
}

void goroutines_draw_one(struct pane pane, const struct trace_data *data, struct view_place *place,
                         const struct goroutines_view *view)
{
	struct pane page = pane_sub(pane, 1, 0, pane.width - 2, pane.height);
	if (!view->pass) {
		view_fit(place, 1, 0);
		draw_trail(pane_row(page, 0), data, view, NULL);
		pane_wrap(pane_sub(page, 0, 2, page.width, page.height - 2), STYLE_WARNING, view->problem);
		return;
	}
	struct goroutine_report report = goroutine_pass_lock(view->pass);
	draw_trail(pane_row(page, 0), data, view, &report);
	if (report.goroutine) {
		draw_head(pane_sub(page, 0, 1, page.width, HEAD_LINES - 1), &report);
		draw_sites(pane_sub(pane, 0, HEAD_LINES + 1, pane.width, pane.height - HEAD_LINES - 1),
		           &report, place);
	} else {
		view_fit(place, 1, 0);
		draw_nothing(page, &report);
	}
	goroutine_pass_unlock(view->pass);
}

bool goroutines_target(const struct goroutines_view *view, struct trace_target *target)
{
	if (!view->pass)
		return false;
	struct goroutine_report report = goroutine_pass_lock(view->pass);
	const struct goroutine_time *g = report.goroutine;
	bool found = g || report.data->loading;
	/* Where it is not found yet, the timeline finds it by itself. */
	*target = (struct trace_target){.goroutine = view->goroutine, .to_ns = -1};
	if (g) {
		bool lives = report.data->loading && report.lives;
		target->from_ns = g->first_ns;
		target->to_ns = lives ? report.data->last_ns : g->since_ns;
	}
	goroutine_pass_unlock(view->pass);
	return found;
}

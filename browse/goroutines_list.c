/* The list on two pages of Goroutines: groups, and goroutines of one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "browse/goroutines.h"
#include "browse/table.h"
#include "browse/tasks.h"
#include "trace/elapsed.h"
#include "util/text.h"

enum sort {
	BY_RUNNING,
	BY_RUNNABLE,
	BY_SYSCALL,
	BY_BLOCKED,
	BY_LONGEST,
	BY_STARTS,
	BY_COUNT,
	BY_NAME
};
const char *const goroutines_sorts[] = {"running", "runnable", "syscall", "blocked", "longest",
                                        "starts",  "count",    "name",    NULL};

/* --- numbers -------------------------------------------------------------------------------- */

static struct breakdown spent_of(const int64_t state_ns[GO_STATUS_COUNT])
{
	return (struct breakdown){{[SPENT_RUNNING] = state_ns[GO_RUNNING],
	                           [SPENT_SYSCALL] = state_ns[GO_SYSCALL],
	                           [SPENT_RUNNABLE] = state_ns[GO_RUNNABLE],
	                           [SPENT_UNKNOWN] = state_ns[GO_WAITING]}};
}

void goroutines_add_waits(struct goroutines_wait *waits, const struct goroutines *g, uint32_t list,
                          const struct names *names)
{
	for (uint32_t i = list; i; i = g->reason[i - 1].next)
		add_ns(&waits->ns[words_wait(names, g->reason[i - 1].reason)], g->reason[i - 1].total_ns);
}

static int64_t key_of(const struct goroutines_row *row, int sort)
{
	static const uint8_t state[] = {[BY_RUNNING] = GO_RUNNING,
	                                [BY_RUNNABLE] = GO_RUNNABLE,
	                                [BY_SYSCALL] = GO_SYSCALL,
	                                [BY_BLOCKED] = GO_WAITING};
	switch (sort) {
	case BY_LONGEST:
		return row->latency_max_ns;
	case BY_STARTS:
		return (int64_t)(row->starts & INT64_MAX);
	case BY_COUNT:
		return row->count ? (int64_t)(row->count & INT64_MAX) : row->lived_ns;
	default:
		return row->state_ns[state[sort]];
	}
}

int goroutines_compare(const void *x, const void *y, void *arg)
{
	const struct goroutines_row *a = x, *b = y;
	const struct view_place *place = arg;
	int order = 0;
	if (place->sort == BY_NAME) {
		order = strcmp(a->text, b->text);
	} else {
		int64_t one = key_of(a, place->sort), other = key_of(b, place->sort);
		order = (one < other) - (one > other);
	}
	order = place->reversed ? -order : order;
	return order ? order : (a->id > b->id) - (a->id < b->id);
}

/* --- drawing -------------------------------------------------------------------------------- */

enum {
	COLUMN_NAME,
	COLUMN_COUNT,
	COLUMN_RUNNING,
	COLUMN_RUNNABLE,
	COLUMN_SYSCALL,
	COLUMN_BLOCKED,
	COLUMN_NETWORK,
	COLUMN_SYNC,
	COLUMN_OTHER,
	COLUMN_ASSIST,
	COLUMN_LONGEST,
	COLUMN_STARTS,
	COLUMN_SPENT,
	COLUMNS
};
#define NUMBER(width, rank)                                       \
	{                                                             \
		.min = (width), .want = (width), .gap = 1, .drop = (rank) \
	}
_Static_assert((int)COLUMNS <= (int)TABLE_COLUMNS_MAX, "room for every column");
static const struct table_column column[COLUMNS] = {
	[COLUMN_NAME] = {"START FUNCTION", BY_NAME, true, {.min = 25, .want = 32, .grow = 2}},
	[COLUMN_COUNT] = {"COUNT", BY_COUNT, false, NUMBER(7, 2)},
	[COLUMN_RUNNING] = {"RUNNING", BY_RUNNING, false, NUMBER(8, 0)},
	[COLUMN_RUNNABLE] = {"RUNNABLE", BY_RUNNABLE, false, NUMBER(9, 0)},
	[COLUMN_SYSCALL] = {"SYSCALL", BY_SYSCALL, false, NUMBER(8, 1)},
	[COLUMN_BLOCKED] = {"BLOCKED", BY_BLOCKED, false, NUMBER(8, 0)},
	[COLUMN_NETWORK] = {"NETWORK", -1, false, NUMBER(8, 6)},
	[COLUMN_SYNC] = {"SYNC", -1, false, NUMBER(8, 6)},
	[COLUMN_OTHER] = {"OTHER", -1, false, NUMBER(8, 7)},
	[COLUMN_ASSIST] = {"ASSIST", -1, false, NUMBER(8, 8)},
	[COLUMN_LONGEST] = {"LONGEST", BY_LONGEST, false, NUMBER(8, 3)},
	[COLUMN_STARTS] = {"STARTS", BY_STARTS, false, NUMBER(7, 4)},
	[COLUMN_SPENT] = {"SPENT ON",
                      -1,
                      true,
                      {.min = 10, .want = 16, .gap = 2, .drop = 5, .grow = 1}},
};

static void draw_time(struct pane line, const struct table *table, size_t i, enum style style,
                      int64_t ns)
{
	table_duration(line, table, i, ns ? style : STYLE_DIM, ns, ns != 0);
}

static void draw_row(struct pane line, const struct table *table, const struct goroutines_row *row)
{
	const struct breakdown spent = spent_of(row->state_ns);
	table_text(line, table, COLUMN_NAME, STYLE_TEXT, row->text);
	if (row->count)
		table_count(line, table, COLUMN_COUNT, STYLE_TEXT, row->count);
	else
		draw_time(line, table, COLUMN_COUNT, STYLE_TEXT, row->lived_ns);
	draw_time(line, table, COLUMN_RUNNING, STYLE_RUNNING, row->state_ns[GO_RUNNING]);
	draw_time(line, table, COLUMN_RUNNABLE, STYLE_RUNNABLE, row->state_ns[GO_RUNNABLE]);
	draw_time(line, table, COLUMN_SYSCALL, STYLE_SYSCALL, row->state_ns[GO_SYSCALL]);
	draw_time(line, table, COLUMN_BLOCKED, STYLE_TEXT, row->state_ns[GO_WAITING]);
	draw_time(line, table, COLUMN_NETWORK, STYLE_TEXT, row->waits.ns[WAIT_NETWORK]);
	draw_time(line, table, COLUMN_SYNC, STYLE_TEXT, row->waits.ns[WAIT_SYNC]);
	draw_time(line, table, COLUMN_OTHER, STYLE_TEXT, row->waits.ns[WAIT_OTHER]);
	draw_time(line, table, COLUMN_ASSIST, STYLE_GC, row->assist_ns);
	table_longest(line, table, COLUMN_LONGEST, STYLE_TEXT, row->latency_max_ns,
	              row->latency_max_ns != 0);
	table_times(line, table, COLUMN_STARTS, STYLE_TEXT, row->starts);
	tasks_draw_spent(table_cell(line, table, COLUMN_SPENT), &spent);
}

void goroutines_draw_states(struct pane line, const int64_t state_ns[GO_STATUS_COUNT])
{
	static const struct {
		uint8_t state;
		uint8_t kind;
		const char *word;
	} states[] = {{GO_RUNNING, SPENT_RUNNING, "running"},
	              {GO_SYSCALL, SPENT_SYSCALL, "syscall"},
	              {GO_RUNNABLE, SPENT_RUNNABLE, "runnable"},
	              {GO_WAITING, SPENT_UNKNOWN, "blocked"}};
	const struct breakdown spent = spent_of(state_ns);
	double whole = 0;
	char share[16];
	int x = 0;
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		whole += (double)state_ns[states[i].state];
	for (size_t i = 0; i < sizeof states / sizeof *states && whole > 0; i++) {
		if (!state_ns[states[i].state])
			continue;
		text_percent(share, sizeof share, (double)state_ns[states[i].state] / whole);
		words_spent_cell(line, x, states[i].kind);
		x = pane_text(line, x + 2, 0, STYLE_DIM, states[i].word);
		x = pane_text(line, x + 1, 0, STYLE_TEXT, share) + 2;
	}
	tasks_draw_spent(pane_sub(line, x, 0, line.width - x, 1), &spent);
}

/* The caller frees; NULL: no memory. */
static int64_t *ids_of(const struct goroutines_row *row, int n)
{
	int64_t *id = calloc(n ? (size_t)n : 1, sizeof *id);
	for (int i = 0; id && i < n; i++)
		id[i] = (int64_t)(row[i].id & INT64_MAX);
	return id;
}

static void select_row(struct view_place *place, const struct goroutines_row *row, int n, int page)
{
	int64_t *id = ids_of(row, n);
	view_select(place, id, n, page);
	free(id);
}

const struct goroutines_row *goroutines_selected_row(const struct view_place *place,
                                                     const struct goroutines_row *row, int n)
{
	int64_t *id = ids_of(row, n);
	int i = view_selected_row(place, id, n);
	free(id);
	return i < n ? &row[i] : NULL;
}

void goroutines_draw_list(struct pane pane, const struct goroutines_row *row, int n,
                          struct view_place *place, enum goroutines_rows what, bool sampled)
{
	static const char *const names[] = {"START FUNCTION", "CREATED BY", "GOROUTINE"};
	struct table table;
	struct table_column mine[COLUMNS];
	struct pane inner = view_list_inside(pane);
	memcpy(mine, column, sizeof mine);
	mine[COLUMN_NAME].name = names[what];
	if (what == ROWS_GOROUTINES)
		mine[COLUMN_COUNT].name = "LIVED";
	if (what == ROWS_GOROUTINES) /* not known of one alone: there is never room for it */
		mine[COLUMN_ASSIST].slot.min = CANVAS_WIDTH_MAX;
	select_row(place, row, n, pane.height > 1 ? pane.height - 1 : 0);
	table_layout(&table, mine, COLUMNS, inner.width);
	table.sampled = sampled;
	table_draw_headings(pane_row(inner, 0), &table, place);
	place->list_y = pane.y + 1;
	for (int i = place->top; i < n && i < place->top + place->page; i++) {
		struct pane line = pane_row(inner, 1 + i - place->top);
		draw_row(line, &table, &row[i]);
		if (i == place->selected)
			table_select(pane_row(pane, 1 + i - place->top), &table, COLUMN_SPENT);
	}
}

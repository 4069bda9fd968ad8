#include "tui/fleet_columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tui/view.h"

#define DASH "–"
#define WIDE 100

#define COLUMN(of, name, width, order, rare)                                             \
	{                                                                                    \
		.kind = FLEET_COLUMN_METRIC, .metric = of, .heading = name,                      \
		.slot = {.min = width, .want = width, .gap = 1, .drop = order}, .if_known = rare \
	}
#define METRIC(of, name, width, order)   COLUMN(of, name, width, order, false)
#define IF_KNOWN(of, name, width, order) COLUMN(of, name, width, order, true)

/* The last cell of a number is that of its mark. */
const struct fleet_column fleet_column[FLEET_COLUMNS] = {
	{FLEET_COLUMN_NAME, FLEET_CPU, "INSTANCE", {.min = 17, .want = 22, .grow = 1}, false},
	{FLEET_COLUMN_STATE, FLEET_CPU, "STATE", {.min = 7, .want = 7, .gap = 1}, false},
	{FLEET_COLUMN_JOB, FLEET_CPU, "JOB", {.min = 8, .want = 12, .gap = 1, .drop = 9}, false},
	METRIC(FLEET_CPU, "CPU", 7, 1),
	METRIC(FLEET_CORES, "CORES", 7, 12),
	METRIC(FLEET_PROCS, "PROCS", 7, 8),
	METRIC(FLEET_GOROUTINES, "GOROUTINES", 12, 2),
	METRIC(FLEET_WAIT_P50, "WAIT p50", 15, 7),
	METRIC(FLEET_WAIT_P99, "WAIT p99", 15, 3),
	METRIC(FLEET_PAUSE_P99, "GC PAUSE", 15, 6),
	METRIC(FLEET_HEAP, "HEAP", 10, 5),
	METRIC(FLEET_RSS, "RSS", 10, 11),
	METRIC(FLEET_THREADS, "THREADS", 9, 13),
	IF_KNOWN(FLEET_IDLE, "IDLE", 7, 4),
	IF_KNOWN(FLEET_QUEUED, "QUEUED", 8, 4),
	METRIC(FLEET_UPTIME, "UP FOR", 10, 10),
	{FLEET_COLUMN_VERSION, FLEET_CPU, "GO", {.min = 9, .want = 9, .gap = 1, .drop = 14}, false},
	{FLEET_COLUMN_TREND,
     FLEET_CPU,
     "",
     {.min = 13, .want = 16, .gap = 1, .drop = 2, .grow = 1},
     false},
};

const struct help_note fleet_notes[] = {
	{"STATE", "Of the last scrape; first who is down, stale or stands out."},
	{"▲ ▼|^ v", "It stands out: far above or below the median of its job."},
	{"CPU", "Share of GOMAXPROCS that is used."},
	{"CORES", "Processors that are kept busy."},
	{"PROCS", "GOMAXPROCS."},
	{"WAIT p50, p99", "From runnable to running: in which bucket the percentile is."},
	{"GC PAUSE", "p99 of what the collector stops the world for."},
	{"HEAP, RSS", "Objects of the heap; resident memory."},
	{"IDLE, QUEUED", "Of schedtop export-metrics: idle share, run queues."},
	{"–|-", "Not known: not exported, or not scraped."},
};
const size_t fleet_note_count = sizeof fleet_notes / sizeof *fleet_notes;

void fleet_columns_layout(const struct fleet *fleet, struct slot *slot, int room)
{
	struct slot shown[FLEET_COLUMNS];
	size_t at[FLEET_COLUMNS], n = 0;
	for (size_t i = 0; i < FLEET_COLUMNS; i++) {
		const struct fleet_column *column = &fleet_column[i];
		slot[i] = (struct slot){0};
		if (column->if_known && fleet->usual[column->metric].n == 0)
			continue;
		at[n] = i;
		shown[n] = column->slot;
		/* A wide terminal shows more of the past before it shows more numbers. */
		if (column->kind == FLEET_COLUMN_TREND && room >= WIDE)
			shown[n].min = shown[n].want = room / 4;
		n++;
	}
	layout(shown, n, room);
	for (size_t i = 0; i < n; i++)
		slot[at[i]] = shown[i];
}

/* Up, down, stale, ...: the word alone says it, too. */
static const struct {
	const char *word;
	enum style style;
	int attention;
} state_look[FLEET_STATES] = {
	[FLEET_UP] = {"up", STYLE_RUNNING, 0},       [FLEET_DOWN] = {"down", STYLE_WARNING, 4},
	[FLEET_STALE] = {"stale", STYLE_WARNING, 3}, [FLEET_GONE] = {"gone", STYLE_DIM, 2},
	[FLEET_UNKNOWN] = {DASH, STYLE_DIM, 0},
};

int fleet_marks(const struct fleet_instance *instance)
{
	return __builtin_popcount(instance->high | instance->low);
}

static void draw_metric(struct pane cell, enum fleet_metric metric,
                        const struct fleet_instance *instance)
{
	struct pane number = pane_sub(cell, 0, 0, cell.width - 1, 1);
	bool high = instance->high & FLEET_BIT(metric), low = instance->low & FLEET_BIT(metric);
	char text[40];
	if (!fleet_known(instance, metric)) {
		pane_right(number, 0, STYLE_DIM, DASH);
		return;
	}
	fleet_text(text, sizeof text, metric, instance->value[metric], cell.canvas->ascii);
	pane_right(number, 0, high || low ? STYLE_WARNING : STYLE_TEXT, text);
	if (high || low)
		pane_text(cell, cell.width - 1, 0, STYLE_WARNING,
		          cell.canvas->ascii ? (high ? "^" : "v") : (high ? "▲" : "▼"));
}

void fleet_column_draw(struct pane cell, const struct fleet_column *column,
                       const struct fleet_instance *instance)
{
	char text[600];
	switch (column->kind) {
	case FLEET_COLUMN_NAME:
		snprintf(text, sizeof text, "%s%s%s", instance->name, *instance->more ? " " : "",
		         instance->more);
		pane_fit(cell, 0, 0, STYLE_STRONG, text);
		return;
	case FLEET_COLUMN_STATE:
		pane_fit(cell, 0, 0, state_look[instance->state].style, state_look[instance->state].word);
		return;
	case FLEET_COLUMN_JOB:
		pane_fit(cell, 0, 0, STYLE_TEXT, *instance->job ? instance->job : DASH);
		return;
	case FLEET_COLUMN_VERSION:
		pane_fit(cell, 0, 0, STYLE_TEXT, instance->version[0] ? instance->version : DASH);
		return;
	case FLEET_COLUMN_METRIC:
		draw_metric(cell, column->metric, instance);
		return;
	case FLEET_COLUMN_TREND:
		return;
	}
}

void fleet_column_draw_usual(struct pane cell, const struct fleet_column *column,
                             const struct fleet *fleet)
{
	const struct fleet_usual *usual = &fleet->usual[column->metric];
	const struct fleet_metric_info *info = &fleet_metric_info[column->metric];
	struct pane number = pane_sub(cell, 0, 0, cell.width - 1, 1);
	char text[40];
	if (column->kind == FLEET_COLUMN_NAME)
		pane_fit(cell, 0, 0, STYLE_DIM, "median");
	if (column->kind != FLEET_COLUMN_METRIC || usual->n == 0)
		return;
	/* Of ranges it is that of the upper ends. */
	bool range = info->unit == FLEET_TIME && column->metric != FLEET_UPTIME;
	fleet_text(text, sizeof text, column->metric,
	           (struct fleet_range){range ? -INFINITY : usual->median, usual->median},
	           cell.canvas->ascii);
	pane_right(number, 0, STYLE_DIM, text);
}

static int compare_attention(const struct fleet_instance *a, const struct fleet_instance *b)
{
	int order = state_look[b->state].attention - state_look[a->state].attention;
	return order ? order : fleet_marks(b) - fleet_marks(a);
}

int fleet_column_compare(const struct fleet_column *column, const struct fleet_instance *a,
                         const struct fleet_instance *b, bool reversed)
{
	int order = 0;
	switch (column->kind) {
	case FLEET_COLUMN_METRIC:
		order = fleet_compare(a, b, column->metric, reversed);
		return order ? order : fleet_compare_names(a, b);
	case FLEET_COLUMN_NAME:
	case FLEET_COLUMN_TREND:
		order = strverscmp(a->name, b->name);
		break;
	case FLEET_COLUMN_STATE:
		order = compare_attention(a, b);
		break;
	case FLEET_COLUMN_JOB:
		order = strverscmp(a->job, b->job);
		break;
	case FLEET_COLUMN_VERSION:
		order = !a->version[0] - !b->version[0];
		if (order)
			return order;
		order = strverscmp(b->version, a->version);
		break;
	}
	if (order == 0)
		return fleet_compare_names(a, b);
	return reversed ? -order : order;
}

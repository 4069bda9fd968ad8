/* Ps: how much of their time they were busy, and with what at each moment. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "browse/summary.h"
#include "browse/timeline_source.h"
#include "trace/elapsed.h"
#include "tui/plot.h"
#include "util/text.h"

enum { PROC_WIDTH = 5, SHARE_WIDTH = 7, CELLS_MAX = CANVAS_WIDTH_MAX };
enum { STACK_LEAST = 3, STACK_MOST = 8 }; /* rows of a P on a tall terminal */

/* With what goes on while the trace is being read. */
static int64_t running_ns(const struct trace_data *data, const struct proc_time *p)
{
	int64_t ns = p->running_ns;
	if (p->since_ns != INT64_MIN && data->loading)
		add_ns(&ns, elapsed_ns(p->since_ns, data->last_ns));
	return ns;
}

static int64_t end_ns(const struct trace_data *data)
{
	int64_t end = data->analysis->procs.last_ns, to = data->first_ns;
	if (!data->loading)
		return end;
	/* Reading goes on behind the part that is counted. */
	add_ns(&to, data->part->to_ns);
	return data->last_ns < to ? data->last_ns : to;
}

static double wall_ns(const struct trace_data *data)
{
	return (double)elapsed_ns(data->analysis->procs.first_ns, end_ns(data));
}

double summary_busy(const struct trace_data *data)
{
	const struct procs *procs = &data->analysis->procs;
	double whole = procs_available_ns(procs, end_ns(data)), busy = 0;
	for (size_t i = 0; i < procs->slots; i++)
		if (procs->slot[i].id != UINT64_MAX)
			busy += (double)running_ns(data, &procs->slot[i]);
	return whole > 0 ? busy / whole : -1;
}

int summary_procs_count(const struct trace_data *data)
{
	const struct procs *procs = &data->analysis->procs;
	int n = 0;
	for (size_t i = 0; i < procs->slots; i++)
		n += procs->slot[i].id != UINT64_MAX;
	return n;
}

/* The states of a timeline in the looks of the live view. */
static struct lane_share share_of(const struct lane_cell *cell)
{
	static const enum lane_state as[SPAN_STATES] = {
		[SPAN_UNKNOWN] = LANE_UNKNOWN,
		[SPAN_IDLE] = LANE_IDLE,
		[SPAN_SCHED] = LANE_SCHEDULER,
		[SPAN_RUNNING] = LANE_RUNNING,
		[SPAN_GC] = LANE_GC,
		[SPAN_SYSCALL] = LANE_SYSCALL,
		[SPAN_RUNNABLE] = LANE_UNKNOWN,
		[SPAN_BLOCKED] = LANE_UNKNOWN,
	};
	struct lane_share share = {.known = true};
	double all = 0;
	for (size_t i = 0; i < SPAN_STATES; i++)
		all += cell->ns[i];
	for (size_t i = 0; i < SPAN_STATES && all > 0; i++)
		share.share[as[i]] += cell->ns[i] / all;
	share.known = all > 0;
	return share;
}

/* One row of states, or their mix as a stack. */
static void draw_strip(struct pane strip, const struct trace_data *data, uint64_t proc)
{
	struct lane_cell cell[CELLS_MAX];
	const struct lane lane = {LANE_P, proc};
	int64_t from_ns = data->analysis->procs.first_ns;
	if (!data->timeline || strip.width <= 0 || end_ns(data) <= from_ns)
		return;
	timeline_source_cells(data->timeline, lane, from_ns, end_ns(data), cell, (size_t)strip.width);
	for (int x = 0; x < strip.width; x++) {
		const struct lane_share share = share_of(&cell[x]);
		if (strip.height == 1)
			plot_lane(strip, x, &share);
		else
			plot_stack(strip, x, &share);
	}
}

static void draw_proc(struct pane line, const struct trace_data *data, const struct proc_time *p)
{
	char text[32];
	double wall = wall_ns(data);
	struct pane strip = pane_sub(line, PROC_WIDTH + SHARE_WIDTH + 2, 0,
	                             line.width - PROC_WIDTH - SHARE_WIDTH - 2, line.height);
	snprintf(text, sizeof text, "P%" PRIu64, p->id);
	pane_fit(pane_sub(line, 0, 0, PROC_WIDTH, 1), 0, 0, STYLE_LABEL, text);
	text_percent(text, sizeof text, wall > 0 ? (double)running_ns(data, p) / wall : -1);
	pane_right(pane_sub(line, PROC_WIDTH, 0, SHARE_WIDTH, 1), 0, STYLE_TEXT, wall > 0 ? text : "–");
	draw_strip(strip, data, p->id);
}

static int by_id(const void *a, const void *b)
{
	const struct proc_time *x = *(const struct proc_time *const *)a,
						   *y = *(const struct proc_time *const *)b;
	return (x->id > y->id) - (x->id < y->id);
}

/* In the order of their numbers; slots are in that in which the trace names them. The caller frees;
   NULL: none, or no memory. */
static const struct proc_time **sort_procs(const struct procs *procs, int n)
{
	const struct proc_time **proc = n > 0 ? calloc((size_t)n, sizeof(void *)) : NULL;
	size_t k = 0;
	for (size_t i = 0; proc && i < procs->slots; i++)
		if (procs->slot[i].id != UINT64_MAX)
			proc[k++] = &procs->slot[i];
	if (proc)
		qsort(proc, k, sizeof(void *), by_id);
	return proc;
}

void summary_draw_procs(struct pane pane, const struct trace_data *data, struct view_place *place)
{
	const struct procs *procs = &data->analysis->procs;
	int rows = pane.height > 1 ? pane.height - 1 : 0, n = summary_procs_count(data);
	/* With a row between them, when there is room for all and more. */
	int each = n > 0 && rows / n >= STACK_LEAST + 1 ? rows / n : 1;
	each = each < STACK_MOST + 1 ? each : STACK_MOST + 1;
	int page = rows / each, tall = each > 1 ? each - 1 : 1;
	view_fit(place, n, page);
	pane_right(pane_sub(pane, PROC_WIDTH, 0, SHARE_WIDTH, 1), 0, STYLE_DIM, "BUSY");
	plot_legend(pane_sub(pane, PROC_WIDTH + SHARE_WIDTH + 2, 0,
	                     pane.width - PROC_WIDTH - SHARE_WIDTH - 2, 1));
	const struct proc_time **proc = sort_procs(procs, n);
	for (int row = place->top; proc && row < n && row < place->top + page; row++)
		draw_proc(pane_sub(pane, 0, 1 + (row - place->top) * each, pane.width, tall), data,
		          proc[row]);
	free(proc);
}

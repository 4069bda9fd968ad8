/* The collector: cycles, pauses, assists, the heap. */
#include "report/json.h"
#include "report/sections.h"
#include "trace/elapsed.h"
#include "util/text.h"

static const struct page_column columns[] = {{"WHAT", -28}, {"COUNT", 7}, {"TOTAL", 8},
                                             {"P50", 8},    {"P99", 8},   {"MAX", 8}};
enum { FEWEST_BINS = 8, COLUMNS = sizeof columns / sizeof *columns };

static void print_durations(struct page *page, const char *what, const struct distribution *d)
{
	char cell[COLUMNS][PAGE_CELL];
	if (d->count == 0)
		return;
	snprintf(cell[0], PAGE_CELL, "%s", what);
	page_times(page, cell[1], d->count);
	page_duration(page, cell[2], (double)d->sum_ns);
	page_percentile(page, cell[3], d, .5);
	page_percentile(page, cell[4], d, .99);
	page_percentile(page, cell[5], d, 1);
	page_row(page, columns, COLUMNS, (const char(*)[PAGE_CELL])cell);
}

static void print_heap(const struct analysis *a, struct page *page)
{
	const struct gc *gc = &a->gc;
	char min[32], max[32], goal[32];
	if (!gc->has_heap)
		return;
	text_bytes(min, sizeof min, bound_bytes(gc->heap_min));
	text_bytes(max, sizeof max, bound_bytes(gc->heap_max));
	text_bytes(goal, sizeof goal, bound_bytes(gc->goal_max));
	page_say(page, "Heap from %s to %s; %s%s.", min, max,
	         gc->has_goal ? "the goal was at most " : "the trace shows no goal",
	         gc->has_goal ? goal : "");
	const struct timeline *t = &a->activity.heap;
	double value[TIMELINE_BINS];
	char cell[PAGE_CELL];
	size_t n = timeline_whole_bins(t);
	for (size_t i = 0; i < n; i++)
		value[i] = (double)t->most[i];
	page_bars(page, cell, value, n, 0);
	if (n >= FEWEST_BINS)
		fprintf(page->out, "  %-12s%s\n", "heap", cell);
}

static void print_mmu(const struct mmu *mmu, struct page *page)
{
	char left[PAGE_CELL], width[PAGE_CELL], curve[PAGE_CELL * 2];
	double mean = mmu_mean(mmu);
	size_t n = 0;
	if (mean < 0)
		return;
	page_share(left, mean, 1);
	n = (size_t)snprintf(curve, sizeof curve,
	                     "The collector left the program %s of the Ps; at least", left);
	const char *separator = " ";
	for (size_t i = 0; i < MMU_WINDOWS; i += 3) { /* 1, 10, 100, 1000 ms */
		double least = mmu_minimum(mmu, i);
		if (least < 0 || n >= sizeof curve)
			break;
		page_share(left, least, 1);
		page_duration(page, width, (double)mmu_window_ns[i]);
		n += (size_t)snprintf(curve + n, sizeof curve - n, "%s%.16s in any %.16s", separator, left,
		                      width);
		separator = ", ";
	}
	if (*separator == ',')
		page_say(page, "%s.", curve);
}

void gc_print(const struct analysis *a, struct page *page)
{
	const struct gc *gc = &a->gc;
	page_heading(page, "Garbage collection");
	if (gc->mark.count == 0)
		page_say(page, "No cycle ended in the trace.");
	if (gc->mark.count + gc->pause.count + gc->assist.count + gc->sweep.count)
		page_header(page, columns, COLUMNS);
	print_durations(page, "cycles (concurrent mark)", &gc->mark);
	print_durations(page, "stops of the world", &gc->pause);
	for (size_t i = 0; i < gc->kinds; i++) {
		char what[PAGE_CELL], name[PAGE_CELL];
		page_named(page, name, &a->names, gc->kind[i].name, false, "(unknown)");
		snprintf(what, sizeof what, "  %.*s", PAGE_CELL - 8, name);
		print_durations(page, what, &gc->kind[i].pause);
	}
	print_durations(page, "mark assists", &gc->assist);
	print_durations(page, "sweeping", &gc->sweep);
	print_heap(a, page);
	print_mmu(&a->mmu, page);
}

static json_t *stops_json(const struct analysis *a)
{
	json_t *all = json_array();
	for (size_t i = 0; i < a->gc.kinds; i++) {
		json_t *row = json_distribution(&a->gc.kind[i].pause, false);
		json_put(&row, "kind", json_name(&a->names, a->gc.kind[i].name));
		json_push(&all, row);
	}
	return all;
}

static json_t *range_json(uint64_t min, uint64_t max, uint64_t last)
{
	json_t *object = json_object();
	json_put(&object, "min_bytes", json_count(min));
	json_put(&object, "max_bytes", json_count(max));
	json_put(&object, "last_bytes", json_count(last));
	return object;
}

static json_t *mmu_json(const struct mmu *mmu)
{
	json_t *object = json_object(), *all = json_array();
	if (mmu_mean(mmu) >= 0)
		json_put(&object, "mean_ratio", json_real(mmu_mean(mmu)));
	for (size_t i = 0; i < MMU_WINDOWS; i++) {
		if (mmu_minimum(mmu, i) < 0)
			continue;
		json_t *row = json_object();
		json_put(&row, "window_ns", json_integer(mmu_window_ns[i]));
		json_put(&row, "minimum_ratio", json_real(mmu_minimum(mmu, i)));
		json_put(&row, "worst_at_ns", json_integer(mmu->window[i].worst_at_ns));
		json_push(&all, row);
	}
	json_put(&object, "minimum", all);
	return object;
}

json_t *gc_json(const struct analysis *a)
{
	const struct gc *gc = &a->gc;
	json_t *object = json_object();
	json_put(&object, "cycles", json_distribution(&gc->mark, false));
	json_put(&object, "stops", json_distribution(&gc->pause, true));
	json_put(&object, "stops_by_kind", stops_json(a));
	json_put(&object, "mark_assist", json_distribution(&gc->assist, false));
	json_put(&object, "sweep", json_distribution(&gc->sweep, false));
	json_put(&object, "swept_bytes", json_count(gc->swept_bytes));
	json_put(&object, "reclaimed_bytes", json_count(gc->reclaimed_bytes));
	if (gc->has_heap)
		json_put(&object, "heap", range_json(gc->heap_min, gc->heap_max, gc->heap_last));
	if (gc->has_goal)
		json_put(&object, "goal", range_json(gc->goal_min, gc->goal_max, gc->goal_last));
	json_put(&object, "unfinished", json_count(gc->unfinished));
	json_put(&object, "mutator_utilization", mmu_json(&a->mmu));
	json_put(&object, "marking", json_timeline(&a->activity.marking));
	if (a->activity.heap.bins)
		json_put(&object, "heap_over_time", json_timeline(&a->activity.heap));
	if (a->activity.goal.bins)
		json_put(&object, "goal_over_time", json_timeline(&a->activity.goal));
	return object;
}

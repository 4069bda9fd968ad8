/* How much of the processors was in use, and when. */
#include "report/json.h"
#include "report/sections.h"
#include "trace/elapsed.h"

enum { MOST_PROCS = 16 /* rows */, FEWEST_BINS = 8 };

static void print_procs(const struct procs *p, struct page *page)
{
	static const struct page_column columns[] = {
		{"P", 6}, {"BUSY", 8}, {"RUNNING", 10}, {"STARTS", 8}, {"TAKEN AWAY", 10}};
	enum { COLUMNS = sizeof columns / sizeof *columns };
	char cell[COLUMNS][PAGE_CELL];
	double wall = (double)elapsed_ns(p->first_ns, p->last_ns);
	size_t rows = 0, more = 0;
	page_header(page, columns, COLUMNS);
	for (size_t i = 0; i < p->slots; i++) {
		const struct proc_time *proc = &p->slot[i];
		if (proc->id == UINT64_MAX)
			continue;
		if (rows == MOST_PROCS) {
			more++;
			continue;
		}
		page_count(cell[0], proc->id);
		page_share(cell[1], (double)proc->running_ns, wall);
		page_duration(page, cell[2], (double)proc->running_ns);
		page_times(page, cell[3], proc->starts);
		page_times(page, cell[4], proc->steals);
		page_row(page, columns, COLUMNS, (const char(*)[PAGE_CELL])cell);
		rows++;
	}
	if (more)
		page_say(page, "and %zu more Ps; --json tells them all", more);
}

static void print_line(const char *what, const struct timeline *t, double full, struct page *page)
{
	double value[TIMELINE_BINS];
	char cell[PAGE_CELL];
	size_t n = timeline_whole_bins(t);
	for (size_t i = 0; i < n; i++)
		value[i] = timeline_mean(t, i);
	page_bars(page, cell, value, n, full);
	if (cell[0]) /* else there was none at all */
		fprintf(page->out, "  %-12s%s\n", what, cell);
}

static void print_activity(const struct analysis *a, struct page *page)
{
	const struct activity *act = &a->activity;
	char width[PAGE_CELL];
	if (act->running.bins < FEWEST_BINS)
		return;
	page_duration(page, width, (double)act->running.bin_ns);
	fputc('\n', page->out);
	page_say(page, "Over time, %s a column:", width);
	print_line("Ps busy", &act->running, (double)procs_available(&a->procs), page);
	print_line("runnable Gs", &act->runnable, 0, page);
	print_line("in syscalls", &act->syscalls, 0, page);
	print_line("GC marking", &act->marking, 1, page);
}

void utilization_print(const struct analysis *a, struct page *page)
{
	const struct procs *p = &a->procs;
	double ratio = procs_utilization(p);
	char busy[PAGE_CELL], idle[PAGE_CELL], count[PAGE_CELL], threads[PAGE_CELL];
	page_heading(page, "Utilization");
	if (ratio < 0) {
		page_say(page, "Unknown: no P was seen.");
		return;
	}
	page_share(busy, ratio, 1);
	page_share(idle, 1 - ratio, 1);
	page_count(count, procs_available(p));
	page_count(threads, p->threads);
	page_say(page, "GOMAXPROCS %s%s: Ps busy %s, idle %s of the time. Threads seen: %s.", count,
	         p->gomaxprocs == 0                       ? " (as many Ps as were seen)"
	         : p->gomaxprocs_min != p->gomaxprocs_max ? " at the end"
	                                                  : "",
	         busy, idle, threads);
	print_procs(p, page);
	print_activity(a, page);
}

static json_t *procs_json(const struct procs *p)
{
	json_t *all = json_array();
	for (size_t i = 0; i < p->slots; i++) {
		const struct proc_time *proc = &p->slot[i];
		if (proc->id == UINT64_MAX)
			continue;
		json_t *row = json_object();
		json_put(&row, "id", json_count(proc->id));
		json_put(&row, "running_ns", json_integer(proc->running_ns));
		json_put(&row, "starts", json_count(proc->starts));
		json_put(&row, "steals", json_count(proc->steals));
		json_push(&all, row);
	}
	return all;
}

json_t *utilization_json(const struct analysis *a)
{
	const struct procs *p = &a->procs;
	double ratio = procs_utilization(p);
	json_t *object = json_object();
	if (p->gomaxprocs) {
		json_put(&object, "gomaxprocs", json_count(p->gomaxprocs));
		json_put(&object, "gomaxprocs_min", json_count(p->gomaxprocs_min));
		json_put(&object, "gomaxprocs_max", json_count(p->gomaxprocs_max));
	}
	json_put(&object, "duration_ns", json_integer(elapsed_ns(p->first_ns, p->last_ns)));
	json_put(&object, "running_ns", json_integer(p->running_ns));
	if (ratio >= 0) {
		json_put(&object, "busy_ratio", json_real(ratio));
		json_put(&object, "idle_ratio", json_real(1 - ratio));
	}
	json_put(&object, "threads", json_count(p->threads));
	json_put(&object, "p", procs_json(p));
	json_put(&object, "running_p", json_timeline(&a->activity.running));
	json_put(&object, "runnable_goroutines", json_timeline(&a->activity.runnable));
	json_put(&object, "syscalls", json_timeline(&a->activity.syscalls));
	return object;
}

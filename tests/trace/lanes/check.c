#include "tests/trace/lanes/check.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "browse/timeline_source.h"
#include "trace/index.h"
#include "trace/places.h"
#include "trace/procs.h"
#include "trace/reader.h"

enum { LANES = 200, GOROUTINES = 16, CELLS = 50, WINDOWS = 3, MOST_LINES = 40 };

struct checker {
	const char *path;
	FILE *log;
	int differences;
	struct index index;
	struct places places;
	struct procs procs;
	struct trace_summary summary;
	struct timeline_source *source;
	struct lane lane[LANES];
	size_t lanes;
	struct spans all; /* of the whole trace */
	struct names names;
};

static void __attribute__((format(printf, 2, 3))) differ(struct checker *c, const char *format, ...)
{
	va_list args;
	if (c->differences++ >= MOST_LINES)
		return;
	va_start(args, format);
	vfprintf(c->log, format, args);
	va_end(args);
	fputc('\n', c->log);
}

static const char *name_of(struct lane lane, char to[static 40])
{
	snprintf(to, 40, "%c%" PRIu64, "PMG"[lane.kind], lane.id);
	return to;
}

/* --- reading -----------------------------------------------------------------------------------
 */

static enum status read_all(const char *path, const struct trace_begin *begin,
                            const struct trace_visitor *visitor, size_t n, struct names *names,
                            struct trace_summary *summary)
{
	struct input in;
	struct error error;
	const struct trace_options options = {.names = names, .begin = *begin};
	enum status status = input_open(&in, path, &error);
	if (status != STATUS_OK)
		return status;
	status = trace_read(&in, &options, visitor, n, summary, &error);
	input_finish(&in);
	return status;
}

static enum status load(struct checker *c)
{
	const struct timeline_source_options options = {.wake = NULL};
	struct names names = {0};
	c->source = timeline_source_create(c->path, &options);
	const struct trace_visitor visitor[] = {index_visitor(&c->index), places_visitor(&c->places),
	                                        procs_visitor(&c->procs),
	                                        timeline_source_visitor(c->source)};
	enum status status = read_all(c->path, &(struct trace_begin){0}, visitor,
	                              sizeof visitor / sizeof *visitor, &names, &c->summary);
	names_finish(&names);
	return status;
}

static void choose_lanes(struct checker *c)
{
	size_t n = index_lane_ids(&c->index, LANE_P, c->lane, 64);
	c->lanes = n < 64 ? n : 64;
	n = index_lane_ids(&c->index, LANE_M, &c->lane[c->lanes], 64);
	c->lanes += n < 64 ? n : 64;
	c->lanes += index_goroutines(&c->index, c->index.first_ns, c->index.last_ns, &c->lane[c->lanes],
	                             GOROUTINES);
	/* And some that are always there. */
	for (uint64_t id = 1; id < 8; id++)
		c->lane[c->lanes++] = (struct lane){LANE_G, id};
}

static bool read_spans(struct checker *c, int64_t from_ns, int64_t to_ns, size_t place,
                       struct spans *spans, struct names *names)
{
	struct trace_begin begin = {0};
	struct trace_summary summary;
	if (place < c->places.n)
		begin = (struct trace_begin){c->places.place[place].offset, c->places.place[place].number};
	if (!spans_wish(spans, c->lane, c->lanes, from_ns, to_ns, CELLS, c->index.first_ns))
		return false;
	spans->most = SIZE_MAX;
	const struct trace_visitor visitor = spans_visitor(spans);
	read_all(c->path, &begin, &visitor, 1, names, &summary);
	if (!spans->done)
		differ(c, "a window is not seen to its end");
	return spans->done;
}

/* --- the index ----------------------------------------------------------------------------------
 */

static bool is_near(double a, double b, double scale)
{
	return fabs(a - b) <= 1e-4 * scale + 2;
}

static void compare_cells(struct checker *c, const char *what, struct lane lane, size_t at,
                          const struct lane_cell *a, const struct lane_cell *b, double scale)
{
	static const char *const state[] = {"unknown", "idle",    "sched",    "running",
	                                    "gc",      "syscall", "runnable", "blocked"};
	char name[40];
	struct lane_cell x = *a, y = *b;
	/* A mark worker that ran when reading began has no label in it. */
	x.ns[SPAN_RUNNING] += x.ns[SPAN_GC];
	y.ns[SPAN_RUNNING] += y.ns[SPAN_GC];
	x.ns[SPAN_GC] = y.ns[SPAN_GC] = 0;
	for (size_t s = 0; s < SPAN_STATES; s++)
		if (!is_near(x.ns[s], y.ns[s], scale))
			differ(c, "%s: %s, cell %zu: %s for %.0f ns, not %.0f", what, name_of(lane, name), at,
			       state[s], x.ns[s], y.ns[s]);
	/* Who has more than half is known to both. */
	double busy = 0;
	for (size_t s = SPAN_RUNNING; s <= SPAN_SYSCALL; s++)
		busy += y.ns[s];
	if (y.goroutine_ns > busy * 0.01 + 100 && x.goroutine_ns > busy * 0.01 + 100 &&
	    x.goroutine_ns + y.goroutine_ns > busy && x.goroutine != y.goroutine)
		differ(c, "%s: %s, cell %zu: led by %" PRIu64 ", not %" PRIu64, what, name, at, x.goroutine,
		       y.goroutine);
}

static void cells_by_hand(const struct checker *c, const struct span_lane *l, int64_t from_ns,
                          int64_t to_ns, struct lane_cell *cell, size_t n)
{
	size_t next = 0;
	memset(cell, 0, n * sizeof *cell);
	for (size_t i = 0; i < n; i++) {
		int64_t begin = window_part(from_ns, to_ns, i, n);
		int64_t end = window_part(from_ns, to_ns, i + 1, n);
		while (next < l->n && l->span[next].end_ns <= begin)
			next++;
		for (size_t s = next; s < l->n && l->span[s].begin_ns < end; s++)
			lane_cell_add(&cell[i], &l->span[s], begin, end);
		lane_cell_fill(&cell[i], l->lane.kind, begin, end, c->index.first_ns, c->index.last_ns);
	}
}

static void check_index(struct checker *c)
{
	struct lane_cell cell[CELLS], want[CELLS];
	int64_t bin = index_bin_ns(&c->index);
	int64_t bins = (c->index.last_ns - c->index.first_ns) / bin + 1;
	int64_t width = (bins + CELLS - 1) / CELLS * bin * CELLS;
	for (size_t i = 0; i < c->all.lanes; i++) {
		const struct span_lane *l = &c->all.lane[i];
		if (l->lane.kind == LANE_G)
			continue;
		/* On the borders of bins, where nothing is spread. */
		index_cells(&c->index, l->lane, c->index.first_ns, c->index.first_ns + width, cell, CELLS);
		cells_by_hand(c, l, c->index.first_ns, c->index.first_ns + width, want, CELLS);
		for (size_t k = 0; k < CELLS; k++)
			compare_cells(c, "index", l->lane, k, &cell[k], &want[k], (double)width / CELLS);
	}
}

/* A P was used whenever it was not idle. */
static void check_procs(struct checker *c)
{
	for (size_t i = 0; i < c->all.lanes; i++) {
		const struct span_lane *l = &c->all.lane[i];
		double used = 0, wanted = 0;
		if (l->lane.kind != LANE_P)
			continue;
		for (size_t s = 0; s < l->n; s++)
			if (l->span[s].state != SPAN_IDLE)
				used += (double)(l->span[s].end_ns - l->span[s].begin_ns);
		for (size_t p = 0; p < c->procs.slots; p++)
			if (c->procs.slot[p].id == l->lane.id)
				wanted += (double)c->procs.slot[p].running_ns;
		/* Damage gives slots anew, and with them the counts. */
		if (c->summary.gaps == 0 && !is_near(used, wanted, wanted))
			differ(c, "P%" PRIu64 " is used for %.0f ns, not %.0f", l->lane.id, used, wanted);
	}
}

/* --- windows ------------------------------------------------------------------------------------
 */

static bool counts(const struct span_lane *l, const struct span *s, int64_t from_ns, int64_t to_ns)
{
	return s->end_ns > from_ns && s->begin_ns < to_ns &&
	       !(l->lane.kind == LANE_M && s->state == SPAN_IDLE);
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static const char *top_of(const struct spans *spans, const struct names *names, uint32_t stack)
{
	if (stack == STACK_NONE)
		return "";
	return names_text(names, spans->stacks.frame[spans->stacks.stack[stack - 1].first].function);
}

static void compare_spans(struct checker *c, struct lane lane, int64_t from_ns, int64_t to_ns,
                          const struct span *part, const struct span *all,
                          const struct spans *spans, const struct names *names)
{
	char name[40];
	name_of(lane, name);
	int64_t begin = most(part->begin_ns, from_ns), wanted = most(all->begin_ns, from_ns);
	bool busy = span_is_busy(part->state) && span_is_busy(all->state);
	if (begin != wanted || -most(-part->end_ns, -to_ns) != -most(-all->end_ns, -to_ns))
		differ(c, "%s: %" PRId64 "+%" PRId64 ", not %" PRId64 "+%" PRId64, name, begin - from_ns,
		       part->end_ns - begin, wanted - from_ns, all->end_ns - wanted);
	if ((part->state != all->state && !busy) || part->goroutine != all->goroutine)
		differ(c, "%s at %" PRId64 ": state %u of %" PRIu64 ", not %u of %" PRIu64, name,
		       begin - from_ns, part->state, part->goroutine, all->state, all->goroutine);
	if (part->woken && (part->woken_ns != all->woken_ns || part->waker != all->waker))
		differ(c, "%s at %" PRId64 ": woken by %" PRIu64 " at %" PRId64 ", not %" PRIu64, name,
		       begin - from_ns, part->waker, part->woken_ns, all->waker);
	if (part->begins_earlier)
		return;
	if (part->begin_ns != all->begin_ns)
		differ(c, "%s: begins at %" PRId64 ", not %" PRId64, name, part->begin_ns, all->begin_ns);
	if (!part->ends_later && !all->ends_later &&
	    strcmp(names_text(names, part->reason), names_text(&c->names, all->reason)) != 0)
		differ(c, "%s at %" PRId64 ": for %s, not %s", name, begin - from_ns,
		       names_text(names, part->reason), names_text(&c->names, all->reason));
	if (!part->ends_later && !all->ends_later &&
	    strcmp(top_of(spans, names, part->stack), top_of(&c->all, &c->names, all->stack)) != 0)
		differ(c, "%s at %" PRId64 ": in %s, not %s", name, begin - from_ns,
		       top_of(spans, names, part->stack), top_of(&c->all, &c->names, all->stack));
}

static void check_window(struct checker *c, int64_t from_ns, int64_t to_ns)
{
	struct spans part;
	struct names names = {0};
	size_t place = places_find(&c->places, from_ns);
	bool seen = read_spans(c, from_ns, to_ns, place, &part, &names);
	for (size_t i = 0; seen && i < part.lanes; i++) {
		const struct span_lane *l = &part.lane[i], *all = &c->all.lane[i];
		char name[40];
		size_t a = 0, b = 0;
		int before = c->differences;
		while (c->differences == before) {
			while (a < l->n && !counts(l, &l->span[a], from_ns, to_ns))
				a++;
			while (b < all->n && !counts(all, &all->span[b], from_ns, to_ns))
				b++;
			if (a == l->n || b == all->n)
				break;
			compare_spans(c, l->lane, from_ns, to_ns, &l->span[a++], &all->span[b++], &part,
			              &names);
		}
		if (c->differences == before && (a < l->n || b < all->n))
			differ(c, "%s: %s spans in a window", name_of(l->lane, name),
			       a < l->n ? "too many" : "too few");
		if (c->differences > before)
			fprintf(c->log, "# in %" PRId64 "+%" PRId64 " from place %zu\n",
			        from_ns - c->index.first_ns, to_ns - from_ns, place);
		struct lane_cell want[CELLS];
		cells_by_hand(c, all, from_ns, to_ns, want, CELLS);
		for (size_t k = 0; k < CELLS && c->differences == before; k++)
			compare_cells(c, "window", l->lane, k, &l->cell[k], &want[k],
			              (double)(to_ns - from_ns) / CELLS);
	}
	spans_finish(&part);
	names_finish(&names);
}

static void check_windows(struct checker *c)
{
	static const int64_t parts[] = {6, 50, 4000};
	int64_t whole = c->index.last_ns - c->index.first_ns;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		for (int64_t at = 0; at < WINDOWS; at++) {
			int64_t from = c->index.first_ns + whole / WINDOWS * at + whole / 97;
			check_window(c, from, from + whole / parts[i] + 1);
		}
}

/* --- the worker ---------------------------------------------------------------------------------
 */

static bool wait_for(struct checker *c, enum timeline_work work)
{
	const struct timespec nap = {0, 1000 * 1000};
	for (int i = 0; i < 60 * 1000; i++) {
		timeline_source_poll(c->source);
		struct timeline_status status = timeline_source_status(c->source);
		if (status.work == WORK_UNAVAILABLE) {
			differ(c, "the worker: %s", status.why);
			return false;
		}
		if (status.work != work) {
			timeline_source_poll(c->source);
			return true;
		}
		nanosleep(&nap, NULL);
	}
	differ(c, "the worker doesn't come to an end");
	return false;
}

static void check_source(struct checker *c)
{
	struct lane_cell cell[CELLS], want[CELLS];
	int64_t whole = c->index.last_ns - c->index.first_ns;
	int64_t from = c->index.first_ns + whole / 3, to = from + whole / 100 + CELLS;
	struct timeline_want wish = {from, to, CELLS, c->lane, c->lanes};
	/* What was asked first is given up. */
	timeline_source_want(c->source, &(struct timeline_want){from + whole / 9, to + whole / 3, CELLS,
	                                                        c->lane, c->lanes});
	timeline_source_want(c->source, &wish);
	if (!wait_for(c, WORK_SPANS))
		return;
	for (size_t i = 0; i < c->all.lanes; i++) {
		const struct span_lane *l = &c->all.lane[i];
		cells_by_hand(c, l, from, to, want, CELLS);
		if (timeline_source_cells(c->source, l->lane, from, to, cell, CELLS) != DETAIL_EXACT)
			differ(c, "cells are not exact when the worker is done");
		for (size_t k = 0; k < CELLS; k++)
			compare_cells(c, "source", l->lane, k, &cell[k], &want[k], (double)(to - from) / CELLS);
	}
	timeline_source_want(c->source, &wish);
	if (timeline_source_status(c->source).work != WORK_NONE)
		differ(c, "what is there is read again");
}

static enum find_result find(struct checker *c, const struct timeline_find *what,
                             struct timeline_hit *hit)
{
	timeline_source_find(c->source, what);
	return wait_for(c, WORK_FIND) ? timeline_source_found(c->source, hit) : FIND_FAILED;
}

static bool runs(const struct span *s)
{
	return s->state == SPAN_RUNNING || s->state == SPAN_GC;
}

static void check_next(struct checker *c, const struct span_lane *l, int64_t at_ns)
{
	struct timeline_find what = {FIND_GOROUTINE, at_ns, false, l->lane.id, ""};
	struct timeline_hit hit = {.at_ns = 0};
	const struct span *next = NULL;
	/* Where it goes over from its own work to the collector's, it runs on. */
	for (size_t i = 0; i < l->n && !next; i++)
		if (l->span[i].begin_ns > at_ns && runs(&l->span[i]) &&
		    (i == 0 || !runs(&l->span[i - 1]) || l->span[i - 1].end_ns < l->span[i].begin_ns))
			next = &l->span[i];
	enum find_result result = find(c, &what, &hit);
	if ((result == FIND_HIT) != (next != NULL) || (next && hit.at_ns != next->begin_ns))
		differ(c, "G%" PRIu64 " runs next at %" PRId64 " (%d), not at %" PRId64, l->lane.id,
		       hit.at_ns, (int)result, next ? next->begin_ns : 0);
}

static void check_waker(struct checker *c, const struct span_lane *l, int64_t at_ns)
{
	struct timeline_find what = {FIND_WAKER, at_ns, true, l->lane.id, ""};
	struct timeline_hit hit = {.at_ns = 0};
	const struct span *last = NULL;
	for (size_t i = 0; i < l->n; i++)
		if (l->span[i].woken && l->span[i].woken_ns < at_ns)
			last = &l->span[i];
	enum find_result result = find(c, &what, &hit);
	if (last && (result != FIND_HIT || hit.at_ns != last->woken_ns ||
	             (last->waker && hit.lane.id != last->waker)))
		differ(c,
		       "G%" PRIu64 " was woken at %" PRId64 " by %" PRIu64 " (%d), not %" PRId64
		       " by %" PRIu64,
		       l->lane.id, hit.at_ns, hit.lane.id, (int)result, last->woken_ns, last->waker);
	/* And the other way round: it wakes somebody then. */
	if (!last || !last->waker || result != FIND_HIT)
		return;
	what = (struct timeline_find){FIND_WOKEN, last->woken_ns, false, last->waker, ""};
	result = find(c, &what, &hit);
	if (result != FIND_HIT || hit.at_ns != last->woken_ns)
		differ(c, "G%" PRIu64 " wakes at %" PRId64 " (%d), not at %" PRId64, last->waker, hit.at_ns,
		       (int)result, last->woken_ns);
}

static void check_search(struct checker *c)
{
	int64_t whole = c->index.last_ns - c->index.first_ns;
	size_t asked = 0;
	for (size_t i = 0; i < c->all.lanes && asked < 6; i++) {
		const struct span_lane *l = &c->all.lane[i];
		if (l->lane.kind != LANE_G || l->n < 3)
			continue;
		asked++;
		check_next(c, l, c->index.first_ns + whole / 10 * (int64_t)asked);
		check_waker(c, l, c->index.last_ns - whole / 20 * (int64_t)asked);
	}
}

int lanes_check(const char *path, FILE *log)
{
	struct checker c = {.path = path, .log = log};
	bool ok = load(&c) == STATUS_OK && c.index.begun;
	if (ok) {
		choose_lanes(&c);
		ok = read_spans(&c, c.index.first_ns, c.index.last_ns + 1, SIZE_MAX, &c.all, &c.names);
	}
	if (ok) {
		check_index(&c);
		check_procs(&c);
		check_windows(&c);
		check_source(&c);
		check_search(&c);
	}
	timeline_source_destroy(c.source);
	spans_finish(&c.all);
	names_finish(&c.names);
	index_finish(&c.index);
	places_finish(&c.places);
	procs_finish(&c.procs);
	return ok ? c.differences : -1;
}

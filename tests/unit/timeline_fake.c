#include "tests/unit/timeline_fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Each P has goroutines of its own, which it runs in turn: a stretch of running, sometimes a system
 * call, then the scheduler or idle time. A goroutine is blocked from when it stops until one of the
 * next P wakes it, then runnable until it runs. The collector marks in the middle of every
 * millisecond, and stops the world before and after.
 */

enum { GOROUTINES_EACH = 3, LANES_MAX = 256 * (2 + GOROUTINES_EACH), FRAMES = 3 };
#define GC_EVERY_NS  INT64_C(1000000)
#define GC_FROM_NS   INT64_C(400000)
#define GC_LENGTH_NS INT64_C(200000)
#define STW_NS       INT64_C(15000)

enum { NAME_SELECT = 1, NAME_CHANNEL, NAME_PREEMPTED, NAME_READ, NAME_FIRST_FUNCTION };
static const char *const names[] = {
	"",
	"select",
	"chan receive",
	"preempted",
	"read",
	"main.(*Server).handle",
	"encoding/json.(*decodeState).object",
	"runtime.gopark",
	"/home/ann/orders/server.go",
	"/usr/lib/go/src/encoding/json/decode.go",
	"/usr/lib/go/src/runtime/proc.go",
};
static const char *const hostile_names[] = {
	"",
	"sel\x1b[2Ject",
	"日本語",
	"pre\nempted",
	"\xff\xfe",
	"日本\x1b[31m程序.\xff語",
	"\t\t",
	"\x07",
	"/a/日本\x07/語.go",
	"",
	"no folder",
};
enum { NAMES = sizeof names / sizeof *names };

struct fake_lane {
	struct lane lane;
	struct span *span;
	size_t n, capacity;
};

struct timeline_source {
	struct fake_timeline how;
	struct fake_lane lane[LANES_MAX];
	size_t lanes;
	struct lane_range *range[BANDS];
	size_t ranges[BANDS];
	bool arrived;
	struct timeline_want want;
	struct timeline_find find;
	enum find_result result;
	struct timeline_hit hit;
	uint32_t seed;
};

static uint32_t random_below(struct timeline_source *s, uint32_t n)
{
	s->seed = s->seed * 1664525U + 1013904223U;
	return (s->seed >> 8) % n;
}

/* --- making it -------------------------------------------------------------------------------- */

static struct fake_lane *lane_of(const struct timeline_source *s, struct lane lane)
{
	for (size_t i = 0; i < s->lanes; i++)
		if (s->lane[i].lane.kind == lane.kind && s->lane[i].lane.id == lane.id)
			return (struct fake_lane *)&s->lane[i];
	return NULL;
}

static void add(struct timeline_source *s, enum lane_kind kind, uint64_t id,
                const struct span *span)
{
	struct lane lane = {kind, id};
	struct fake_lane *to = lane_of(s, lane);
	if (!to) {
		to = &s->lane[s->lanes++];
		to->lane = lane;
	}
	if (to->n == to->capacity) {
		to->capacity = to->capacity ? 2 * to->capacity : 64;
		to->span = realloc(to->span, to->capacity * sizeof *to->span);
		if (!to->span)
			abort();
	}
	if (span->end_ns > span->begin_ns)
		to->span[to->n++] = *span;
}

/* The time since the goroutine last ran: blocked, then woken by a neighbour. */
static void add_wait(struct timeline_source *s, uint64_t g, struct span *runs)
{
	const struct fake_lane *lane = lane_of(s, (struct lane){LANE_G, g});
	int64_t since = lane && lane->n ? lane->span[lane->n - 1].end_ns : FAKE_START_NS;
	int64_t wait = runs->begin_ns - since;
	if (wait <= 0)
		return;
	int64_t woken = runs->begin_ns - (wait < 8000 ? wait / 2 : 4000 + random_below(s, 4000));
	struct span blocked = {.begin_ns = since,
	                       .end_ns = woken,
	                       .goroutine = g,
	                       .proc = LANE_NO_ID,
	                       .thread = LANE_NO_ID,
	                       .stack = 2,
	                       .reason = g % 2 ? NAME_CHANNEL : NAME_SELECT,
	                       .state = SPAN_BLOCKED,
	                       .begins_earlier = since == FAKE_START_NS};
	struct span runnable = blocked;
	runnable.begin_ns = woken;
	runnable.end_ns = runs->begin_ns;
	runnable.state = SPAN_RUNNABLE;
	runnable.woken = true;
	runnable.woken_ns = woken;
	runnable.begins_earlier = false;
	add(s, LANE_G, g, &blocked);
	add(s, LANE_G, g, &runnable);
	runs->woken = true;
	runs->woken_ns = woken;
}

/* Who runs on the next P at a moment; 0: nobody. */
static uint64_t neighbour(const struct timeline_source *s, size_t proc, int64_t at_ns)
{
	const struct fake_lane *next = lane_of(s, (struct lane){LANE_P, (proc + 1) % s->how.procs});
	for (size_t i = 0; i < next->n; i++)
		if (next->span[i].begin_ns <= at_ns && next->span[i].end_ns > at_ns)
			return next->span[i].state == SPAN_RUNNING ? next->span[i].goroutine : 0;
	return 0;
}

/* When all have run: some were woken by the network, the others by whom it could have been. */
static void find_wakers(struct timeline_source *s)
{
	for (size_t i = 0; i < s->lanes; i++)
		for (size_t k = 0; k < s->lane[i].n; k++) {
			struct span *span = &s->lane[i].span[k];
			if (!span->woken || span->goroutine % 7 == 0)
				continue;
			size_t proc = (size_t)(span->goroutine - 1) / GOROUTINES_EACH;
			span->waker = neighbour(s, proc, span->woken_ns);
			span->wake_stack = span->waker ? 1 : STACK_NONE;
		}
}

static void fill_proc(struct timeline_source *s, size_t proc)
{
	int64_t at = FAKE_START_NS, end = FAKE_START_NS + s->how.length_ns;
	for (unsigned turn = 0; at < end; turn++) {
		uint64_t g = proc * GOROUTINES_EACH + 1 + turn % GOROUTINES_EACH;
		struct span span = {.begin_ns = at,
		                    .goroutine = g,
		                    .proc = proc,
		                    .thread = 100 + proc,
		                    .stack = 1,
		                    .reason = g % 2 ? NAME_CHANNEL : NAME_SELECT,
		                    .state = SPAN_RUNNING};
		bool collects = proc == 0 && (at - FAKE_START_NS) % GC_EVERY_NS > GC_FROM_NS &&
		                (at - FAKE_START_NS) % GC_EVERY_NS < GC_FROM_NS + GC_LENGTH_NS;
		int64_t length = 5000 + random_below(s, turn % 9 == 8 ? 400000 : 60000);
		span.state = collects ? SPAN_GC : SPAN_RUNNING;
		span.end_ns = at + length < end ? at + length : end;
		add_wait(s, g, &span);
		add(s, LANE_P, proc, &span);
		add(s, LANE_M, 100 + proc, &span);
		add(s, LANE_G, g, &span);
		at = span.end_ns;
		if (turn % 4 == 3) {
			struct span call = span;
			call.state = SPAN_SYSCALL;
			call.reason = NAME_READ;
			call.begin_ns = at;
			call.end_ns = at + 3000 + random_below(s, 20000);
			call.end_ns = call.end_ns < end ? call.end_ns : end;
			add(s, LANE_P, proc, &call);
			add(s, LANE_M, 100 + proc, &call);
			add(s, LANE_G, g, &call);
			at = call.end_ns;
		}
		struct span rest = {.begin_ns = at,
		                    .proc = proc,
		                    .thread = 100 + proc,
		                    .state = turn % 5 == 4 ? SPAN_IDLE : SPAN_SCHED};
		rest.end_ns =
			at + (rest.state == SPAN_IDLE ? 2000 + random_below(s, 120000) : random_below(s, 3000));
		rest.end_ns = rest.end_ns < end ? rest.end_ns : end;
		add(s, LANE_P, proc, &rest);
		add(s, LANE_M, 100 + proc, &rest);
		at = rest.end_ns;
	}
}

static void fill_bands(struct timeline_source *s)
{
	size_t n = (size_t)(s->how.length_ns / GC_EVERY_NS);
	s->range[BAND_GC] = calloc(n + 1, sizeof(struct lane_range));
	s->range[BAND_STW] = calloc(2 * n + 2, sizeof(struct lane_range));
	for (size_t i = 0; i < n; i++) {
		int64_t at = FAKE_START_NS + (int64_t)i * GC_EVERY_NS + GC_FROM_NS;
		s->range[BAND_GC][s->ranges[BAND_GC]++] =
			(struct lane_range){.begin_ns = at, .end_ns = at + GC_LENGTH_NS};
		for (int k = 0; k < 2; k++)
			s->range[BAND_STW][s->ranges[BAND_STW]++] =
				(struct lane_range){.begin_ns = at + k * GC_LENGTH_NS,
			                        .end_ns = at + k * GC_LENGTH_NS + STW_NS};
	}
}

struct timeline_source *fake_timeline(const struct fake_timeline *how)
{
	struct timeline_source *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->how = *how;
	s->seed = 7;
	for (size_t proc = 0; proc < how->procs; proc++)
		fill_proc(s, proc);
	find_wakers(s);
	fill_bands(s);
	return s;
}

void timeline_source_destroy(struct timeline_source *s)
{
	for (size_t i = 0; s && i < s->lanes; i++)
		free(s->lane[i].span);
	for (int i = 0; s && i < BANDS; i++)
		free(s->range[i]);
	free(s);
}

/* --- what tests ask --------------------------------------------------------------------------- */

void fake_timeline_arrive(struct timeline_source *s)
{
	s->arrived = true;
}

const struct timeline_want *fake_timeline_wanted(const struct timeline_source *s)
{
	return &s->want;
}

const struct timeline_find *fake_timeline_sought(const struct timeline_source *s)
{
	return &s->find;
}

const struct span *fake_timeline_span(const struct timeline_source *s, uint64_t goroutine,
                                      enum span_state state, int64_t from_ns)
{
	const struct fake_lane *lane = lane_of(s, (struct lane){LANE_G, goroutine});
	for (size_t i = 0; lane && i < lane->n; i++)
		if (lane->span[i].state == state && lane->span[i].begin_ns >= from_ns)
			return &lane->span[i];
	return NULL;
}

/* --- what the view asks ----------------------------------------------------------------------- */

static bool is_exact(const struct timeline_source *s)
{
	return !s->how.broken && (s->how.exact || s->arrived);
}

struct timeline_extent timeline_source_extent(const struct timeline_source *s)
{
	return (struct timeline_extent){true, true, FAKE_START_NS, FAKE_START_NS + s->how.length_ns,
	                                s->how.length_ns / 1000};
}

size_t timeline_source_lanes(const struct timeline_source *s, enum lane_kind kind,
                             struct lane *lane, size_t room)
{
	size_t n = 0;
	for (size_t i = 0; i < s->lanes; i++) {
		if (s->lane[i].lane.kind != kind)
			continue;
		if (n < room)
			lane[n] = s->lane[i].lane;
		n++;
	}
	return n;
}

size_t timeline_source_goroutines(const struct timeline_source *s, int64_t from_ns, int64_t to_ns,
                                  struct lane *lane, size_t room)
{
	size_t n = timeline_source_lanes(s, LANE_G, lane, room);
	(void)from_ns, (void)to_ns;
	return n < room ? n : room;
}

static int64_t shared_ns(int64_t begin, int64_t end, int64_t from, int64_t to)
{
	begin = begin > from ? begin : from;
	end = end < to ? end : to;
	return end > begin ? end - begin : 0;
}

enum timeline_detail timeline_source_cells(const struct timeline_source *s, struct lane lane,
                                           int64_t from_ns, int64_t to_ns, struct lane_cell *cell,
                                           size_t n)
{
	const struct fake_lane *of = lane_of(s, lane);
	double width = (double)(to_ns - from_ns) / (double)n;
	for (size_t i = 0; i < n; i++) {
		int64_t from = from_ns + (int64_t)((double)i * width);
		int64_t to = from_ns + (int64_t)((double)(i + 1) * width);
		double most = 0;
		cell[i] = (struct lane_cell){.ns[SPAN_UNKNOWN] = (double)(to - from)};
		for (size_t k = 0; of && (is_exact(s) || lane.kind != LANE_G) && k < of->n; k++) {
			const struct span *span = &of->span[k];
			double ns = (double)shared_ns(span->begin_ns, span->end_ns, from, to);
			cell[i].ns[SPAN_UNKNOWN] -= ns;
			cell[i].ns[span->state] += ns;
			if (span->state == SPAN_RUNNING && span->begin_ns >= from && span->begin_ns < to)
				cell[i].switches++;
			if (span->goroutine && ns > most) {
				cell[i].goroutine = span->goroutine;
				cell[i].goroutine_ns = most = ns;
			}
		}
	}
	return is_exact(s) ? DETAIL_EXACT : lane.kind == LANE_G ? DETAIL_NONE : DETAIL_INDEX;
}

enum timeline_detail timeline_source_band(const struct timeline_source *s, enum band band,
                                          int64_t from_ns, int64_t to_ns, double *share, size_t n)
{
	double width = (double)(to_ns - from_ns) / (double)n;
	for (size_t i = 0; i < n; i++) {
		int64_t from = from_ns + (int64_t)((double)i * width);
		int64_t to = from_ns + (int64_t)((double)(i + 1) * width);
		share[i] = 0;
		for (size_t k = 0; k < s->ranges[band]; k++)
			share[i] +=
				(double)shared_ns(s->range[band][k].begin_ns, s->range[band][k].end_ns, from, to) /
				width;
	}
	return DETAIL_EXACT;
}

enum timeline_detail timeline_source_counter(const struct timeline_source *s, enum counter counter,
                                             int64_t from_ns, int64_t to_ns,
                                             struct counter_cell *cell, size_t n)
{
	double width = (double)(to_ns - from_ns) / (double)n;
	for (size_t i = 0; i < n; i++) {
		int64_t at = from_ns + (int64_t)((double)i * width) - FAKE_START_NS;
		double saw = (double)(at % GC_EVERY_NS) / (double)GC_EVERY_NS;
		double value = counter == COUNTER_RUNNABLE ? 40 * saw * saw : 3e7 + 8e6 * saw;
		cell[i] = (struct counter_cell){true, value, value};
	}
	(void)s;
	return DETAIL_EXACT;
}

size_t timeline_source_spans(const struct timeline_source *s, struct lane lane, int64_t from_ns,
                             int64_t to_ns, const struct span **span)
{
	const struct fake_lane *of = lane_of(s, lane);
	size_t first = 0, last;
	if (!of || !is_exact(s) || s->want.to_ns - s->want.from_ns > INT64_C(20000) * 300)
		return 0;
	while (first < of->n && of->span[first].end_ns <= from_ns)
		first++;
	for (last = first; last < of->n && of->span[last].begin_ns < to_ns; last++)
		;
	*span = of->span + first;
	return last - first;
}

const char *timeline_source_name(const struct timeline_source *s, uint32_t name)
{
	return name >= NAMES ? "" : s->how.hostile ? hostile_names[name] : names[name];
}

size_t timeline_source_stack(const struct timeline_source *s, uint32_t stack,
                             const struct stack_frame **frame)
{
	static const struct stack_frame frames[][FRAMES] = {
		{{NAME_FIRST_FUNCTION + 1, NAME_FIRST_FUNCTION + 4, 765},
	     {NAME_FIRST_FUNCTION, NAME_FIRST_FUNCTION + 3, 88},
	     {NAME_FIRST_FUNCTION, NAME_FIRST_FUNCTION + 3, 12}},
		{{NAME_FIRST_FUNCTION + 2, NAME_FIRST_FUNCTION + 5, 424},
	     {NAME_FIRST_FUNCTION, NAME_FIRST_FUNCTION + 3, 91},
	     {NAME_FIRST_FUNCTION, NAME_FIRST_FUNCTION + 3, 12}},
	};
	(void)s;
	*frame = frames[stack > 0 ? stack - 1 : 0];
	return stack > 0 ? FRAMES : 0;
}

const char *timeline_source_function(const struct timeline_source *s, uint64_t goroutine)
{
	return is_exact(s) && goroutine % 5 ? timeline_source_name(s, NAME_FIRST_FUNCTION) : NULL;
}

void timeline_source_want(struct timeline_source *s, const struct timeline_want *want)
{
	s->want = *want;
	s->want.lane = NULL;
}

/* --- searches --------------------------------------------------------------------------------- */

static bool fits(const struct timeline_source *s, const struct span *span)
{
	const struct timeline_find *find = &s->find;
	bool behind = span->begin_ns > find->from_ns;
	switch (find->kind) {
	case FIND_WAKER:
		return span->goroutine == find->goroutine && span->state == SPAN_RUNNABLE &&
		       span->woken_ns < find->from_ns;
	case FIND_WOKEN:
		return span->waker == find->goroutine && span->state == SPAN_RUNNABLE &&
		       span->woken_ns >= find->from_ns;
	case FIND_GOROUTINE:
		return behind && span->goroutine == find->goroutine && span->state == SPAN_RUNNING;
	default:
		return (find->backwards ? span->begin_ns < find->from_ns : behind) &&
		       strstr(timeline_source_name(s, span->reason), find->text);
	}
}

static void seek(struct timeline_source *s)
{
	bool last = s->find.kind == FIND_WAKER || (s->find.kind == FIND_TEXT && s->find.backwards);
	const struct span *best = NULL;
	for (size_t i = 0; i < s->lanes; i++)
		for (size_t k = 0; s->lane[i].lane.kind == LANE_G && k < s->lane[i].n; k++) {
			const struct span *span = &s->lane[i].span[k];
			if (fits(s, span) && (!best || (last ? span->begin_ns > best->begin_ns
			                                     : span->begin_ns < best->begin_ns)))
				best = span;
		}
	s->result = best ? FIND_HIT : FIND_NOTHING;
	if (!best)
		return;
	s->hit = (struct timeline_hit){.span = *best, .at_ns = best->begin_ns};
	if (s->find.kind == FIND_WAKER && best->waker) {
		/* What the waker did at that moment. */
		const struct fake_lane *waker = lane_of(s, (struct lane){LANE_G, best->waker});
		s->hit.at_ns = best->woken_ns;
		for (size_t k = 0; k < waker->n; k++)
			if (waker->span[k].begin_ns <= best->woken_ns && waker->span[k].end_ns > best->woken_ns)
				s->hit.span = waker->span[k];
	}
	s->hit.lane = (struct lane){LANE_G, s->hit.span.goroutine};
	snprintf(s->hit.function, sizeof s->hit.function, "%s",
	         timeline_source_name(s, NAME_FIRST_FUNCTION));
}

void timeline_source_find(struct timeline_source *s, const struct timeline_find *find)
{
	s->find = *find;
	s->result = FIND_PENDING;
	if (s->how.exact)
		seek(s);
}

enum find_result timeline_source_found(const struct timeline_source *s, struct timeline_hit *hit)
{
	*hit = s->hit;
	return s->result;
}

bool timeline_source_poll(struct timeline_source *s)
{
	if (s->arrived && s->result == FIND_PENDING)
		seek(s);
	return s->arrived;
}

struct timeline_status timeline_source_status(const struct timeline_source *s)
{
	struct timeline_status status = {.work = WORK_SPANS, .progress = 0.4};
	if (s->how.broken) {
		status.work = WORK_UNAVAILABLE;
		snprintf(status.why, sizeof status.why, "standard input can't be read again");
	} else if (is_exact(s)) {
		status.work = WORK_NONE;
	}
	return status;
}

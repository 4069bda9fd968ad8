#include "metrics/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/derive.h"
#include "metrics/json_goroutines.h"
#include "metrics/json_tasks.h"
#include "util/clock.h"
#include "util/text.h"

/* --- writing -------------------------------------------------------------------------------- */

/*
 * Every part is a function that returns a new object, or NULL when memory ran out; jansson's `_new`
 * setters take NULL for an answer and fail. `failed` remembers it, so that nobody has to look
 * twice.
 */
struct writer {
	const struct history *history; /* NULL: nothing is derived */
	const struct snapshot *now;
	const struct snapshot *before; /* the one before, or NULL */
	bool failed;
};

/* Keys are constants of ours, so they need no check of their UTF-8. */
static void put(struct writer *w, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, value) != 0)
		w->failed = true;
}

static void add(struct writer *w, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		w->failed = true;
}

/* An object without members says nothing: it is left out. */
static void put_unless_empty(struct writer *w, json_t *object, const char *key, json_t *value)
{
	if (value && json_object_size(value) == 0 && json_array_size(value) == 0)
		json_decref(value);
	else
		put(w, object, key, value);
}

static json_t *text(const char *string)
{
	char clean[512];
	text_clean(clean, sizeof clean, string, strlen(string));
	return json_string_nocheck(clean);
}

static void put_text(struct writer *w, json_t *object, const char *key, const char *string)
{
	if (string[0] != '\0')
		put(w, object, key, text(string));
}

/* JSON has no infinity; integers stay integers, so that a reader sees 49152 and not 49152.0, also
   those that have been through seconds, in which runtime/metrics tells them. */
static json_t *number(double value)
{
	if (isinf(value))
		return json_string_nocheck(value < 0 ? "-Inf" : "+Inf");
	double whole = round(value);
	if (fabs(value) < 0x1p53 && fabs(value - whole) <= 1e-12 * fabs(value))
		return json_integer((json_int_t)whole);
	return json_real(value);
}

static void put_fields(struct writer *w, json_t *object, const struct fields *f,
                       const struct field_info *info, int count)
{
	for (int field = 0; field < count; field++) {
		int64_t value;
		if (!fields_get(f, field, &value))
			continue;
		json_t *json = info[field].kind == FIELD_BOOL                       ? json_boolean(value)
		               : info[field].kind == FIELD_ID && value == FIELD_NIL ? json_null()
		                                                                    : json_integer(value);
		put(w, object, info[field].name, json);
	}
}

static void put_stamp(struct writer *w, json_t *object, const struct stamp *stamp)
{
	put(w, object, "origin", text(origin_name[stamp->origin]));
	put(w, object, "age_ns", json_integer(w->now->monotonic_ns - stamp->at_ns));
}

static json_t *sources(struct writer *w)
{
	const struct {
		const char *name;
		const struct stamp *stamp;
	} parts[] = {
		{"sched", &w->now->sched_at},
		{"runtime", &w->now->runtime_at},
		{"os", &w->now->os_at},
		{"tasks", &w->now->tasks_at},
	};
	json_t *object = json_object();
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (parts[i].stamp->origin == ORIGIN_NONE)
			continue;
		json_t *stamp = json_object();
		put_stamp(w, stamp, parts[i].stamp);
		put(w, object, parts[i].name, stamp);
	}
	return object;
}

static json_t *trouble(struct writer *w)
{
	json_t *array = json_array();
	for (int origin = 0; origin < ORIGIN_COUNT; origin++) {
		if (w->now->trouble[origin][0] == '\0')
			continue;
		json_t *object = json_object();
		put(w, object, "source", text(origin_name[origin]));
		put_text(w, object, "text", w->now->trouble[origin]);
		add(w, array, object);
	}
	return array;
}

static json_t *p_rows(struct writer *w)
{
	json_t *array = json_array();
	for (size_t i = 0; i < w->now->np; i++) {
		const struct snapshot_p *p = &w->now->p[i];
		json_t *row = json_object();
		int64_t lane;
		put_fields(w, row, &p->f, p_field_info, P_LANE);
		if (fields_get(&p->f, P_LANE, &lane) && lane > LANE_UNKNOWN && lane < LANE_STATE_COUNT)
			put(w, row, p_field_info[P_LANE].name, text(lane_state_name[lane]));
		put_text(w, row, "running", p->running);
		add(w, array, row);
	}
	return array;
}
_Static_assert(P_LANE == P_FIELD_COUNT - 1, "p_rows writes every field but the last as a number");

static json_t *m_rows(struct writer *w)
{
	json_t *array = json_array();
	for (size_t i = 0; i < w->now->nm; i++) {
		json_t *row = json_object();
		put_fields(w, row, &w->now->m[i].f, m_field_info, M_FIELD_COUNT);
		put_text(w, row, "preemptoff", w->now->m[i].preemptoff);
		add(w, array, row);
	}
	return array;
}

/*
 * Counts from the first to the last bucket that has any, and one bound more. The layout's name
 * tells a reader where in all the buckets they stand; bounds that have no name are written whole.
 */
static json_t *histogram(struct writer *w, enum histogram_id id)
{
	const struct histogram *h = &w->now->histogram[id];
	const char *layout = histogram_layout_name(h->bounds);
	size_t first = layout ? h->first : 0;
	size_t n = layout ? h->n : histogram_bounds_count(h->bounds) - 1;
	json_t *object = json_object();
	put_stamp(w, object, &w->now->histogram_at[id]);
	if (layout)
		put(w, object, "layout", text(layout));
	/* A total above 2^63 - 1 fits no JSON integer; no process lives that long. */
	put(w, object, "total", json_integer((json_int_t)(h->total & INT64_MAX)));
	json_t *counts = json_array(), *bounds = json_array();
	for (size_t i = 0; i < n; i++)
		add(w, counts, json_integer((json_int_t)(histogram_bucket(h, first + i) & INT64_MAX)));
	for (size_t i = 0; n > 0 && i <= n; i++)
		add(w, bounds, number(histogram_bounds_ns(h->bounds)[first + i]));
	put(w, object, "counts", counts);
	put(w, object, "bounds_ns", bounds);
	return object;
}

static json_t *histograms(struct writer *w)
{
	json_t *object = json_object();
	for (int id = 0; id < HISTOGRAM_COUNT; id++) {
		if (w->now->histogram[id].bounds)
			put(w, object, histogram_name[id], histogram(w, (enum histogram_id)id));
	}
	return object;
}

/* One letter for each run of equal samples, and how many if more than one: "i12r3gr". */
static json_t *lane_runs(const struct lanes *lanes, size_t p)
{
	/* A run is never longer than its samples: "r2" takes two. */
	size_t size = lanes->samples + 1, used = 0;
	char *runs = malloc(size);
	if (!runs)
		return NULL;
	for (size_t i = 0, end; i < lanes->samples; i = end) {
		uint8_t state = lanes->state[i * lanes->procs + p];
		for (end = i + 1; end < lanes->samples && lanes->state[end * lanes->procs + p] == state;)
			end++;
		runs[used++] = lane_state_letter[state < LANE_STATE_COUNT ? state : LANE_UNKNOWN];
		if (end - i > 1)
			used += (size_t)snprintf(runs + used, size - used, "%zu", end - i);
	}
	json_t *string = json_stringn_nocheck(runs, used);
	free(runs);
	return string;
}

static json_t *lanes(struct writer *w)
{
	const struct lanes *lanes = &w->now->lanes;
	json_t *object = json_object();
	if (lanes->samples == 0)
		return object;
	put(w, object, "origin", text(origin_name[lanes->origin]));
	put(w, object, "start_ns", json_integer(lanes->start_ns));
	put(w, object, "end_ns", json_integer(lanes->at_ns[lanes->samples - 1]));
	put(w, object, "samples", json_integer((json_int_t)lanes->samples));
	json_t *steps = json_array();
	for (size_t i = 0; i < lanes->samples; i++)
		add(w, steps, json_integer(lanes->at_ns[i] - (i ? lanes->at_ns[i - 1] : lanes->start_ns)));
	put(w, object, "steps_ns", steps);
	json_t *runs = json_array();
	for (size_t p = 0; p < lanes->procs; p++)
		add(w, runs, lane_runs(lanes, p));
	put(w, object, "p", runs);
	return object;
}

/* --- what is derived ------------------------------------------------------------------------ */

#define IDLE_RANGE_NS (30 * NS_PER_S)

static json_t *idle(struct writer *w)
{
	json_t *object = json_object();
	struct idle now = w->before ? derive_idle(w->before, w->now) : (struct idle){IDLE_UNKNOWN, 0};
	if (now.method != IDLE_UNKNOWN) {
		put(w, object, "ratio", json_real(now.ratio));
		put(w, object, "method", text(idle_method_name[now.method]));
	}
	struct idle_range range = derive_idle_range(w->history, IDLE_RANGE_NS);
	if (range.known) {
		json_t *last = json_object();
		put(w, last, "span_ns", json_integer(range.span_ns));
		put(w, last, "min", json_real(range.min));
		put(w, last, "mean", json_real(range.mean));
		put(w, last, "max", json_real(range.max));
		put(w, object, "last_30s", last);
	}
	return object;
}

static json_t *threads(struct writer *w)
{
	struct thread_split split = derive_threads(w->now);
	const struct {
		const char *name;
		int64_t n;
	} parts[] = {
		{"running", split.running},   {"syscall", split.syscall}, {"cgo", split.cgo},
		{"spinning", split.spinning}, {"idle", split.idle},       {"locked", split.locked},
		{"other", split.other},       {"total", split.total},
	};
	json_t *object = json_object();
	for (size_t i = 0; split.known && i < sizeof parts / sizeof *parts; i++)
		put(w, object, parts[i].name, json_integer(parts[i].n));
	return object;
}

static json_t *lane_shares(struct writer *w, const struct lane_share *share)
{
	json_t *object = json_object();
	for (int state = 0; state < LANE_STATE_COUNT; state++)
		put(w, object, lane_state_name[state], json_real(share->share[state]));
	return object;
}

static json_t *p_shares(struct writer *w)
{
	json_t *array = json_array();
	size_t procs = w->now->np > w->now->lanes.procs ? w->now->np : w->now->lanes.procs;
	for (size_t p = 0; w->before && p < procs; p++) {
		json_t *object = json_object();
		struct lane_share share =
			derive_lane_share(&w->now->lanes, p, w->before->monotonic_ns, w->now->monotonic_ns);
		if (share.known) {
			put(w, object, "utilization", json_real(lane_share_busy(&share)));
			put(w, object, "shares", lane_shares(w, &share));
		}
		struct rate ticks = derive_schedticks(w->before, w->now, p);
		if (ticks.known)
			put(w, object, "schedticks_per_s", json_real(ticks.per_s));
		add(w, array, object);
	}
	return array;
}

static const struct {
	const char *name;
	int64_t span_ns; /* < 0: since the process started; 0: since the read before */
} windows[] = {
	{"interval", 0},
	{"minute", 60 * NS_PER_S},
	{"start", -1},
};

static const struct {
	const char *name;
	double q;
} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"max", 1}};

static json_t *window(struct writer *w, enum histogram_id id, int64_t span_ns)
{
	struct histogram events;
	int64_t covered_ns;
	json_t *object = json_object();
	if (derive_histogram(w->history, id, span_ns, &events, &covered_ns) != STATUS_OK)
		w->failed = true;
	if (events.bounds)
		put(w, object, "events", json_integer((json_int_t)(events.total & INT64_MAX)));
	if (events.bounds && covered_ns >= 0)
		put(w, object, "span_ns", json_integer(covered_ns));
	for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
		struct percentile percentile = histogram_percentile(&events, quantiles[i].q);
		if (!percentile.known)
			continue;
		json_t *range = json_object();
		put(w, range, "lo_ns", number(percentile.lo_ns));
		put(w, range, "hi_ns", number(percentile.hi_ns));
		put(w, object, quantiles[i].name, range);
	}
	histogram_finish(&events);
	return object;
}

static json_t *percentiles(struct writer *w)
{
	json_t *object = json_object();
	for (int id = 0; id < HISTOGRAM_COUNT; id++) {
		json_t *of_one = json_object();
		for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
			put_unless_empty(w, of_one, windows[i].name,
			                 window(w, (enum histogram_id)id, windows[i].span_ns));
		}
		put_unless_empty(w, object, histogram_name[id], of_one);
	}
	return object;
}

/* The counters whose rates mean something. Where two tell the same, the fresher one stands first.
 */
static const struct {
	enum rate_part part;
	int field;
	const char *name;
} rate_rows[] = {
	{RATE_SCHED, SCHED_GOROUTINES_CREATED, "goroutines_created_per_s"},
	{RATE_RUNTIME, RUNTIME_GOROUTINES_CREATED, "goroutines_created_per_s"},
	{RATE_RUNTIME, RUNTIME_GC_CYCLES, "gc_cycles_per_s"},
	{RATE_RUNTIME, RUNTIME_GC_CYCLES_FORCED, "gc_cycles_forced_per_s"},
	{RATE_RUNTIME, RUNTIME_ALLOC_BYTES, "alloc_bytes_per_s"},
	{RATE_RUNTIME, RUNTIME_ALLOC_OBJECTS, "alloc_objects_per_s"},
	{RATE_RUNTIME, RUNTIME_CGO_CALLS, "cgo_calls_per_s"},
	{RATE_SCHED, SCHED_MUTEX_WAIT_NS, "mutex_wait_ns_per_s"},
	{RATE_RUNTIME, RUNTIME_MUTEX_WAIT_NS, "mutex_wait_ns_per_s"},
	{RATE_OS, OS_CPU_NS, "cpu_ns_per_s"},
	{RATE_OS, OS_CGROUP_PERIODS, "cgroup_periods_per_s"},
	{RATE_OS, OS_CGROUP_THROTTLED_PERIODS, "cgroup_throttled_periods_per_s"},
	{RATE_OS, OS_CGROUP_THROTTLED_NS, "cgroup_throttled_ns_per_s"},
};

static json_t *rates(struct writer *w)
{
	json_t *object = json_object();
	for (size_t i = 0; i < sizeof rate_rows / sizeof *rate_rows; i++) {
		struct rate rate = derive_part_rate(w->history, rate_rows[i].part, rate_rows[i].field);
		if (rate.known && !json_object_get(object, rate_rows[i].name))
			put(w, object, rate_rows[i].name, json_real(rate.per_s));
	}
	return object;
}

static json_t *cpu_limit(struct writer *w)
{
	struct cpu_limit limit = derive_cpu_limit(w->now);
	json_t *object = json_object();
	if (limit.known) {
		put(w, object, "cpus", json_real(limit.cpus));
		put(w, object, "by", text(limit.by_quota ? "quota" : "affinity"));
		put(w, object, "exceeded", json_boolean(limit.exceeded));
	}
	return object;
}

static json_t *derived(struct writer *w)
{
	json_t *object = json_object();
	if (w->before)
		put(w, object, "span_ns", json_integer(w->now->monotonic_ns - w->before->monotonic_ns));
	put_unless_empty(w, object, "idle", idle(w));
	put_unless_empty(w, object, "threads", threads(w));
	put_unless_empty(w, object, "tasks", json_task_uses(w->history));
	put_unless_empty(w, object, "goroutines", json_goroutine_stats(w->history));
	put_unless_empty(w, object, "p", p_shares(w));
	put_unless_empty(w, object, "percentiles", percentiles(w));
	put_unless_empty(w, object, "rates", rates(w));
	put_unless_empty(w, object, "cpu_limit", cpu_limit(w));
	return object;
}

static json_t *fields(struct writer *w, const struct fields *f, const struct field_info *info,
                      int count)
{
	json_t *object = json_object();
	put_fields(w, object, f, info, count);
	return object;
}

static json_t *snapshot(struct writer *w)
{
	const struct snapshot *s = w->now;
	json_t *object = json_object();
	put(w, object, "schema", json_integer(SNAPSHOT_SCHEMA));
	put(w, object, "monotonic_ns", json_integer(s->monotonic_ns));
	put(w, object, "wall_ns", json_integer(s->wall_ns));
	put(w, object, "interval_ns", json_integer(s->interval_ns));
	if (s->pid > 0)
		put(w, object, "pid", json_integer(s->pid));
	put_text(w, object, "where", s->where);
	if (s->life > 0)
		put(w, object, "life", json_integer(s->life));
	put(w, object, "state", text(target_state_name[s->state]));
	put_text(w, object, "program", s->program);
	put_text(w, object, "go_version", s->go_version);
	put_text(w, object, "module", s->module);
	put_unless_empty(w, object, "sources", sources(w));
	put_unless_empty(w, object, "trouble", trouble(w));
	put_unless_empty(w, object, "sched", fields(w, &s->sched, sched_field_info, SCHED_FIELD_COUNT));
	put_unless_empty(w, object, "p", p_rows(w));
	put_unless_empty(w, object, "m", m_rows(w));
	put_unless_empty(w, object, "runtime",
	                 fields(w, &s->runtime, runtime_field_info, RUNTIME_FIELD_COUNT));
	put_unless_empty(w, object, "os", fields(w, &s->os, os_field_info, OS_FIELD_COUNT));
	put_unless_empty(w, object, "tasks", json_tasks(s));
	put_unless_empty(w, object, "goroutines", json_goroutines(s));
	put_unless_empty(w, object, "histograms", histograms(w));
	put_unless_empty(w, object, "lanes", lanes(w));
	if (w->history)
		put_unless_empty(w, object, "derived", derived(w));
	return object;
}

static char *encode(struct writer *w)
{
	json_t *object = snapshot(w);
	/* Six digits tell a ratio or a rate; bounds that are no integers keep as many. */
	char *line = w->failed ? NULL : json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6));
	json_decref(object);
	return line;
}

char *json_encode(const struct history *h)
{
	struct writer w = {.history = h, .now = history_get(h, 0), .before = history_get(h, 1)};
	return w.now ? encode(&w) : NULL;
}

char *json_encode_raw(const struct snapshot *s)
{
	struct writer w = {.now = s};
	return encode(&w);
}

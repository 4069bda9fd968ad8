/*
 * The live rules over processes that never were: a scene tells what was read of one at a second,
 * the clock is the scene's, and ten minutes go by at once.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/live.h"
#include "tests/unit/goroutine_fixture.h"
#include "tests/unit/metrics_fixture.h"
#include "util/clock.h"

#define BEGIN_NS (1000 * NS_PER_S)
#define MIB      (INT64_C(1) << 20)
#define PROCS    4
#define THREADS  70

typedef void scene_fn(struct snapshot *s, int second);

/* --- the world ------------------------------------------------------------------------------ */

/* What every scene begins with: four Ps that are half idle, on a machine that has them. */
static void calm(struct snapshot *s, int second)
{
	assert_int_equal(snapshot_reserve(s, PROCS, THREADS), STATUS_OK);
	fields_set(&s->sched, SCHED_GOMAXPROCS, PROCS);
	fields_set(&s->sched, SCHED_THREADS, THREADS);
	fields_set(&s->sched, SCHED_IDLETHREADS, 2);
	fields_set(&s->sched, SCHED_RUNQUEUE, 0);
	fields_set(&s->sched, SCHED_IDLE_NS, 2 * second * NS_PER_S);
	fields_set(&s->sched, SCHED_GOROUTINES, 50);
	for (size_t p = 0; p < PROCS; p++) {
		fields_set(&s->p[p].f, P_RUNQSIZE, 0);
		fields_set(&s->p[p].f, P_TIMERSLEN, 10 + second % 7);
	}
	for (size_t m = 0; m < THREADS; m++) {
		fields_set(&s->m[m].f, M_ID, (int64_t)m);
		fields_set(&s->m[m].f, M_P, FIELD_NIL);
		fields_set(&s->m[m].f, M_CURG, FIELD_NIL);
		fields_set(&s->m[m].f, M_LOCKEDG, FIELD_NIL);
		fields_set(&s->m[m].f, M_SPINNING, 0);
		fields_set(&s->m[m].f, M_INCGO, 0);
	}
	fields_set(&s->runtime, RUNTIME_GC_CYCLES, second / 10);
	fields_set(&s->runtime, RUNTIME_GC_CYCLES_FORCED, 0);
	fields_set(&s->runtime, RUNTIME_HEAP_LIVE_BYTES, (100 + second % 10 * 3) * MIB);
	fields_set(&s->runtime, RUNTIME_HEAP_GOAL_BYTES, 200 * MIB);
	fields_set(&s->runtime, RUNTIME_CPU_TOTAL_AT_GC_NS, PROCS * second * NS_PER_S);
	fields_set(&s->runtime, RUNTIME_CPU_IDLE_AT_GC_NS, 2 * second * NS_PER_S);
	fields_set(&s->runtime, RUNTIME_CPU_GC_AT_GC_NS, second * NS_PER_S / 20);
	fields_set(&s->os, OS_CPU_NS, 2 * second * NS_PER_S);
	fields_set(&s->os, OS_RSS_BYTES, 220 * MIB);
	fields_set(&s->os, OS_UPTIME_NS, 3600 * NS_PER_S + second * NS_PER_S);
	fields_set(&s->os, OS_AFFINITY_CPUS, 16);
	fields_set(&s->os, OS_THREADS, THREADS);
	fields_set(&s->os, OS_ASYNC_TIMERS, 1);
}

static void add_groups(struct snapshot *s, const struct goroutine_kinds *kind, size_t kinds)
{
	struct goroutine_set *set = make_goroutines(kind, kinds, -1);
	assert_non_null(set);
	set->at_ns = s->monotonic_ns;
	s->goroutines = set;
	s->goroutines_at = (struct stamp){ORIGIN_MEMORY, s->monotonic_ns};
}
#define ADD_GROUPS(s, kind) add_groups(s, kind, sizeof(kind) / sizeof *(kind))

/* `count` events in the bucket that begins at or above ns. */
static void add_events(struct snapshot *s, enum histogram_id id, double ns, uint64_t count)
{
	struct histogram_bounds *bounds = histogram_bounds_of_time_histogram(false);
	size_t n = histogram_bounds_count(bounds) - 1, at = 0;
	uint64_t *counts = calloc(n, sizeof *counts);
	assert_non_null(counts);
	while (histogram_bounds_ns(bounds)[at] < ns)
		at++;
	counts[at] = count;
	assert_int_equal(histogram_init(&s->histogram[id], bounds, counts), STATUS_OK);
	s->histogram_at[id] = (struct stamp){ORIGIN_MEMORY, s->monotonic_ns};
	free(counts);
}

static struct history *play(scene_fn *scene, int seconds)
{
	struct history *h = history_create_whole(LIVE_SPAN_NS, SIZE_MAX);
	assert_non_null(h);
	for (int second = 0; second <= seconds; second++) {
		struct snapshot *s = make_snapshot(BEGIN_NS + second * NS_PER_S);
		calm(s, second);
		scene(s, second);
		assert_int_equal(history_add(h, s), STATUS_OK);
	}
	return h;
}

static struct findings look(scene_fn *scene, int seconds)
{
	struct findings found = {0};
	struct limits_set limits;
	struct history *h = play(scene, seconds);
	limits_init(&limits);
	assert_int_equal(live_look(h, &limits, &found), STATUS_OK);
	history_destroy(h);
	return found;
}

static const struct finding *find(const struct findings *found, enum slug slug)
{
	for (size_t i = 0; i < found->n; i++)
		if (found->finding[i]->slug == slug)
			return found->finding[i];
	return NULL;
}

static void assert_measure(const struct finding *f, const char *name, double value)
{
	for (size_t i = 0; i < f->measures; i++)
		if (strcmp(f->measure[i].name, name) == 0) {
			if (fabs(f->measure[i].value - value) > fabs(value) / 1e6)
				fail_msg("%s is %g, not %g", name, f->measure[i].value, value);
			return;
		}
	fail_msg("no measure %s", name);
}

/* The scene has this finding, of that severity, and nothing else of warning or above. */
static void assert_finds(scene_fn *scene, int seconds, enum slug slug, enum severity severity)
{
	struct findings found = look(scene, seconds);
	const struct finding *f = find(&found, slug);
	if (!f)
		fail_msg("no %s in %d s", slug_word(slug), seconds);
	if (f->severity != severity)
		fail_msg("%s: %s", severity_words[f->severity], f->summary);
	assert_true(f->evidences > 0 && live_since(f) >= 0);
	for (size_t i = 0; i < found.n; i++)
		if (found.finding[i]->severity >= SEVERITY_WARNING && found.finding[i]->slug != slug)
			fail_msg("besides: %s", found.finding[i]->summary);
	findings_finish(&found);
}

static void assert_lacks(scene_fn *scene, int seconds, enum slug slug)
{
	struct findings found = look(scene, seconds);
	if (find(&found, slug))
		fail_msg("%s", find(&found, slug)->summary);
	findings_finish(&found);
}

static void assert_says(scene_fn *scene, int seconds, enum slug slug, const char *part)
{
	struct findings found = look(scene, seconds);
	const struct finding *f = find(&found, slug);
	assert_non_null(f);
	if (!strstr(f->summary, part))
		fail_msg("not said: %s\n%s", part, f->summary);
	findings_finish(&found);
}

/* --- nothing -------------------------------------------------------------------------------- */

static void a_calm_process_has_no_findings(void **state)
{
	(void)state;
	struct findings found = look(calm, 620);
	if (found.n > 0)
		fail_msg("%s", found.finding[0]->summary);
	findings_finish(&found);
}

static void an_empty_history_has_no_findings(void **state)
{
	(void)state;
	struct findings found = {0};
	struct limits_set limits;
	struct history *h = history_create(LIVE_SPAN_NS, SIZE_MAX);
	limits_init(&limits);
	assert_int_equal(live_look(h, &limits, &found), STATUS_OK);
	assert_int_equal(found.n, 0);
	history_destroy(h);
}

static void blank(struct snapshot *s, int second)
{
	(void)second;
	s->sched.valid = s->runtime.valid = s->os.valid = 0;
	s->np = s->nm = 0;
	s->sched_at = s->runtime_at = s->os_at = (struct stamp){ORIGIN_NONE, 0};
}

static void what_is_unknown_is_no_finding(void **state)
{
	(void)state;
	struct findings found = look(blank, 620);
	assert_int_equal(found.n, 0);
	findings_finish(&found);
}

/* --- goroutines ----------------------------------------------------------------------------- */

#define LEAK(n, reason, second)                                                             \
	{                                                                                       \
		(uint32_t)(n), GOROUTINE_WAITING, reason, "main.fanOut", "main.worker", "main.put", \
			(second)*NS_PER_S, true, false                                                  \
	}

static void leaking(struct snapshot *s, int second)
{
	const struct goroutine_kinds kind[] = {LEAK(10 + 5 * second, "chan send", second + 1)};
	ADD_GROUPS(s, kind);
}

static void selecting(struct snapshot *s, int second)
{
	const struct goroutine_kinds kind[] = {LEAK(10 + 5 * second, "select", second + 1)};
	ADD_GROUPS(s, kind);
}

static void with_connections(struct snapshot *s, int second)
{
	const struct goroutine_kinds kind[] = {
		LEAK(10 + 5 * second, "select", second + 1),
		{(uint32_t)(20 + 5 * second), GOROUTINE_WAITING, "IO wait", "net/http.(*Server).Serve",
	     "net/http.(*conn).serve", "net.(*conn).Read", 2 * NS_PER_S, false, false},
	};
	ADD_GROUPS(s, kind);
}

static void falling_once(struct snapshot *s, int second)
{
	int n = second > 40 ? 60 + 5 * (second - 40) : 10 + 5 * second;
	const struct goroutine_kinds kind[] = {LEAK(n, "select", second + 1)};
	ADD_GROUPS(s, kind);
}

/* More and more of them, but they go on all the time. */
static void working(struct snapshot *s, int second)
{
	const struct goroutine_kinds kind[] = {LEAK(10 + 5 * second, "chan receive", 0),
	                                       {(uint32_t)(10 + 5 * second), GOROUTINE_WAITING, "sleep",
	                                        "main.tick", "main.tick.func1", "main.tick.func1",
	                                        second * NS_PER_S, true, false}};
	ADD_GROUPS(s, kind);
}

static void goroutines_that_come_and_stay_are_growth(void **state)
{
	(void)state;
	assert_finds(selecting, 70, SLUG_GOROUTINE_GROWTH, SEVERITY_WARNING);
	struct findings found = look(selecting, 70);
	const struct finding *f = find(&found, SLUG_GOROUTINE_GROWTH);
	assert_measure(f, "goroutines_before", 10);
	assert_measure(f, "goroutines", 360);
	assert_measure(f, "growth", 5);
	assert_int_equal(f->evidence[0].kind, EVIDENCE_GROUP);
	assert_int_equal(f->evidence[0].begin_ns, BEGIN_NS);
	assert_true(f->evidence[0].group != 0);
	assert_string_equal(f->evidence[0].frame[0].function, "main.put");
	findings_finish(&found);
}

static void growth_that_is_known_for_less_than_its_limit_is_info_and_says_so(void **state)
{
	(void)state;
	assert_finds(selecting, 40, SLUG_GOROUTINE_GROWTH, SEVERITY_INFO);
	assert_says(selecting, 40, SLUG_GOROUTINE_GROWTH,
	            "(known for no longer than 40.0 s; to be sure takes 1m 00s)");
}

static void goroutines_that_come_with_connections_are_no_warning(void **state)
{
	(void)state;
	assert_finds(with_connections, 100, SLUG_GOROUTINE_GROWTH, SEVERITY_INFO);
	assert_lacks(with_connections, 100, SLUG_CHANNEL_SEND_STUCK);
}

static void a_group_that_ever_fell_does_not_grow(void **state)
{
	(void)state;
	assert_lacks(falling_once, 80, SLUG_GOROUTINE_GROWTH);
}

static void goroutines_that_go_on_are_no_growth(void **state)
{
	(void)state;
	assert_lacks(working, 80, SLUG_GOROUTINE_GROWTH);
	assert_lacks(working, 80, SLUG_CHANNEL_SEND_STUCK);
}

static void senders_that_never_leave_are_stuck(void **state)
{
	(void)state;
	assert_finds(leaking, 20, SLUG_CHANNEL_SEND_STUCK, SEVERITY_WARNING);
	assert_says(leaking, 20, SLUG_CHANNEL_SEND_STUCK, "in the same channel send at main.put");
	assert_finds(leaking, 6, SLUG_CHANNEL_SEND_STUCK, SEVERITY_INFO);
}

static void receiving(struct snapshot *s, int second)
{
	const struct goroutine_kinds kind[] = {LEAK(10 + second, "chan receive", second + 1)};
	ADD_GROUPS(s, kind);
}

static void receivers_are_given_more_time_than_senders(void **state)
{
	(void)state;
	assert_lacks(receiving, 40, SLUG_CHANNEL_SEND_STUCK);
	assert_finds(receiving, 70, SLUG_CHANNEL_SEND_STUCK, SEVERITY_WARNING);
}

/* Back-pressure: many stand in a send, and none of them for good. */
static void pressed(struct snapshot *s, int second)
{
	const struct goroutine_kinds kind[] = {LEAK(200 + second % 5, "chan send", 1)};
	ADD_GROUPS(s, kind);
}

static void producers_that_wait_for_a_slow_consumer_are_no_leak(void **state)
{
	(void)state;
	struct findings found = look(pressed, 300);
	assert_int_equal(found.n, 0);
	findings_finish(&found);
}

/* --- requests ------------------------------------------------------------------------------- */

static void serve(struct snapshot *s, uint32_t waiting, uint32_t others, int64_t wait_ns)
{
	const struct goroutine_kinds kind[] = {
		{waiting, GOROUTINE_WAITING, "select", "net/http.(*Server).Serve", "net/http.(*conn).serve",
	     "net/http.(*persistConn).roundTrip", 2 * wait_ns, false, false},
		{others, GOROUTINE_WAITING, "sync.Mutex.Lock", "net/http.(*Server).Serve",
	     "net/http.(*conn).serve", "main.store", NS_PER_MS, false, false},
		{500, GOROUTINE_WAITING, "IO wait", "net/http.(*Server).Serve", "net/http.(*conn).serve",
	     "net.(*conn).Read", 60 * NS_PER_S, false, false},
		{waiting, GOROUTINE_WAITING, "IO wait", "net/http.(*Transport).dialConn",
	     "net/http.(*persistConn).readLoop", "net.(*conn).Read", 2 * wait_ns, false, false},
	};
	ADD_GROUPS(s, kind);
}

static void slow(struct snapshot *s, int second)
{
	(void)second;
	serve(s, 40, 10, 2 * NS_PER_S);
}

static void never_back(struct snapshot *s, int second)
{
	(void)second;
	serve(s, 40, 5, 30 * NS_PER_S);
}

/* As the compiler names what `go c.serve(ctx)` starts, and nobody came back since we look. */
static void wrapped(struct snapshot *s, int second)
{
	const struct goroutine_kinds kind[] = {
		{9, GOROUTINE_WAITING, "select", "net/http.(*Server).Serve",
	     "net/http.(*Server).Serve.gowrap3", "net/http.(*persistConn).roundTrip",
	     2 * (second + 1) * NS_PER_S, true, false},
	};
	ADD_GROUPS(s, kind);
}

static void quick(struct snapshot *s, int second)
{
	(void)second;
	serve(s, 40, 1, 20 * NS_PER_MS);
}

static void a_watcher(struct snapshot *s, int second)
{
	const struct goroutine_kinds kind[] = {{8, GOROUTINE_WAITING, "select", "main.main",
	                                        "main.watch", "net/http.(*persistConn).roundTrip",
	                                        second * NS_PER_S, false, false}};
	ADD_GROUPS(s, kind);
}

static void handlers_that_wait_for_calls_have_a_slow_dependency(void **state)
{
	(void)state;
	assert_finds(slow, 10, SLUG_SLOW_DEPENDENCY, SEVERITY_WARNING);
	struct findings found = look(slow, 10);
	const struct finding *f = find(&found, SLUG_SLOW_DEPENDENCY);
	assert_measure(f, "handlers", 50);
	assert_measure(f, "waiting", 40);
	assert_measure(f, "share", 0.8);
	findings_finish(&found);
	assert_finds(quick, 10, SLUG_SLOW_DEPENDENCY, SEVERITY_INFO);
	assert_says(quick, 10, SLUG_SLOW_DEPENDENCY, "98 % of their time");
	assert_lacks(quick, 2, SLUG_SLOW_DEPENDENCY);
}

static void handlers_whose_calls_never_return_may_be_a_cycle(void **state)
{
	(void)state;
	assert_finds(never_back, 10, SLUG_DEADLOCK_CYCLE, SEVERITY_WARNING);
	assert_lacks(never_back, 10, SLUG_SLOW_DEPENDENCY);
	assert_finds(wrapped, 6, SLUG_DEADLOCK_CYCLE, SEVERITY_INFO);
	assert_finds(wrapped, 20, SLUG_DEADLOCK_CYCLE, SEVERITY_WARNING);
}

static void calls_of_nobody_s_request_are_no_finding(void **state)
{
	(void)state;
	struct findings found = look(a_watcher, 100);
	assert_int_equal(found.n, 0);
	findings_finish(&found);
}

static void dead(struct snapshot *s, int second)
{
	const struct goroutine_kinds kind[] = {{3, GOROUTINE_WAITING, "sync.Mutex.Lock", "main.main",
	                                        "main.transfer", "main.transfer", second * NS_PER_S,
	                                        true, false},
	                                       {1, GOROUTINE_WAITING, "chan receive", NULL,
	                                        "runtime.main", "main.main", second * NS_PER_S, true,
	                                        false}};
	for (size_t p = 0; p < s->np; p++)
		fields_set(&s->p[p].f, P_TIMERSLEN, 0);
	ADD_GROUPS(s, kind);
}

static void a_process_that_waits_for_itself_is_critical(void **state)
{
	(void)state;
	assert_finds(dead, 10, SLUG_DEADLOCK_CYCLE, SEVERITY_CRITICAL);
}

/* --- memory --------------------------------------------------------------------------------- */

static void hoarding(struct snapshot *s, int second)
{
	fields_set(&s->runtime, RUNTIME_HEAP_LIVE_BYTES, (100 + second / 4 + second % 10) * MIB);
}

static void a_heap_that_never_falls_is_growth(void **state)
{
	(void)state;
	assert_finds(hoarding, 600, SLUG_HEAP_GROWTH, SEVERITY_WARNING);
	assert_finds(hoarding, 200, SLUG_HEAP_GROWTH, SEVERITY_INFO);
	assert_says(hoarding, 200, SLUG_HEAP_GROWTH, "to be sure takes 10m 00s");
	assert_lacks(hoarding, 40, SLUG_HEAP_GROWTH);
}

static void young(struct snapshot *s, int second)
{
	hoarding(s, second);
	fields_set(&s->os, OS_UPTIME_NS, (1 + second) * NS_PER_S);
}

static void a_program_that_has_just_begun_may_fill_its_heap(void **state)
{
	(void)state;
	assert_lacks(young, 200, SLUG_HEAP_GROWTH);
}

static void sawing(struct snapshot *s, int second)
{
	fields_set(&s->runtime, RUNTIME_HEAP_LIVE_BYTES, (100 + second % 150) * MIB);
}

static void a_heap_that_comes_back_does_not_grow(void **state)
{
	(void)state;
	assert_lacks(sawing, 620, SLUG_HEAP_GROWTH);
}

static void fat(struct snapshot *s, int second)
{
	(void)second;
	fields_set(&s->os, OS_RSS_BYTES, 900 * MIB);
}

static void resident_memory_is_told_and_nobody_accused(void **state)
{
	(void)state;
	assert_finds(fat, 600, SLUG_RSS_RETAINED, SEVERITY_INFO);
	assert_lacks(fat, 300, SLUG_RSS_RETAINED);
}

static void more_timers(struct snapshot *s, int second)
{
	for (size_t p = 0; p < s->np; p++)
		fields_set(&s->p[p].f, P_TIMERSLEN, 100 * second);
}

static void more_new_timers(struct snapshot *s, int second)
{
	more_timers(s, second);
	fields_set(&s->os, OS_ASYNC_TIMERS, 0);
}

static void timers_of_an_old_build_leak_and_those_of_a_new_one_are_used(void **state)
{
	(void)state;
	assert_finds(more_timers, 70, SLUG_TIMER_LEAK, SEVERITY_WARNING);
	assert_finds(more_timers, 30, SLUG_TIMER_LEAK, SEVERITY_INFO);
	assert_lacks(more_timers, 15, SLUG_TIMER_LEAK);
	assert_lacks(more_new_timers, 70, SLUG_TIMER_LEAK);
}

/* --- the collector -------------------------------------------------------------------------- */

static void collecting(struct snapshot *s, int second)
{
	fields_set(&s->runtime, RUNTIME_GC_CYCLES, 20 * second);
	fields_set(&s->runtime, RUNTIME_HEAP_LIVE_BYTES, 4 * MIB);
	fields_set(&s->runtime, RUNTIME_CPU_GC_AT_GC_NS, second * NS_PER_S / 2);
}

/* Often, but it costs next to nothing. */
static void collecting_little(struct snapshot *s, int second)
{
	collecting(s, second);
	fields_set(&s->runtime, RUNTIME_CPU_GC_AT_GC_NS, second * NS_PER_S / 50);
}

static void large(struct snapshot *s, int second)
{
	collecting(s, second);
	fields_set(&s->runtime, RUNTIME_CPU_GC_AT_GC_NS, second * NS_PER_S / 3);
	fields_set(&s->runtime, RUNTIME_HEAP_LIVE_BYTES, 2048 * MIB);
}

static void collections_that_take_the_cpu_are_pressure(void **state)
{
	(void)state;
	assert_finds(collecting, 30, SLUG_GC_PRESSURE, SEVERITY_WARNING);
	struct findings found = look(collecting, 30);
	assert_measure(find(&found, SLUG_GC_PRESSURE), "cycles", 20);
	assert_measure(find(&found, SLUG_GC_PRESSURE), "gc_cpu", 0.25);
	assert_measure(find(&found, SLUG_GC_PRESSURE), "heap_live", 4.0 * (double)MIB);
	findings_finish(&found);
	assert_lacks(collecting_little, 30, SLUG_GC_PRESSURE);
	assert_finds(large, 30, SLUG_GC_PRESSURE, SEVERITY_INFO);
}

static void stopping(struct snapshot *s, int second)
{
	add_events(s, HISTOGRAM_OTHER_PAUSE, 20e6, (uint64_t)second * 2);
}

static void hiccuping(struct snapshot *s, int second)
{
	add_events(s, HISTOGRAM_GC_PAUSE, 2e6, (uint64_t)second / 4);
}

static void stops_that_take_the_time_are_long_and_hiccups_are_told(void **state)
{
	(void)state;
	assert_finds(stopping, 30, SLUG_STW_LONG, SEVERITY_WARNING);
	assert_finds(hiccuping, 60, SLUG_STW_LONG, SEVERITY_INFO);
	assert_lacks(hiccuping, 8, SLUG_STW_LONG);
}

/* What --limit moves for a trace moves it here, too. */
static void limits_of_collections_and_stops_count_live(void **state)
{
	(void)state;
	static const struct {
		scene_fn *scene;
		enum slug slug;
		enum limit limit;
		double value;
		int severity; /* -1: no finding */
	} cases[] = {
		{collecting, SLUG_GC_PRESSURE, LIMIT_GC_CYCLES, 1000, -1},
		{collecting, SLUG_GC_PRESSURE, LIMIT_GC_CORES, 1, -1},
		{large, SLUG_GC_PRESSURE, LIMIT_GC_GRAVE, 0.16, SEVERITY_WARNING},
		{stopping, SLUG_STW_LONG, LIMIT_STW_LONG_COUNT, 1000, -1},
		{stopping, SLUG_STW_LONG, LIMIT_STW_LONG_SHARE, 0.5, SEVERITY_INFO},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct findings found = {0};
		struct limits_set limits;
		struct history *h = play(cases[i].scene, 30);
		limits_init(&limits);
		limits.value[cases[i].limit] = cases[i].value;
		assert_int_equal(live_look(h, &limits, &found), STATUS_OK);
		const struct finding *f = find(&found, cases[i].slug);
		if ((f ? (int)f->severity : -1) != cases[i].severity)
			fail_msg("%s: %s", limit_rows[cases[i].limit].name, f ? f->summary : "nothing");
		findings_finish(&found);
		history_destroy(h);
	}
}

/* --- processors ----------------------------------------------------------------------------- */

static void no_idle(struct snapshot *s, int second)
{
	static const char *const run[PROCS] = {"rrrrrrrrrrrrrrrrrrrr", "rrrrrrrrrrrrrrrrrrrr",
	                                       "rrrrrrrrrrrrrrrrrrrr", "rrrrrrrrrrrrrrrrrrrr"};
	fields_set(&s->sched, SCHED_IDLE_NS, second * NS_PER_MS);
	fields_set(&s->os, OS_CPU_NS, PROCS * second * NS_PER_S);
	set_lanes(s, s->monotonic_ns - NS_PER_S, 50 * NS_PER_MS, PROCS, run);
}

static void saturated(struct snapshot *s, int second)
{
	const struct goroutine_kinds kind[] = {{300, GOROUTINE_RUNNABLE, NULL, "main.fanOut",
	                                        "main.worker", "main.encode", NS_PER_MS, false, false}};
	no_idle(s, second);
	fields_set(&s->sched, SCHED_RUNQUEUE, 40);
	add_events(s, HISTOGRAM_SCHED_LATENCY, 20e6, (uint64_t)second * 500);
	ADD_GROUPS(s, kind);
}

static void starved(struct snapshot *s, int second)
{
	saturated(s, second);
	fields_set(&s->os, OS_CPU_NS, second * NS_PER_S);
}

/* A batch job: as many as wish to, none of which waits for anything but the next turn. */
static void batch(struct snapshot *s, int second)
{
	no_idle(s, second);
	fields_set(&s->sched, SCHED_RUNQUEUE, 12);
	add_events(s, HISTOGRAM_SCHED_LATENCY, 30e6, (uint64_t)second * 45);
}

static void idle_and_late(struct snapshot *s, int second)
{
	saturated(s, second);
	fields_set(&s->sched, SCHED_IDLE_NS, 2 * second * NS_PER_S);
}

static void long_waits_while_all_ps_are_busy_are_saturation(void **state)
{
	(void)state;
	assert_finds(saturated, 20, SLUG_CPU_SATURATION, SEVERITY_WARNING);
	assert_finds(starved, 20, SLUG_CPU_SATURATION, SEVERITY_INFO);
	assert_says(starved, 20, SLUG_CPU_SATURATION, "the kernel gave 1.0");
	assert_lacks(idle_and_late, 20, SLUG_CPU_SATURATION);
	assert_lacks(batch, 60, SLUG_CPU_SATURATION);
	struct findings found = look(saturated, 20);
	const struct finding *f = find(&found, SLUG_CPU_SATURATION);
	assert_true(f->evidences == 2 && f->evidence[1].kind == EVIDENCE_GROUP);
	assert_measure(f, "runnable_by_creator", 1);
	assert_measure(f, "queued", 40);
	findings_finish(&found);
}

static void quota(struct snapshot *s, int second, int64_t throttled)
{
	fields_set(&s->os, OS_QUOTA_MILLICPUS, 2500);
	fields_set(&s->os, OS_CGROUP_PERIODS, 10 * second);
	fields_set(&s->os, OS_CGROUP_THROTTLED_PERIODS, throttled);
	fields_set(&s->os, OS_CGROUP_THROTTLED_NS, throttled * 30 * NS_PER_MS);
}

static void throttled(struct snapshot *s, int second)
{
	quota(s, second, 3 * second);
}

static void allowed(struct snapshot *s, int second)
{
	quota(s, second, 0);
}

static void a_quota_below_gomaxprocs_is_a_warning_when_it_stops_the_program(void **state)
{
	(void)state;
	assert_finds(throttled, 20, SLUG_GOMAXPROCS_MISMATCH, SEVERITY_WARNING);
	assert_finds(allowed, 20, SLUG_GOMAXPROCS_MISMATCH, SEVERITY_INFO);
	struct findings found = look(throttled, 20);
	assert_measure(find(&found, SLUG_GOMAXPROCS_MISMATCH), "throttled", 0.3);
	assert_measure(find(&found, SLUG_GOMAXPROCS_MISMATCH), "quota", 2.5);
	findings_finish(&found);
}

static void pinned(struct snapshot *s, int second)
{
	no_idle(s, second);
	fields_set(&s->os, OS_AFFINITY_CPUS, 1);
	fields_set(&s->os, OS_CPU_NS, second * NS_PER_S);
}

static void pinned_and_calm(struct snapshot *s, int second)
{
	(void)second;
	fields_set(&s->os, OS_AFFINITY_CPUS, 1);
}

static void an_affinity_below_gomaxprocs_is_a_warning_when_it_hurts(void **state)
{
	(void)state;
	assert_finds(pinned, 20, SLUG_GOMAXPROCS_MISMATCH, SEVERITY_WARNING);
	assert_finds(pinned_and_calm, 20, SLUG_GOMAXPROCS_MISMATCH, SEVERITY_INFO);
}

/* --- threads and tools ---------------------------------------------------------------------- */

static void more_threads(struct snapshot *s, int second)
{
	int64_t threads = THREADS + second / 10;
	fields_set(&s->sched, SCHED_THREADS, threads);
	fields_set(&s->os, OS_THREADS, threads);
}

static void parked_threads(struct snapshot *s, int second)
{
	more_threads(s, second);
	fields_set(&s->sched, SCHED_IDLETHREADS, 2 + second / 10);
}

static void threads_in_use_that_rise_for_ten_minutes_are_growth(void **state)
{
	(void)state;
	assert_finds(more_threads, 600, SLUG_THREAD_GROWTH, SEVERITY_WARNING);
	assert_finds(more_threads, 300, SLUG_THREAD_GROWTH, SEVERITY_INFO);
	assert_lacks(more_threads, 100, SLUG_THREAD_GROWTH);
	assert_lacks(parked_threads, 600, SLUG_THREAD_GROWTH);
}

static void traced_by(struct snapshot *s, const char *reader)
{
	const struct goroutine_kinds kind[] = {{1, GOROUTINE_WAITING, "trace reader (blocked)",
	                                        "runtime/trace.Start", reader, reader, NS_PER_S, false,
	                                        true}};
	ADD_GROUPS(s, kind);
}

static void traced_old(struct snapshot *s, int second)
{
	(void)second;
	traced_by(s, "runtime/trace.Start.func1");
}

static void traced_new(struct snapshot *s, int second)
{
	(void)second;
	traced_by(s, "runtime/trace.(*traceMultiplexer).startLocked.func1");
}

static void tracing_without_an_end_is_told_and_may_be_a_flight_recorder(void **state)
{
	(void)state;
	assert_finds(traced_old, 600, SLUG_ALWAYS_ON_TRACING, SEVERITY_WARNING);
	assert_finds(traced_old, 30, SLUG_ALWAYS_ON_TRACING, SEVERITY_INFO);
	assert_finds(traced_new, 600, SLUG_ALWAYS_ON_TRACING, SEVERITY_INFO);
	assert_lacks(traced_old, 2, SLUG_ALWAYS_ON_TRACING);
}

static void an_address_that_answers_is_a_warning_and_named_as_urls_name_it(void **state)
{
	(void)state;
	struct findings found = {0};
	live_tell_pprof(&found, "::", 6060);
	live_tell_pprof(&found, "10.0.0.7", 80);
	assert_int_equal(found.n, 2);
	assert_int_equal(findings_count(&found, SEVERITY_WARNING), 2);
	bool first = strstr(found.finding[0]->summary, " [::]:6060,") != NULL;
	assert_non_null(strstr(found.finding[!first]->summary, " [::]:6060,"));
	assert_non_null(strstr(found.finding[first]->summary, " 10.0.0.7:80,"));
	findings_finish(&found);
}

/* --- memory of our own ---------------------------------------------------------------------- */

static void everything(struct snapshot *s, int second)
{
	leaking(s, second);
	more_timers(s, second);
	throttled(s, second);
	collecting(s, second);
	stopping(s, second);
}

static void without_memory_it_fails_and_leaves_nothing(void **state)
{
	(void)state;
	struct history *h = play(everything, 70);
	struct limits_set limits;
	enum status status = STATUS_FAILED;
	limits_init(&limits);
	for (long n = 0; status != STATUS_OK && n < 2000; n++) {
		struct findings found = {0};
		fail_allocation(n);
		status = live_look(h, &limits, &found);
		fail_allocation(-1);
		findings_finish(&found);
	}
	assert_int_equal(status, STATUS_OK);
	history_destroy(h);
}

static void whatever_a_rule_finds_the_catalogue_explains(void **state)
{
	(void)state;
	static const enum slug found[] = {
		SLUG_GOROUTINE_GROWTH, SLUG_HEAP_GROWTH,       SLUG_RSS_RETAINED,  SLUG_TIMER_LEAK,
		SLUG_THREAD_GROWTH,    SLUG_ALWAYS_ON_TRACING, SLUG_PPROF_EXPOSED,
	};
	for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
		const struct advice *advice = advice_of(found[i]);
		assert_non_null(advice);
		assert_true(advice->from & FROM_LIVE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_calm_process_has_no_findings),
		cmocka_unit_test(an_empty_history_has_no_findings),
		cmocka_unit_test(what_is_unknown_is_no_finding),
		cmocka_unit_test(goroutines_that_come_and_stay_are_growth),
		cmocka_unit_test(growth_that_is_known_for_less_than_its_limit_is_info_and_says_so),
		cmocka_unit_test(goroutines_that_come_with_connections_are_no_warning),
		cmocka_unit_test(a_group_that_ever_fell_does_not_grow),
		cmocka_unit_test(goroutines_that_go_on_are_no_growth),
		cmocka_unit_test(senders_that_never_leave_are_stuck),
		cmocka_unit_test(receivers_are_given_more_time_than_senders),
		cmocka_unit_test(producers_that_wait_for_a_slow_consumer_are_no_leak),
		cmocka_unit_test(handlers_that_wait_for_calls_have_a_slow_dependency),
		cmocka_unit_test(handlers_whose_calls_never_return_may_be_a_cycle),
		cmocka_unit_test(calls_of_nobody_s_request_are_no_finding),
		cmocka_unit_test(a_process_that_waits_for_itself_is_critical),
		cmocka_unit_test(a_heap_that_never_falls_is_growth),
		cmocka_unit_test(a_program_that_has_just_begun_may_fill_its_heap),
		cmocka_unit_test(a_heap_that_comes_back_does_not_grow),
		cmocka_unit_test(resident_memory_is_told_and_nobody_accused),
		cmocka_unit_test(timers_of_an_old_build_leak_and_those_of_a_new_one_are_used),
		cmocka_unit_test(collections_that_take_the_cpu_are_pressure),
		cmocka_unit_test(stops_that_take_the_time_are_long_and_hiccups_are_told),
		cmocka_unit_test(limits_of_collections_and_stops_count_live),
		cmocka_unit_test(long_waits_while_all_ps_are_busy_are_saturation),
		cmocka_unit_test(a_quota_below_gomaxprocs_is_a_warning_when_it_stops_the_program),
		cmocka_unit_test(an_affinity_below_gomaxprocs_is_a_warning_when_it_hurts),
		cmocka_unit_test(threads_in_use_that_rise_for_ten_minutes_are_growth),
		cmocka_unit_test(tracing_without_an_end_is_told_and_may_be_a_flight_recorder),
		cmocka_unit_test(an_address_that_answers_is_a_warning_and_named_as_urls_name_it),
		cmocka_unit_test(without_memory_it_fails_and_leaves_nothing),
		cmocka_unit_test(whatever_a_rule_finds_the_catalogue_explains),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

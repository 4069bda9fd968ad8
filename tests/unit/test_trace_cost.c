#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "metrics/trace_cost.h"
#include "tests/unit/metrics_fixture.h"
#include "util/clock.h"

#define START_NS   (1000 * NS_PER_S)
#define PROCS      2
#define GOROUTINES 1000

/* What a program does in a second. */
struct pace {
	uint64_t latencies; /* events of /sched/latencies; 0: the histogram is unknown */
	int64_t ticks;      /* of each P; -1: there are no Ps */
	double idle;        /* share of time */
};

static void add_second(struct history *h, const struct pace *pace, int second)
{
	struct snapshot *s = snapshot_create();
	assert_non_null(s);
	s->interval_ns = NS_PER_S;
	s->monotonic_ns = START_NS + second * NS_PER_S;
	s->sched_at = s->runtime_at = s->os_at = (struct stamp){ORIGIN_MEMORY, s->monotonic_ns};
	fields_set(&s->sched, SCHED_GOMAXPROCS, PROCS);
	fields_set(&s->sched, SCHED_GOROUTINES, GOROUTINES);
	fields_set(&s->runtime, RUNTIME_GC_CYCLES, 1);
	fields_set(&s->os, OS_CPU_NS,
	           (int64_t)((1 - pace->idle) * PROCS * (double)second * (double)NS_PER_S));
	if (pace->ticks >= 0) {
		assert_int_equal(snapshot_reserve(s, PROCS, 0), STATUS_OK);
		for (int p = 0; p < PROCS; p++)
			fields_set(&s->p[p].f, P_SCHEDTICK, pace->ticks * second);
	}
	if (pace->latencies) {
		struct histogram_bounds *bounds = histogram_bounds_of_time_histogram(false);
		uint64_t count[256] = {[40] = pace->latencies * (uint64_t)second};
		assert_true(histogram_bounds_count(bounds) <= 257);
		assert_int_equal(histogram_init(&s->histogram[HISTOGRAM_SCHED_LATENCY], bounds, count),
		                 STATUS_OK);
		s->histogram_at[HISTOGRAM_SCHED_LATENCY] = s->sched_at;
	}
	assert_int_equal(history_add(h, s), STATUS_OK);
}

static struct history *history_of(const struct pace *pace, int seconds)
{
	struct history *h = history_create(600 * NS_PER_S, 8 << 20);
	assert_non_null(h);
	for (int i = 0; i < seconds; i++)
		add_second(h, pace, i);
	return h;
}

static void assert_throughput(const struct history *h, int from_s, int to_s,
                              enum throughput_unit unit, double per_s)
{
	struct throughput t =
		derive_throughput(h, START_NS + from_s * NS_PER_S, START_NS + to_s * NS_PER_S);
	assert_true(t.known);
	assert_int_equal(t.unit, unit);
	assert_true(fabs(t.per_s - per_s) < 1e-6 * per_s);
}

static void goroutine_starts_are_eight_times_the_latencies(void **state)
{
	(void)state;
	struct history *h = history_of(&(struct pace){.latencies = 100, .ticks = 50}, 10);
	assert_throughput(h, 2, 7, THROUGHPUT_STARTS, 800);
	history_destroy(h);
}

static void without_latencies_schedticks_are_counted(void **state)
{
	(void)state;
	struct history *h = history_of(&(struct pace){.ticks = 50}, 10);
	assert_throughput(h, 2, 7, THROUGHPUT_TICKS, 100);
	history_destroy(h);
}

static void the_throughput_is_that_of_its_window(void **state)
{
	(void)state;
	struct history *h = history_of(&(struct pace){.latencies = 100, .ticks = -1}, 10);
	/* From here on three times as many: the counts go on from where they are. */
	for (int i = 10; i < 20; i++)
		add_second(h, &(struct pace){.latencies = 300, .ticks = -1}, i);
	assert_throughput(h, 0, 9, THROUGHPUT_STARTS, 800);
	assert_throughput(h, 10, 19, THROUGHPUT_STARTS, 2400);
	history_destroy(h);
}

static void a_window_without_two_reads_is_unknown(void **state)
{
	(void)state;
	struct history *h = history_of(&(struct pace){.latencies = 100, .ticks = 50}, 10);
	static const int64_t windows[][2] = {
		{2100, 2900}, {2000, 2500}, {11000, 20000}, {-9000, -1000}, {5000, 4000}};
	for (size_t i = 0; i < sizeof windows / sizeof *windows; i++)
		assert_false(derive_throughput(h, START_NS + windows[i][0] * NS_PER_MS,
		                               START_NS + windows[i][1] * NS_PER_MS)
		                 .known);
	struct history *nothing = history_of(&(struct pace){.ticks = -1}, 10);
	assert_false(derive_throughput(nothing, START_NS, START_NS + 9 * NS_PER_S).known);
	history_destroy(h);
	history_destroy(nothing);
}

static void a_busier_program_makes_a_longer_trace(void **state)
{
	(void)state;
	struct trace_cost slow, fast;
	struct history *h = history_of(&(struct pace){.latencies = 100, .ticks = 50}, 10);
	slow = derive_trace_cost(h, 3 * NS_PER_S, NULL, NULL);
	history_destroy(h);
	h = history_of(&(struct pace){.latencies = 100000, .ticks = 50}, 10);
	fast = derive_trace_cost(h, 3 * NS_PER_S, NULL, NULL);
	struct trace_cost longer = derive_trace_cost(h, 30 * NS_PER_S, NULL, NULL);
	history_destroy(h);
	assert_int_equal(fast.basis, TRACE_BASIS_STARTS);
	assert_true(slow.bytes_lo > 0 && slow.bytes_lo <= slow.bytes_hi);
	assert_true(fast.bytes_lo > slow.bytes_hi);
	assert_true(fast.cpu_lo > 0 && fast.cpu_lo < fast.cpu_hi);
	assert_true(fabs(longer.bytes_lo - 10 * fast.bytes_lo) < 1);
}

static void ticks_alone_give_no_upper_end(void **state)
{
	(void)state;
	struct history *h = history_of(&(struct pace){.ticks = 50}, 10);
	struct trace_cost cost = derive_trace_cost(h, 3 * NS_PER_S, NULL, NULL);
	assert_int_equal(cost.basis, TRACE_BASIS_TICKS);
	assert_true(cost.bytes_lo > 0 && isinf(cost.bytes_hi) && isinf(cost.cpu_hi));
	history_destroy(h);
}

static void nothing_known_is_nothing_estimated(void **state)
{
	(void)state;
	struct history *h = history_of(&(struct pace){.ticks = -1}, 10);
	assert_int_equal(derive_trace_cost(h, 3 * NS_PER_S, NULL, NULL).basis, TRACE_BASIS_NONE);
	history_destroy(h);
	h = history_create(NS_PER_S, 1 << 20);
	assert_int_equal(derive_trace_cost(h, 3 * NS_PER_S, NULL, NULL).basis, TRACE_BASIS_NONE);
	history_destroy(h);
}

static void the_last_capture_is_the_best_measure(void **state)
{
	(void)state;
	struct capture_state last = {.phase = CAPTURE_DONE,
	                             .started_ns = NS_PER_S,
	                             .ended_ns = 3 * NS_PER_S,
	                             .bytes = 2000000};
	struct throughput then = {.known = true, .unit = THROUGHPUT_STARTS, .per_s = 400};
	struct history *h = history_of(&(struct pace){.latencies = 100, .ticks = 50}, 10);
	struct trace_cost cost = derive_trace_cost(h, 3 * NS_PER_S, &last, &then);
	/* 1 MB a second then, twice as busy now, for 3 s. */
	assert_int_equal(cost.basis, TRACE_BASIS_LAST);
	assert_true(cost.bytes_lo < 6e6 && cost.bytes_hi > 6e6);
	assert_true(cost.bytes_hi / cost.bytes_lo < 4);
	/* What was counted otherwise, or not at all, is no measure. */
	then.unit = THROUGHPUT_TICKS;
	assert_int_equal(derive_trace_cost(h, NS_PER_S, &last, &then).basis, TRACE_BASIS_STARTS);
	then = (struct throughput){.known = false};
	assert_int_equal(derive_trace_cost(h, NS_PER_S, &last, &then).basis, TRACE_BASIS_STARTS);
	history_destroy(h);
}

static void hardly_any_idle_time_is_saturation(void **state)
{
	(void)state;
	static const struct {
		double idle;
		bool saturated;
	} rows[] = {{0, true}, {0.04, true}, {0.10, false}, {0.9, false}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct history *h =
			history_of(&(struct pace){.latencies = 1, .ticks = 50, .idle = rows[i].idle}, 10);
		struct trace_cost cost = derive_trace_cost(h, 3 * NS_PER_S, NULL, NULL);
		assert_true(cost.idle_known);
		assert_true(fabs(cost.idle_ratio - rows[i].idle) < 0.01);
		assert_int_equal(cost.saturated, rows[i].saturated);
		history_destroy(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goroutine_starts_are_eight_times_the_latencies),
		cmocka_unit_test(without_latencies_schedticks_are_counted),
		cmocka_unit_test(the_throughput_is_that_of_its_window),
		cmocka_unit_test(a_window_without_two_reads_is_unknown),
		cmocka_unit_test(a_busier_program_makes_a_longer_trace),
		cmocka_unit_test(ticks_alone_give_no_upper_end),
		cmocka_unit_test(nothing_known_is_nothing_estimated),
		cmocka_unit_test(the_last_capture_is_the_best_measure),
		cmocka_unit_test(hardly_any_idle_time_is_saturation),
	};
	return cmocka_run_group_tests_name("trace_cost", tests, NULL, NULL);
}

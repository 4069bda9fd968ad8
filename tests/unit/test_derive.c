#include "tests/unit/metrics_fixture.h"

#include <math.h>
#include <string.h>

#include "metrics/derive.h"

#define SECOND NS_PER_S

static void assert_near(double value, double expected)
{
	if (!(fabs(value - expected) < 1e-9))
		fail_msg("%.12g is not %.12g", value, expected);
}

/* --- the idle fraction ---------------------------------------------------------------------- */

/* Two snapshots a second apart, of a program with 4 Ps that was idle for so long altogether. */
struct pair {
	struct snapshot *before, *now;
};

static struct pair make_pair(int64_t idle_ns)
{
	struct pair pair = {make_snapshot(10 * SECOND), make_snapshot(11 * SECOND)};
	fields_set(&pair.before->sched, SCHED_GOMAXPROCS, 4);
	fields_set(&pair.now->sched, SCHED_GOMAXPROCS, 4);
	fields_set(&pair.before->sched, SCHED_IDLE_NS, 7 * SECOND);
	fields_set(&pair.now->sched, SCHED_IDLE_NS, 7 * SECOND + idle_ns);
	return pair;
}

static void set_cpu(struct pair *pair, int64_t cpu_ns)
{
	fields_set(&pair->before->os, OS_CPU_NS, 3 * SECOND);
	fields_set(&pair->now->os, OS_CPU_NS, 3 * SECOND + cpu_ns);
}

static void finish(struct pair *pair)
{
	snapshot_unref(pair->before);
	snapshot_unref(pair->now);
}

static void assert_idle(struct pair *pair, enum idle_method method, double ratio)
{
	struct idle idle = derive_idle(pair->before, pair->now);
	assert_string_equal(idle_method_name[idle.method], idle_method_name[method]);
	assert_near(idle.ratio, ratio);
	finish(pair);
}

static void idle_of_the_runtime_is_exact(void **state)
{
	(void)state;
	struct pair pair = make_pair(SECOND);
	assert_idle(&pair, IDLE_RUNTIME, 0.25);
	pair = make_pair(0);
	assert_idle(&pair, IDLE_RUNTIME, 0);
	pair = make_pair(4 * SECOND);
	assert_idle(&pair, IDLE_RUNTIME, 1);
	/* The reads of the scheduler are what counts, not when the snapshots were put together. */
	pair = make_pair(SECOND);
	pair.before->monotonic_ns = 9 * SECOND;
	assert_idle(&pair, IDLE_RUNTIME, 0.25);
}

static void idle_a_little_beyond_its_limits_is_clamped_and_far_beyond_not_believed(void **state)
{
	(void)state;
	struct pair pair = make_pair(4 * SECOND + 1000);
	assert_idle(&pair, IDLE_RUNTIME, 1);
	pair = make_pair(5 * SECOND);
	assert_idle(&pair, IDLE_UNKNOWN, 0);
}

static const char half_idle[] = "iiiiirrrrriiiiirrrrr";
static const char *const four_half_idle[] = {half_idle, half_idle, half_idle, half_idle};

static void idle_is_not_taken_from_the_runtime_across_a_gc(void **state)
{
	(void)state;
	/* sched.idleTime fell. */
	struct pair pair = make_pair(-SECOND);
	set_lanes(pair.now, 10 * SECOND, SECOND / 20, 4, four_half_idle);
	assert_idle(&pair, IDLE_SAMPLED, 0.5);
	/* It did not fall, but the cycles were counted. */
	pair = make_pair(SECOND);
	fields_set(&pair.before->runtime, RUNTIME_GC_CYCLES, 7);
	fields_set(&pair.now->runtime, RUNTIME_GC_CYCLES, 8);
	set_lanes(pair.now, 10 * SECOND, SECOND / 20, 4, four_half_idle);
	assert_idle(&pair, IDLE_SAMPLED, 0.5);
	/* Only the histogram of pauses knows, since the agent was not asked in between. */
	pair = make_pair(SECOND);
	fields_set(&pair.before->runtime, RUNTIME_GC_CYCLES, 7);
	fields_set(&pair.now->runtime, RUNTIME_GC_CYCLES, 7);
	make_histogram(&pair.before->histogram[HISTOGRAM_GC_PAUSE], (uint64_t[]){2, 0}, 2);
	make_histogram(&pair.now->histogram[HISTOGRAM_GC_PAUSE], (uint64_t[]){2, 1}, 2);
	set_cpu(&pair, SECOND);
	assert_idle(&pair, IDLE_OS, 0.75);
}

static void idle_is_exact_across_collections_when_it_is_known_what_they_took_over(void **state)
{
	(void)state;
	struct pair pair = make_pair(-3 * SECOND);
	fields_set(&pair.before->runtime, RUNTIME_GC_CYCLES, 7);
	fields_set(&pair.now->runtime, RUNTIME_GC_CYCLES, 8);
	fields_set(&pair.before->sched, SCHED_IDLE_AT_GC_NS, 10 * SECOND);
	fields_set(&pair.now->sched, SCHED_IDLE_AT_GC_NS, 14 * SECOND);
	set_lanes(pair.now, 10 * SECOND, SECOND / 20, 4, four_half_idle);
	assert_idle(&pair, IDLE_RUNTIME, 0.25);
	/* Of one end only it says nothing. */
	pair = make_pair(-3 * SECOND);
	fields_set(&pair.now->sched, SCHED_IDLE_AT_GC_NS, 14 * SECOND);
	set_lanes(pair.now, 10 * SECOND, SECOND / 20, 4, four_half_idle);
	assert_idle(&pair, IDLE_SAMPLED, 0.5);
}

static void idle_between_two_collections_is_the_runtimes(void **state)
{
	(void)state;
	struct pair pair = make_pair(SECOND);
	fields_set(&pair.before->runtime, RUNTIME_GC_CYCLES, 7);
	fields_set(&pair.now->runtime, RUNTIME_GC_CYCLES, 7);
	make_histogram(&pair.before->histogram[HISTOGRAM_GC_PAUSE], (uint64_t[]){2, 1}, 2);
	make_histogram(&pair.now->histogram[HISTOGRAM_GC_PAUSE], (uint64_t[]){2, 1}, 2);
	/* The samples may say what they want: here it is certain that no GC ran. */
	set_lanes(pair.now, 10 * SECOND, SECOND / 20, 4, four_half_idle);
	assert_idle(&pair, IDLE_RUNTIME, 0.25);
}

static void idle_that_nobody_vouches_for_must_agree_with_the_samples(void **state)
{
	(void)state;
	struct pair pair = make_pair(SECOND / 10);
	set_lanes(pair.now, 10 * SECOND, SECOND / 20, 4, four_half_idle);
	assert_idle(&pair, IDLE_SAMPLED, 0.5);
	pair = make_pair(2 * SECOND - SECOND / 4);
	set_lanes(pair.now, 10 * SECOND, SECOND / 20, 4, four_half_idle);
	assert_idle(&pair, IDLE_RUNTIME, 0.4375);
}

static void idle_is_not_taken_from_the_runtime_when_gomaxprocs_changed(void **state)
{
	(void)state;
	struct pair pair = make_pair(SECOND);
	fields_set(&pair.now->sched, SCHED_GOMAXPROCS, 8);
	set_lanes(pair.now, 10 * SECOND, SECOND / 20, 4, four_half_idle);
	assert_idle(&pair, IDLE_SAMPLED, 0.5);
	pair = make_pair(SECOND);
	fields_set(&pair.now->sched, SCHED_GOMAXPROCS, 8);
	set_cpu(&pair, SECOND);
	assert_idle(&pair, IDLE_UNKNOWN, 0);
}

static void few_samples_or_a_hole_in_them_are_not_enough(void **state)
{
	(void)state;
	static const char *const nine[] = {"iiiiiiiii"};
	struct pair pair = make_pair(-1);
	set_lanes(pair.now, 10 * SECOND, SECOND / 9, 1, nine);
	assert_idle(&pair, IDLE_UNKNOWN, 0);
	/* Twenty, which end in the middle of the interval. */
	pair = make_pair(-1);
	set_lanes(pair.now, 10 * SECOND, SECOND / 40, 4, four_half_idle);
	assert_idle(&pair, IDLE_UNKNOWN, 0);
	/* Twenty, which did not see any P for half of the time. */
	static const char *const blind[] = {"iiiiiiiiii----------"};
	pair = make_pair(-1);
	set_lanes(pair.now, 10 * SECOND, SECOND / 20, 1, blind);
	assert_idle(&pair, IDLE_UNKNOWN, 0);
}

static void samples_are_weighted_by_the_time_they_stand_for(void **state)
{
	(void)state;
	static const char *const row[] = {"iirrrrrrrrrr"};
	struct pair pair = make_pair(-1);
	set_lanes(pair.now, 10 * SECOND, SECOND / 100, 1, row);
	pair.now->lanes.at_ns[0] = 10 * SECOND + SECOND / 2;
	for (int i = 1; i < 12; i++)
		pair.now->lanes.at_ns[i] = 10 * SECOND + SECOND / 2 + i * (SECOND / 22);
	assert_near((double)(pair.now->lanes.at_ns[1]) / 1e9, 10.5 + 1.0 / 22);
	struct idle idle = derive_idle(pair.before, pair.now);
	assert_int_equal(idle.method, IDLE_SAMPLED);
	assert_true(fabs(idle.ratio - (0.5 + 1.0 / 22)) < 1e-6);
	finish(&pair);
}

static void idle_of_the_kernel_is_the_last_resort(void **state)
{
	(void)state;
	struct pair pair = make_pair(-1);
	set_cpu(&pair, SECOND);
	assert_idle(&pair, IDLE_OS, 0.75);
	pair = make_pair(-1);
	set_cpu(&pair, 9 * SECOND); /* threads of C code */
	assert_idle(&pair, IDLE_OS, 0);
	pair = make_pair(-1);
	set_cpu(&pair, -SECOND); /* another process */
	assert_idle(&pair, IDLE_UNKNOWN, 0);
	/* GOMAXPROCS as the agent tells it will do. */
	pair = make_pair(-1);
	set_cpu(&pair, SECOND);
	pair.before->sched.valid = pair.now->sched.valid = 0;
	fields_set(&pair.before->runtime, RUNTIME_GOMAXPROCS, 2);
	fields_set(&pair.now->runtime, RUNTIME_GOMAXPROCS, 2);
	assert_idle(&pair, IDLE_OS, 0.5);
}

static void idle_of_no_time_is_unknown(void **state)
{
	(void)state;
	struct pair pair = make_pair(0);
	set_cpu(&pair, 0);
	pair.now->sched_at = pair.before->sched_at;
	pair.now->os_at = pair.before->os_at;
	assert_idle(&pair, IDLE_UNKNOWN, 0);
	pair = make_pair(0);
	fields_set(&pair.before->sched, SCHED_GOMAXPROCS, 0);
	fields_set(&pair.now->sched, SCHED_GOMAXPROCS, 0);
	assert_idle(&pair, IDLE_UNKNOWN, 0);
}

/* Adds a snapshot whose 4 Ps were idle for so much of the time since the one before. */
static void add_idle(struct history *h, int64_t at_ns, double ratio)
{
	const struct snapshot *newest = history_get(h, 0);
	struct snapshot *s = make_snapshot(at_ns);
	int64_t idle_ns = 0;
	if (newest)
		fields_get(&newest->sched, SCHED_IDLE_NS, &idle_ns);
	if (newest)
		idle_ns += (int64_t)(ratio * 4 * (double)(at_ns - newest->monotonic_ns));
	fields_set(&s->sched, SCHED_GOMAXPROCS, 4);
	if (ratio >= 0)
		fields_set(&s->sched, SCHED_IDLE_NS, idle_ns);
	assert_int_equal(history_add(h, s), STATUS_OK);
}

static void the_idle_range_is_weighted_by_time(void **state)
{
	(void)state;
	struct history *h = history_create(3600 * SECOND, SIZE_MAX);
	assert_false(derive_idle_range(h, 30 * SECOND).known);
	add_idle(h, 10 * SECOND, 0);
	assert_false(derive_idle_range(h, 30 * SECOND).known);
	add_idle(h, 20 * SECOND, 0.9); /* too old */
	add_idle(h, 40 * SECOND, 0.25);
	add_idle(h, 45 * SECOND, 0.75);
	add_idle(h, 50 * SECOND, 0.5);
	struct idle_range range = derive_idle_range(h, 30 * SECOND);
	assert_true(range.known);
	assert_int_equal(range.span_ns, 30 * SECOND);
	assert_near(range.min, 0.25);
	assert_near(range.max, 0.75);
	assert_near(range.mean, (0.25 * 20 + 0.75 * 5 + 0.5 * 5) / 30);
	/* An interval that is longer than the span still is the best there is. */
	range = derive_idle_range(h, SECOND);
	assert_int_equal(range.span_ns, 5 * SECOND);
	assert_near(range.mean, 0.5);
	history_destroy(h);
}

static void an_interval_that_is_unknown_is_left_out_of_the_range(void **state)
{
	(void)state;
	struct history *h = history_create(3600 * SECOND, SIZE_MAX);
	add_idle(h, 10 * SECOND, 0);
	add_idle(h, 11 * SECOND, 0.5);
	add_idle(h, 12 * SECOND, -1); /* unknown, and so are both intervals that it ends */
	add_idle(h, 13 * SECOND, 0.1);
	add_idle(h, 14 * SECOND, 0.25);
	struct idle_range range = derive_idle_range(h, 30 * SECOND);
	assert_true(range.known);
	assert_int_equal(range.span_ns, 2 * SECOND);
	assert_near(range.mean, 0.375);
	history_destroy(h);
}

/* --- lanes ---------------------------------------------------------------------------------- */

static void lane_shares_are_by_time_and_sum_to_one(void **state)
{
	(void)state;
	struct snapshot *s = make_snapshot(20);
	static const char *const rows[] = {"irgsf-iiii", "rrrrrrrrrr"};
	set_lanes(s, 0, 10, 2, rows);
	struct lane_share share = derive_lane_share(&s->lanes, 0, 0, 100);
	assert_true(share.known);
	static const double expected[] = {0.1, 0.5, 0.1, 0.1, 0.1, 0.1};
	double sum = 0;
	for (int i = 0; i < LANE_STATE_COUNT; i++) {
		assert_near(share.share[i], expected[i]);
		sum += share.share[i];
	}
	assert_near(sum, 1);
	assert_near(lane_share_busy(&share), 0.2 / 0.9);
	share = derive_lane_share(&s->lanes, 1, 35, 47);
	assert_near(share.share[LANE_RUNNING], 1);
	/* A window cuts samples, and what is before and after them is unknown. */
	share = derive_lane_share(&s->lanes, 0, 5, 25);
	assert_near(share.share[LANE_IDLE], 0.25);
	assert_near(share.share[LANE_RUNNING], 0.5);
	assert_near(share.share[LANE_GC], 0.25);
	share = derive_lane_share(&s->lanes, 1, -100, 300);
	assert_near(share.share[LANE_RUNNING], 0.25);
	assert_near(share.share[LANE_UNKNOWN], 0.75);
	assert_near(lane_share_busy(&share), 1);
	snapshot_unref(s);
}

static void a_lane_that_was_not_sampled_is_unknown(void **state)
{
	(void)state;
	struct snapshot *s = make_snapshot(20);
	struct lane_share share = derive_lane_share(&s->lanes, 0, 0, 100);
	assert_false(share.known);
	assert_true(isnan(lane_share_busy(&share)));
	static const char *const rows[] = {"----"};
	set_lanes(s, 0, 10, 1, rows);
	assert_false(derive_lane_share(&s->lanes, 0, 0, 40).known);
	assert_false(derive_lane_share(&s->lanes, 1, 0, 40).known); /* no such P */
	assert_false(derive_lane_share(&s->lanes, 0, 40, 80).known);
	assert_false(derive_lane_share(&s->lanes, 0, 20, 20).known);
	s->lanes.state[0] = 77; /* not one of ours */
	assert_false(derive_lane_share(&s->lanes, 0, 0, 40).known);
	snapshot_unref(s);
}

static void a_lane_window_reaches_over_snapshots_and_their_gaps(void **state)
{
	(void)state;
	struct history *h = history_create(3600 * SECOND, SIZE_MAX);
	assert_false(derive_lane_window(h, 0, 0, 100).known);
	static const char *const rows[] = {"r", "i", "r", "i", "r"};
	for (int64_t i = 0; i < 5; i++) {
		struct snapshot *s = make_snapshot((i + 1) * 100);
		if (i != 2) /* this one has no samples */
			set_lanes(s, i * 100, 100, 1, &rows[i]);
		assert_int_equal(history_add(h, s), STATUS_OK);
	}
	struct lane_share share = derive_lane_window(h, 0, 0, 500);
	assert_near(share.share[LANE_RUNNING], 0.4);
	assert_near(share.share[LANE_IDLE], 0.4);
	assert_near(share.share[LANE_UNKNOWN], 0.2);
	share = derive_lane_window(h, 0, 50, 150);
	assert_near(share.share[LANE_RUNNING], 0.5);
	assert_near(share.share[LANE_IDLE], 0.5);
	assert_false(derive_lane_window(h, 0, 200, 300).known);
	share = derive_lane_window(h, 0, 250, 350);
	assert_near(share.share[LANE_IDLE], 0.5);
	share = derive_lane_window(h, 0, 400, 4000);
	assert_near(share.share[LANE_RUNNING], 100.0 / 3600);
	assert_near(lane_share_busy(&share), 1);
	assert_false(derive_lane_window(h, 0, 1000, 2000).known);
	history_destroy(h);
}

/* More lanes than are looked at in one go, one of them never sampled. */
static void lane_windows_are_those_of_each_lane_and_their_mean_of_the_known(void **state)
{
	enum { LANES = 150, UNSEEN = 70 };
	(void)state;
	struct history *h = history_create(3600 * SECOND, SIZE_MAX);
	const char *rows[LANES];
	for (int p = 0; p < LANES; p++)
		rows[p] = p == UNSEEN ? "----" : p % 3 == 0 ? "rrrr" : p % 3 == 1 ? "iigi" : "r-si";
	for (int64_t i = 0; i < 3; i++) {
		struct snapshot *s = make_snapshot((i + 1) * 40);
		set_lanes(s, i * 40, 10, LANES, rows);
		assert_int_equal(history_add(h, s), STATUS_OK);
	}
	struct lane_share share[LANES + 1];
	derive_lane_windows(h, 0, LANES + 1, 15, 95, share);
	double running = 0;
	for (size_t p = 0; p <= LANES; p++) {
		struct lane_share one = derive_lane_window(h, p, 15, 95);
		assert_int_equal(share[p].known, one.known);
		assert_int_equal(one.known, p != UNSEEN && p != LANES);
		for (int state_of = 0; one.known && state_of < LANE_STATE_COUNT; state_of++)
			assert_near(share[p].share[state_of], one.share[state_of]);
		running += one.known ? one.share[LANE_RUNNING] : 0;
	}
	struct lane_share mean = derive_lane_mean(h, 0, LANES, 15, 95);
	assert_true(mean.known);
	assert_near(mean.share[LANE_RUNNING], running / (LANES - 1));
	assert_false(derive_lane_mean(h, UNSEEN, 1, 15, 95).known);
	assert_false(derive_lane_mean(h, 0, 0, 15, 95).known);
	history_destroy(h);
}

/* --- rates ---------------------------------------------------------------------------------- */

static void a_rate_needs_two_reads_and_time(void **state)
{
	(void)state;
	struct fields before = {0}, now = {0};
	assert_false(derive_rate(&before, &now, RUNTIME_GC_CYCLES, SECOND).known);
	fields_set(&before, RUNTIME_GC_CYCLES, 10);
	fields_set(&now, RUNTIME_GC_CYCLES, 13);
	struct rate rate = derive_rate(&before, &now, RUNTIME_GC_CYCLES, 2 * SECOND);
	assert_true(rate.known);
	assert_near(rate.per_s, 1.5);
	assert_false(derive_rate(&before, &now, RUNTIME_GC_CYCLES, 0).known);
	assert_false(derive_rate(&before, &now, RUNTIME_GC_CYCLES, -1).known);
	assert_false(derive_rate(&now, &before, RUNTIME_GC_CYCLES, SECOND).known); /* it fell */
}

static struct rate schedticks(int64_t from, int64_t to)
{
	struct pair pair = make_pair(0);
	assert_int_equal(snapshot_reserve(pair.before, 1, 0), STATUS_OK);
	assert_int_equal(snapshot_reserve(pair.now, 2, 0), STATUS_OK);
	fields_set(&pair.before->p[0].f, P_SCHEDTICK, from);
	fields_set(&pair.now->p[0].f, P_SCHEDTICK, to);
	fields_set(&pair.now->p[1].f, P_SCHEDTICK, to);
	struct rate rate = derive_schedticks(pair.before, pair.now, 0);
	assert_false(derive_schedticks(pair.before, pair.now, 1).known); /* a P that is new */
	assert_false(derive_schedticks(pair.before, pair.now, 2).known);
	pair.now->sched_at = pair.before->sched_at;
	assert_false(derive_schedticks(pair.before, pair.now, 0).known);
	finish(&pair);
	return rate;
}

static void schedticks_wrap_at_32_bits(void **state)
{
	(void)state;
	assert_near(schedticks(100, 1303).per_s, 1203);
	struct rate rate = schedticks(UINT32_MAX - 9, 90);
	assert_true(rate.known);
	assert_near(rate.per_s, 100);
}

static void schedticks_that_fell_are_not_taken_for_a_wrap(void **state)
{
	(void)state;
	assert_false(schedticks(1000000, 10).known);
}

/* --- histograms of windows ------------------------------------------------------------------ */

/* A snapshot with so many events in the one bucket of its scheduling latencies, read at read_ns. */
static void add_events(struct history *h, int64_t at_ns, int64_t read_ns, uint64_t events)
{
	struct snapshot *s = make_snapshot(at_ns);
	if (events > 0) {
		make_histogram(&s->histogram[HISTOGRAM_SCHED_LATENCY], &events, 1);
		s->histogram_at[HISTOGRAM_SCHED_LATENCY] = (struct stamp){ORIGIN_AGENT, read_ns};
	}
	fields_set(&s->os, OS_UPTIME_NS, 1000 * SECOND);
	assert_int_equal(history_add(h, s), STATUS_OK);
}

static void assert_window(const struct history *h, int64_t span_ns, int64_t events,
                          int64_t covered_ns)
{
	struct histogram out;
	int64_t covered;
	assert_int_equal(derive_histogram(h, HISTOGRAM_SCHED_LATENCY, span_ns, &out, &covered),
	                 STATUS_OK);
	if (events < 0)
		assert_null(out.bounds);
	else
		assert_non_null(out.bounds);
	if (events >= 0)
		assert_int_equal(out.total, events);
	assert_int_equal(covered, covered_ns);
	histogram_finish(&out);
	assert_int_equal(derive_histogram(h, HISTOGRAM_SCHED_LATENCY, span_ns, &out, NULL), STATUS_OK);
	histogram_finish(&out);
}

static void a_window_begins_at_the_nearest_read(void **state)
{
	(void)state;
	struct history *h = history_create(3600 * SECOND, SIZE_MAX);
	assert_window(h, SECOND, -1, -1);
	for (int64_t i = 1; i <= 100; i++)
		add_events(h, i * SECOND, i * SECOND, (uint64_t)i);
	assert_window(h, SECOND, 1, SECOND);
	assert_window(h, 0, 1, SECOND);
	assert_window(h, 60 * SECOND, 60, 60 * SECOND);
	assert_window(h, 60 * SECOND + SECOND / 3, 60, 60 * SECOND);
	assert_window(h, 60 * SECOND + SECOND / 3 * 2, 61, 61 * SECOND);
	assert_window(h, 500 * SECOND, 99, 99 * SECOND);
	assert_window(h, INT64_MAX, 99, 99 * SECOND);
	assert_window(h, -1, 100, 1000 * SECOND);
	history_destroy(h);
}

static void a_window_of_repeated_reads_is_longer_and_never_empty(void **state)
{
	(void)state;
	struct history *h = history_create(3600 * SECOND, SIZE_MAX);
	for (int64_t i = 10; i <= 105; i++) /* ten snapshots a second, one read a second */
		add_events(h, i * SECOND / 10, i / 10 * SECOND, (uint64_t)(i / 10));
	assert_window(h, SECOND / 10, 1, SECOND);
	assert_window(h, 3 * SECOND + SECOND / 10, 3, 3 * SECOND);
	assert_window(h, 3 * SECOND + SECOND / 10 * 9, 4, 4 * SECOND);
	history_destroy(h);
}

static void a_window_skips_snapshots_without_the_histogram(void **state)
{
	(void)state;
	struct history *h = history_create(3600 * SECOND, SIZE_MAX);
	add_events(h, 1 * SECOND, 1 * SECOND, 10);
	for (int64_t i = 2; i < 10; i++)
		add_events(h, i * SECOND, 0, 0);
	assert_window(h, SECOND, -1, -1); /* the newest one does not have it */
	add_events(h, 10 * SECOND, 10 * SECOND, 15);
	assert_window(h, SECOND, 5, 9 * SECOND);
	history_destroy(h);
}

static void the_base_helps_when_the_ring_is_short(void **state)
{
	(void)state;
	struct history *h = history_create(10 * SECOND, SIZE_MAX);
	for (int64_t i = 1; i <= 100; i++)
		add_events(h, i * SECOND, i * SECOND, (uint64_t)i);
	assert_window(h, 8 * SECOND, 8, 8 * SECOND);
	assert_window(h, 20 * SECOND, 10, 10 * SECOND);
	assert_window(h, 90 * SECOND, 99, 99 * SECOND);
	history_destroy(h);
}

static void a_window_over_a_restart_is_unknown(void **state)
{
	(void)state;
	struct history *h = history_create(3600 * SECOND, SIZE_MAX);
	add_events(h, 1 * SECOND, 1 * SECOND, 10);
	add_events(h, 2 * SECOND, 2 * SECOND, 3);
	add_events(h, 3 * SECOND, 3 * SECOND, 4);
	assert_window(h, SECOND, 1, SECOND);
	assert_window(h, 2 * SECOND, -1, -1);
	history_destroy(h);
}

static void since_the_start_needs_the_uptime_for_its_length_only(void **state)
{
	(void)state;
	struct history *h = history_create(3600 * SECOND, SIZE_MAX);
	struct snapshot *s = make_snapshot(5 * SECOND);
	make_histogram(&s->histogram[HISTOGRAM_SCHED_LATENCY], (uint64_t[]){7}, 1);
	s->histogram_at[HISTOGRAM_SCHED_LATENCY] = (struct stamp){ORIGIN_MEMORY, 5 * SECOND};
	assert_int_equal(history_add(h, s), STATUS_OK);
	assert_window(h, -1, 7, -1);
	assert_window(h, SECOND, -1, -1);
	history_destroy(h);
}

/* --- the CPU limit -------------------------------------------------------------------------- */

static void the_tighter_of_quota_and_affinity_is_the_limit(void **state)
{
	(void)state;
	static const struct {
		int64_t quota, affinity, procs; /* 0: unknown */
		bool known, by_quota, exceeded;
		double cpus;
	} rows[] = {
		{0, 0, 8, false, false, false, 0},   {4000, 8, 8, true, true, true, 4},
		{4000, 0, 4, true, true, false, 4},  {3500, 8, 4, true, true, false, 3.5},
		{3500, 8, 5, true, true, true, 3.5}, {16000, 8, 8, true, false, false, 8},
		{0, 2, 8, true, false, true, 2},     {0, 2, 0, true, false, false, 2},
		{500, 8, 1, true, true, false, 0.5}, {500, 8, 2, true, true, false, 0.5},
		{500, 8, 3, true, true, true, 0.5},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct snapshot *s = make_snapshot(SECOND);
		if (rows[i].quota)
			fields_set(&s->os, OS_QUOTA_MILLICPUS, rows[i].quota);
		if (rows[i].affinity)
			fields_set(&s->os, OS_AFFINITY_CPUS, rows[i].affinity);
		if (rows[i].procs)
			fields_set(&s->sched, SCHED_GOMAXPROCS, rows[i].procs);
		struct cpu_limit limit = derive_cpu_limit(s);
		assert_int_equal(limit.known, rows[i].known);
		assert_int_equal(limit.by_quota, rows[i].by_quota);
		assert_int_equal(limit.exceeded, rows[i].exceeded);
		assert_near(limit.cpus, rows[i].cpus);
		snapshot_unref(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(idle_of_the_runtime_is_exact),
		cmocka_unit_test(idle_a_little_beyond_its_limits_is_clamped_and_far_beyond_not_believed),
		cmocka_unit_test(idle_is_not_taken_from_the_runtime_across_a_gc),
		cmocka_unit_test(idle_is_exact_across_collections_when_it_is_known_what_they_took_over),
		cmocka_unit_test(idle_between_two_collections_is_the_runtimes),
		cmocka_unit_test(idle_that_nobody_vouches_for_must_agree_with_the_samples),
		cmocka_unit_test(idle_is_not_taken_from_the_runtime_when_gomaxprocs_changed),
		cmocka_unit_test(few_samples_or_a_hole_in_them_are_not_enough),
		cmocka_unit_test(samples_are_weighted_by_the_time_they_stand_for),
		cmocka_unit_test(idle_of_the_kernel_is_the_last_resort),
		cmocka_unit_test(idle_of_no_time_is_unknown),
		cmocka_unit_test(the_idle_range_is_weighted_by_time),
		cmocka_unit_test(an_interval_that_is_unknown_is_left_out_of_the_range),
		cmocka_unit_test(lane_shares_are_by_time_and_sum_to_one),
		cmocka_unit_test(a_lane_that_was_not_sampled_is_unknown),
		cmocka_unit_test(a_lane_window_reaches_over_snapshots_and_their_gaps),
		cmocka_unit_test(lane_windows_are_those_of_each_lane_and_their_mean_of_the_known),
		cmocka_unit_test(a_rate_needs_two_reads_and_time),
		cmocka_unit_test(schedticks_wrap_at_32_bits),
		cmocka_unit_test(schedticks_that_fell_are_not_taken_for_a_wrap),
		cmocka_unit_test(a_window_begins_at_the_nearest_read),
		cmocka_unit_test(a_window_of_repeated_reads_is_longer_and_never_empty),
		cmocka_unit_test(a_window_skips_snapshots_without_the_histogram),
		cmocka_unit_test(the_base_helps_when_the_ring_is_short),
		cmocka_unit_test(a_window_over_a_restart_is_unknown),
		cmocka_unit_test(since_the_start_needs_the_uptime_for_its_length_only),
		cmocka_unit_test(the_tighter_of_quota_and_affinity_is_the_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

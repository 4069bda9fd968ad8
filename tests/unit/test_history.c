#include "tests/unit/metrics_fixture.h"

#include <math.h>

#include "metrics/derive.h"
#include "metrics/history.h"
#include "metrics/lanes.h"

#define MINUTE (60 * NS_PER_S)

static void add(struct history *h, int64_t second)
{
	assert_int_equal(history_add(h, make_snapshot(second * NS_PER_S)), STATUS_OK);
}

static int64_t second_of(const struct snapshot *s)
{
	assert_non_null(s);
	return s->monotonic_ns / NS_PER_S;
}

static void an_empty_history_has_nothing(void **state)
{
	(void)state;
	struct history *h = history_create(MINUTE, 1 << 20);
	assert_int_equal(history_count(h), 0);
	assert_null(history_get(h, 0));
	assert_null(history_first(h));
	assert_null(history_at(h, 5));
	assert_int_equal(history_index(h, 5), 0);
	history_destroy(h);
	history_destroy(NULL);
}

static void the_newest_comes_first(void **state)
{
	(void)state;
	struct history *h = history_create(MINUTE * 60, SIZE_MAX);
	for (int64_t second = 1; second <= 1000; second++)
		add(h, second);
	assert_int_equal(history_count(h), 1000);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(second_of(history_get(h, i)), 1000 - (int64_t)i);
	assert_null(history_get(h, 1000));
	history_destroy(h);
}

static void the_span_lets_the_oldest_go_but_never_the_base(void **state)
{
	(void)state;
	struct history *h = history_create(10 * NS_PER_S, SIZE_MAX);
	for (int64_t second = 1; second <= 500; second++)
		add(h, second);
	assert_int_equal(history_count(h), 11);
	assert_int_equal(second_of(history_get(h, 10)), 490);
	assert_int_equal(second_of(history_first(h)), 1);
	history_destroy(h);
}

static void the_two_newest_stay_whatever_the_gap(void **state)
{
	(void)state;
	struct history *h = history_create(NS_PER_S, 1);
	add(h, 1);
	add(h, 100);
	add(h, 100000);
	assert_int_equal(history_count(h), 2);
	assert_int_equal(second_of(history_get(h, 1)), 100);
	assert_int_equal(second_of(history_first(h)), 1);
	history_destroy(h);
}

static void the_bytes_are_bounded(void **state)
{
	(void)state;
	const size_t limit = 1 << 19;
	struct history *h = history_create(60 * MINUTE, limit);
	for (int64_t second = 1; second <= 600; second++) {
		assert_int_equal(history_add(h, make_full_snapshot(second, 8, 20)), STATUS_OK);
		assert_true(history_bytes(h) <= limit);
	}
	assert_true(history_count(h) > 10);
	assert_int_equal(second_of(history_first(h)), 1);
	size_t sum = 0;
	for (size_t i = 0; i < history_count(h); i++)
		sum += snapshot_bytes(history_get(h, i));
	assert_true(history_bytes(h) >= sum + snapshot_bytes(history_first(h)));
	history_destroy(h);
}

static void at_finds_the_newest_read_by_then(void **state)
{
	(void)state;
	struct history *h = history_create(60 * MINUTE, SIZE_MAX);
	for (int64_t second = 10; second <= 100; second += 10)
		add(h, second);
	add(h, 100); /* two of one moment: the newer */
	static const struct {
		int64_t at_ns, second;
		size_t index;
	} rows[] = {
		{0, 10, 10},
		{10 * NS_PER_S, 10, 10},
		{20 * NS_PER_S - 1, 10, 10},
		{20 * NS_PER_S, 20, 9},
		{95 * NS_PER_S, 90, 2},
		{100 * NS_PER_S, 100, 0},
		{INT64_MAX, 100, 0},
		{INT64_MIN, 10, 10},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(second_of(history_at(h, rows[i].at_ns)), rows[i].second);
		assert_int_equal(history_index(h, rows[i].at_ns), rows[i].index);
	}
	history_destroy(h);
}

static void a_snapshot_from_the_past_is_refused(void **state)
{
	(void)state;
	struct history *h = history_create(MINUTE, SIZE_MAX);
	add(h, 10);
	assert_int_equal(history_add(h, make_snapshot(9 * NS_PER_S)), STATUS_FAILED);
	assert_int_equal(history_count(h), 1);
	history_destroy(h);
}

static void without_memory_a_snapshot_is_let_go_and_the_rest_stays(void **state)
{
	(void)state;
	fail_allocation(0);
	assert_null(history_create(MINUTE, SIZE_MAX));
	fail_allocation(-1);
	struct history *h = history_create(MINUTE * 10, SIZE_MAX);
	struct snapshot *s = make_snapshot(300 * NS_PER_S);
	fail_allocation(0);
	enum status status = history_add(h, s);
	fail_allocation(-1);
	assert_int_equal(status, STATUS_FAILED);
	assert_int_equal(history_count(h), 0); /* the very first one needs the ring */
	add(h, 301);
	assert_int_equal(second_of(history_first(h)), 301);
	for (int64_t second = 302; history_count(h) < 64; second++)
		add(h, second);
	s = make_snapshot(1000 * NS_PER_S); /* for which the ring must grow */
	fail_allocation(0);
	status = history_add(h, s);
	fail_allocation(-1);
	assert_int_equal(status, STATUS_FAILED);
	assert_int_equal(history_count(h), 64);
	assert_int_equal(second_of(history_get(h, 63)), 301);
	history_destroy(h);
}

static void a_rewound_history_is_what_it_was_then(void **state)
{
	(void)state;
	struct history *h = history_create(MINUTE * 60, SIZE_MAX);
	history_rewind(h, 5 * NS_PER_S);
	assert_int_equal(history_count(h), 0);
	for (int64_t second = 1; second <= 20; second++)
		add(h, second * 2);
	/* What is added meanwhile is kept, and not seen. */
	assert_int_equal(history_count(h), 2);
	assert_int_equal(second_of(history_get(h, 0)), 4);
	assert_int_equal(second_of(history_get(h, 1)), 2);
	assert_null(history_get(h, 2));
	assert_int_equal(second_of(history_at(h, INT64_MAX)), 4);
	assert_int_equal(second_of(history_at(h, 3 * NS_PER_S)), 2);
	assert_int_equal(history_index(h, 3 * NS_PER_S), 1);
	history_rewind(h, 10 * NS_PER_S);
	assert_int_equal(second_of(history_get(h, 0)), 10);
	history_rewind(h, NS_PER_S);
	assert_int_equal(history_count(h), 1);
	assert_int_equal(second_of(history_get(h, 0)), 2);
	history_rewind(h, INT64_MAX);
	assert_int_equal(history_count(h), 20);
	assert_int_equal(second_of(history_get(h, 0)), 40);
	history_destroy(h);
}

/* --- thinning ------------------------------------------------------------------------------- */

/* As a collector makes them every tenth of a second: counters, ten samples of each P. */
static struct snapshot *make_tenth(int64_t tenth, size_t procs)
{
	enum { SAMPLES = 10 };
	struct snapshot *s = make_full_snapshot(tenth / 10, procs, procs + 16);
	s->monotonic_ns = tenth * NS_PER_S / 10;
	s->interval_ns = NS_PER_S / 10;
	fields_set(&s->sched, SCHED_GOROUTINES_CREATED, tenth * 7);
	assert_int_equal(lanes_reserve(&s->lanes, SAMPLES, procs), STATUS_OK);
	s->lanes.start_ns = s->monotonic_ns - NS_PER_S / 10;
	for (size_t i = 0; i < SAMPLES; i++) {
		s->lanes.at_ns[i] = s->lanes.start_ns + (int64_t)(i + 1) * NS_PER_S / 100;
		/* P p runs p + 1 of every 8 samples, on the whole. */
		for (size_t p = 0; p < procs; p++)
			s->lanes.state[i * procs + p] =
				((size_t)tenth * 13 + i * 5) % 8 <= p % 8 ? LANE_RUNNING : LANE_IDLE;
	}
	return s;
}

/* Ten minutes ten times a second: nothing is lost but detail, and the weight is bounded. */
static void ten_minutes_fit_at_any_interval_and_width(void **state)
{
	(void)state;
	static const struct {
		size_t procs, bytes_max;
	} table[] = {{2, (size_t)24 << 20}, {64, (size_t)24 << 20}};
	for (size_t row = 0; row < 2; row++) {
		struct history *h = history_create(10 * MINUTE, table[row].bytes_max);
		for (int64_t tenth = 1; tenth <= 6100; tenth++) {
			assert_int_equal(history_add(h, make_tenth(tenth, table[row].procs)), STATUS_OK);
			assert_true(history_bytes(h) <= table[row].bytes_max);
		}
		const struct snapshot *oldest = history_get(h, history_count(h) - 1);
		assert_true(oldest->monotonic_ns <= 15 * NS_PER_S);
		for (size_t i = 0; i + 1 < history_count(h); i++)
			assert_true(history_get(h, i)->monotonic_ns - history_get(h, i + 1)->monotonic_ns <=
			            2 * NS_PER_S);
		/* Fresh ones are all there: 10 s of them in a heavy history. */
		assert_true(history_index(h, 605 * NS_PER_S + NS_PER_S / 20) == 50);
		history_destroy(h);
	}
}

static void what_is_thinned_out_keeps_its_counters_and_lanes(void **state)
{
	(void)state;
	enum { PROCS = 8 };
	struct history *h = history_create(10 * MINUTE, SIZE_MAX);
	for (int64_t tenth = 1; tenth <= 3000; tenth++)
		assert_int_equal(history_add(h, make_tenth(tenth, PROCS)), STATUS_OK);
	for (int64_t second = 20; second < 280; second += 10) {
		const struct snapshot *s = history_at(h, second * NS_PER_S);
		int64_t created;
		assert_true(fields_get(&s->sched, SCHED_GOROUTINES_CREATED, &created));
		assert_int_equal(created, s->monotonic_ns * 10 / NS_PER_S * 7);
		for (size_t p = 0; p < PROCS; p++) {
			struct lane_share share =
				derive_lane_window(h, p, (second - 10) * NS_PER_S, second * NS_PER_S);
			assert_true(share.known);
			assert_true(share.share[LANE_UNKNOWN] < 0.001);
			double busy = (double)(p + 1) / 8;
			assert_true(fabs(lane_share_busy(&share) - busy) < 0.03);
		}
	}
	history_destroy(h);
}

static void samples_that_are_joined_get_coarser_evenly(void **state)
{
	(void)state;
	struct snapshot *all = make_tenth(1, 8);
	for (int64_t tenth = 2; tenth <= 80; tenth++) {
		struct snapshot *next = make_tenth(tenth, 8);
		assert_true(lanes_join(&next->lanes, &all->lanes, 128));
		snapshot_unref(all);
		all = next;
		assert_true(all->lanes.samples <= 128);
	}
	assert_int_equal(all->lanes.start_ns, 0);
	int64_t before_ns = all->lanes.start_ns;
	for (size_t i = 0; i < all->lanes.samples; i++) {
		int64_t length_ns = all->lanes.at_ns[i] - before_ns;
		assert_true(length_ns > 0 && length_ns < 4 * 8 * NS_PER_S / 65);
		before_ns = all->lanes.at_ns[i];
	}
	assert_int_equal(before_ns, 8 * NS_PER_S);
	snapshot_unref(all);
}

static void time_that_nobody_sampled_stays_unknown_when_joined(void **state)
{
	(void)state;
	struct snapshot *one = make_tenth(1, 8), *other = make_tenth(9, 8);
	assert_true(lanes_join(&other->lanes, &one->lanes, 128));
	assert_int_equal(other->lanes.samples, 21);
	assert_int_equal(other->lanes.at_ns[10], 8 * NS_PER_S / 10);
	for (size_t p = 0; p < 8; p++)
		assert_int_equal(other->lanes.state[10 * 8 + p], LANE_UNKNOWN);
	snapshot_unref(one);
	one = make_tenth(20, 4);
	assert_false(lanes_join(&one->lanes, &other->lanes, 128)); /* other Ps */
	assert_int_equal(one->lanes.samples, 10);
	snapshot_unref(one);
	snapshot_unref(other);
}

/* A part that the next one lacks, a state that it has not, and the one on the screen. */
static void what_would_be_lost_is_not_thinned_out(void **state)
{
	(void)state;
	struct history *h = history_create(10 * MINUTE, SIZE_MAX);
	history_rewind(h, 7 * NS_PER_S + NS_PER_S / 4);
	for (int64_t tenth = 1; tenth <= 1200; tenth++) {
		struct snapshot *s = make_tenth(tenth, 2);
		if (tenth % 100 != 34)
			s->runtime_at = (struct stamp){0};
		if (tenth == 155)
			s->state = TARGET_STOPPED;
		assert_int_equal(history_add(h, s), STATUS_OK);
		if (tenth >= 72)
			assert_int_equal(history_get(h, 0)->monotonic_ns, 72 * NS_PER_S / 10);
	}
	history_rewind(h, INT64_MAX);
	assert_true(history_count(h) < 750);
	assert_int_equal(history_at(h, 134 * NS_PER_S / 10)->runtime_at.origin, ORIGIN_MEMORY);
	assert_int_equal(history_at(h, 155 * NS_PER_S / 10)->state, TARGET_STOPPED);
	history_destroy(h);
}

/* A recorder reads the same snapshots for a while: they are thinned out when it is done. */
static void what_others_read_is_thinned_out_later(void **state)
{
	(void)state;
	enum { TENTHS = 2000, HELD = 1200 };
	const struct snapshot *held[HELD];
	struct history *h = history_create(10 * MINUTE, SIZE_MAX);
	for (int64_t tenth = 1; tenth <= TENTHS; tenth++) {
		struct snapshot *s = make_tenth(tenth, 2);
		if (tenth <= HELD)
			held[tenth - 1] = snapshot_ref(s);
		assert_int_equal(history_add(h, s), STATUS_OK);
		if (tenth == HELD) {
			assert_int_equal(history_count(h), HELD);
			for (int i = 0; i < HELD; i++) {
				assert_int_equal(held[i]->lanes.samples, 10);
				snapshot_unref(held[i]);
			}
		}
	}
	assert_true(history_count(h) < 60 * 10 + 150);
	history_destroy(h);
}

static void snapshots_a_second_apart_and_of_recordings_all_stay(void **state)
{
	(void)state;
	struct history *h = history_create(10 * MINUTE, SIZE_MAX);
	for (int64_t second = 1; second <= 600; second++)
		assert_int_equal(history_add(h, make_full_snapshot(second, 2, 4)), STATUS_OK);
	assert_int_equal(history_count(h), 600);
	history_destroy(h);
	h = history_create_whole(10 * MINUTE, SIZE_MAX);
	for (int64_t tenth = 1; tenth <= 1000; tenth++)
		assert_int_equal(history_add(h, make_tenth(tenth, 2)), STATUS_OK);
	assert_int_equal(history_count(h), 1000);
	history_destroy(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_minutes_fit_at_any_interval_and_width),
		cmocka_unit_test(what_is_thinned_out_keeps_its_counters_and_lanes),
		cmocka_unit_test(samples_that_are_joined_get_coarser_evenly),
		cmocka_unit_test(time_that_nobody_sampled_stays_unknown_when_joined),
		cmocka_unit_test(what_would_be_lost_is_not_thinned_out),
		cmocka_unit_test(what_others_read_is_thinned_out_later),
		cmocka_unit_test(snapshots_a_second_apart_and_of_recordings_all_stay),
		cmocka_unit_test(a_rewound_history_is_what_it_was_then),
		cmocka_unit_test(an_empty_history_has_nothing),
		cmocka_unit_test(the_newest_comes_first),
		cmocka_unit_test(the_span_lets_the_oldest_go_but_never_the_base),
		cmocka_unit_test(the_two_newest_stay_whatever_the_gap),
		cmocka_unit_test(the_bytes_are_bounded),
		cmocka_unit_test(at_finds_the_newest_read_by_then),
		cmocka_unit_test(a_snapshot_from_the_past_is_refused),
		cmocka_unit_test(without_memory_a_snapshot_is_let_go_and_the_rest_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

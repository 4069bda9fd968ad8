/* Levels over time and the collector's share, against sums made the slow way. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "trace/mmu.h"
#include "trace/timeline.h"

#define MS INT64_C(1000000)

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

static double whole_area(const struct timeline *t)
{
	double sum = 0;
	for (size_t i = 0; i < t->bins; i++)
		sum += t->area[i];
	return sum;
}

static void bins_hold_the_whole_however_long_it_gets(void **state)
{
	(void)state;
	struct timeline t = {0};
	uint64_t seed = 7;
	double area = 0;
	int64_t now = 123, level = 0, most = 0;
	timeline_restart(&t, now);
	for (int i = 0; i < 5000; i++) {
		int64_t step = (int64_t)(next_random(&seed) % (uint64_t)(i < 2500 ? 10000 : 50 * MS));
		area += (double)level * (double)step;
		now += step;
		level = (int64_t)(next_random(&seed) % 9);
		most = level > most ? level : most;
		timeline_set(&t, now, level);
	}
	assert_true(fabs(whole_area(&t) - area) <= area * 1e-9);
	assert_true(t.bins <= TIMELINE_BINS);
	assert_true(t.bin_ns * TIMELINE_BINS >= now - 123);
	int64_t seen = 0;
	for (size_t i = 0; i < t.bins; i++) {
		seen = t.most[i] > seen ? t.most[i] : seen;
		assert_true(timeline_mean(&t, i) >= 0 && timeline_mean(&t, i) <= 8);
	}
	assert_int_equal(seen, most);
}

static void level_that_never_changes_is_its_own_mean(void **state)
{
	(void)state;
	struct timeline t = {0};
	timeline_set(&t, 1000, 3);
	timeline_advance(&t, 1000 + 100 * MS);
	for (size_t i = 0; i < t.bins; i++)
		assert_true(fabs(timeline_mean(&t, i) - 3) < 1e-6);
}

static void restart_keeps_the_level_and_forgets_the_rest(void **state)
{
	(void)state;
	struct timeline t = {0};
	timeline_set(&t, 0, 9);
	timeline_set(&t, 5 * MS, 2);
	timeline_restart(&t, 10 * MS);
	timeline_advance(&t, 10 * MS + 5000);
	assert_int_equal(t.bins, 1);
	assert_int_equal(t.most[0], 2);
	assert_true(fabs(timeline_mean(&t, 0) - 2) < 1e-6);
}

static void clocks_beyond_all_bounds_end_in_the_last_bin(void **state)
{
	(void)state;
	struct timeline t = {0};
	timeline_set(&t, INT64_MIN, 1);
	timeline_set(&t, 0, 1);
	timeline_set(&t, INT64_MAX, 1);
	assert_true(t.bins >= 1 && t.bins <= TIMELINE_BINS);
}

/* --- the minimum mutator utilization -----------------------------------------------------------
 */

enum { STOPS = 400 };

struct stops {
	int64_t at[2 * STOPS]; /* begins and ends in turn */
	int64_t end;
};

static double taken_until(const struct stops *s, int64_t t)
{
	double taken = 0;
	for (size_t i = 0; i < STOPS; i++) {
		int64_t from = s->at[2 * i], to = s->at[2 * i + 1];
		if (t > from)
			taken += (double)((t < to ? t : to) - from);
	}
	return taken;
}

/* Windows that begin or end where a stop does. */
static double slow_minimum(const struct stops *s, int64_t width)
{
	double most = 0;
	for (size_t i = 0; i < 2 * STOPS; i++) {
		const int64_t from[] = {s->at[i], s->at[i] - width};
		for (size_t k = 0; k < 2; k++) {
			if (from[k] < 0 || from[k] + width > s->end)
				continue;
			double taken = taken_until(s, from[k] + width) - taken_until(s, from[k]);
			most = taken > most ? taken : most;
		}
	}
	return 1 - most / (double)width;
}

static void show(struct mmu *mmu, struct names *names, uint8_t type, int64_t at, uint64_t arg,
                 uint32_t name)
{
	struct trace_event e = {.time_ns = at,
	                        .at_ns = at,
	                        .arg = {arg},
	                        .g = 0,
	                        .p = 0,
	                        .m = 1,
	                        .subject = 0,
	                        .name = name,
	                        .type = type};
	const struct trace_event *other = &e;
	struct trace_block block = {
		.event = &e, .events = 1, .other = &other, .others = 1, .names = names, .goroutines = 1};
	struct trace_visitor visitor = mmu_visitor(mmu);
	assert_true(visitor.events(mmu, &block));
}

static void minimum_is_that_over_all_windows(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct stops s;
		struct mmu mmu = {0};
		struct names names = {0};
		uint64_t random = seed;
		uint32_t name = names_intern(&names, "GC mark termination", 19);
		int64_t now = 0;
		show(&mmu, &names, EV_PROCS_CHANGE, 0, 4, NAME_NONE);
		for (size_t i = 0; i < 2 * STOPS; i++) {
			/* Now and then a long pause, so that windows of every length are cut. */
			uint64_t most = next_random(&random) % 10 ? 200000 : 20 * (uint64_t)MS;
			now += 1 + (int64_t)(next_random(&random) % most);
			s.at[i] = now;
			show(&mmu, &names, i % 2 ? EV_STW_END : EV_STW_BEGIN, now, 0, name);
		}
		s.end = now + 3 * MS;
		mmu_visitor(&mmu).end(&mmu, NULL, s.end);
		for (size_t i = 0; i < MMU_WINDOWS; i++) {
			if (mmu_window_ns[i] > s.end)
				continue;
			double slow = slow_minimum(&s, mmu_window_ns[i]);
			assert_true(fabs(mmu_minimum(&mmu, i) - slow) < .005);
		}
		mmu_finish(&mmu);
		names_finish(&names);
	}
}

static void one_window_alone_is_as_among_all(void **state)
{
	(void)state;
	struct mmu all = {0}, alone = {.only_ns = mmu_window_ns[3]};
	struct names names = {0};
	uint32_t name = names_intern(&names, "GC mark termination", 19);
	for (int i = 0; i < 2; i++) {
		struct mmu *mmu = i ? &alone : &all;
		show(mmu, &names, EV_PROCS_CHANGE, 0, 4, NAME_NONE);
		show(mmu, &names, EV_STW_BEGIN, 7 * MS, 0, name);
		show(mmu, &names, EV_STW_END, 9 * MS, 0, name);
		mmu_visitor(mmu).end(mmu, NULL, 40 * MS);
	}
	assert_true(fabs(mmu_minimum(&all, 3) - .8) < .005);
	assert_true(mmu_minimum(&alone, 3) == mmu_minimum(&all, 3));
	assert_true(mmu_mean(&alone) == mmu_mean(&all));
	assert_true(mmu_minimum(&all, 2) >= 0 && mmu_minimum(&alone, 2) < 0);
	mmu_finish(&all);
	mmu_finish(&alone);
	names_finish(&names);
}

static void trace_without_gomaxprocs_has_no_utilization(void **state)
{
	(void)state;
	struct mmu mmu = {0};
	struct names names = {0};
	show(&mmu, &names, EV_HEAP_ALLOC, 0, 1, NAME_NONE);
	show(&mmu, &names, EV_HEAP_ALLOC, 50 * MS, 1, NAME_NONE);
	mmu_visitor(&mmu).end(&mmu, NULL, 60 * MS);
	assert_true(mmu_minimum(&mmu, 0) < 0);
	assert_true(mmu_mean(&mmu) < 0);
	mmu_finish(&mmu);
	names_finish(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bins_hold_the_whole_however_long_it_gets),
		cmocka_unit_test(level_that_never_changes_is_its_own_mean),
		cmocka_unit_test(restart_keeps_the_level_and_forgets_the_rest),
		cmocka_unit_test(clocks_beyond_all_bounds_end_in_the_last_bin),
		cmocka_unit_test(minimum_is_that_over_all_windows),
		cmocka_unit_test(one_window_alone_is_as_among_all),
		cmocka_unit_test(trace_without_gomaxprocs_has_no_utilization),
	};
	return cmocka_run_group_tests_name("trace_levels", tests, NULL, NULL);
}

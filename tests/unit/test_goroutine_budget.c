#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect/goroutines.h"
#include "util/clock.h"

#define SECOND NS_PER_S

/* Snapshots every `interval_ns` for that long, of a program whose goroutines cost cost_ns to read;
   the number of readings. */
static int run(struct goroutines *goroutines, int64_t cost_ns, int64_t interval_ns, int64_t span_ns,
               struct goroutine_set *set)
{
	int readings = 0;
	for (int64_t now_ns = 1000 * SECOND; now_ns < 1000 * SECOND + span_ns; now_ns += interval_ns) {
		if (!goroutines_is_due(goroutines, now_ns, interval_ns, 0))
			continue;
		goroutines_account(goroutines, now_ns, cost_ns, interval_ns, set);
		readings++;
	}
	return readings;
}

static void few_goroutines_are_read_for_every_snapshot(void **state)
{
	struct goroutines goroutines = {0};
	struct goroutine_set set = {0};
	(void)state;
	assert_int_equal(run(&goroutines, 50 * NS_PER_US, SECOND, 100 * SECOND, &set), 100);
	assert_int_equal(set.period_ns, SECOND);
	assert_int_equal(set.cost_ppm, 50);
}

static void many_goroutines_are_read_as_often_as_the_budget_allows(void **state)
{
	static const int64_t intervals[] = {SECOND / 10, SECOND, 2 * SECOND};
	(void)state;
	for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++) {
		struct goroutines goroutines = {0};
		struct goroutine_set set = {0};
		/* 40 ms are 1 % of 4 s. */
		int n = run(&goroutines, 40 * NS_PER_MS, intervals[i], 400 * SECOND, &set);
		assert_in_range(n, 97, 105);
		assert_int_equal(set.period_ns, 4 * SECOND);
		assert_in_range(set.cost_ppm, 9000, 11000);
	}
}

static void second_reading_follows_at_once(void **state)
{
	struct goroutines goroutines = {0};
	struct goroutine_set set = {0};
	(void)state;
	goroutines_account(&goroutines, 10 * SECOND, 100 * NS_PER_MS, SECOND, &set);
	assert_true(goroutines_is_due(&goroutines, 11 * SECOND, SECOND, 0));
	/* The first one read all stacks: what it cost says nothing of the next ones. */
	goroutines_account(&goroutines, 11 * SECOND, 20 * NS_PER_MS, SECOND, &set);
	assert_int_equal(set.period_ns, 2 * SECOND);
	assert_false(goroutines_is_due(&goroutines, 12 * SECOND, SECOND, 0));
	assert_true(goroutines_is_due(&goroutines, 13 * SECOND, SECOND, 0));
}

static void asking_for_another_group_does_not_wait(void **state)
{
	struct goroutines goroutines = {0};
	struct goroutine_set set = {0};
	(void)state;
	run(&goroutines, 100 * NS_PER_MS, SECOND, 2 * SECOND, &set);
	assert_false(goroutines_is_due(&goroutines, 1003 * SECOND, SECOND, 0));
	assert_true(goroutines_is_due(&goroutines, 1003 * SECOND, SECOND, 77));
	goroutines.detail = 77; /* asked for in the last reading */
	assert_false(goroutines_is_due(&goroutines, 1003 * SECOND, SECOND, 77));
	/* To close a group needs no reading. */
	assert_false(goroutines_is_due(&goroutines, 1003 * SECOND, SECOND, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_goroutines_are_read_for_every_snapshot),
		cmocka_unit_test(many_goroutines_are_read_as_often_as_the_budget_allows),
		cmocka_unit_test(second_reading_follows_at_once),
		cmocka_unit_test(asking_for_another_group_does_not_wait),
	};
	return cmocka_run_group_tests_name("goroutine budget", tests, NULL, NULL);
}

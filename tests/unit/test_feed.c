#include "tests/unit/metrics_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "metrics/feed.h"

static int64_t take(struct feed *feed)
{
	const struct snapshot *s = feed_take(feed);
	int64_t monotonic_ns = s ? s->monotonic_ns : -1;
	snapshot_unref(s);
	return monotonic_ns;
}

static void count_wake(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

static void snapshots_come_out_as_they_went_in(void **state)
{
	(void)state;
	atomic_int wakes = 0;
	struct feed *feed = feed_create(count_wake, &wakes);
	assert_int_equal(take(feed), -1);
	for (int64_t round = 0; round < 100; round++) { /* round the ring, never full */
		feed_push(feed, make_snapshot(2 * round));
		feed_push(feed, make_snapshot(2 * round + 1));
		assert_int_equal(take(feed), 2 * round);
		assert_int_equal(take(feed), 2 * round + 1);
	}
	assert_int_equal(take(feed), -1);
	assert_int_equal(wakes, 200);
	assert_int_equal(feed_dropped(feed), 0);
	feed_destroy(feed);
	feed_destroy(NULL);
}

static void a_reader_that_sleeps_loses_the_oldest(void **state)
{
	(void)state;
	struct feed *feed = feed_create(NULL, NULL);
	for (int64_t i = 0; i < 1000; i++)
		feed_push(feed, make_snapshot(i));
	uint64_t dropped = feed_dropped(feed);
	assert_true(dropped > 0 && dropped < 1000);
	for (int64_t i = (int64_t)dropped; i < 1000; i++)
		assert_int_equal(take(feed), i);
	assert_int_equal(take(feed), -1);
	feed_push(feed, make_snapshot(1000));
	feed_destroy(feed); /* with one still in it */
}

#define PUSHES 20000

static void *push_all(void *arg)
{
	for (int64_t i = 0; i < PUSHES; i++)
		feed_push(arg, make_snapshot(i));
	return NULL;
}

static void two_threads_lose_nothing_but_what_is_counted(void **state)
{
	(void)state;
	struct feed *feed = feed_create(NULL, NULL);
	pthread_t pusher;
	assert_int_equal(pthread_create(&pusher, NULL, push_all, feed), 0);
	int64_t last = -1;
	uint64_t taken = 0;
	while (last < PUSHES - 1) { /* the newest one is never dropped */
		int64_t now = take(feed);
		if (now < 0)
			continue;
		if (now <= last)
			fail_msg("%lld came after %lld", (long long)now, (long long)last);
		last = now;
		taken++;
	}
	pthread_join(pusher, NULL);
	assert_int_equal(taken + feed_dropped(feed), PUSHES);
	feed_destroy(feed);
}

static void a_reader_that_misses_some_in_a_row_starves_until_the_next_one(void **state)
{
	(void)state;
	atomic_int wakes = 0;
	struct feed *feed = feed_create(count_wake, &wakes);
	for (int round = 0; round < 2; round++) {
		feed_miss(feed);
		assert_false(feed_starves(feed));
		for (int i = 0; i < 9; i++)
			feed_miss(feed);
		assert_int_equal(wakes, 11 * round + 10);
		assert_true(feed_starves(feed));
		assert_int_equal(take(feed), -1);
		feed_push(feed, make_snapshot(round));
		assert_false(feed_starves(feed));
		assert_int_equal(take(feed), round);
	}
	feed_destroy(feed);
}

static void without_memory_there_is_no_feed(void **state)
{
	(void)state;
	fail_allocation(0);
	assert_null(feed_create(NULL, NULL));
	fail_allocation(-1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(snapshots_come_out_as_they_went_in),
		cmocka_unit_test(a_reader_that_sleeps_loses_the_oldest),
		cmocka_unit_test(two_threads_lose_nothing_but_what_is_counted),
		cmocka_unit_test(a_reader_that_misses_some_in_a_row_starves_until_the_next_one),
		cmocka_unit_test(without_memory_there_is_no_feed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

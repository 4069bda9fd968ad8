#include "tests/unit/metrics_fixture.h"

#include "metrics/history.h"

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
	const size_t limit = 1 << 18;
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

static void rows_are_kept_for_a_minute_and_the_rest_for_the_span(void **state)
{
	(void)state;
	struct history *h = history_create(10 * MINUTE, SIZE_MAX);
	const struct snapshot *watched = NULL;
	for (int64_t second = 1; second <= 200; second++) {
		struct snapshot *s = make_full_snapshot(second, 2, 3);
		if (second == 50)
			watched = snapshot_ref(s);
		assert_int_equal(history_add(h, s), STATUS_OK);
	}
	for (size_t i = 0; i < 200; i++) {
		const struct snapshot *s = history_get(h, i);
		int64_t second = second_of(s);
		bool kept = second >= 140 || second == 1 || second == 50;
		assert_int_equal(s->np, kept ? 2 : 0);
		assert_int_equal(s->nm, kept ? 3 : 0);
		assert_int_equal(s->lanes.samples, 100);
		assert_non_null(s->histogram[0].bounds);
	}
	snapshot_unref(watched);
	size_t sum = 0;
	for (size_t i = 0; i < 200; i++)
		sum += snapshot_bytes(history_get(h, i));
	assert_true(history_bytes(h) >= sum && history_bytes(h) < sum + (1 << 16));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_history_has_nothing),
		cmocka_unit_test(the_newest_comes_first),
		cmocka_unit_test(the_span_lets_the_oldest_go_but_never_the_base),
		cmocka_unit_test(the_two_newest_stay_whatever_the_gap),
		cmocka_unit_test(the_bytes_are_bounded),
		cmocka_unit_test(rows_are_kept_for_a_minute_and_the_rest_for_the_span),
		cmocka_unit_test(at_finds_the_newest_read_by_then),
		cmocka_unit_test(a_snapshot_from_the_past_is_refused),
		cmocka_unit_test(without_memory_a_snapshot_is_let_go_and_the_rest_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

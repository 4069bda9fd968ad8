#include "tests/unit/metrics_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "watch/metrics.h"

static struct reading read_it(const char *name, const struct history *h)
{
	const struct live_metric *metric = live_metric_find(name, strlen(name));
	assert_non_null(metric);
	return live_metric_read(metric, h);
}

/* Two full snapshots, a second apart. */
static struct history *two_seconds(void)
{
	struct history *h = history_create_whole(90 * NS_PER_S, (size_t)8 << 20);
	for (int64_t second = 10; second <= 11; second++) {
		struct snapshot *s = make_full_snapshot(second, 4, 6);
		s->interval_ns = NS_PER_S;
		assert_int_equal(history_add(h, s), STATUS_OK);
	}
	return h;
}

static void names_are_unique_and_sorted_into_units(void **state)
{
	(void)state;
	for (size_t i = 0; i < live_metric_count; i++) {
		assert_ptr_equal(live_metric_find(live_metrics[i].name, strlen(live_metrics[i].name)),
		                 &live_metrics[i]);
		assert_true(live_metrics[i].unit < UNIT_KINDS);
		assert_true(strlen(live_metrics[i].text) > 0);
	}
	assert_null(live_metric_find("sched", 5));
	assert_null(live_metric_find("", 0));
}

static void all_metrics_of_full_snapshots_are_known(void **state)
{
	(void)state;
	struct history *h = two_seconds();
	for (size_t i = 0; i < live_metric_count; i++) {
		struct reading r = live_metric_read(&live_metrics[i], h);
		char shown[64];
		live_metric_show(&live_metrics[i], &r, shown, sizeof shown);
		if (!r.known || r.lo > r.hi || strcmp(shown, "unknown") == 0)
			fail_msg("%s is %s", live_metrics[i].name, shown);
	}
	history_destroy(h);
}

static void metrics_without_snapshots_are_unknown(void **state)
{
	(void)state;
	struct history *h = history_create_whole(90 * NS_PER_S, (size_t)8 << 20);
	for (size_t i = 0; i < live_metric_count; i++)
		assert_false(live_metric_read(&live_metrics[i], h).known);
	struct snapshot *s = make_snapshot(NS_PER_S);
	s->interval_ns = NS_PER_S;
	history_add(h, s);
	for (size_t i = 0; i < live_metric_count; i++)
		assert_false(live_metric_read(&live_metrics[i], h).known);
	history_destroy(h);
}

static void what_was_read_long_ago_is_unknown(void **state)
{
	(void)state;
	struct history *h = two_seconds();
	struct snapshot *s = make_full_snapshot(12, 4, 6);
	s->interval_ns = NS_PER_S;
	s->runtime_at.at_ns -= 4 * NS_PER_S;
	s->sched_at.at_ns -= 4 * NS_PER_S;
	assert_int_equal(history_add(h, s), STATUS_OK);
	assert_false(read_it("heap.live", h).known);
	assert_false(read_it("goroutines.waiting", h).known);
	assert_false(read_it("queue", h).known);
	assert_false(read_it("threads.idle", h).known);
	assert_true(read_it("rss", h).known);
	history_destroy(h);
}

/* A profile's figures come every ten seconds: they are no older than they can be. */
static void who_reads_rarely_is_given_the_time_to(void **state)
{
	(void)state;
	struct history *h = two_seconds();
	struct snapshot *s = make_full_snapshot(12, 4, 6), *later = make_full_snapshot(13, 4, 6);
	s->interval_ns = later->interval_ns = NS_PER_S;
	s->pace_ns = later->pace_ns = 10 * NS_PER_S;
	s->runtime_at.at_ns -= 9 * NS_PER_S;
	assert_int_equal(history_add(h, s), STATUS_OK);
	assert_true(read_it("heap.live", h).known);
	later->runtime_at.at_ns -= 22 * NS_PER_S;
	assert_int_equal(history_add(h, later), STATUS_OK);
	assert_false(read_it("heap.live", h).known);
	history_destroy(h);
}

static void fresher_part_stands_in_for_the_other(void **state)
{
	(void)state;
	struct history *h = two_seconds();
	struct snapshot *s = make_full_snapshot(12, 4, 6);
	int64_t told = -1;
	s->interval_ns = NS_PER_S;
	s->sched.valid = 0;
	assert_true(fields_get(&s->runtime, RUNTIME_GOROUTINES, &told));
	history_add(h, s);
	struct reading r = read_it("goroutines", h);
	assert_true(r.known && r.lo == (double)told);
	history_destroy(h);
}

static void busy_is_told_by_the_lanes(void **state)
{
	(void)state;
	struct history *h = history_create_whole(90 * NS_PER_S, (size_t)8 << 20);
	static const char *const lanes[] = {"rrrrrrrrrr", "iiiiirrrrr"};
	struct snapshot *first = make_snapshot(10 * NS_PER_S), *s = make_snapshot(11 * NS_PER_S);
	first->interval_ns = s->interval_ns = NS_PER_S;
	snapshot_reserve(s, 2, 0);
	set_lanes(s, 10 * NS_PER_S, NS_PER_S / 10, 2, lanes);
	history_add(h, first);
	history_add(h, s);
	assert_true(fabs(read_it("busy", h).lo - 0.75) < 1e-9);
	assert_true(fabs(read_it("busy.max", h).lo - 1) < 1e-9);
	assert_true(fabs(read_it("busy.min", h).lo - 0.5) < 1e-9);
	history_destroy(h);
}

static void list_has_every_metric_on_a_line(void **state)
{
	(void)state;
	char *text = NULL;
	size_t size = 0, lines = 0;
	FILE *out = open_memstream(&text, &size);
	assert_true(live_metric_print_list(out));
	fclose(out);
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_int_equal(lines, live_metric_count + 1);
	for (size_t i = 0; i < live_metric_count; i++)
		assert_non_null(strstr(text, live_metrics[i].name));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_unique_and_sorted_into_units),
		cmocka_unit_test(all_metrics_of_full_snapshots_are_known),
		cmocka_unit_test(metrics_without_snapshots_are_unknown),
		cmocka_unit_test(what_was_read_long_ago_is_unknown),
		cmocka_unit_test(who_reads_rarely_is_given_the_time_to),
		cmocka_unit_test(fresher_part_stands_in_for_the_other),
		cmocka_unit_test(busy_is_told_by_the_lanes),
		cmocka_unit_test(list_has_every_metric_on_a_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

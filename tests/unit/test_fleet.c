#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/fleet.h"
#include "metrics/fleet_board.h"
#include "metrics/fleet_json.h"

#define SECOND INT64_C(1000000000)

static const struct siphash_key id_key = {{7, 7}};

static struct fleet *fleet_at(int64_t monotonic_ns)
{
	struct fleet *fleet = fleet_create();
	assert_non_null(fleet);
	fleet->monotonic_ns = monotonic_ns;
	fleet->whole = true;
	return fleet;
}

static struct fleet_instance *add(struct fleet *fleet, const char *job, const char *name)
{
	const struct fleet_labels labels = {name, job, ""};
	struct fleet_instance *instance = fleet_find(fleet, fleet_id(&id_key, &labels), &labels);
	assert_non_null(instance);
	instance->state = FLEET_UP;
	return instance;
}

/* n instances of a job, which differ a little in their goroutines. */
static void add_like(struct fleet *fleet, const char *job, int n)
{
	for (int i = 0; i < n; i++) {
		char name[32];
		snprintf(name, sizeof name, "%s-%d:8080", job, i);
		fleet_set(add(fleet, job, name), FLEET_GOROUTINES, 1000 + i, 1000 + i);
	}
}

static const struct fleet_instance *find(const struct fleet *fleet, const char *name)
{
	for (size_t i = 0; i < fleet->n; i++)
		if (strcmp(fleet->instance[i].name, name) == 0)
			return &fleet->instance[i];
	fail_msg("no %s", name);
	return NULL;
}

/* --- histograms ------------------------------------------------------------------------------- */

static void percentile_is_the_bucket_that_holds_it(void **state)
{
	(void)state;
	struct fleet_bucket bucket[] = {{.hi = INFINITY, .count = 100},
	                                {.hi = 10, .count = 50},
	                                {.hi = 100, .count = 99}};
	struct fleet_range range;
	assert_int_equal(fleet_buckets_of_le(bucket, 3), 3);
	assert_true(fleet_percentile(bucket, 3, 0.5, &range));
	assert_true(range.lo == 0 && range.hi == 10);
	assert_true(fleet_percentile(bucket, 3, 0.51, &range));
	assert_true(range.lo == 10 && range.hi == 100);
	assert_true(fleet_percentile(bucket, 3, 0.995, &range));
	assert_true(range.lo == 100 && isinf(range.hi));
	assert_true(fleet_point(range) == 100); /* no more is known than that it is above */
}

static void percentile_of_no_events_is_unknown(void **state)
{
	(void)state;
	struct fleet_bucket bucket[] = {{.hi = 10, .count = 0}, {.hi = INFINITY, .count = 0}};
	struct fleet_range range;
	assert_int_equal(fleet_buckets_of_le(bucket, 2), 2);
	assert_false(fleet_percentile(bucket, 2, 0.99, &range));
	bucket[0].count = NAN;
	assert_false(fleet_percentile(bucket, 2, 0.99, &range));
}

static void histogram_without_an_infinite_bucket_is_unknown(void **state)
{
	(void)state;
	struct fleet_bucket bucket[] = {{.hi = 1, .count = 5}, {.hi = 10, .count = 9}};
	assert_int_equal(fleet_buckets_of_le(bucket, 2), 0);
	assert_int_equal(fleet_buckets_of_le(bucket, 0), 0);
}

static void percentile_that_may_be_anything_is_unknown(void **state)
{
	(void)state;
	static const struct {
		double lo, hi;
		bool known;
	} rows[] = {
		{0, INFINITY, false},        {-INFINITY, INFINITY, false}, {-INFINITY, -INFINITY, false},
		{INFINITY, INFINITY, false}, {1, INFINITY, true},          {-INFINITY, 1, true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct fleet_bucket bucket = {.lo = rows[i].lo, .hi = rows[i].hi, .count = 5};
		struct fleet_range range;
		assert_int_equal(fleet_percentile(&bucket, 1, 0.99, &range), rows[i].known);
	}
}

static void buckets_of_one_end_are_one(void **state)
{
	(void)state;
	/* le="1" before a change of the scrape's format, le="1.0" after it */
	struct fleet_bucket bucket[] = {{.hi = 1, .count = 2},
	                                {.hi = INFINITY, .count = 2},
	                                {.hi = 1, .count = 3},
	                                {.hi = INFINITY, .count = 4}};
	assert_int_equal(fleet_buckets_of_le(bucket, 4), 2);
	assert_true(bucket[0].count == 5 && bucket[1].count == 1);
}

/* --- who is where ----------------------------------------------------------------------------- */

static void an_instance_is_found_again_by_its_labels(void **state)
{
	(void)state;
	struct fleet *fleet = fleet_at(0);
	add_like(fleet, "api", 500);
	add_like(fleet, "db", 500);
	assert_int_equal(fleet->n, 1000);
	fleet_set(add(fleet, "db", "db-77:8080"), FLEET_PROCS, 8, 8);
	assert_int_equal(fleet->n, 1000);
	assert_int_equal(fleet_finish(fleet), STATUS_OK);
	assert_true(fleet_known(find(fleet, "db-77:8080"), FLEET_PROCS));
	assert_false(fleet_known(find(fleet, "api-77:8080"), FLEET_PROCS));
	/* By job, and by name as people count. */
	assert_string_equal(fleet->instance[2].name, "api-2:8080");
	assert_string_equal(fleet->instance[10].name, "api-10:8080");
	assert_string_equal(fleet->instance[500].job, "db");
	fleet_unref(fleet);
}

static void names_of_labels_are_made_harmless(void **state)
{
	(void)state;
	struct fleet *fleet = fleet_at(0);
	add(fleet, "\x1b[2J", "a\nb\xff");
	assert_string_equal(fleet->instance[0].job, "?[2J");
	assert_string_equal(fleet->instance[0].name, "a?b?");
	fleet_unref(fleet);
}

static void who_is_down_has_no_values(void **state)
{
	(void)state;
	struct fleet *fleet = fleet_at(0);
	add_like(fleet, "api", 3);
	add(fleet, "api", "api-1:8080")->state = FLEET_DOWN;
	add(fleet, "api", "api-2:8080")->state = FLEET_STALE;
	assert_int_equal(fleet_finish(fleet), STATUS_OK);
	assert_true(find(fleet, "api-0:8080")->known);
	assert_false(find(fleet, "api-1:8080")->known);
	assert_false(find(fleet, "api-2:8080")->known);
	assert_int_equal(fleet->in_state[FLEET_DOWN], 1);
	assert_int_equal(fleet->usual[FLEET_GOROUTINES].n, 1);
	fleet_unref(fleet);
}

static void who_vanishes_is_remembered_for_a_while(void **state)
{
	(void)state;
	struct fleet *before = fleet_at(0), *now = fleet_at(10 * SECOND), *late;
	add_like(before, "api", 2);
	assert_int_equal(fleet_finish(before), STATUS_OK);
	add(now, "api", "api-0:8080");
	assert_int_equal(fleet_remember(now, before, FLEET_GONE, 60 * SECOND), STATUS_OK);
	assert_int_equal(fleet_finish(now), STATUS_OK);
	assert_int_equal(now->n, 2);
	assert_int_equal(find(now, "api-0:8080")->state, FLEET_UP);
	assert_int_equal(find(now, "api-1:8080")->state, FLEET_GONE);
	assert_false(find(now, "api-1:8080")->known);
	late = fleet_at(61 * SECOND);
	assert_int_equal(fleet_remember(late, now, FLEET_GONE, 60 * SECOND), STATUS_OK);
	assert_int_equal(late->n, 1); /* the other was there 51 s ago */
	assert_string_equal(late->instance[0].name, "api-0:8080");
	fleet_unref(before);
	fleet_unref(now);
	fleet_unref(late);
}

static void cpu_is_a_share_of_gomaxprocs(void **state)
{
	(void)state;
	struct fleet *fleet = fleet_at(0);
	struct fleet_instance *a = add(fleet, "api", "a");
	fleet_set(a, FLEET_CORES, 2, 2);
	fleet_set(a, FLEET_PROCS, 8, 8);
	fleet_set(add(fleet, "api", "b"), FLEET_CORES, 2, 2);
	fleet_set(add(fleet, "api", "c"), FLEET_CORES, NAN, NAN);
	assert_int_equal(fleet_finish(fleet), STATUS_OK);
	assert_true(find(fleet, "a")->value[FLEET_CPU].lo == 0.25);
	assert_false(fleet_known(find(fleet, "b"), FLEET_CPU)); /* of how many is not known */
	assert_false(fleet_known(find(fleet, "c"), FLEET_CORES));
	fleet_unref(fleet);
}

static void what_nobody_has_is_named(void **state)
{
	(void)state;
	struct fleet *fleet = fleet_at(0);
	enum fleet_metric metric = 0;
	add_like(fleet, "api", 3);
	assert_int_equal(fleet_finish(fleet), STATUS_OK);
	assert_true(fleet_missing(fleet, &metric));
	assert_int_equal(metric, FLEET_CORES);
	metric = FLEET_WAIT_P50;
	assert_true(fleet_missing(fleet, &metric));
	assert_string_equal(fleet_metric_info[metric].source, "go_sched_latencies_seconds");
	fleet->whole = false; /* it may come yet */
	assert_false(fleet_missing(fleet, &metric));
	fleet_unref(fleet);
}

/* --- who stands out --------------------------------------------------------------------------- */

static void one_far_from_its_like_stands_out(void **state)
{
	(void)state;
	struct fleet *fleet = fleet_at(0);
	add_like(fleet, "api", 20);
	fleet_set(add(fleet, "api", "api-3:8080"), FLEET_GOROUTINES, 9000, 9000);
	fleet_set(add(fleet, "api", "api-4:8080"), FLEET_GOROUTINES, 3, 3);
	assert_int_equal(fleet_finish(fleet), STATUS_OK);
	for (size_t i = 0; i < fleet->n; i++) {
		const struct fleet_instance *at = &fleet->instance[i];
		assert_int_equal(at->high != 0, strcmp(at->name, "api-3:8080") == 0);
		assert_int_equal(at->low != 0, strcmp(at->name, "api-4:8080") == 0);
	}
	fleet_unref(fleet);
}

static void jobs_are_compared_with_themselves(void **state)
{
	(void)state;
	struct fleet *fleet = fleet_at(0);
	add_like(fleet, "api", 20);
	add_like(fleet, "batch", 6);
	for (size_t i = 0; i < fleet->n; i++)
		if (strcmp(fleet->instance[i].job, "batch") == 0)
			fleet_set(&fleet->instance[i], FLEET_GOROUTINES, 5, 5);
	assert_int_equal(fleet_finish(fleet), STATUS_OK);
	for (size_t i = 0; i < fleet->n; i++)
		assert_false(fleet->instance[i].high | fleet->instance[i].low);
	fleet_unref(fleet);
}

static void small_differences_and_few_instances_are_none(void **state)
{
	(void)state;
	struct fleet *fleet = fleet_at(0);
	for (int i = 0; i < 10; i++) {
		char name[8];
		snprintf(name, sizeof name, "%d", i);
		/* All the same but one, so that the median distance is 0; it is 49 off. */
		fleet_set(add(fleet, "api", name), FLEET_GOROUTINES, i ? 10 : 59, i ? 10 : 59);
	}
	fleet_set(add(fleet, "api", "1"), FLEET_QUEUED, 1000, 1000); /* alone with it */
	assert_int_equal(fleet_finish(fleet), STATUS_OK);
	for (size_t i = 0; i < fleet->n; i++)
		assert_false(fleet->instance[i].high | fleet->instance[i].low);
	fleet_unref(fleet);
}

static void a_range_that_reaches_the_median_does_not_stand_out(void **state)
{
	(void)state;
	struct fleet *fleet = fleet_at(0);
	for (int i = 0; i < 12; i++) {
		char name[8];
		snprintf(name, sizeof name, "%d", i);
		double hi = i == 0 ? 100e6 : i == 1 ? INFINITY : 10e6, lo = i == 1 ? 100e6 : 1e6;
		fleet_set(add(fleet, "api", name), FLEET_WAIT_P99, lo, hi);
	}
	assert_int_equal(fleet_finish(fleet), STATUS_OK);
	assert_false(find(fleet, "0")->high); /* it may be what all have */
	assert_int_equal(find(fleet, "1")->high, FLEET_BIT(FLEET_WAIT_P99));
	fleet_unref(fleet);
}

/* --- order and text --------------------------------------------------------------------------- */

static void unknown_is_last_in_both_directions(void **state)
{
	(void)state;
	struct fleet *fleet = fleet_at(0);
	add(fleet, "api", "none");
	fleet_set(add(fleet, "api", "one"), FLEET_HEAP, 1, 1);
	fleet_set(add(fleet, "api", "two"), FLEET_HEAP, 2, 2);
	assert_int_equal(fleet_finish(fleet), STATUS_OK);
	const struct fleet_instance *none = find(fleet, "none"), *one = find(fleet, "one"),
								*two = find(fleet, "two");
	assert_true(fleet_compare(two, one, FLEET_HEAP, false) < 0);
	assert_true(fleet_compare(two, one, FLEET_HEAP, true) > 0);
	assert_true(fleet_compare(none, one, FLEET_HEAP, false) > 0);
	assert_true(fleet_compare(none, one, FLEET_HEAP, true) > 0);
	assert_int_equal(fleet_compare(one, one, FLEET_HEAP, true), 0);
	fleet_unref(fleet);
}

static void values_are_written_with_their_unit(void **state)
{
	(void)state;
	static const struct {
		enum fleet_metric metric;
		double lo, hi;
		const char *text;
	} cases[] = {
		{FLEET_CPU, 0.983, 0.983, "98 %"},
		{FLEET_CORES, 2.345, 2.345, "2.35"},
		{FLEET_GOROUTINES, 12453, 12453, "12,453"},
		{FLEET_WAIT_P99, 917504, 10485760, "0.9-10.5 ms"},
		{FLEET_PAUSE_P99, -INFINITY, 9.4e6, "<= 9.4 ms"},
		{FLEET_WAIT_P99, 1e8, INFINITY, ">= 100 ms"},
		{FLEET_UPTIME, 75e9, 75e9, "1m 15s"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[40];
		fleet_text(text, sizeof text, cases[i].metric,
		           (struct fleet_range){cases[i].lo, cases[i].hi}, true);
		assert_string_equal(text, cases[i].text);
	}
}

static void json_has_what_is_known_and_nothing_else(void **state)
{
	(void)state;
	struct fleet *fleet = fleet_at(0);
	fleet->wall_ns = 5;
	fleet->window_ns = 60 * SECOND;
	struct fleet_instance *a = add(fleet, "api", "a:1");
	fleet_set(a, FLEET_WAIT_P99, 1e8, INFINITY);
	fleet_set(a, FLEET_GOROUTINES, 12, 12);
	char *line = fleet_json(fleet, a);
	assert_string_equal(line, "{\"schema\":1,\"wall_ns\":5,\"window_ns\":60000000000,\"instance\":"
	                          "\"a:1\",\"job\":\"api\",\"state\":\"up\",\"goroutines\":12,"
	                          "\"wait_p99_ns\":[100000000,\"+Inf\"]}");
	free(line);
	fleet_unref(fleet);
}

/* --- the board -------------------------------------------------------------------------------- */

static void a_wish_is_told_once(void **state)
{
	(void)state;
	struct fleet_board *board = fleet_board_create();
	struct fleet_wish wish = {.id = {1, 2}, .n = 2, .points = 10}, got;
	bool fresh;
	assert_true(fleet_board_wait(board, 0, &got, &fresh));
	assert_false(fresh);
	fleet_board_wish(board, &wish);
	assert_true(fleet_board_wait(board, 0, &got, &fresh));
	assert_true(fresh && got.n == 2 && got.id[1] == 2);
	fleet_board_wish(board, &wish);
	assert_true(fleet_board_wait(board, 0, &got, &fresh));
	assert_false(fresh);
	fleet_board_close(board);
	assert_false(fleet_board_wait(board, INT64_MAX, &got, &fresh));
	fleet_board_destroy(board);
}

static void an_answer_to_an_older_question_is_dropped(void **state)
{
	(void)state;
	struct fleet_board *board = fleet_board_create();
	struct fleet_target one = {.name = "one"}, two = {.name = "two"}, got;
	char text[64];
	fleet_board_ask(board, &one);
	assert_true(fleet_board_wait_target(board, &got));
	fleet_board_ask(board, &two);
	fleet_board_answer(board, FLEET_OPENED, "");
	assert_int_equal(fleet_board_answered(board, text, sizeof text), FLEET_NO_ANSWER);
	assert_true(fleet_board_wait_target(board, &got));
	assert_string_equal(got.name, "two");
	fleet_board_answer(board, FLEET_REFUSED, "no");
	assert_int_equal(fleet_board_answered(board, text, sizeof text), FLEET_REFUSED);
	assert_string_equal(text, "no");
	assert_int_equal(fleet_board_answered(board, text, sizeof text), FLEET_NO_ANSWER);
	fleet_board_close(board);
	fleet_board_destroy(board);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentile_is_the_bucket_that_holds_it),
		cmocka_unit_test(percentile_of_no_events_is_unknown),
		cmocka_unit_test(histogram_without_an_infinite_bucket_is_unknown),
		cmocka_unit_test(percentile_that_may_be_anything_is_unknown),
		cmocka_unit_test(buckets_of_one_end_are_one),
		cmocka_unit_test(an_instance_is_found_again_by_its_labels),
		cmocka_unit_test(names_of_labels_are_made_harmless),
		cmocka_unit_test(who_is_down_has_no_values),
		cmocka_unit_test(who_vanishes_is_remembered_for_a_while),
		cmocka_unit_test(cpu_is_a_share_of_gomaxprocs),
		cmocka_unit_test(what_nobody_has_is_named),
		cmocka_unit_test(one_far_from_its_like_stands_out),
		cmocka_unit_test(jobs_are_compared_with_themselves),
		cmocka_unit_test(small_differences_and_few_instances_are_none),
		cmocka_unit_test(a_range_that_reaches_the_median_does_not_stand_out),
		cmocka_unit_test(unknown_is_last_in_both_directions),
		cmocka_unit_test(values_are_written_with_their_unit),
		cmocka_unit_test(json_has_what_is_known_and_nothing_else),
		cmocka_unit_test(a_wish_is_told_once),
		cmocka_unit_test(an_answer_to_an_older_question_is_dropped),
	};
	return cmocka_run_group_tests_name("fleet", tests, NULL, NULL);
}

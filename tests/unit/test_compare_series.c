/* What is measured of one thing, and the slices of time that it is measured in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "compare/items.h"
#include "compare/side.h"

#define MS INT64_C(1000000)

static void add(struct series *s, size_t slice, int64_t ns)
{
	assert_true(series_count(s, slice));
	assert_true(series_spend(s, slice, ns));
	assert_true(series_instance(s, slice, ns));
}

static void few_instances_are_all_kept(void **state)
{
	(void)state;
	struct series s = {0};
	for (int i = 0; i < SERIES_SAMPLES; i++)
		add(&s, (size_t)i % 64, i);
	assert_int_equal(s.samples, SERIES_SAMPLES);
	assert_int_equal(s.thinned, 0);
	assert_true(s.count == SERIES_SAMPLES);
	series_finish(&s);
}

static void many_instances_leave_an_even_sample_and_exact_sums(void **state)
{
	(void)state;
	enum { MANY = 10 * SERIES_SAMPLES };
	struct series s = {0};
	double early = 0;
	for (int i = 0; i < MANY; i++)
		add(&s, (size_t)(i * 2 / MANY), 100);
	assert_true(s.samples <= SERIES_SAMPLES);
	assert_true(s.samples > SERIES_SAMPLES / 4);
	assert_true(s.count == MANY);
	assert_true(s.ns == 100.0 * MANY);
	for (size_t i = 0; i < s.samples; i++)
		early += s.sample[i].slice == 0;
	/* of two halves of the time as many each, to five standard deviations */
	double n = (double)s.samples;
	assert_true(fabs(early - n / 2) < 5 * sqrt(n) / 2);
	series_finish(&s);
}

static void folding_keeps_what_runs_before_have(void **state)
{
	(void)state;
	struct series s = {0};
	for (size_t slice = 0; slice < 12; slice++)
		add(&s, slice, 10);
	series_fold(&s, 4);
	for (size_t slice = 0; slice < 4; slice++)
		assert_true(s.slice[slice].count == 1);
	for (size_t slice = 4; slice < 8; slice++)
		assert_true(s.slice[slice].count == 2);
	assert_true(s.slice[8].count == 0);
	assert_int_equal(s.sample[11].slice, 7);
	assert_int_equal(s.sample[3].slice, 3);
	series_finish(&s);
}

static void slices_grow_with_the_run_and_never_in_number(void **state)
{
	(void)state;
	struct side side;
	side_init(&side, 1);
	side_begin(&side, "a");
	side_resume(&side, 5000 * MS);
	for (int64_t at = 0; at <= 1000 * MS; at += MS)
		while (side_slice(&side, 5000 * MS + at) == SIZE_MAX)
			side_fold(&side);
	side_end(&side, 6000 * MS);
	assert_int_equal(side.runs, 1);
	assert_in_range(side.slices, SIDE_SLICES / 2, SIDE_SLICES);
	double seconds = 0;
	for (size_t i = 0; i < side.run[0].slices; i++)
		seconds += run_slice_seconds(&side.run[0], i);
	assert_true(fabs(seconds - 1) < 1e-9);
	assert_true(fabs(side_seconds(&side) - 1) < 1e-9);
}

static void many_runs_share_the_slices(void **state)
{
	(void)state;
	struct side side;
	side_init(&side, SIDE_RUNS);
	assert_int_equal(side.most, 1);
	side_init(&side, 5);
	assert_int_equal(side.most, 8);
	for (int i = 0; i < 5; i++) {
		side_begin(&side, "a");
		side_resume(&side, i * 77 * MS);
		while (side_slice(&side, i * 77 * MS + 100 * MS) == SIZE_MAX)
			side_fold(&side);
		side_end(&side, i * 77 * MS + 100 * MS);
	}
	assert_true(side.slices <= SIDE_SLICES);
	assert_true(fabs(side_seconds(&side) - 0.5) < 1e-9);
}

static void time_stands_still_where_events_were_lost(void **state)
{
	(void)state;
	struct side side;
	side_init(&side, 1);
	side_begin(&side, "a");
	side_resume(&side, 0);
	side_lose(&side, 3 * MS);
	side_resume(&side, 9000 * MS);
	assert_int_equal(side_slice(&side, 9001 * MS), 4);
	side_lose(&side, 9010 * MS);
	side_end(&side, 9010 * MS);
	assert_int_equal(side.run[0].length_ns, 13 * MS);
}

static void times_beyond_all_bounds_have_a_slice(void **state)
{
	(void)state;
	struct side side;
	side_init(&side, 1);
	side_begin(&side, "a");
	side_resume(&side, INT64_MIN);
	for (int folds = 0; side_slice(&side, INT64_MAX) == SIZE_MAX; folds++) {
		assert_true(folds < 64);
		side_fold(&side);
	}
	assert_int_equal(side_slice(&side, INT64_MIN), 0);
	side_end(&side, INT64_MAX);
}

static void an_item_is_known_by_kind_and_name(void **state)
{
	(void)state;
	struct items items = {0};
	uint32_t a = items_find(&items, ITEM_REGION, "encode", 6);
	assert_int_equal(items_find(&items, ITEM_REGION, "encode", 6), a);
	assert_int_not_equal(items_find(&items, ITEM_TASK, "encode", 6), a);
	assert_int_not_equal(items_find(&items, ITEM_REGION, "enc\0de", 6), a);
	assert_int_equal(items.items, 3);
	items_finish(&items);
}

static void items_beyond_the_limit_are_left_out_and_told(void **state)
{
	(void)state;
	struct items items = {0};
	for (int i = 0; i < ITEMS_OF_KIND; i++)
		assert_true(items_find(&items, ITEM_SITE, (const char *)&i, sizeof i) < ITEM_NONE);
	assert_false(items.left_out[ITEM_SITE]);
	size_t names = items.names.n;
	assert_int_equal(items_find(&items, ITEM_SITE, "one more", 8), ITEM_NONE);
	assert_true(items.left_out[ITEM_SITE]);
	assert_int_equal(items.names.n, names); /* or they would grow without bounds */
	int first = 0;
	assert_int_equal(items_find(&items, ITEM_SITE, (const char *)&first, sizeof first), 0);
	assert_true(items_find(&items, ITEM_TASK, "one more", 8) < ITEM_NONE);
	/* a name of another kind is none of this one */
	assert_int_equal(items_find(&items, ITEM_SITE, "one more", 8), ITEM_NONE);
	items_finish(&items);
}

static void all_items_together_keep_no_more_than_is_documented(void **state)
{
	(void)state;
	enum { ITEMS = 200 };
	struct items items = {0};
	for (int i = 0; i < ITEMS; i++) {
		uint32_t item = items_find(&items, ITEM_REGION, (const char *)&i, sizeof i);
		for (int k = 0; k < SERIES_SAMPLES; k++)
			assert_true(items_instance(&items, item, AFTER, 0, k));
	}
	size_t kept = 0;
	for (size_t i = 0; i < items.items; i++) {
		kept += items.item[i].series[AFTER].samples;
		assert_int_equal(items.item[i].series[AFTER].instances, SERIES_SAMPLES);
	}
	assert_int_equal(kept, items.samples[AFTER]);
	assert_true(kept <= ITEMS_SAMPLES);
	assert_true(kept > ITEMS_SAMPLES / 8);
	items_finish(&items);
}

static void words_of_kinds_are_told_from_others(void **state)
{
	(void)state;
	unsigned kinds = 0;
	assert_true(item_words_parse("region,site", &kinds));
	assert_int_equal(kinds, 1U << ITEM_REGION | 1U << ITEM_SITE);
	assert_false(item_words_parse("region,", &kinds));
	assert_false(item_words_parse("regions", &kinds));
	assert_false(item_words_parse("", &kinds));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_instances_are_all_kept),
		cmocka_unit_test(many_instances_leave_an_even_sample_and_exact_sums),
		cmocka_unit_test(folding_keeps_what_runs_before_have),
		cmocka_unit_test(slices_grow_with_the_run_and_never_in_number),
		cmocka_unit_test(many_runs_share_the_slices),
		cmocka_unit_test(time_stands_still_where_events_were_lost),
		cmocka_unit_test(times_beyond_all_bounds_have_a_slice),
		cmocka_unit_test(an_item_is_known_by_kind_and_name),
		cmocka_unit_test(items_beyond_the_limit_are_left_out_and_told),
		cmocka_unit_test(all_items_together_keep_no_more_than_is_documented),
		cmocka_unit_test(words_of_kinds_are_told_from_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

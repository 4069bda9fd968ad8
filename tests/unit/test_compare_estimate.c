/* Estimates and their noise against closed forms; comparisons of series that were drawn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "compare/comparison.h"
#include "compare/significance.h"

#define MS INT64_C(1000000)

/* One run of 64 slices of 16 ms. */
static void one_run(struct side *side, int64_t length_ns)
{
	side_begin(side, "run");
	side_resume(side, 0);
	while (side_slice(side, length_ns - 1) == SIZE_MAX)
		side_fold(side);
	side_end(side, length_ns);
}

static void assert_near(double value, double expected, double relative)
{
	if (!(fabs(value - expected) <= relative * fabs(expected)))
		fail_msg("%.15g instead of %.15g", value, expected);
}

static const double none_assumed[METRICS];

static void add(struct series *s, size_t slice, double ns)
{
	assert_true(series_count(s, slice));
	assert_true(series_spend(s, slice, (int64_t)ns));
	assert_true(series_instance(s, slice, (int64_t)ns));
}

static double drawn(struct dice *dice)
{
	return ((double)(dice_roll(dice) >> 11) + 0.5) / 9007199254740992.0;
}

static void weighted_quantile_is_that_of_the_repeated_samples(void **state)
{
	(void)state;
	const struct sample sample[] = {{1, 0}, {2, 1}, {3, 0}, {4, 2}};
	const uint16_t even[] = {1, 1, 1}, skewed[] = {0, 3, 1}, none[] = {0, 0, 0};
	assert_int_equal(weighted_quantile(sample, 4, even, 0.5), 1);
	assert_int_equal(weighted_quantile(sample, 4, even, 0.99), 3);
	assert_int_equal(weighted_quantile(sample, 4, even, 0), 0);
	assert_int_equal(weighted_quantile(sample, 4, even, 1), 3);
	/* 2 2 2 4 */
	assert_int_equal(weighted_quantile(sample, 4, skewed, 0.5), 1);
	assert_int_equal(weighted_quantile(sample, 4, skewed, 0.99), 3);
	assert_true(weighted_quantile(sample, 4, none, 0.5) == SIZE_MAX);
	assert_true(weighted_quantile(sample, 0, even, 0.5) == SIZE_MAX);
}

static void both_ways_to_a_quantile_meet(void **state)
{
	(void)state;
	struct sample sample[1000];
	uint16_t weight[8];
	struct dice dice = {3};
	for (int i = 0; i < 1000; i++)
		sample[i] = (struct sample){(float)i, dice_below(&dice, 8)};
	for (int i = 0; i < 8; i++)
		weight[i] = (uint16_t)dice_below(&dice, 4);
	/* the walk from above begins at 0.75 */
	size_t below = weighted_quantile(sample, 1000, weight, 0.7499999);
	size_t above = weighted_quantile(sample, 1000, weight, 0.75);
	assert_true(above == below || (above > below && above - below < 20));
}

static void numbers_are_per_second_and_per_instance(void **state)
{
	(void)state;
	struct side side;
	struct resamples r;
	struct series s = {0};
	struct estimate e[METRICS];
	side_init(&side, 1);
	one_run(&side, 512 * MS);
	for (int i = 0; i < 1000; i++)
		add(&s, (size_t)i % side.slices, 1000 * (i + 1));
	assert_true(resamples_init(&r, &side, 1));
	estimate_series(&s, &r, none_assumed, e);
	assert_near(e[METRIC_COUNT].value, 1000 / 0.512, 1e-9);
	assert_near(e[METRIC_TOTAL].value, 500500e3 / 0.512, 1e-9);
	assert_near(e[METRIC_MEDIAN].value, 500e3, 1e-6);
	assert_near(e[METRIC_P99].value, 990e3, 1e-6);
	series_finish(&s);
	resamples_finish(&r);
}

static void too_few_instances_are_told_and_not_judged(void **state)
{
	(void)state;
	struct side side;
	struct resamples r;
	struct series s = {0};
	struct estimate e[METRICS];
	side_init(&side, 1);
	one_run(&side, 512 * MS);
	assert_true(resamples_init(&r, &side, 1));
	estimate_series(&s, &r, none_assumed, e);
	for (int m = 0; m < METRICS; m++)
		assert_false(e[m].known);
	for (size_t i = 0; i < JUDGE_INSTANCES - 1; i++)
		add(&s, i, 500);
	estimate_series(&s, &r, none_assumed, e);
	assert_true(e[METRIC_MEDIAN].known);
	assert_false(e[METRIC_MEDIAN].judged);
	assert_false(e[METRIC_COUNT].judged);
	assert_false(e[METRIC_P99].known);
	add(&s, 30, 500);
	estimate_series(&s, &r, none_assumed, e);
	assert_true(e[METRIC_MEDIAN].judged);
	assert_true(e[METRIC_COUNT].judged);
	series_finish(&s);
	resamples_finish(&r);
}

/* Counts that are independent from slice to slice have the variance of their mean: of the
   logarithm, the variance of a slice over n times the mean's square. */
static void noise_of_a_count_is_that_of_its_mean(void **state)
{
	(void)state;
	struct side side;
	struct resamples r;
	struct series s = {0};
	struct estimate e[METRICS];
	struct dice dice = {7};
	double sum = 0, squares = 0;
	side_init(&side, 1);
	one_run(&side, 512 * MS);
	for (size_t slice = 0; slice < side.slices; slice++) {
		uint32_t n = 20 + dice_below(&dice, 41);
		for (uint32_t i = 0; i < n; i++)
			add(&s, slice, 1000);
		sum += n;
		squares += (double)n * n;
	}
	double n = (double)side.slices, mean = sum / n, variance = squares / n - mean * mean;
	assert_true(resamples_init(&r, &side, 1));
	estimate_series(&s, &r, none_assumed, e);
	/* One sample of 32 slices, 400 resamples: a third of it either way is what chance does. */
	assert_near(sqrt(e[METRIC_COUNT].variance), sqrt(variance / n) / mean, 0.34);
	assert_near(e[METRIC_COUNT].freedom, n / RESAMPLE_BLOCK - 1, 1e-9);
	series_finish(&s);
	resamples_finish(&r);
}

/* Several runs that differ among each other: what is within them says nothing of it. */
static void noise_between_runs_counts(void **state)
{
	(void)state;
	struct side side;
	struct resamples r;
	struct series s = {0};
	struct estimate e[METRICS];
	static const int rate[] = {50, 100, 150, 100};
	side_init(&side, 4);
	for (size_t run = 0; run < 4; run++) {
		one_run(&side, 256 * MS);
		for (size_t slice = 0; slice < side.run[run].slices; slice++)
			for (int i = 0; i < rate[run]; i++)
				add(&s, side.run[run].first + slice, 1000);
	}
	assert_true(resamples_init(&r, &side, 1));
	estimate_series(&s, &r, none_assumed, e);
	/* rates of 1/2, 1, 3/2 and 1 of the mean: their variance is 1/6, that of their mean 1/24 */
	assert_near(e[METRIC_COUNT].variance, 1.0 / 24, 0.3);
	assert_near(e[METRIC_COUNT].freedom, 3, 0.1);
	assert_true(e[METRIC_MEDIAN].variance < 0.01);
	series_finish(&s);
	resamples_finish(&r);
}

/* So many instances in each slice of three runs: half of `mean` to one and a half, times what the
   run has more or less than others. */
static void draw_runs(struct series *s, const struct side *side, struct dice *dice, double mean,
                      double run_to_run)
{
	for (size_t run = 0; run < side->runs; run++) {
		double rate = mean * exp(run_to_run * (drawn(dice) - 0.5));
		for (size_t k = 0; k < side->run[run].slices; k++)
			for (int n = (int)(rate * (0.5 + drawn(dice))); n > 0; n--)
				assert_true(series_count(s, side->run[run].first + k));
	}
}

static void three_runs(struct side *side)
{
	side_init(side, 3);
	for (int run = 0; run < 3; run++)
		one_run(side, 256 * MS);
}

/* Three runs have two degrees of freedom, also where what is within them is half of the noise. */
static void freedom_between_runs_is_that_of_their_number(void **state)
{
	(void)state;
	struct side side;
	struct resamples r;
	struct dice dice = {11};
	int between = 0;
	three_runs(&side);
	assert_true(resamples_init(&r, &side, 1));
	for (int try = 0; try < 50; try++) {
		struct series s = {0};
		struct estimate e[METRICS];
		draw_runs(&s, &side, &dice, 40, 0.25);
		estimate_series(&s, &r, none_assumed, e);
		assert_true(e[METRIC_COUNT].judged);
		double freedom = e[METRIC_COUNT].freedom;
		if (freedom < 3)
			between++;
		assert_near(freedom, freedom < 3 ? 2 : r.within_freedom, 1e-9);
		series_finish(&s);
	}
	assert_in_range(between, 10, 49);
	resamples_finish(&r);
}

/* Runs of one program that differ among each other, as often as it takes to count. */
static void several_runs_that_are_alike_differ_as_often_as_they_say(void **state)
{
	(void)state;
	enum { TRIES = 1000 };
	struct side side;
	struct resamples r;
	struct dice dice = {2027};
	int reported = 0;
	three_runs(&side);
	assert_true(resamples_init(&r, &side, 1));
	for (int try = 0; try < TRIES; try++) {
		struct estimate e[SIDES][METRICS];
		for (int which = 0; which < SIDES; which++) {
			struct series s = {0};
			draw_runs(&s, &side, &dice, 40, 0.5);
			estimate_series(&s, &r, none_assumed, e[which]);
			series_finish(&s);
		}
		const struct estimate *a = &e[BEFORE][METRIC_COUNT], *b = &e[AFTER][METRIC_COUNT];
		double variance = a->variance + b->variance;
		double doubt =
			a->variance * a->variance / a->freedom + b->variance * b->variance / b->freedom;
		reported += significance_student(log(b->value / a->value) / sqrt(variance),
		                                 variance * variance / doubt) <= 0.01;
	}
	resamples_finish(&r);
	assert_true(reported <= TRIES / 50);
}

/* Runs that hold few blocks each: what is within them is found whole. */
static void noise_within_short_runs_is_not_understated(void **state)
{
	(void)state;
	enum { TRIES = 200 };
	struct side side;
	struct resamples r;
	struct dice dice = {13};
	double variance = 0;
	side_init(&side, 16);
	for (int run = 0; run < 16; run++)
		one_run(&side, 4 * MS);
	assert_int_equal(side.slices, 64);
	assert_true(resamples_init(&r, &side, 1));
	free(r.between);
	r.between = NULL; /* that within alone */
	for (int try = 0; try < TRIES; try++) {
		struct series s = {0};
		struct estimate e[METRICS];
		draw_runs(&s, &side, &dice, 40, 0);
		estimate_series(&s, &r, none_assumed, e);
		variance += e[METRIC_COUNT].variance / TRIES;
		series_finish(&s);
	}
	/* from 1/2 to 3/2 evenly: a twelfth */
	assert_near(variance, 1.0 / 12 / 64, 0.25);
	resamples_finish(&r);
}

static void fill(struct items *items, int which, const struct side *side, const char *name,
                 struct dice *dice, int per_slice, double mean_ns)
{
	uint32_t item = items_find(items, ITEM_REGION, name, 1); /* its first letter */
	struct series *s = &items->item[item].series[which];
	for (size_t slice = 0; slice < side->slices; slice++)
		for (int i = 0; i < per_slice; i++)
			add(s, slice, mean_ns * (0.5 - log(drawn(dice)) / 2));
}

static void a_slower_region_is_found_among_those_that_are_not(void **state)
{
	(void)state;
	struct items items = {0};
	struct side sides[SIDES];
	const struct side *const side[SIDES] = {&sides[BEFORE], &sides[AFTER]};
	struct dice dice = {99};
	struct comparison c;
	for (int which = 0; which < SIDES; which++) {
		side_init(&sides[which], 1);
		one_run(&sides[which], 1000 * MS);
		for (const char *name = "abcdefghij"; *name; name++)
			fill(&items, which, &sides[which], name, &dice, 20,
			     which == AFTER && *name == 'e' ? 130e3 : 100e3);
	}
	assert_true(comparison_make(&c, &items, side, COMPARISON_MARGIN));
	assert_int_equal(c.rows, 10);
	assert_true(c.row[0].significant);
	assert_string_equal(names_text(&items.names, c.row[0].item->name), "e");
	assert_true(c.row[0].change[METRIC_MEDIAN].significant);
	assert_near(c.row[0].change[METRIC_MEDIAN].ratio, 1.3, 0.1);
	assert_true(c.row[0].change[METRIC_MEDIAN].low < 1.3);
	assert_true(c.row[0].change[METRIC_MEDIAN].high > 1.3);
	for (size_t i = 1; i < c.rows; i++)
		assert_false(c.row[i].significant);
	comparison_finish(&c);
	items_finish(&items);
}

/* So many runs of a quarter of a second on each side; in each slice so many instances of one
   region. */
static void compare_steady(struct comparison *c, struct items *items, struct side sides[SIDES],
                           size_t runs, const int per_slice[SIDES], const double ns[SIDES],
                           double margin)
{
	const struct side *const side[SIDES] = {&sides[BEFORE], &sides[AFTER]};
	for (int which = 0; which < SIDES; which++) {
		side_init(&sides[which], runs);
		for (size_t run = 0; run < runs; run++)
			one_run(&sides[which], 256 * MS);
		uint32_t item = items_find(items, ITEM_REGION, "same", 4);
		for (size_t slice = 0; slice < sides[which].slices; slice++)
			for (int i = 0; i < per_slice[which]; i++)
				add(&items->item[item].series[which], slice, ns[which]);
	}
	assert_true(comparison_make(c, items, side, margin));
}

static void a_change_within_the_margin_is_none_however_exact(void **state)
{
	(void)state;
	static const int even[SIDES] = {100, 100};
	static const double ns[SIDES] = {1e6, 1.015e6};
	for (int margin = 0; margin < 2; margin++) {
		struct items items = {0};
		struct side sides[SIDES];
		struct comparison c;
		compare_steady(&c, &items, sides, 4, even, ns, margin ? COMPARISON_MARGIN : 0);
		assert_true((c.significant > 0) == !margin);
		comparison_finish(&c);
		items_finish(&items);
	}
}

static void one_run_alone_is_not_trusted_with_how_much_got_done(void **state)
{
	(void)state;
	static const int more[SIDES] = {100, 160};
	static const double same[SIDES] = {1e6, 1e6};
	for (size_t runs = 1; runs <= 4; runs += 3) {
		struct items items = {0};
		struct side sides[SIDES];
		struct comparison c;
		compare_steady(&c, &items, sides, runs, more, same, COMPARISON_MARGIN);
		assert_near(c.row[0].change[METRIC_COUNT].ratio, 1.6, 0.01);
		assert_true(c.row[0].change[METRIC_COUNT].significant == (runs > 1));
		comparison_finish(&c);
		items_finish(&items);
	}
}

static void what_is_new_or_gone_is_told_by_its_count(void **state)
{
	(void)state;
	struct items items = {0};
	struct side sides[SIDES];
	const struct side *const side[SIDES] = {&sides[BEFORE], &sides[AFTER]};
	struct dice dice = {5};
	struct comparison c;
	for (int which = 0; which < SIDES; which++) {
		side_init(&sides[which], 1);
		one_run(&sides[which], 1000 * MS);
	}
	fill(&items, AFTER, &sides[AFTER], "n", &dice, 5, 1e5);
	fill(&items, BEFORE, &sides[BEFORE], "g", &dice, 5, 1e5);
	items_find(&items, ITEM_REGION, "z", 1);
	assert_true(comparison_make(&c, &items, side, COMPARISON_MARGIN));
	for (size_t i = 0; i < c.rows; i++) {
		const struct row *row = &c.row[i];
		char name = names_text(&items.names, row->item->name)[0];
		const struct change *count = &row->change[METRIC_COUNT];
		assert_true(row->significant == (name != 'z'));
		assert_true(name != 'n' || isinf(count->ratio));
		assert_true(name != 'g' || count->ratio == 0);
		assert_false(row->change[METRIC_MEDIAN].judged);
	}
	assert_int_equal(c.significant, 2);
	comparison_finish(&c);
	items_finish(&items);
}

/* Durations of two sizes, nearly as many of each: the median jumps from one to the other, and that
   is chance. */
static void a_median_that_jumps_over_a_gap_is_no_change(void **state)
{
	(void)state;
	struct items items = {0};
	struct side sides[SIDES];
	const struct side *const side[SIDES] = {&sides[BEFORE], &sides[AFTER]};
	struct comparison c;
	for (int which = 0; which < SIDES; which++) {
		side_init(&sides[which], 1);
		one_run(&sides[which], 1000 * MS);
		uint32_t item = items_find(&items, ITEM_REGION, "r", 1);
		for (size_t slice = 0; slice < sides[which].slices; slice++)
			for (int i = 0; i < 101; i++) /* 51 short ones before, 50 after */
				add(&items.item[item].series[which], slice, i < 51 - which ? 1e4 : 9e4);
	}
	assert_true(comparison_make(&c, &items, side, COMPARISON_MARGIN));
	assert_near(c.row[0].change[METRIC_MEDIAN].ratio, 9, 1e-6);
	assert_false(c.row[0].change[METRIC_MEDIAN].significant);
	comparison_finish(&c);
	items_finish(&items);
}

/* Two sides alike, again and again: chance may report one in a hundred. */
static void sides_that_are_alike_hardly_ever_differ(void **state)
{
	(void)state;
	enum { TRIES = 40 };
	struct dice dice = {2026};
	int reported = 0;
	for (int try = 0; try < TRIES; try++) {
		struct items items = {0};
		struct side sides[SIDES];
		const struct side *const side[SIDES] = {&sides[BEFORE], &sides[AFTER]};
		struct comparison c;
		for (int which = 0; which < SIDES; which++) {
			side_init(&sides[which], 1);
			one_run(&sides[which], 1000 * MS);
			for (const char *name = "abcdef"; *name; name++)
				fill(&items, which, &sides[which], name, &dice, 10, 1e5);
		}
		assert_true(comparison_make(&c, &items, side, 0));
		reported += c.significant > 0;
		comparison_finish(&c);
		items_finish(&items);
	}
	assert_true(reported <= 2);
}

static void no_items_make_an_empty_comparison(void **state)
{
	(void)state;
	struct items items = {0};
	struct side sides[SIDES];
	const struct side *const side[SIDES] = {&sides[BEFORE], &sides[AFTER]};
	struct comparison c;
	for (int which = 0; which < SIDES; which++) {
		side_init(&sides[which], 1);
		side_begin(&sides[which], "empty");
		side_end(&sides[which], 0);
	}
	assert_true(comparison_make(&c, &items, side, COMPARISON_MARGIN));
	assert_int_equal(c.rows, 0);
	assert_int_equal(c.judged, 0);
	comparison_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weighted_quantile_is_that_of_the_repeated_samples),
		cmocka_unit_test(both_ways_to_a_quantile_meet),
		cmocka_unit_test(numbers_are_per_second_and_per_instance),
		cmocka_unit_test(too_few_instances_are_told_and_not_judged),
		cmocka_unit_test(noise_of_a_count_is_that_of_its_mean),
		cmocka_unit_test(noise_between_runs_counts),
		cmocka_unit_test(freedom_between_runs_is_that_of_their_number),
		cmocka_unit_test(several_runs_that_are_alike_differ_as_often_as_they_say),
		cmocka_unit_test(noise_within_short_runs_is_not_understated),
		cmocka_unit_test(a_slower_region_is_found_among_those_that_are_not),
		cmocka_unit_test(a_change_within_the_margin_is_none_however_exact),
		cmocka_unit_test(one_run_alone_is_not_trusted_with_how_much_got_done),
		cmocka_unit_test(what_is_new_or_gone_is_told_by_its_count),
		cmocka_unit_test(a_median_that_jumps_over_a_gap_is_no_change),
		cmocka_unit_test(sides_that_are_alike_hardly_ever_differ),
		cmocka_unit_test(no_items_make_an_empty_comparison),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

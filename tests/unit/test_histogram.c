#include "tests/unit/metrics_fixture.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/histogram.h"

/* --- bounds --------------------------------------------------------------------------------- */

static void bounds_must_rise_and_be_numbers(void **state)
{
	(void)state;
	assert_null(histogram_bounds_create((double[]){1}, 1));
	assert_null(histogram_bounds_create((double[]){1, 1}, 2));
	assert_null(histogram_bounds_create((double[]){1, 3, 2}, 3));
	assert_null(histogram_bounds_create((double[]){1, NAN}, 2));
	assert_null(histogram_bounds_create((double[]){NAN, 1}, 2));
	assert_null(histogram_bounds_create((double[]){INFINITY, INFINITY}, 2));
	assert_null(histogram_bounds_create((double[]){0, 1}, SIZE_MAX));
	struct histogram_bounds *bounds = histogram_bounds_create((double[]){-INFINITY, INFINITY}, 2);
	assert_non_null(bounds);
	histogram_bounds_unref(bounds);
	histogram_bounds_unref(NULL);
}

static void bounds_live_as_long_as_anybody_holds_them(void **state)
{
	(void)state;
	struct histogram_bounds *bounds = histogram_bounds_create((double[]){0, 1, 2}, 3);
	struct histogram h;
	assert_int_equal(histogram_init(&h, bounds, (uint64_t[]){3, 4}), STATUS_OK);
	histogram_bounds_unref(bounds);
	assert_int_equal(histogram_bounds_count(h.bounds), 3);
	assert_true(histogram_bounds_ns(h.bounds)[2] == 2);
	histogram_finish(&h);
	assert_null(h.bounds);
	histogram_finish(&h);
}

static void bounds_told_in_seconds_equal_those_in_nanoseconds(void **state)
{
	(void)state;
	for (int old_layout = 0; old_layout < 2; old_layout++) {
		struct histogram_bounds *ours = histogram_bounds_of_time_histogram(old_layout);
		size_t n = histogram_bounds_count(ours);
		double *told = malloc(n * sizeof *told);
		assert_non_null(told);
		for (size_t i = 0; i < n; i++)
			told[i] = histogram_bounds_ns(ours)[i] / 1e9 * 1e9;
		struct histogram_bounds *theirs = histogram_bounds_create(told, n);
		assert_non_null(theirs);
		assert_true(histogram_bounds_equal(ours, theirs));
		told[5] *= 1.000001;
		struct histogram_bounds *others = histogram_bounds_create(told, n);
		assert_non_null(others);
		assert_false(histogram_bounds_equal(ours, others));
		histogram_bounds_unref(theirs);
		histogram_bounds_unref(others);
		free(told);
	}
	assert_false(histogram_bounds_equal(histogram_bounds_of_time_histogram(true),
	                                    histogram_bounds_of_time_histogram(false)));
	assert_false(histogram_bounds_equal(histogram_bounds_of_time_histogram(true), NULL));
}

/* runtime/histogram.go, record, in the words of Go >= 1.20: which bucket counts this duration. */
static size_t new_bucket_of(uint64_t ns)
{
	int length = 64 - __builtin_clzll(ns | 1);
	size_t bucket = length < 9 ? 0 : (size_t)length - 9 + 1;
	int bit = length < 9 ? 9 : length;
	if (bucket >= 40)
		return 161;
	return 1 + bucket * 4 + (ns >> (bit - 3)) % 4;
}

/* The same of Go <= 1.19. */
static size_t old_bucket_of(uint64_t ns)
{
	if (ns < 16)
		return 1 + ns;
	size_t bucket = (size_t)(64 - __builtin_clzll(ns)) - 4;
	if (bucket >= 45)
		return 720;
	return 1 + bucket * 16 + (ns >> (bucket - 1)) % 16;
}

static void the_runtimes_record_puts_durations_between_our_bounds(void **state)
{
	(void)state;
	const double *new_ns = histogram_bounds_ns(histogram_bounds_of_time_histogram(false));
	const double *old_ns = histogram_bounds_ns(histogram_bounds_of_time_histogram(true));
	assert_int_equal(histogram_bounds_count(histogram_bounds_of_time_histogram(false)), 163);
	assert_int_equal(histogram_bounds_count(histogram_bounds_of_time_histogram(true)), 722);
	assert_true(isinf(new_ns[0]) && new_ns[1] == 0 && isinf(new_ns[162]));
	assert_true(isinf(old_ns[0]) && old_ns[1] == 0 && isinf(old_ns[721]));
	uint64_t random = 88172645463325252;
	for (int i = 0; i < 200000; i++) {
		random ^= random << 13, random ^= random >> 7, random ^= random << 17;
		uint64_t ns = random >> (12 + i % 52); /* every size of duration */
		size_t bucket = new_bucket_of(ns);
		assert_true(new_ns[bucket] <= (double)ns && (double)ns < new_ns[bucket + 1]);
		bucket = old_bucket_of(ns);
		assert_true(old_ns[bucket] <= (double)ns && (double)ns < old_ns[bucket + 1]);
	}
}

/* --- counts --------------------------------------------------------------------------------- */

static void counts_are_kept_from_the_first_to_the_last_event_only(void **state)
{
	(void)state;
	struct histogram h;
	make_histogram(&h, (uint64_t[]){0, 0, 5, 0, 7, 0}, 6);
	assert_int_equal(h.first, 2);
	assert_int_equal(h.n, 3);
	assert_int_equal(h.total, 12);
	const uint64_t expected[] = {0, 0, 5, 0, 7, 0, 0, 0};
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(histogram_bucket(&h, i), expected[i]);
	struct histogram copy;
	assert_int_equal(histogram_copy(&copy, &h), STATUS_OK);
	assert_int_equal(copy.first, 2);
	assert_int_equal(histogram_bucket(&copy, 4), 7);
	histogram_finish(&h);
	histogram_finish(&copy);
}

static void empty_is_known_and_never_filled_is_unknown(void **state)
{
	(void)state;
	struct histogram empty, unknown = {0}, copy;
	make_histogram(&empty, (uint64_t[]){0, 0}, 2);
	assert_non_null(empty.bounds);
	assert_int_equal(empty.n, 0);
	assert_int_equal(histogram_copy(&copy, &unknown), STATUS_OK);
	assert_null(copy.bounds);
	assert_int_equal(histogram_copy(&copy, &empty), STATUS_OK);
	assert_non_null(copy.bounds);
	histogram_finish(&copy);
	histogram_finish(&empty);
}

static void counts_that_add_up_to_more_than_fits_are_refused(void **state)
{
	(void)state;
	struct histogram h;
	struct histogram_bounds *bounds = histogram_bounds_create((double[]){0, 1, 2}, 3);
	assert_int_equal(histogram_init(&h, bounds, (uint64_t[]){UINT64_MAX, 1}), STATUS_DAMAGED);
	assert_null(h.bounds);
	assert_int_equal(histogram_init(&h, bounds, (uint64_t[]){UINT64_MAX, 0}), STATUS_OK);
	struct percentile max = histogram_percentile(&h, 1);
	assert_true(max.known && max.lo_ns == 0 && max.hi_ns == 1);
	histogram_finish(&h);
	histogram_bounds_unref(bounds);
}

/* --- windows -------------------------------------------------------------------------------- */

static void a_window_is_what_came_between_two_reads(void **state)
{
	(void)state;
	struct histogram before, now, window;
	make_histogram(&before, (uint64_t[]){0, 2, 3, 0, 0}, 5);
	make_histogram(&now, (uint64_t[]){0, 2, 5, 0, 1}, 5);
	assert_int_equal(histogram_window(&window, &now, &before), STATUS_OK);
	assert_int_equal(window.total, 3);
	assert_int_equal(window.first, 2);
	assert_int_equal(histogram_bucket(&window, 2), 2);
	assert_int_equal(histogram_bucket(&window, 4), 1);
	histogram_finish(&window);
	assert_int_equal(histogram_window(&window, &now, NULL), STATUS_OK);
	assert_int_equal(window.total, 8);
	histogram_finish(&window);
	assert_int_equal(histogram_window(&window, &now, &now), STATUS_OK);
	assert_non_null(window.bounds);
	assert_int_equal(window.total, 0);
	histogram_finish(&window);
	histogram_finish(&before);
	histogram_finish(&now);
}

static void a_window_over_a_reset_or_other_bounds_is_unknown(void **state)
{
	(void)state;
	struct histogram before, fell, gone, other, unknown = {0}, window;
	make_histogram(&before, (uint64_t[]){0, 2, 3}, 3);
	make_histogram(&fell, (uint64_t[]){9, 9, 2}, 3);
	make_histogram(&gone, (uint64_t[]){0, 0, 0}, 3);
	make_histogram(&other, (uint64_t[]){9, 9, 9, 9}, 4);
	const struct histogram *const now[4] = {&fell, &gone, &other, &unknown};
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(histogram_window(&window, now[i], &before), STATUS_OK);
		assert_null(window.bounds);
	}
	assert_int_equal(histogram_window(&window, &before, &unknown), STATUS_OK);
	assert_null(window.bounds);
	histogram_finish(&before);
	histogram_finish(&fell);
	histogram_finish(&gone);
	histogram_finish(&other);
}

/* --- percentiles ---------------------------------------------------------------------------- */

static void percentile_of_empty_histogram_is_unknown(void **state)
{
	(void)state;
	struct histogram empty, unknown = {0};
	make_histogram(&empty, (uint64_t[]){0, 0}, 2);
	assert_false(histogram_percentile(&empty, 0.5).known);
	assert_false(histogram_percentile(&unknown, 0.5).known);
	histogram_finish(&empty);
}

static void percentile_counts_events_and_not_buckets(void **state)
{
	(void)state;
	struct histogram h;
	make_histogram(&h, (uint64_t[]){98, 0, 1, 0, 0, 1}, 6);
	static const struct {
		double q, lo_ns;
	} rows[] = {{0, 0}, {0.5, 0}, {0.98, 0}, {0.981, 20}, {0.99, 20}, {0.991, 50}, {1, 50}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct percentile percentile = histogram_percentile(&h, rows[i].q);
		assert_true(percentile.known);
		if (percentile.lo_ns != rows[i].lo_ns || percentile.hi_ns != rows[i].lo_ns + 10)
			fail_msg("quantile %g begins at %g", rows[i].q, percentile.lo_ns);
	}
	assert_false(histogram_percentile(&h, -0.1).known);
	assert_false(histogram_percentile(&h, 1.1).known);
	assert_false(histogram_percentile(&h, NAN).known);
	histogram_finish(&h);
}

/* 0.07 and 0.9 are a little more than 7/100 and 9/10 in binary. */
static void percentile_takes_a_quantile_for_the_decimal_it_was_written_as(void **state)
{
	(void)state;
	struct histogram h;
	make_histogram(&h, (uint64_t[]){7, 83, 10}, 3);
	assert_true(histogram_percentile(&h, 0.07).lo_ns == 0);
	assert_true(histogram_percentile(&h, 0.0701).lo_ns == 10);
	assert_true(histogram_percentile(&h, 0.9).lo_ns == 10);
	histogram_finish(&h);
}

static void percentile_at_the_edges_may_be_infinite(void **state)
{
	(void)state;
	struct histogram_bounds *bounds = histogram_bounds_of_time_histogram(false);
	uint64_t count[162] = {[0] = 1, [161] = 1};
	struct histogram h;
	assert_int_equal(histogram_init(&h, bounds, count), STATUS_OK);
	struct percentile low = histogram_percentile(&h, 0.5), high = histogram_percentile(&h, 1);
	assert_true(isinf(low.lo_ns) && low.lo_ns < 0 && low.hi_ns == 0);
	assert_true(high.lo_ns == 0x1p47 && isinf(high.hi_ns) && high.hi_ns > 0);
	histogram_finish(&h);
}

/* --- against the reference ------------------------------------------------------------------ */

static const char *word(char **line)
{
	const char *token = strsep(line, " \n");
	assert_non_null(token);
	return token;
}

static void expect_word(char **line, const char *expected)
{
	assert_string_equal(word(line), expected);
}

static double number(char **line)
{
	return strtod(word(line), NULL); /* "+Inf" and "-Inf" too */
}

static size_t read_counts(char **line, const char *name, uint64_t count[64])
{
	expect_word(line, name);
	size_t n = strtoul(word(line), NULL, 10);
	assert_true(n < 64);
	for (size_t i = 0; i < n; i++)
		count[i] = strtoull(word(line), NULL, 10);
	return n;
}

/* The format is told in tests/reference/percentiles/main.go. */
static void compare(char *line)
{
	double bound_ns[64];
	uint64_t count[64];
	struct histogram before = {0}, now, window;
	expect_word(&line, "bounds");
	size_t n = strtoul(word(&line), NULL, 10);
	assert_true(n <= 64);
	for (size_t i = 0; i < n; i++)
		bound_ns[i] = number(&line);
	struct histogram_bounds *bounds = histogram_bounds_create(bound_ns, n);
	assert_non_null(bounds);
	bool since_start = read_counts(&line, "before", count) == 0;
	if (!since_start)
		assert_int_equal(histogram_init(&before, bounds, count), STATUS_OK);
	assert_int_equal(read_counts(&line, "now", count), n - 1);
	assert_int_equal(histogram_init(&now, bounds, count), STATUS_OK);
	assert_int_equal(histogram_window(&window, &now, since_start ? NULL : &before), STATUS_OK);

	expect_word(&line, "expect");
	const char *expected = word(&line);
	bool unknown = strcmp(expected, "unknown") == 0;
	size_t quantiles = strtoul(expected, NULL, 10);
	assert_int_equal(window.bounds == NULL, unknown);
	if (quantiles == 0)
		assert_false(histogram_percentile(&window, 0.5).known);
	for (size_t i = 0; i < quantiles; i++) {
		struct percentile percentile = histogram_percentile(&window, number(&line) / 1000);
		assert_true(percentile.known);
		assert_true(percentile.lo_ns == number(&line));
		assert_true(percentile.hi_ns == number(&line));
	}
	histogram_finish(&before);
	histogram_finish(&now);
	histogram_finish(&window);
	histogram_bounds_unref(bounds);
}

/* A program of tests/reference and its arguments; skips the test when there is no Go to run it. */
static FILE *run_reference(const char *program)
{
	const char *srcdir = getenv("srcdir");
	char command[4096];
	/* A shell and the PATH are just what is wanted here: NOLINTBEGIN(cert-env33-c) */
	if (system("go version >/dev/null 2>&1") != 0) {
		print_message("Go, which computes the reference, is not installed\n");
		skip();
	}
	snprintf(command, sizeof command, "cd '%s/tests/reference' && go run ./%s",
	         srcdir ? srcdir : ".", program);
	FILE *reference = popen(command, "r");
	/* NOLINTEND(cert-env33-c) */
	assert_non_null(reference);
	return reference;
}

static void percentiles_equal_the_reference_computed_in_go(void **state)
{
	(void)state;
	FILE *reference = run_reference("percentiles -seed 3 -cases 3000");
	char *line = NULL;
	size_t size = 0, cases = 0;
	for (; getline(&line, &size, reference) > 0; cases++)
		compare(line);
	free(line);
	assert_int_equal(pclose(reference), 0);
	assert_int_equal(cases, 3000);
}

static void bounds_equal_those_that_the_runtime_tells(void **state)
{
	(void)state;
	const struct histogram_bounds *ours = histogram_bounds_of_time_histogram(false);
	FILE *reference = run_reference("bounds");
	char line[64];
	size_t n = 0;
	for (; fgets(line, sizeof line, reference); n++) {
		assert_true(n < histogram_bounds_count(ours));
		assert_true(histogram_bounds_ns(ours)[n] == strtod(line, NULL));
	}
	assert_int_equal(pclose(reference), 0);
	assert_int_equal(n, histogram_bounds_count(ours));
}

/* --- memory --------------------------------------------------------------------------------- */

static void without_memory_a_histogram_is_unknown_and_nothing_leaks(void **state)
{
	(void)state;
	struct histogram before, now, out;
	make_histogram(&before, (uint64_t[]){0, 2, 3}, 3);
	make_histogram(&now, (uint64_t[]){1, 2, 5}, 3);
	for (long n = 0; n < 2; n++) {
		fail_allocation(n);
		enum status status = histogram_window(&out, &now, &before);
		fail_allocation(-1);
		assert_int_equal(status, STATUS_FAILED);
		assert_null(out.bounds);
	}
	fail_allocation(0);
	assert_int_equal(histogram_copy(&out, &now), STATUS_FAILED);
	assert_null(out.bounds);
	assert_null(histogram_bounds_create((double[]){0, 1}, 2));
	fail_allocation(-1);
	histogram_finish(&before);
	histogram_finish(&now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_must_rise_and_be_numbers),
		cmocka_unit_test(bounds_live_as_long_as_anybody_holds_them),
		cmocka_unit_test(bounds_told_in_seconds_equal_those_in_nanoseconds),
		cmocka_unit_test(the_runtimes_record_puts_durations_between_our_bounds),
		cmocka_unit_test(counts_are_kept_from_the_first_to_the_last_event_only),
		cmocka_unit_test(empty_is_known_and_never_filled_is_unknown),
		cmocka_unit_test(counts_that_add_up_to_more_than_fits_are_refused),
		cmocka_unit_test(a_window_is_what_came_between_two_reads),
		cmocka_unit_test(a_window_over_a_reset_or_other_bounds_is_unknown),
		cmocka_unit_test(percentile_of_empty_histogram_is_unknown),
		cmocka_unit_test(percentile_counts_events_and_not_buckets),
		cmocka_unit_test(percentile_takes_a_quantile_for_the_decimal_it_was_written_as),
		cmocka_unit_test(percentile_at_the_edges_may_be_infinite),
		cmocka_unit_test(percentiles_equal_the_reference_computed_in_go),
		cmocka_unit_test(bounds_equal_those_that_the_runtime_tells),
		cmocka_unit_test(without_memory_a_histogram_is_unknown_and_nothing_leaks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

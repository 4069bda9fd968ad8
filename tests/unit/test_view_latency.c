#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/view.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tui_fixture.h"
#include "tui/distribution.h"
#include "tui/frame.h"
#include "tui/series.h"
#include "util/clock.h"
#include "util/text.h"

#define SECONDS 90

static struct view_data data_of(const struct history *h)
{
	return (struct view_data){.history = h,
	                          .state = TARGET_LIVE,
	                          .now_ns = history_get(h, 0)->monotonic_ns + NS_PER_MS,
	                          .clock = "12:31:07"};
}

static char *text_at(const struct history *h, int width, int height, bool ascii, int64_t late_ns)
{
	struct view_place place = {0};
	struct canvas *canvas = canvas_create(width, height, ascii);
	assert_non_null(canvas);
	struct view_data data = data_of(h);
	data.now_ns += late_ns;
	frame_draw(canvas, &view_latency, &data, &place, 0);
	char *text = fixture_text(canvas);
	assert_non_null(text);
	canvas_destroy(canvas);
	return text;
}

static void pictures_equal_their_goldens(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int width, height;
		bool ascii;
	} table[] = {
		{"latency-80x24", 80, 24, false},   {"latency-80x24-ascii", 80, 24, true},
		{"latency-120x40", 120, 40, false}, {"latency-120x40-ascii", 120, 40, true},
		{"latency-200x50", 200, 50, false}, {"latency-200x50-ascii", 200, 50, true},
	};
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *text = text_at(h, table[i].width, table[i].height, table[i].ascii, 0);
		assert_true(fixture_is_golden(table[i].name, text));
		free(text);
	}
	history_destroy(h);
}

/* As long as no older events are known than those of the last 10 s, a minute would be the same. */
static void windows_that_are_still_one_are_shown_once(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, 8); /* 7 s of them */
	char *text = text_at(h, 120, 40, false, 0);
	fixture_shows(text, "7 s  ○ start");
	fixture_shows(text, "Wait to run                  7 s ");
	fixture_shows(text, "1 min             –             –");
	fixture_shows(text, "ms/s  1 min           –  start"); /* mutexes */
	free(text);
	/* A low screen has one line of each, and that one tells. */
	text = text_at(h, 80, 24, false, 0);
	fixture_shows(text, "GC 7 s");
	free(text);
	history_destroy(h);
	h = fixture_history(&fixture_busy, 14);
	text = text_at(h, 120, 40, false, 0);
	fixture_shows(text, "│ 13 s");
	fixture_shows(text, "                            13 s ");
	free(text);
	history_destroy(h);
}

/* --- the figures ---------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

/*
 * The truth is a list of every single event: the percentile is found by sorting it and the range by
 * looking for the bucket around it, without any of the code under test.
 */
static void the_table_tells_the_percentiles_of_the_events(void **state)
{
	(void)state;
	enum { BUCKETS = 30, EVENTS = 4000 };
	static const double quantile[] = {0.5, 0.9, 0.99, 0.999, 1};
	static double event[EVENTS];
	double bound[BUCKETS + 1];
	uint64_t count[BUCKETS] = {0};
	uint32_t random = 12;
	for (int i = 0; i <= BUCKETS; i++)
		bound[i] = (double)(UINT64_C(64) << i);
	for (int i = 0; i < EVENTS; i++) {
		random = random * 1664525 + 1013904223;
		event[i] = 64 * exp2((double)(random >> 8) / 0x1000000 * (random % 7 ? 9 : 24));
		count[(int)log2(event[i] / 64)]++;
	}
	qsort(event, EVENTS, sizeof *event, by_value);
	struct history *h = history_create(600 * NS_PER_S, 1 << 20);
	struct histogram_bounds *bounds = histogram_bounds_create(bound, BUCKETS + 1);
	for (int second = 0; second < 2; second++) {
		static const uint64_t none[BUCKETS];
		struct snapshot *s = fixture_snapshot(&fixture_busy, second + 1);
		histogram_finish(&s->histogram[HISTOGRAM_SCHED_LATENCY]);
		assert_int_equal(histogram_init(&s->histogram[HISTOGRAM_SCHED_LATENCY], bounds,
		                                second ? count : none),
		                 STATUS_OK);
		history_add(h, s);
	}
	histogram_bounds_unref(bounds);
	char *text = text_at(h, 160, 40, true, 0), *row = strstr(text, "\n Wait to run         ");
	assert_non_null(row);
	*strchr(row + 1, '\n') = '\0';
	for (size_t q = 0; q < sizeof quantile / sizeof *quantile; q++) {
		double value = event[(int)ceil(quantile[q] * EVENTS) - 1];
		char expected[64];
		int bucket = 0;
		while (bound[bucket + 1] <= value)
			bucket++;
		text_duration_range(expected, sizeof expected, bound[bucket], bound[bucket + 1], true);
		fixture_shows(row, expected);
		row = strstr(row, expected) + strlen(expected); /* in this order */
	}
	fixture_shows(row, " 4,000 ");
	free(text);
	history_destroy(h);
}

static void the_mutex_line_tells_time_per_second(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	char *text = text_at(h, 120, 40, true, 0);
	fixture_shows(text, "Mutex wait  10 s    46.8 ms/s"); /* 46.8 ms each second */
	free(text);
	history_destroy(h);
}

/* Every event is in one row, and the rows are where the runtime's buckets are. */
static void rows_hold_every_event_of_every_window(void **state)
{
	(void)state;
	uint32_t random = 5;
	struct histogram_bounds *bounds[] = {histogram_bounds_of_time_histogram(false),
	                                     histogram_bounds_of_time_histogram(true)};
	for (int round = 0; round < 400; round++) {
		struct histogram window[PLOT_WINDOWS] = {{0}};
		struct histogram_bounds *b = bounds[round % 2];
		size_t buckets = histogram_bounds_count(b) - 1;
		int rows = 1 + round % 30;
		for (int w = 0; w < PLOT_WINDOWS; w++) {
			uint64_t *count = calloc(buckets, sizeof *count);
			for (size_t i = 0; i < buckets; i++) {
				random = random * 1664525 + 1013904223;
				count[i] = random >> 28 ? 0 : random >> 12 & 0xff;
			}
			assert_int_equal(histogram_init(&window[w], b, count), STATUS_OK);
			free(count);
		}
		struct distribution d;
		distribution_make(&d, window, rows);
		assert_in_range(d.rows, 1, rows);
		for (int w = 0; w < PLOT_WINDOWS; w++) {
			uint64_t sum = 0, below = 0;
			for (int i = 0; i < d.rows; i++)
				sum += d.row[i].count[w];
			assert_int_equal(sum, window[w].total);
			/* Against the buckets themselves, at the first edge between two rows. */
			for (size_t i = 0; d.rows > 1 && i < buckets; i++)
				if (histogram_bounds_ns(b)[i] < d.row[0].hi_ns)
					below += histogram_bucket(&window[w], i);
			if (d.rows > 1)
				assert_int_equal(d.row[0].count[w], below);
			histogram_finish(&window[w]);
		}
		for (int i = 1; i < d.rows; i++)
			assert_true(d.row[i].lo_ns == d.row[i - 1].hi_ns);
		assert_true(d.share_max > 0 && d.share_max <= 1);
	}
}

/* A bar of the chart is the percentile of what happened in its step. */
static void a_series_is_the_percentile_of_each_step(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, 40);
	struct view_data data = data_of(h);
	double value[20];
	double max = series_percentile(&data, HISTOGRAM_SCHED_LATENCY, 0.5, NS_PER_S, value, 20);
	/* fill_histogram: in second s most events are in bucket 5 + s / 6 % 5, which ends at 2^(that +
	   1) µs. The fixture's clock stands on whole seconds: step i ends with second 22 + i. */
	for (int i = 0; i < 19; i++)
		assert_true(value[i] == ldexp(1000, 6 + (22 + i) / 6 % 5));
	assert_true(max == ldexp(1000, 10));
	assert_int_equal(series_step_ns(&data, 60 * NS_PER_S, 30), 2 * NS_PER_S);
	assert_int_equal(series_step_ns(&data, 60 * NS_PER_S, 600), NS_PER_S); /* of the snapshots */
	history_destroy(h);
}

static bool count_of(const struct snapshot *s, int64_t *count)
{
	return fields_get(&s->runtime, RUNTIME_GOROUTINES, count);
}

/* What is unknown, or was before anybody looked, leaves its place free; it is no 0. */
static void a_series_of_counts_has_the_last_of_each_step(void **state)
{
	(void)state;
	struct history *h = history_create(600 * NS_PER_S, 8 << 20);
	for (int second = 1; second <= 12; second++) {
		struct snapshot *s = fixture_snapshot(&fixture_busy, second);
		if (second == 6)
			s->runtime = (struct fields){0};
		else
			fields_set(&s->runtime, RUNTIME_GOROUTINES, 100 * second);
		history_add(h, s);
	}
	struct view_data data = data_of(h);
	double value[15];
	double max = series_counts(&data, count_of, NS_PER_S, value, 15);
	assert_true(max == 1200);
	/* The last step has just begun: it ends at second 13 with what second 12 told. */
	for (int i = 3; i < 14; i++)
		assert_true(i == 7 ? isnan(value[i]) : value[i] == 100 * (i - 1));
	assert_true(isnan(value[0]) && isnan(value[1]));
	history_destroy(h);
}

/* A snapshot that is a little late or early does not tear a hole. */
static void snapshots_that_jitter_leave_no_gap(void **state)
{
	(void)state;
	struct history *h = history_create(600 * NS_PER_S, 8 << 20);
	for (int second = 1; second <= 30; second++) {
		struct snapshot *s = fixture_snapshot(&fixture_busy, second);
		s->monotonic_ns += (second % 3 - 1) * 2 * NS_PER_MS;
		history_add(h, s);
	}
	struct view_data data = data_of(h);
	double value[20];
	series_percentile(&data, HISTOGRAM_SCHED_LATENCY, 0.99, NS_PER_S, value, 20);
	for (int i = 0; i < 19; i++)
		assert_true(value[i] > 0);
	history_destroy(h);
}

/* --- unknown, empty, stale ------------------------------------------------------------------ */

static void what_nobody_tells_is_a_dash(void **state)
{
	(void)state;
	struct fixture f = fixture_busy;
	f.memory = f.agent = false;
	struct history *h = fixture_history(&f, 20);
	char *text = text_at(h, 120, 40, false, 0);
	fixture_shows(text, "– no source tells");
	fixture_shows(text, "– nothing known of this time");
	assert_null(strstr(text, "0 ns"));
	free(text);
	history_destroy(h);
}

static void an_empty_window_says_so(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, 40);
	/* Nothing has happened since. */
	for (int second = 41; second < 60; second++) {
		struct snapshot *s = fixture_snapshot(&fixture_busy, second),
						*old = fixture_snapshot(&fixture_busy, 40);
		for (int id = 0; id < HISTOGRAM_COUNT; id++) {
			histogram_finish(&s->histogram[id]);
			assert_int_equal(histogram_copy(&s->histogram[id], &old->histogram[id]), STATUS_OK);
		}
		snapshot_unref(old);
		history_add(h, s);
	}
	char *text = text_at(h, 120, 40, false, 0);
	fixture_shows(text, "none in the last 10 s");
	free(text);
	history_destroy(h);

	/* Fewer than 7 seconds: no collection yet. */
	h = fixture_history(&fixture_busy, 5);
	text = text_at(h, 120, 40, false, 0);
	fixture_shows(text, "none since the process started");
	free(text);
	history_destroy(h);
}

static void stale_distributions_are_dim_and_tell_their_age(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, 40);
	char *text = text_at(h, 120, 40, false, 12 * NS_PER_S);
	fixture_shows(text, "12 s old");
	free(text);
	text = text_at(h, 120, 40, false, 0);
	assert_null(strstr(text, " old"));
	free(text);
	history_destroy(h);
}

static void axes_are_labelled_with_their_ends(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	char *text = text_at(h, 120, 40, true, 0);
	fixture_shows(text, "60 s ago");
	fixture_shows(text, "now");
	fixture_shows(text, "16.8 ms"); /* the longest p99 of the minute is 16.4 ms: 2^24 ns */
	fixture_shows(text, "100 %");
	free(text);
	history_destroy(h);
}

/* As many steps as there may be, of a time that is no multiple of their number. */
static void a_span_of_any_length_stays_in_its_place(void **state)
{
	(void)state;
	struct history *h = history_create(600 * NS_PER_S, 1 << 20);
	for (int second = 1; second <= 3; second++) {
		struct snapshot *s = fixture_snapshot(&fixture_busy, second);
		s->interval_ns = 50 * NS_PER_MS;
		history_add(h, s);
	}
	struct canvas *canvas = canvas_create(300, 50, false);
	struct view_place place = {0};
	struct view_data data = data_of(h);
	data.span_ns = 60 * NS_PER_S + 1001;
	frame_draw(canvas, &view_latency, &data, &place, 0);
	char *text = fixture_text(canvas);
	fixture_shows(text, "60 s ago");
	free(text);
	canvas_destroy(canvas);
	history_destroy(h);
}

static void every_size_stays_in_its_place(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, 20);
	for (int width = 40; width <= 300; width += 13)
		for (int height = 10; height <= 100; height += 9) {
			bool ascii = (width + height) % 2;
			char *text = text_at(h, width, height, ascii, 0);
			assert_non_null(strstr(text, "p99"));
			assert_non_null(strstr(text, "Wait"));
			for (const char *at = text; *at; at++)
				assert_true(*at == '\n' || (unsigned char)*at >= 0x20);
			free(text);
		}
	history_destroy(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_equal_their_goldens),
		cmocka_unit_test(windows_that_are_still_one_are_shown_once),
		cmocka_unit_test(the_table_tells_the_percentiles_of_the_events),
		cmocka_unit_test(the_mutex_line_tells_time_per_second),
		cmocka_unit_test(rows_hold_every_event_of_every_window),
		cmocka_unit_test(a_series_is_the_percentile_of_each_step),
		cmocka_unit_test(a_series_of_counts_has_the_last_of_each_step),
		cmocka_unit_test(snapshots_that_jitter_leave_no_gap),
		cmocka_unit_test(what_nobody_tells_is_a_dash),
		cmocka_unit_test(an_empty_window_says_so),
		cmocka_unit_test(stale_distributions_are_dim_and_tell_their_age),
		cmocka_unit_test(axes_are_labelled_with_their_ends),
		cmocka_unit_test(a_span_of_any_length_stays_in_its_place),
		cmocka_unit_test(every_size_stays_in_its_place),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("view_latency", tests, NULL, NULL);
}

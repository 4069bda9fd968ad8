#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "browse/timeline_window.h"

#include <string.h>

#include "util/clock.h"

static const struct timeline_window all = {5 * NS_PER_S, 8 * NS_PER_S};

static struct timeline_window window(int64_t from_ns, int64_t to_ns)
{
	return (struct timeline_window){from_ns, to_ns};
}

static void assert_window(struct timeline_window w, int64_t from_ns, int64_t to_ns)
{
	assert_int_equal(w.from_ns, from_ns);
	assert_int_equal(w.to_ns, to_ns);
}

static void a_window_never_leaves_the_trace(void **state)
{
	(void)state;
	assert_window(timeline_pan(window(5 * NS_PER_S, 6 * NS_PER_S), all, -NS_PER_S), 5 * NS_PER_S,
	              6 * NS_PER_S);
	assert_window(timeline_pan(window(5 * NS_PER_S, 6 * NS_PER_S), all, INT64_MAX), 7 * NS_PER_S,
	              8 * NS_PER_S);
	assert_window(timeline_zoom(window(7 * NS_PER_S, 8 * NS_PER_S), all, 8 * NS_PER_S, 2),
	              6 * NS_PER_S, 8 * NS_PER_S);
	assert_window(timeline_zoom(window(7 * NS_PER_S, 8 * NS_PER_S), all, 7 * NS_PER_S, 1e9),
	              all.from_ns, all.to_ns);
}

static void zooming_keeps_the_moment_in_its_place(void **state)
{
	(void)state;
	struct timeline_window w = all;
	int64_t at = 6 * NS_PER_S + 123456789;
	int column = timeline_column(w, 120, at);
	for (int i = 0; i < 20; i++) {
		w = timeline_zoom(w, all, at, 0.5);
		assert_in_range(timeline_column(w, 120, at), column - 1, column + 1);
	}
	assert_true(timeline_width(w) < 10 * NS_PER_US);
}

static void a_window_is_never_narrower_than_the_least(void **state)
{
	(void)state;
	struct timeline_window w = all;
	for (int i = 0; i < 100; i++)
		w = timeline_zoom(w, all, 6 * NS_PER_S, 0.5);
	assert_int_equal(timeline_width(w), TIMELINE_WIDTH_MIN_NS);
	struct timeline_window tiny = window(7, 9);
	assert_window(timeline_clamp(window(0, 1), tiny), 7, 9);
}

static void every_column_begins_in_itself(void **state)
{
	(void)state;
	const struct timeline_window windows[] = {all, window(7, 9), window(-5, 994),
	                                          window(-(INT64_C(1) << 61), INT64_C(1) << 61)};
	for (size_t i = 0; i < sizeof windows / sizeof *windows; i++)
		for (int columns = 1; columns < 400; columns += 7)
			for (int x = 0; x < columns; x++) {
				int64_t at = timeline_moment(windows[i], columns, x);
				assert_true(at >= windows[i].from_ns);
				/* Columns that are narrower than a nanosecond share one. */
				if (timeline_width(windows[i]) >= columns)
					assert_int_equal(timeline_column(windows[i], columns, at), x);
			}
}

static void what_is_shown_has_room_on_both_sides(void **state)
{
	(void)state;
	struct timeline_window w = window(6 * NS_PER_S, 6 * NS_PER_S + 8000);
	assert_window(timeline_show(w, all, w.from_ns + 4000), w.from_ns, w.to_ns);
	struct timeline_window moved = timeline_show(w, all, w.to_ns - 1);
	assert_int_equal(timeline_width(moved), 8000);
	assert_int_equal(timeline_column(moved, 80, w.to_ns - 1), 40);
}

static void labels_of_the_axis_have_room(void **state)
{
	(void)state;
	struct timeline_window w = all;
	for (int columns = 20; columns < 300; columns += 13)
		for (w = all; timeline_width(w) > TIMELINE_WIDTH_MIN_NS;
		     w = timeline_zoom(w, all, 7 * NS_PER_S, 0.7)) {
			char text[32];
			int64_t step = timeline_step(w, columns, all.from_ns);
			timeline_time_text(text, sizeof text, w.to_ns - all.from_ns, step);
			double cells = (double)step / (double)timeline_width(w) * columns;
			assert_true(cells > (double)strlen(text) || step == timeline_width(w));
		}
	/* A trace with times from anywhere is no reason to hang or to overflow. */
	w = window(-(INT64_C(1) << 61), INT64_C(1) << 61);
	assert_true(timeline_step(w, 80, w.from_ns) > 0);
}

static void times_have_the_decimals_that_tell_them_apart(void **state)
{
	(void)state;
	static const struct {
		int64_t ns, step;
		const char *text;
	} table[] = {
		{0, NS_PER_S, "0 s"},
		{1204412345, NS_PER_S, "1 s"},
		{1204412345, 200 * NS_PER_MS, "1.2 s"},
		{1204412345, NS_PER_MS, "1.204 s"},
		{1204412345, 50 * NS_PER_US, "1.20441 s"},
		{1204412345, 1, "1.204412345 s"},
		{1999999999, NS_PER_MS, "2.000 s"},
		{-1500000, NS_PER_MS, "-0.002 s"},
		{3661 * NS_PER_S, 10 * NS_PER_S, "3661 s"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char text[32];
		timeline_time_text(text, sizeof text, table[i].ns, table[i].step);
		assert_string_equal(text, table[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_never_leaves_the_trace),
		cmocka_unit_test(zooming_keeps_the_moment_in_its_place),
		cmocka_unit_test(a_window_is_never_narrower_than_the_least),
		cmocka_unit_test(every_column_begins_in_itself),
		cmocka_unit_test(what_is_shown_has_room_on_both_sides),
		cmocka_unit_test(labels_of_the_axis_have_room),
		cmocka_unit_test(times_have_the_decimals_that_tell_them_apart),
	};
	return cmocka_run_group_tests_name("timeline_window", tests, NULL, NULL);
}

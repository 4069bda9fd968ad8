#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/plot.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tui_fixture.h"

static void assert_text(struct canvas *canvas, const char *expected)
{
	char *text = fixture_text(canvas);
	assert_non_null(text);
	text[strlen(text) - 1] = '\0';
	assert_string_equal(text, expected);
	free(text);
	canvas_destroy(canvas);
}

static struct lane_share share(double idle, double running, double gc, double syscall, double sched)
{
	struct lane_share s = {.known = true};
	s.share[LANE_IDLE] = idle;
	s.share[LANE_RUNNING] = running;
	s.share[LANE_GC] = gc;
	s.share[LANE_SYSCALL] = syscall;
	s.share[LANE_SCHEDULER] = sched;
	s.share[LANE_UNKNOWN] = 1 - idle - running - gc - syscall - sched;
	return s;
}

static void levels_rise_with_the_ratio(void **state)
{
	(void)state;
	uint32_t last = 0;
	for (int i = 0; i <= 100; i++) {
		uint32_t level = plot_level(i / 100.0, false);
		assert_true(level >= last && level >= 0x2581 && level <= 0x2588);
		last = level;
	}
	assert_int_equal(last, 0x2588);
	assert_int_equal(plot_level(-1, false), 0x2581);
	assert_int_equal(plot_level(NAN, false), 0x2581);
	assert_int_equal(plot_level(INFINITY, true), '@');
}

static void a_sparkline_ends_at_the_right_and_skips_the_unknown(void **state)
{
	(void)state;
	static const double value[] = {9, 0, NAN, 4, 8};
	struct canvas *canvas = canvas_create(6, 1, false);
	plot_spark(pane_of(canvas), STYLE_TEXT, value, 5, 8);
	assert_text(canvas, " █▁ ▅█");
	canvas = canvas_create(3, 1, true);
	plot_spark(pane_of(canvas), STYLE_TEXT, value, 5, 8);
	assert_text(canvas, " +@");
}

static void a_sparkline_of_zeros_is_flat(void **state)
{
	(void)state;
	static const double value[] = {0, 0};
	struct canvas *canvas = canvas_create(2, 1, false);
	plot_spark(pane_of(canvas), STYLE_TEXT, value, 2, 0);
	assert_text(canvas, "▁▁");
}

static void a_bar_fills_its_pane_whatever_the_shares(void **state)
{
	(void)state;
	uint32_t seed = 3;
	for (int round = 0; round < 2000; round++) {
		double part[5], sum = 0;
		for (int i = 0; i < 5; i++) {
			seed = seed * 1664525 + 1013904223;
			part[i] = seed >> 30 ? seed >> 16 : 0;
			sum += part[i];
		}
		if (sum <= 0)
			continue;
		struct lane_share s =
			share(part[0] / sum, part[1] / sum, part[2] / sum, part[3] / sum, part[4] / sum);
		struct canvas *canvas = canvas_create(1 + round % 40, 1, true);
		plot_bar(pane_of(canvas), &s);
		for (int x = 0; x < canvas->width; x++)
			assert_non_null(strchr("#gS:.", (int)canvas_at(canvas, x, 0)->glyph));
		canvas_destroy(canvas);
	}
}

static void a_bar_shows_shares_in_the_legends_order(void **state)
{
	(void)state;
	struct lane_share s = share(0.2, 0.4, 0.2, 0.1, 0.1);
	struct canvas *canvas = canvas_create(10, 1, true);
	plot_bar(pane_of(canvas), &s);
	assert_text(canvas, "####ggS:..");
	canvas = canvas_create(10, 1, false);
	plot_bar(pane_of(canvas), &s);
	assert_text(canvas, "████░░▒:··");
}

static void unknown_shares_draw_nothing(void **state)
{
	(void)state;
	struct lane_share unknown = {.known = false}, unseen = share(0, 0, 0, 0, 0);
	struct canvas *canvas = canvas_create(4, 1, false);
	plot_bar(pane_of(canvas), &unknown);
	plot_bar(pane_of(canvas), &unseen);
	plot_lane(pane_of(canvas), 0, &unknown);
	plot_lane(pane_of(canvas), 1, &unseen);
	assert_text(canvas, "");
}

static void a_lane_cell_shows_the_state_that_matters(void **state)
{
	(void)state;
	static const struct {
		double idle, running, gc, syscall, sched;
		const char *drawn, *ascii;
	} table[] = {
		{0, 1, 0, 0, 0, "▇", "#"},     {1, 0, 0, 0, 0, "·", "."},
		{0.5, 0.5, 0, 0, 0, "▄", "#"}, {0.95, 0.05, 0, 0, 0, "▁", "-"},
		{0.8, 0.2, 0, 0, 0, "▂", "+"}, {0.995, 0.005, 0, 0, 0, "·", "."},
		{0, 0.3, 0.7, 0, 0, "░", "g"}, {0.9, 0, 0.1, 0, 0, "░", "g"},
		{0.2, 0, 0, 0.8, 0, "▒", "S"}, {0.95, 0, 0, 0.05, 0, "·", "."},
		{0.6, 0, 0, 0, 0.4, ":", ":"}, {0.93, 0.03, 0, 0, 0.04, "·", "."},
		{0.1, 0.3, 0, 0, 0, "▆", "#"}, /* the rest of the time nobody looked, and it is left out */
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		for (int ascii = 0; ascii < 2; ascii++) {
			struct lane_share s = share(table[i].idle, table[i].running, table[i].gc,
			                            table[i].syscall, table[i].sched);
			struct canvas *canvas = canvas_create(1, 1, ascii);
			if (s.share[LANE_UNKNOWN] >= 0.5)
				s.share[LANE_UNKNOWN] = 0.49;
			plot_lane(pane_of(canvas), 0, &s);
			assert_text(canvas, ascii ? table[i].ascii : table[i].drawn);
		}
}

static void every_state_has_a_glyph_of_its_own(void **state)
{
	(void)state;
	for (int a = LANE_UNKNOWN; a < LANE_STATE_COUNT; a++)
		for (int b = a + 1; b < LANE_STATE_COUNT; b++) {
			assert_int_not_equal(plot_state[a].glyph, plot_state[b].glyph);
			assert_int_not_equal(plot_state[a].ascii, plot_state[b].ascii);
		}
}

static void a_legend_drops_whole_entries(void **state)
{
	(void)state;
	struct canvas *canvas = canvas_create(50, 1, true);
	plot_legend(pane_of(canvas));
	assert_text(canvas, "       # running  g GC  S syscall  : sched  . idle");
	canvas = canvas_create(17, 1, true);
	plot_legend(pane_of(canvas));
	assert_text(canvas, "  : sched  . idle");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels_rise_with_the_ratio),
		cmocka_unit_test(a_sparkline_ends_at_the_right_and_skips_the_unknown),
		cmocka_unit_test(a_sparkline_of_zeros_is_flat),
		cmocka_unit_test(a_bar_fills_its_pane_whatever_the_shares),
		cmocka_unit_test(a_bar_shows_shares_in_the_legends_order),
		cmocka_unit_test(unknown_shares_draw_nothing),
		cmocka_unit_test(a_lane_cell_shows_the_state_that_matters),
		cmocka_unit_test(every_state_has_a_glyph_of_its_own),
		cmocka_unit_test(a_legend_drops_whole_entries),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("plot", tests, NULL, NULL);
}

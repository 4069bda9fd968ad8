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

/* A canvas of each kind. */
enum { BRAILLE, BLOCKS, ASCII, KINDS };
static struct canvas *canvas_of(int kind, int width, int height)
{
	struct canvas *canvas = canvas_create(width, height, kind == ASCII);
	assert_non_null(canvas);
	canvas->blocks = kind == BLOCKS;
	return canvas;
}

static void a_sparkline_ends_at_the_right_and_skips_the_unknown(void **state)
{
	(void)state;
	static const double value[] = {9, 0, NAN, 4, 8};
	static const char *const expected[] = {" ⢸⡀⣾", "█▁ ▅█", "@. +@"};
	static const int width[] = {4, 5, 5};
	for (int kind = 0; kind < KINDS; kind++) {
		struct canvas *canvas = canvas_of(kind, width[kind], 1);
		plot_spark(pane_of(canvas), STYLE_TEXT, value, 5, 8);
		assert_text(canvas, expected[kind]);
		canvas = canvas_of(kind, 2, 1); /* too narrow: the oldest are left out */
		plot_spark(pane_of(canvas), STYLE_TEXT, value, 5, 8);
		static const char *const narrow[] = {"⡀⣾", "▅█", "+@"};
		assert_text(canvas, narrow[kind]);
	}
}

static void a_sparkline_of_zeros_is_flat(void **state)
{
	(void)state;
	static const double value[] = {0, 0};
	static const char *const expected[] = {" ⣀", "▁▁", ".."};
	for (int kind = 0; kind < KINDS; kind++) {
		struct canvas *canvas = canvas_of(kind, 2, 1);
		plot_spark(pane_of(canvas), STYLE_TEXT, value, 2, 0);
		assert_text(canvas, expected[kind]);
	}
}

/* Every dot of a column of braille stands for a quarter, counted from below. */
static void braille_levels_rise_with_the_ratio(void **state)
{
	(void)state;
	int last = 1;
	for (int i = 0; i <= 100; i++) {
		double value[] = {NAN, i / 100.0};
		struct canvas *canvas = canvas_of(BRAILLE, 1, 1);
		plot_spark(pane_of(canvas), STYLE_TEXT, value, 2, 1);
		int dots = __builtin_popcount(canvas_at(canvas, 0, 0)->glyph - 0x2800);
		assert_in_range(dots, last, 4);
		last = dots;
		canvas_destroy(canvas);
	}
	assert_int_equal(last, 4);
}

/* --- distributions -------------------------------------------------------------------------- */

static void windows_that_overlay_are_told_apart_without_colour(void **state)
{
	(void)state;
	static const double share[PLOT_WINDOWS] = {0.55, 0.3, 0.9};
	static const char *const expected[] = {"⣿⣿│⣿⣿⡇  ○", "██│██▌  ○", "##|###  o"};
	for (int kind = 0; kind < KINDS; kind++) {
		struct canvas *canvas = canvas_of(kind, 10, 1);
		plot_overlay(pane_of(canvas), share, 1);
		assert_text(canvas, expected[kind]);
		canvas = canvas_of(kind, 1, 1);
		for (int a = 0; a < PLOT_WINDOWS; a++)
			for (int b = a + 1; b < PLOT_WINDOWS; b++)
				assert_int_not_equal(plot_window_glyph(a, canvas), plot_window_glyph(b, canvas));
		canvas_destroy(canvas);
	}
}

static void marks_at_one_place_stand_side_by_side(void **state)
{
	(void)state;
	static const double same[PLOT_WINDOWS] = {0, 0.5, 0.5}, full[PLOT_WINDOWS] = {0, 1, 1};
	struct canvas *canvas = canvas_of(ASCII, 6, 1);
	plot_overlay(pane_of(canvas), same, 1);
	assert_text(canvas, "  |o");
	canvas = canvas_of(ASCII, 6, 1);
	plot_overlay(pane_of(canvas), full, 1);
	assert_text(canvas, "    o|");
}

static void windows_without_a_share_draw_nothing(void **state)
{
	(void)state;
	static const double none[PLOT_WINDOWS] = {0, NAN, 0}, little[PLOT_WINDOWS] = {1e-9, 0, 1e-9};
	struct canvas *canvas = canvas_of(BLOCKS, 4, 1);
	plot_overlay(pane_of(canvas), none, 1);
	plot_overlay(pane_of(canvas), little, 0);
	assert_text(canvas, "");
	canvas = canvas_of(BLOCKS, 4, 1);
	plot_overlay(pane_of(canvas), little, 1); /* rare is not never */
	assert_text(canvas, "○");
}

/* The bar's end is where the share says, to the step of the glyphs. */
static void a_bar_is_as_long_as_its_share(void **state)
{
	(void)state;
	for (int i = 0; i <= 80; i++) {
		double share[PLOT_WINDOWS] = {i / 80.0};
		struct canvas *canvas = canvas_of(BLOCKS, 10, 1);
		plot_overlay(pane_of(canvas), share, 1);
		int eighths = 0;
		for (int x = 0; x < 10; x++) {
			uint32_t glyph = canvas_at(canvas, x, 0)->glyph;
			eighths += glyph == ' ' ? 0 : (int)(0x2590 - glyph);
		}
		assert_in_range(eighths, i, i + 1);
		canvas_destroy(canvas);
	}
}

/* --- charts --------------------------------------------------------------------------------- */

/* 1, 10, 100, 1000 are equal steps of a logarithmic axis. */
static void a_chart_is_logarithmic_and_joins_its_points(void **state)
{
	(void)state;
	static const double rising[] = {1, 10, 100, 1000}, jump[] = {1, 1, 1000, 1000};
	struct plot_line line = {rising, STYLE_TEXT, '*', false};
	struct canvas *canvas = canvas_of(ASCII, 4, 4);
	plot_chart(pane_of(canvas), &line, 1, 4, 1, 1000);
	assert_text(canvas, "   *\n  *\n *\n*");
	line.value = jump;
	canvas = canvas_of(ASCII, 4, 4);
	plot_chart(pane_of(canvas), &line, 1, 4, 1, 1000);
	assert_text(canvas, "  **\n  *\n  *\n**");
	canvas = canvas_of(BRAILLE, 2, 1);
	plot_chart(pane_of(canvas), &line, 1, 4, 1, 1000);
	assert_text(canvas, "⣀⠏"); /* the join is of the column it leads to */
	canvas = canvas_of(BLOCKS, 4, 1);
	plot_chart(pane_of(canvas), &line, 1, 4, 1, 1000);
	assert_text(canvas, "▄▄▀▀");
}

static void lines_of_a_chart_are_told_apart_without_colour(void **state)
{
	(void)state;
	static const double high[] = {8, 8, 8, 8, 8, 8, 8, 8}, low[] = {1, 1, 1, 1, NAN, 1, 1, 1};
	static const struct plot_line line[] = {
		{low, STYLE_TEXT, '.', true},
		{high, STYLE_RUNNABLE, '*', false},
	};
	static const char *const expected[] = {"⠉⠉⠉⠉\n⡀⡀ ⡀", "▀▀▀▀▀▀▀▀\n▄ ▄   ▄", "********\n. .   ."};
	for (int kind = 0; kind < KINDS; kind++) {
		struct canvas *canvas = canvas_of(kind, kind == BRAILLE ? 4 : 8, 2);
		plot_chart(pane_of(canvas), line, 2, 8, 1, 8);
		assert_text(canvas, expected[kind]);
	}
}

static void values_outside_of_the_axis_stay_in_the_chart(void **state)
{
	(void)state;
	static const double value[] = {1e-9, INFINITY, -1, 0};
	struct plot_line line = {value, STYLE_TEXT, '*', false};
	struct canvas *canvas = canvas_of(ASCII, 4, 2);
	plot_chart(pane_of(canvas), &line, 1, 4, 1, 10);
	assert_text(canvas, " *\n*");
	canvas = canvas_of(ASCII, 4, 2);
	plot_chart(pane_of(canvas), &line, 1, 4, 0, 10); /* no axis: nothing to say */
	plot_chart(pane_of(canvas), &line, 1, 4, 10, 10);
	plot_chart(pane_of(canvas), &line, 1, 0, 1, 10);
	assert_text(canvas, "\n");
}

/* --- bars and lanes ------------------------------------------------------------------------- */

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

/* From the foot: running, collecting, in system calls, in the scheduler; idle is what is blank. */
static void a_stack_shows_every_state_by_its_share(void **state)
{
	(void)state;
	static const struct {
		double idle, running, gc, syscall, sched;
		const char *drawn, *ascii; /* from the top */
	} table[] = {
		{1, 0, 0, 0, 0, "\n\n\n", "\n\n\n"},
		{0, 1, 0, 0, 0, "█\n█\n█\n█", "#\n#\n#\n#"},
		{0.5, 0.5, 0, 0, 0, "\n\n█\n█", "\n\n#\n#"},
		{0.9, 0.1, 0, 0, 0, "\n\n\n▃", "\n\n\n-"},
		{0.99, 0.01, 0, 0, 0, "\n\n\n", "\n\n\n"},
		{0, 0.25, 0.25, 0.25, 0.25, ":\n▒\n░\n█", ":\nS\ng\n#"},
		{0, 0.51, 0, 0, 0, "█\n█\n█\n█", "#\n#\n#\n#"}, /* what nobody looked at is left out */
		{0, 0.01, 0, 0, 0, "\n\n\n", "\n\n\n"},         /* hardly anybody did */
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		for (int ascii = 0; ascii < 2; ascii++) {
			struct lane_share s = share(table[i].idle, table[i].running, table[i].gc,
			                            table[i].syscall, table[i].sched);
			struct canvas *canvas = canvas_create(1, 4, ascii);
			plot_stack(pane_of(canvas), 0, &s);
			assert_int_equal(canvas->overdrawn, 0);
			assert_text(canvas, ascii ? table[i].ascii : table[i].drawn);
		}
}

static void every_state_has_a_glyph_of_its_own(void **state)
{
	(void)state;
	for (int a = 0; a < STATE_COUNT; a++)
		for (int b = a + 1; b < STATE_COUNT; b++) {
			assert_int_not_equal(state_look[a].glyph, state_look[b].glyph);
			assert_int_not_equal(state_look[a].ascii, state_look[b].ascii);
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
		cmocka_unit_test(braille_levels_rise_with_the_ratio),
		cmocka_unit_test(windows_that_overlay_are_told_apart_without_colour),
		cmocka_unit_test(marks_at_one_place_stand_side_by_side),
		cmocka_unit_test(windows_without_a_share_draw_nothing),
		cmocka_unit_test(a_bar_is_as_long_as_its_share),
		cmocka_unit_test(a_chart_is_logarithmic_and_joins_its_points),
		cmocka_unit_test(lines_of_a_chart_are_told_apart_without_colour),
		cmocka_unit_test(values_outside_of_the_axis_stay_in_the_chart),
		cmocka_unit_test(a_bar_fills_its_pane_whatever_the_shares),
		cmocka_unit_test(a_bar_shows_shares_in_the_legends_order),
		cmocka_unit_test(unknown_shares_draw_nothing),
		cmocka_unit_test(a_lane_cell_shows_the_state_that_matters),
		cmocka_unit_test(a_stack_shows_every_state_by_its_share),
		cmocka_unit_test(every_state_has_a_glyph_of_its_own),
		cmocka_unit_test(a_legend_drops_whole_entries),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("plot", tests, NULL, NULL);
}

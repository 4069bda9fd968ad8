#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/canvas.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tui_fixture.h"

#define WIDTH  20
#define HEIGHT 5

/* A canvas whose every cell is '#', so that any cell touched is seen. */
static struct canvas *filled(bool ascii)
{
	struct canvas *canvas = canvas_create(WIDTH, HEIGHT, ascii);
	assert_non_null(canvas);
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++)
			pane_glyph(pane_of(canvas), x, y, STYLE_TEXT, '#');
	return canvas;
}

static void assert_row(const struct canvas *canvas, int y, const char *expected)
{
	char *text = fixture_text(canvas), *line = text;
	for (int i = 0; i < y; i++)
		line = strchr(line, '\n') + 1;
	*strchr(line, '\n') = '\0';
	assert_string_equal(line, expected);
	free(text);
}

/* Every cell is whole: printable, a known role, and both halves of wide characters beside each
 * other. */
static void assert_sound(const struct canvas *canvas)
{
	for (int y = 0; y < canvas->height; y++)
		for (int x = 0; x < canvas->width; x++) {
			const struct cell *cell = canvas_at(canvas, x, y);
			assert_true(cell->glyph >= 0x20 && (cell->glyph < 0x7f || cell->glyph >= 0xa0));
			assert_true(cell->style < STYLE_COUNT);
			if (canvas->ascii)
				assert_true(cell->glyph < 0x7f && cell->width == 1);
			if (cell->width == 2)
				assert_int_equal(canvas_at(canvas, x + 1, y)->width, 0);
			if (cell->width == 0)
				assert_true(x > 0 && canvas_at(canvas, x - 1, y)->width == 2);
		}
}

static void text_is_cut_at_both_edges_of_its_pane(void **state)
{
	(void)state;
	struct canvas *canvas = filled(false);
	struct pane pane = pane_sub(pane_of(canvas), 5, 1, 6, 1);
	pane_text(pane, -2, 0, STYLE_TEXT, "abcdefghijkl");
	pane_text(pane, 0, 1, STYLE_TEXT, "below");
	pane_text(pane, 0, -1, STYLE_TEXT, "above");
	assert_row(canvas, 0, "####################");
	assert_row(canvas, 1, "#####cdefgh#########");
	assert_row(canvas, 2, "####################");
	canvas_destroy(canvas);
}

static void a_pane_within_a_pane_stays_within_it(void **state)
{
	(void)state;
	struct canvas *canvas = filled(false);
	struct pane outer = pane_sub(pane_of(canvas), 4, 1, 8, 2);
	static const int at[] = {-1000000000, -3, 0, 2, 7, 8, 9, 1000000000};
	static const int size[] = {-5, 0, 1, 3, 50, 2000000000};
	for (size_t i = 0; i < sizeof at / sizeof *at; i++)
		for (size_t j = 0; j < sizeof size / sizeof *size; j++) {
			struct pane inner = pane_sub(outer, at[i], at[i], size[j], size[j]);
			assert_in_range(inner.width, 0, 8);
			assert_in_range(inner.height, 0, 2);
			assert_true(inner.x >= 4 && inner.x + inner.width <= 12);
			assert_true(inner.y >= 1 && inner.y + inner.height <= 3);
		}
	canvas_destroy(canvas);
}

static void a_wide_character_takes_two_cells_or_none(void **state)
{
	(void)state;
	struct canvas *canvas = filled(false);
	struct pane pane = pane_sub(pane_of(canvas), 2, 0, 5, 1);
	assert_int_equal(pane_text(pane, 0, 0, STYLE_TEXT, "日本語"), 5);
	assert_row(canvas, 0, "##日本 #############");
	pane_glyph(pane, 4, 0, STYLE_TEXT, 0x65e5);
	assert_row(canvas, 0, "##日本 #############");
	assert_sound(canvas);
	canvas_destroy(canvas);
}

static void half_a_wide_character_is_never_left(void **state)
{
	(void)state;
	struct canvas *canvas = filled(false);
	struct pane row = pane_row(pane_of(canvas), 0);
	pane_text(row, 0, 0, STYLE_TEXT, "日本語");
	pane_glyph(row, 1, 0, STYLE_TEXT, 'x');
	pane_glyph(row, 2, 0, STYLE_TEXT, 'y');
	pane_text(row, 5, 0, STYLE_TEXT, "界");
	assert_row(canvas, 0, " xy  界#############");
	assert_sound(canvas);
	canvas_destroy(canvas);
}

static void hostile_text_becomes_harmless(void **state)
{
	(void)state;
	static const struct {
		const char *text, *drawn;
	} table[] = {
		{"\x1b[2J\x07\r\n\t\x7f", "?[2J?????"},
		{"a\u202e\u200b\u0301b", "ab"}, /* right-to-left override, zero width, combining */
		{"\xc2\x9b\x31m", "?1m"},       /* the one-character CSI */
		{"\xff\xfe\xc0\xaf", "????"},   /* never UTF-8, and an overlong slash */
		{"\xed\xa0\x80", "???"},        /* a surrogate */
		{"\xf4\x90\x80\x80", "????"},   /* beyond Unicode */
		{"ok\xe6\x97", "ok??"},         /* torn */
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct canvas *canvas = canvas_create(WIDTH, 1, false);
		assert_non_null(canvas);
		int end = pane_text(pane_of(canvas), 0, 0, STYLE_TEXT, table[i].text);
		assert_row(canvas, 0, table[i].drawn);
		assert_int_equal(end, strlen(table[i].drawn));
		assert_int_equal(canvas_text_width(canvas, table[i].text), end);
		assert_sound(canvas);
		canvas_destroy(canvas);
	}
}

static void random_bytes_never_leave_their_pane(void **state)
{
	(void)state;
	uint32_t seed = 1;
	for (int round = 0; round < 4000; round++) {
		struct canvas *canvas = filled(round % 2);
		char text[64];
		for (size_t i = 0; i < sizeof text; i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = (char)(seed >> 24);
		}
		text[sizeof text - 1] = '\0';
		struct pane pane = pane_sub(pane_of(canvas), 3, 1, (int)(seed >> 8) % 12, 2);
		pane_text(pane, (int)(seed >> 4) % 9 - 4, 0, STYLE_GC, text);
		pane_right(pane, 1, STYLE_GC, text);
		for (int y = 0; y < HEIGHT; y++)
			for (int x = 0; x < WIDTH; x++) {
				bool inside =
					y >= pane.y && y < pane.y + 2 && x >= pane.x && x < pane.x + pane.width;
				if (!inside)
					assert_int_equal(canvas_at(canvas, x, y)->glyph, '#');
			}
		assert_sound(canvas);
		canvas_destroy(canvas);
	}
}

static void an_ascii_canvas_holds_nothing_else(void **state)
{
	(void)state;
	struct canvas *canvas = canvas_create(40, 1, true);
	assert_non_null(canvas);
	pane_text(pane_of(canvas), 0, 0, STYLE_TEXT, "41–51 µs · ≤ 3 … 日本 é");
	assert_row(canvas, 0, "41-51 us . < 3 ~ ?? ?");
	assert_sound(canvas);
	canvas_destroy(canvas);
}

static void text_that_does_not_fit_ends_in_an_ellipsis(void **state)
{
	(void)state;
	struct canvas *canvas = filled(false);
	struct pane pane = pane_sub(pane_of(canvas), 2, 0, 6, 3);
	pane_fit(pane, 0, 0, STYLE_TEXT, "abcdef");
	pane_fit(pane, 0, 1, STYLE_TEXT, "abcdefg");
	pane_right(pane, 2, STYLE_TEXT, "日本語語");
	assert_row(canvas, 0, "##abcdef############");
	assert_row(canvas, 1, "##abcde…############");
	assert_row(canvas, 2, "##日本 …############");
	pane_fit(pane_sub(pane, 0, 0, 0, 1), 0, 0, STYLE_TEXT, "nothing");
	assert_row(canvas, 0, "##abcdef############");
	canvas_destroy(canvas);
}

static void text_to_the_right_ends_at_the_edge(void **state)
{
	(void)state;
	struct canvas *canvas = filled(false);
	pane_right(pane_sub(pane_of(canvas), 2, 0, 6, 1), 0, STYLE_TEXT, "7 %");
	assert_row(canvas, 0, "#####7 %############");
	canvas_destroy(canvas);
}

static void long_text_is_wrapped_between_words(void **state)
{
	(void)state;
	struct canvas *canvas = filled(false);
	struct pane pane = pane_sub(pane_of(canvas), 1, 0, 8, 3);
	assert_int_equal(pane_wrap(pane, STYLE_TEXT, "one two three 日本 lastWordTooLong"), 5);
	assert_row(canvas, 0, "#one two############");
	assert_row(canvas, 1, "#three##############");
	assert_row(canvas, 2, "#日本 la…###########");
	assert_row(canvas, 3, "####################");
	canvas_destroy(canvas);
}

static void sizes_are_kept_within_limits(void **state)
{
	(void)state;
	struct canvas *canvas = canvas_create(-3, 100000, false);
	assert_non_null(canvas);
	assert_int_equal(canvas->width, 1);
	assert_int_equal(canvas->height, CANVAS_HEIGHT_MAX);
	assert_null(canvas_at(canvas, 1, 0));
	assert_null(canvas_at(canvas, 0, -1));
	canvas_destroy(canvas);
	canvas_destroy(NULL);
}

static void every_code_point_survives_encoding(void **state)
{
	(void)state;
	static const uint32_t points[] = {'a', 0xb5, 0x7ff, 0x800, 0x2588, 0xffff, 0x10000, 0x10ffff};
	static const char *const bytes[] = {"a",
	                                    "\xc2\xb5",
	                                    "\xdf\xbf",
	                                    "\xe0\xa0\x80",
	                                    "\xe2\x96\x88",
	                                    "\xef\xbf\xbf",
	                                    "\xf0\x90\x80\x80",
	                                    "\xf4\x8f\xbf\xbf"};
	for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
		char text[5];
		assert_int_equal(glyph_encode(points[i], text), strlen(bytes[i]));
		assert_string_equal(text, bytes[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_cut_at_both_edges_of_its_pane),
		cmocka_unit_test(a_pane_within_a_pane_stays_within_it),
		cmocka_unit_test(a_wide_character_takes_two_cells_or_none),
		cmocka_unit_test(half_a_wide_character_is_never_left),
		cmocka_unit_test(hostile_text_becomes_harmless),
		cmocka_unit_test(random_bytes_never_leave_their_pane),
		cmocka_unit_test(an_ascii_canvas_holds_nothing_else),
		cmocka_unit_test(text_that_does_not_fit_ends_in_an_ellipsis),
		cmocka_unit_test(text_to_the_right_ends_at_the_edge),
		cmocka_unit_test(long_text_is_wrapped_between_words),
		cmocka_unit_test(sizes_are_kept_within_limits),
		cmocka_unit_test(every_code_point_survives_encoding),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("canvas", tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/paint.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/*
 * A terminal of the tests' own understands what it is told in words of its own, and is held against
 * the canvas after every frame: the same characters, in the same looks.
 */

#define WIDTH  24
#define HEIGHT 6
#define CELLS  (WIDTH * HEIGHT)

/* Sequences: ESC, a letter, numbers each ended by ';'. */
static size_t move(char *to, enum paint_way way, int a, int b)
{
	int n = way == PAINT_TO ? snprintf(to, PAINT_BYTES_MAX, "\033T%d;%d;", a, b)
	                        : snprintf(to, PAINT_BYTES_MAX, "\033%c%d;", "TCR"[way], a);
	return (size_t)n;
}

/* Only the one way that every terminal has. */
static size_t move_to_only(char *to, enum paint_way way, int a, int b)
{
	*to = '\0';
	return way == PAINT_TO ? move(to, way, a, b) : 0;
}

/* Looks that share colours and attributes in many ways, and two styles that look the same. */
static struct paint_means means(void)
{
	static const struct theme_look looks[] = {
		{THEME_OWN, THEME_OWN, 0},
		{2, THEME_OWN, 0},
		{3, THEME_OWN, 0},
		{4, 7, 0},
		{2, THEME_OWN, STYLE_BOLD},
		{THEME_OWN, THEME_OWN, STYLE_BOLD | STYLE_UNDERLINE},
		{THEME_OWN, THEME_OWN, STYLE_REVERSE},
		{2, THEME_OWN, 0},
		{THEME_OWN, 7, STYLE_FAINT},
	};
	struct paint_means m = {.plain = "\033P", .clear = "\033X", .erase = "\033E", .move = move};
	for (int i = 0; i < STYLE_COUNT; i++) {
		m.look[i] = looks[(size_t)i % (sizeof looks / sizeof *looks)];
		if (m.look[i].color != THEME_OWN)
			snprintf(m.color[i], sizeof m.color[i], "\033F%d;", m.look[i].color);
		if (m.look[i].back != THEME_OWN)
			snprintf(m.back[i], sizeof m.back[i], "\033B%d;", m.look[i].back);
	}
	for (int i = 0; i < PAINT_ATTRIBUTE_COUNT; i++)
		snprintf(m.attribute[i], sizeof m.attribute[i], "\033A%d;", i);
	return m;
}

struct screen {
	struct {
		uint32_t glyph;
		int width;
		struct theme_look look;
	} cell[CELLS];
	struct theme_look look;
	int x, y;    /* x == WIDTH: behind the end, where terminals differ */
	bool narrow; /* it thinks that every character of a name is one cell wide */
};

static const struct theme_look plain = {THEME_OWN, THEME_OWN, 0};

static void blank(struct screen *s, int from, int to)
{
	for (int i = from; i < to; i++) {
		s->cell[i].glyph = ' ';
		s->cell[i].width = 1;
		s->cell[i].look = (struct theme_look){THEME_OWN, s->look.back, 0};
	}
}

static const char *number(const char *at, int *to)
{
	char *end;
	*to = (int)strtol(at, &end, 10);
	assert_int_equal(*end, ';');
	return end + 1;
}

static const char *obey(struct screen *s, const char *at)
{
	int a = 0;
	char what = *at++;
	if (strchr("TCRFBA", what))
		at = number(at, &a);
	switch (what) {
	case 'T':
		s->x = a;
		at = number(at, &s->y);
		break;
	case 'C':
		assert_in_range(s->x, 0, WIDTH - 1);
		s->x = a;
		break;
	case 'R':
		assert_in_range(s->x, 0, WIDTH - 1);
		s->x += a;
		break;
	case 'P':
		s->look = plain;
		break;
	case 'F':
		s->look.color = a;
		break;
	case 'B':
		s->look.back = a;
		break;
	case 'A':
		s->look.attributes |= 1U << a;
		break;
	case 'X':
		blank(s, 0, CELLS);
		break;
	case 'E':
		assert_in_range(s->x, 0, WIDTH - 1);
		blank(s, s->y * WIDTH + s->x, (s->y + 1) * WIDTH);
		break;
	default:
		fail_msg("an unknown sequence %c", what);
	}
	assert_in_range(s->x, 0, strchr("TCR", what) ? WIDTH - 1 : WIDTH);
	assert_in_range(s->y, 0, HEIGHT - 1);
	return at;
}

static void write_glyph(struct screen *s, uint32_t glyph)
{
	int width = s->narrow ? 1 : wcwidth((wchar_t)glyph);
	assert_in_range(s->x, 0, WIDTH - width);
	for (int i = 0; i < width; i++) {
		int at = s->y * WIDTH + s->x + i;
		s->cell[at].glyph = i ? ' ' : glyph;
		s->cell[at].width = i ? 0 : width;
		s->cell[at].look = s->look;
	}
	s->x += width;
}

/* Writes to the terminal what was painted, and returns how many bytes that were. */
static size_t deliver(struct paint *p, struct screen *s)
{
	size_t length, total;
	const char *bytes = paint_bytes(p, &total);
	char *text = calloc(1, total + 1);
	assert_non_null(text);
	memcpy(text, bytes, total);
	for (const char *at = text; *at;) {
		wchar_t glyph;
		if (*at == '\033') {
			at = obey(s, at + 1);
			continue;
		}
		int n = mbtowc(&glyph, at, 4);
		assert_in_range(n, 1, 4);
		write_glyph(s, (uint32_t)glyph);
		at += n;
	}
	free(text);
	paint_take(p, total);
	paint_bytes(p, &length);
	assert_int_equal(length, 0);
	return total;
}

/* What can be seen of a look on a character. */
static void assert_looks(const struct theme_look *got, const struct theme_look *wanted, bool ink)
{
	const unsigned seen = ink ? ~0U : STYLE_REVERSE | STYLE_UNDERLINE;
	assert_int_equal(got->back, wanted->back);
	assert_int_equal(got->attributes & seen, wanted->attributes & seen);
	if (ink || (wanted->attributes & seen))
		assert_int_equal(got->color, wanted->color);
}

static void assert_shows(const struct screen *s, const struct canvas *canvas,
                         const struct paint_means *m, int cells)
{
	for (int i = 0; i < cells; i++) {
		const struct cell *wanted = canvas_at(canvas, i % WIDTH, i / WIDTH);
		assert_int_equal(s->cell[i].glyph, wanted->glyph);
		if (!s->narrow)
			assert_int_equal(s->cell[i].width, wanted->width);
		assert_looks(&s->cell[i].look, &m->look[wanted->style], wanted->glyph != ' ');
	}
}

/* The same on every machine: a linear congruence. */
static unsigned dice(unsigned sides)
{
	static uint32_t state = 1;
	state = state * 1664525U + 1013904223U;
	return (state >> 16) % sides;
}

/* Words, graphs, blanks and wide characters, in runs as views draw them. */
static void scribble(struct canvas *canvas)
{
	static const uint32_t glyph[] = {'a', '7', 0xb7, 0x2588, 0x28ff, 0x2013, 0x4e16, 0x754c, ' '};
	for (unsigned run = dice(6); run > 0; run--) {
		struct pane row = pane_row(pane_of(canvas), (int)dice(HEIGHT));
		enum style style = (enum style)dice(STYLE_COUNT);
		int x = (int)dice(WIDTH), end = x + (int)dice(WIDTH);
		unsigned kind = dice(4);
		for (; x < end; x++) {
			if (kind == 0)
				pane_clear(pane_sub(row, x, 0, 1, 1));
			else
				pane_glyph(row, x, 0, style, glyph[dice(sizeof glyph / sizeof *glyph)]);
		}
	}
}

static void many_frames(struct paint_means m, bool narrow, int cells)
{
	struct paint *p = paint_create();
	struct canvas *canvas = canvas_create(WIDTH, HEIGHT, false);
	struct screen *s = calloc(1, sizeof *s);
	assert_true(p && canvas && s);
	s->look = plain;
	s->narrow = narrow;
	for (int frame = 0; frame < 4000; frame++) {
		if (dice(50) == 0)
			paint_forget(p);
		if (dice(30) == 0)
			canvas_clear(canvas);
		scribble(canvas);
		assert_true(paint_frame(p, &m, canvas));
		deliver(p, s);
		assert_shows(s, canvas, &m, cells);
		assert_looks(&s->look, &plain, true);
	}
	free(s);
	canvas_destroy(canvas);
	paint_destroy(p);
}

static void terminal_shows_the_canvas_after_every_frame(void **state)
{
	(void)state;
	many_frames(means(), false, CELLS);
}

static void terminal_that_understands_little_shows_the_canvas_too(void **state)
{
	(void)state;
	struct paint_means m = means();
	m.move = move_to_only;
	m.erase[0] = '\0';
	many_frames(m, false, CELLS);
}

/* The background of the text itself is a theme's: then clearing alone is not enough. */
static void ground_of_a_theme_is_painted(void **state)
{
	(void)state;
	struct paint_means m = means();
	m.look[STYLE_TEXT] = (struct theme_look){THEME_OWN, 7, 0};
	snprintf(m.back[STYLE_TEXT], sizeof m.back[STYLE_TEXT], "\033B7;");
	many_frames(m, false, CELLS);
}

static void last_cell_is_left_out_where_it_would_scroll(void **state)
{
	(void)state;
	struct paint_means m = means();
	struct paint *p = paint_create();
	struct canvas *canvas = canvas_create(WIDTH, HEIGHT, false);
	struct screen s = {.look = plain};
	assert_true(p && canvas);
	m.corner_scrolls = true;
	for (int i = 0; i < CELLS; i++)
		pane_glyph(pane_of(canvas), i % WIDTH, i / WIDTH, STYLE_TEXT, '#');
	assert_true(paint_frame(p, &m, canvas));
	deliver(p, &s);
	assert_shows(&s, canvas, &m, CELLS - 1);
	assert_int_equal(s.cell[CELLS - 1].glyph, ' ');
	canvas_destroy(canvas);
	paint_destroy(p);
}

/* A terminal that gives a wide character one cell: it is wrong there, and nowhere else. */
static void disagreement_about_widths_does_not_spread(void **state)
{
	(void)state;
	struct paint_means m = means();
	struct paint *p = paint_create();
	struct canvas *canvas = canvas_create(WIDTH, HEIGHT, false);
	struct screen s = {.look = plain, .narrow = true};
	assert_true(p && canvas);
	pane_text(pane_of(canvas), 0, 2, STYLE_TEXT, "a世b界c after");
	assert_true(paint_frame(p, &m, canvas));
	deliver(p, &s);
	assert_shows(&s, canvas, &m, CELLS);
	canvas_destroy(canvas);
	paint_destroy(p);
}

/* Paints the row of a canvas over another and returns the bytes of the second one. */
static char *painted_over(const char *before, const char *after)
{
	struct paint_means m = means();
	struct paint *p = paint_create();
	struct canvas *canvas = canvas_create(WIDTH, HEIGHT, false);
	size_t length;
	assert_true(p && canvas);
	pane_text(pane_of(canvas), 0, 1, STYLE_TEXT, before);
	assert_true(paint_frame(p, &m, canvas));
	paint_bytes(p, &length);
	paint_take(p, length);
	canvas_clear(canvas);
	pane_text(pane_of(canvas), 0, 1, STYLE_TEXT, after);
	assert_true(paint_frame(p, &m, canvas));
	const char *bytes = paint_bytes(p, &length);
	char *text = calloc(1, length + 1);
	assert_non_null(text);
	if (length > 0)
		memcpy(text, bytes, length);
	canvas_destroy(canvas);
	paint_destroy(p);
	return text;
}

static void only_what_differs_is_written_the_shortest_way(void **state)
{
	static const struct {
		const char *before, *after, *bytes;
	} table[] = {
		{"queue 12", "queue 12", ""},
		{"queue 12", "queue 13", "\033T7;1;3"},
		/* a short gap is written once more, a long one leapt over */
		{"1 a 2", "3 a 4", "\033T0;1;3 a 4"},
		{"1 abcdefghi 2", "3 abcdefghi 4", "\033T0;1;3\033C12;4"},
		{"gone with the row", "gone", "\033T4;1;\033E"},
		{"gone 12", "gone 1", "\033T6;1; "},
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *bytes = painted_over(table[i].before, table[i].after);
		assert_string_equal(bytes, table[i].bytes);
		free(bytes);
	}
}

static void bytes_are_taken_in_parts(void **state)
{
	(void)state;
	struct paint_means m = means();
	struct paint *p = paint_create();
	struct canvas *canvas = canvas_create(WIDTH, HEIGHT, false);
	size_t length, rest;
	assert_true(p && canvas);
	assert_true(paint_frame(p, &m, canvas));
	const char *bytes = paint_bytes(p, &length);
	assert_true(length > 3);
	paint_take(p, 3);
	assert_ptr_equal(paint_bytes(p, &rest), bytes + 3);
	assert_int_equal(rest, length - 3);
	canvas_destroy(canvas);
	paint_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminal_shows_the_canvas_after_every_frame),
		cmocka_unit_test(terminal_that_understands_little_shows_the_canvas_too),
		cmocka_unit_test(ground_of_a_theme_is_painted),
		cmocka_unit_test(last_cell_is_left_out_where_it_would_scroll),
		cmocka_unit_test(disagreement_about_widths_does_not_spread),
		cmocka_unit_test(only_what_differs_is_written_the_shortest_way),
		cmocka_unit_test(bytes_are_taken_in_parts),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

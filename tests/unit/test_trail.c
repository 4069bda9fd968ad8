#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/trail.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tui_fixture.h"

static const struct trail deep = {{"Goroutines", "worker.(*Pool).run", "G4711"}};

/* As a line of this width has it. */
static void assert_drawn(const struct trail *trail, int width, bool ascii, const char *expected)
{
	struct canvas *canvas = canvas_create(width, 1, ascii);
	assert_non_null(canvas);
	int x = trail_draw(pane_of(canvas), 0, trail);
	char *text = fixture_text(canvas);
	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, expected);
	assert_int_equal(x, canvas_text_width(canvas, text));
	assert_int_equal(canvas->overdrawn, 0);
	free(text);
	canvas_destroy(canvas);
}

static void steps_stand_from_the_view_on(void **state)
{
	(void)state;
	assert_drawn(&deep, 80, false, "Goroutines › worker.(*Pool).run › G4711");
	assert_drawn(&deep, 80, true, "Goroutines > worker.(*Pool).run > G4711");
	assert_drawn(&(struct trail){{"Tasks"}}, 80, false, "Tasks");
	assert_drawn(&(struct trail){{NULL}}, 80, false, "");
}

static void the_longest_step_loses_its_middle(void **state)
{
	(void)state;
	assert_drawn(&deep, 39, false, "Goroutines › worker.(*Pool).run › G4711");
	assert_drawn(&deep, 38, false, "Goroutines › worker.(…ool).run › G4711");
	assert_drawn(&deep, 31, false, "Goroutines › worke….run › G4711");
	assert_drawn(&deep, 31, true, "Goroutines > worke~.run > G4711");
}

/* There is always something of every step, as far as the line goes. */
static void however_narrow_nothing_leaves_the_line(void **state)
{
	(void)state;
	assert_drawn(&deep, 9, false, "… › … › …");
	for (int width = 1; width < 50; width++) {
		struct canvas *canvas = canvas_create(50, 1, false);
		assert_non_null(canvas);
		assert_true(trail_draw(pane_sub(pane_of(canvas), 0, 0, width, 1), 0, &deep) <= width);
		for (int x = width; x < 50; x++)
			assert_int_equal(canvas_at(canvas, x, 0)->glyph, ' ');
		canvas_destroy(canvas);
	}
}

static void names_are_cut_between_characters_and_are_clean(void **state)
{
	(void)state;
	assert_drawn(&(struct trail){{"Tasks", "ääääääää"}}, 14, false, "Tasks › äää…ää");
	assert_drawn(&(struct trail){{"Tasks", "一二三四五六"}}, 15, false, "Tasks › 一 …六");
	assert_drawn(&(struct trail){{"Tasks", "\x1b[2Jred\n"}}, 80, false, "Tasks › ?[2Jred?");
}

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_stand_from_the_view_on),
		cmocka_unit_test(the_longest_step_loses_its_middle),
		cmocka_unit_test(however_narrow_nothing_leaves_the_line),
		cmocka_unit_test(names_are_cut_between_characters_and_are_clean),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

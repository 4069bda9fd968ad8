#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/style.h"

#include <string.h>

static void every_role_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int a = 0; a < STYLE_COUNT; a++) {
		assert_non_null(style_look[a].name);
		for (int b = a + 1; b < STYLE_COUNT; b++)
			assert_string_not_equal(style_look[a].name, style_look[b].name);
	}
}

static void colours_exist_in_their_palette(void **state)
{
	(void)state;
	for (int i = 0; i < STYLE_COUNT; i++) {
		const struct style_look *look = &style_look[i];
		assert_true(look->color_256 >= -1 && look->color_256 < 256);
		assert_true(look->back_256 >= -1 && look->back_256 < 256);
		assert_true(look->color_16 >= -1 && look->color_16 < 16);
		assert_true(look->color_8 >= -1 && look->color_8 < 8);
	}
}

/* Of the accents, no two look alike where there are colours. */
static void accents_can_be_told_apart(void **state)
{
	(void)state;
	static const enum style accent[] = {STYLE_RUNNING, STYLE_RUNNABLE, STYLE_SYSCALL,
	                                    STYLE_BLOCKED, STYLE_GC,       STYLE_ALARM};
	for (size_t a = 0; a < sizeof accent / sizeof *accent; a++)
		for (size_t b = a + 1; b < sizeof accent / sizeof *accent; b++) {
			const struct style_look *x = &style_look[accent[a]], *y = &style_look[accent[b]];
			assert_int_not_equal(x->color_256, y->color_256);
			assert_int_not_equal(x->color_16, y->color_16);
			assert_int_not_equal(x->color_8, y->color_8);
		}
}

static void red_is_for_findings_only(void **state)
{
	(void)state;
	enum { RED = 1 };
	for (int i = 0; i < STYLE_COUNT; i++)
		if (i != STYLE_ALARM) {
			assert_int_not_equal(style_look[i].color_8, RED);
			assert_true(style_look[i].color_16 < 0 || (style_look[i].color_16 & 7) != RED);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_role_has_a_name_of_its_own),
		cmocka_unit_test(colours_exist_in_their_palette),
		cmocka_unit_test(accents_can_be_told_apart),
		cmocka_unit_test(red_is_for_findings_only),
	};
	return cmocka_run_group_tests_name("style", tests, NULL, NULL);
}

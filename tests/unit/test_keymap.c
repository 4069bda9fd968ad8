#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/keymap.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tui_fixture.h"

static void no_key_means_two_things_on_one_screen(void **state)
{
	(void)state;
	for (size_t a = 0; a < keymap_count; a++)
		for (size_t b = a + 1; b < keymap_count; b++)
			if (keymap[a].key == keymap[b].key)
				assert_int_equal(keymap[a].contexts & keymap[b].contexts, 0);
}

static void every_row_is_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < keymap_count; i++) {
		assert_true(keymap[i].key > 0);
		assert_in_range(keymap[i].command, COMMAND_NONE + 1, COMMAND_COUNT - 1);
		assert_true(keymap[i].contexts && !(keymap[i].contexts & ~(unsigned)CONTEXT_ALL));
		assert_true(strlen(keymap[i].name) > 0);
		size_t length = strlen(keymap[i].help);
		assert_true(length > 0 && keymap[i].help[length - 1] == '.');
	}
}

static void every_command_has_a_key(void **state)
{
	(void)state;
	bool has[COMMAND_COUNT] = {false};
	for (size_t i = 0; i < keymap_count; i++)
		has[keymap[i].command] = true;
	for (int command = COMMAND_NONE + 1; command < COMMAND_COUNT; command++)
		assert_true(has[command]);
}

static void keys_work_where_the_table_says(void **state)
{
	(void)state;
	assert_int_equal(keymap_find('q', CONTEXT_OVERVIEW), COMMAND_QUIT);
	assert_int_equal(keymap_find(KEYMAP_ENTER, CONTEXT_PICKER), COMMAND_CHOOSE);
	assert_int_equal(keymap_find(KEYMAP_ENTER, CONTEXT_OVERVIEW), COMMAND_NONE);
	assert_int_equal(keymap_find(KEYMAP_NONE, CONTEXT_ALL), COMMAND_NONE);
}

static void assert_line(int width, bool ascii, enum context context, unsigned without,
                        const char *expected)
{
	struct canvas *canvas = canvas_create(width, 1, ascii);
	assert_non_null(canvas);
	keymap_draw(pane_of(canvas), context, without);
	char *text = fixture_text(canvas);
	text[strlen(text) - 1] = '\0';
	assert_string_equal(text, expected);
	free(text);
	canvas_destroy(canvas);
}

static void the_bottom_line_says_what_works_here(void **state)
{
	(void)state;
	assert_line(80, false, CONTEXT_OVERVIEW, 0, " ↑↓ more Ps   q quit");
	assert_line(80, true, CONTEXT_OVERVIEW, 0, " Up/Down more Ps   q quit");
	assert_line(80, false, CONTEXT_OVERVIEW, 1U << COMMAND_UP, " q quit");
	assert_line(80, false, CONTEXT_PICKER, 0, " Enter watch   ↑↓ select   q quit");
	assert_line(20, false, CONTEXT_PICKER, 0, " Enter watch");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_key_means_two_things_on_one_screen),
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(every_command_has_a_key),
		cmocka_unit_test(keys_work_where_the_table_says),
		cmocka_unit_test(the_bottom_line_says_what_works_here),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("keymap", tests, NULL, NULL);
}

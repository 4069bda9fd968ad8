/* What lies over a whole view: the help page of a list, and the screen of settings. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tui_fixture.h"
#include "tui/frame.h"
#include "tui/setup.h"

static const int sizes[][2] = {{80, 24}, {120, 40}};

static void compare(const char *what, struct canvas *canvas)
{
	char name[64];
	snprintf(name, sizeof name, "%s-%dx%d", what, canvas->width, canvas->height);
	char *text = fixture_text(canvas);
	assert_true(fixture_is_golden(name, text));
	assert_int_equal(canvas->overdrawn, 0);
	free(text);
}

static void the_help_of_a_list_equals_its_golden(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct canvas *canvas = canvas_create(sizes[i][0], sizes[i][1], false);
		struct view_place place = {0};
		assert_non_null(canvas);
		frame_draw_help(pane_of(canvas), &view_goroutines, false, &keymap_default, &place);
		compare("help-goroutines", canvas);
		canvas_destroy(canvas);
	}
}

/* --- settings ------------------------------------------------------------------------------- */

static const char *const words[] = {"auto", "always", "never"};
static const struct setup_item items[] = {
	{"interval", "Time from one snapshot to the next.", "TIME", NULL, 0, "1s", "default", false,
     false},
	{"color", "When colours are used.", "WHEN", words, 3, "never", "environment", false, true},
	{"theme", "The colours, by the name of a theme.", "NAME", NULL, 0, "\x1b[31mred", "the file",
     true, true},
	{"ascii", "Draw with ASCII characters alone.", NULL, NULL, 0, "off", "default", false, false},
};

static bool item(size_t i, struct setup_item *to, void *arg)
{
	(void)arg;
	if (i >= sizeof items / sizeof *items)
		return false;
	*to = items[i];
	return true;
}

static const char *path(void *arg)
{
	(void)arg;
	return "~/.config/schedtop/config";
}

static void the_settings_equal_their_golden(void **state)
{
	(void)state;
	const struct setup_source source = {.item = item, .path = path};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct canvas *canvas = canvas_create(sizes[i][0], sizes[i][1], false);
		struct setup setup = {0};
		assert_non_null(canvas);
		setup_open(&setup, &source);
		setup_draw(pane_of(canvas), &setup, &keymap_default);
		compare("setup", canvas);
		setup_close(&setup);
		canvas_destroy(canvas);
	}
}

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_help_of_a_list_equals_its_golden),
		cmocka_unit_test(the_settings_equal_their_golden),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

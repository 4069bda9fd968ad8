#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/view_picker.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tui_fixture.h"

#define CHOICES 50

static struct tui_choice choice[CHOICES];

static int make_choices(void **state)
{
	(void)state;
	for (int i = 0; i < CHOICES; i++) {
		choice[i] =
			(struct tui_choice){.pid = 1000 + i, .gomaxprocs = i ? 8 : -1, .cpu_percent = i - 1};
		snprintf(choice[i].user, sizeof choice[i].user, "user%d", i);
		snprintf(choice[i].go_version, sizeof choice[i].go_version, "%s", i ? "go1.26.8" : "");
		snprintf(choice[i].program, sizeof choice[i].program, "%s",
		         i == 1 ? "evil\x1b[2J日本語" : "orders-api");
		snprintf(choice[i].agent, sizeof choice[i].agent, "%s", i % 2 ? "yes" : "no");
	}
	return 0;
}

static struct picker picker_of(const struct tui_choice *of, size_t n)
{
	struct picker picker;
	struct error error = {0};
	assert_int_equal(picker_init(&picker, of, n, &error), STATUS_OK);
	return picker;
}

static char *drawn(struct picker *picker, int width, int height)
{
	struct canvas *canvas = canvas_create(width, height, false);
	assert_non_null(canvas);
	picker_draw(canvas, picker);
	char *text = fixture_text(canvas);
	canvas_destroy(canvas);
	return text;
}

static void processes_are_listed_with_what_is_known(void **state)
{
	(void)state;
	struct picker picker = picker_of(choice, 3);
	char *text = drawn(&picker, 80, 12);
	assert_string_equal(
		text, " schedtop  3 Go processes on this machine: which one?\n"
			  "\n"
			  "    PID▼  USER          GO          GOMAXPROCS     CPU  AGENT  PROGRAM\n"
			  ">   1000  user0         –                    –       –  no     orders-api\n"
			  "    1001  user1         go1.26.8             8   0.0 %  yes    evil?[2J日本語\n"
			  "    1002  user2         go1.26.8             8   1.0 %  no     orders-api\n"
			  "\n\n\n\n\n"
			  " Enter watch   ↑↓ select   / search   \\ filter   s sort   ? help   q quit\n");
	free(text);
	picker_finish(&picker);
}

static void a_wide_list_has_the_module_too(void **state)
{
	(void)state;
	struct tui_choice one = choice[0];
	snprintf(one.module, sizeof one.module, "example.org/shop/orders");
	struct picker picker = picker_of((struct tui_choice[]){one, choice[2]}, 2);
	char *text = drawn(&picker, 120, 12);
	const char *heading = strstr(text, "MODULE");
	assert_non_null(heading);
	const char *module = strstr(heading, "orders-api  ");
	assert_non_null(module);
	module = strstr(module, "example.org/shop/orders\n");
	assert_non_null(module);
	assert_non_null(strstr(module, " –\n")); /* the other's is not known */
	free(text);
	picker_finish(&picker);
}

static void the_selection_stays_on_the_screen(void **state)
{
	(void)state;
	struct picker picker = picker_of(choice, CHOICES);
	static const enum command keys[] = {COMMAND_LAST,     COMMAND_PAGE_UP, COMMAND_UP,
	                                    COMMAND_FIRST,    COMMAND_DOWN,    COMMAND_PAGE_DOWN,
	                                    COMMAND_PAGE_DOWN};
	static const int selected[] = {49, 43, 42, 0, 1, 7, 13};
	free(drawn(&picker, 80, 12));
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		assert_int_equal(picker_command(&picker, keys[i]), LOOP_DRAW);
		assert_int_equal(picker.place.selected, selected[i]);
		char *text = drawn(&picker, 80, 12), mark[32];
		snprintf(mark, sizeof mark, "\n>   %d ", choice[picker.place.selected].pid);
		assert_non_null(strstr(text, mark));
		free(text);
	}
	assert_false(picker.chosen);
	assert_int_equal(picker_command(&picker, COMMAND_CHOOSE), LOOP_END);
	assert_true(picker.chosen);
	picker_finish(&picker);
}

static void an_empty_list_can_not_be_chosen_from(void **state)
{
	(void)state;
	struct picker picker = picker_of(choice, 0);
	free(drawn(&picker, 40, 10));
	assert_int_equal(picker_command(&picker, COMMAND_DOWN), LOOP_DRAW);
	assert_int_equal(picker_command(&picker, COMMAND_CHOOSE), LOOP_GO_ON);
	assert_false(picker.chosen);
	picker_finish(&picker);
}

static void narrow_terminals_keep_pid_and_program(void **state)
{
	(void)state;
	struct picker picker = picker_of(choice, CHOICES);
	char *text = drawn(&picker, 40, 10);
	assert_non_null(strstr(text, "PID"));
	assert_non_null(strstr(text, "orders-api"));
	assert_non_null(strstr(text, "1 to 5 of 50"));
	assert_non_null(strstr(text, "50 Go processes: which one?\n"));
	free(text);
	picker_finish(&picker);
}

static enum loop_next press(struct picker *picker, int key)
{
	struct tui_input input = {.key = key};
	return picker_input(&input, picker);
}

static void the_wheel_goes_on_by_rows(void **state)
{
	(void)state;
	struct picker picker = picker_of(choice, CHOICES);
	free(drawn(&picker, 80, 12));
	press(&picker, KEYMAP_WHEEL_DOWN);
	assert_int_equal(picker.place.selected, 3);
	press(&picker, KEYMAP_WHEEL_DOWN);
	press(&picker, KEYMAP_WHEEL_UP);
	assert_int_equal(picker.place.selected, 3);
	picker_finish(&picker);
}

static void nothing_overlaps_or_leaves_the_screen(void **state)
{
	(void)state;
	static const int widths[] = {40, 57, 60, 80, 99, 120, 200, 300}, heights[] = {10, 24, 50, 100};
	static const size_t counts[] = {0, 1, 7, CHOICES};
	for (size_t i = 0; i < 8 * 4 * 4 * 3; i++) {
		int width = widths[i % 8], height = heights[i / 8 % 4];
		struct picker picker = picker_of(choice, counts[i / 32 % 4]);
		struct canvas *canvas = canvas_create(width, height, i % 2);
		if (i / 128 > 0)
			snprintf(picker.place.filter, sizeof picker.place.filter, "%s",
			         "evil\x1b[2J日本語 or so");
		if (i / 128 > 1)
			press(&picker, '\\');
		picker_draw(canvas, &picker);
		char *text = fixture_text(canvas), *last = text + strlen(text) - 1;
		*last = '\0';
		assert_int_equal(canvas->overdrawn, 0);
		assert_null(strchr(text, '\x1b'));
		assert_non_null(strstr(strrchr(text, '\n'), i / 128 > 1 ? " \\evil" : "q quit"));
		free(text);
		canvas_destroy(canvas);
		picker_finish(&picker);
	}
}

static void a_filter_leaves_rows_out_and_keeps_the_selection(void **state)
{
	(void)state;
	struct picker picker = picker_of(choice, CHOICES);
	free(drawn(&picker, 100, 30));
	for (int i = 0; i < 27; i++)
		press(&picker, 'j');
	free(drawn(&picker, 100, 30));
	press(&picker, '\\');
	for (const char *key = "USER27"; *key; key++) /* capitals or not */
		press(&picker, *key);
	char *text = drawn(&picker, 100, 30);
	assert_non_null(strstr(text, "1 of 50 Go processes: those with \"USER27\""));
	assert_non_null(strstr(text, "\n>   1027 "));
	assert_non_null(strstr(text, "\n \\USER27 "));
	free(text);
	press(&picker, KEYMAP_ENTER);
	assert_int_equal(press(&picker, KEYMAP_ESCAPE), LOOP_DRAW); /* all rows again */
	text = drawn(&picker, 100, 30);
	assert_non_null(strstr(text, "\n>   1027 "));
	free(text);
	press(&picker, '\\');
	press(&picker, 'x');
	press(&picker, KEYMAP_ESCAPE);
	assert_string_equal(picker.place.filter, "");
	assert_int_equal(press(&picker, KEYMAP_ENTER), LOOP_END);
	assert_int_equal(choice[picker.picked].pid, 1027);
	assert_int_equal(press(&picker, KEYMAP_ESCAPE), LOOP_END);
	picker_finish(&picker);
}

static void rows_are_sorted_by_any_column_and_both_ways(void **state)
{
	(void)state;
	struct picker picker = picker_of(choice, CHOICES);
	free(drawn(&picker, 140, 60));
	press(&picker, 'S');
	char *text = drawn(&picker, 140, 60);
	assert_non_null(strstr(text, "PID▲"));
	assert_true(strstr(text, " 1049 ") < strstr(text, " 1000 "));
	free(text);
	press(&picker, 'S');
	for (int column = 1; column <= 4; column++)
		press(&picker, 's');
	text = drawn(&picker, 140, 60);
	assert_non_null(strstr(text, "CPU▼"));
	assert_true(strstr(text, " 1049 ") < strstr(text, " 1001 "));
	assert_true(strstr(text, " 1001 ") < strstr(text, " 1000 ")); /* unknown is last */
	free(text);
	picker_finish(&picker);
}

/* A click selects, a second one on the same row chooses; the wheel moves the selection. */
static void the_mouse_sorts_selects_and_chooses(void **state)
{
	(void)state;
	struct picker picker = picker_of(choice, CHOICES);
	free(drawn(&picker, 100, 30));
	struct tui_input heading = {KEYMAP_CLICK, 5, 2}, row = {KEYMAP_CLICK, 30, 7};
	picker_input(&heading, &picker);
	assert_true(picker.place.reversed);
	free(drawn(&picker, 100, 30));
	assert_int_equal(picker_input(&row, &picker), LOOP_DRAW);
	assert_int_equal(press(&picker, KEYMAP_WHEEL_DOWN), LOOP_DRAW);
	assert_int_equal(press(&picker, KEYMAP_WHEEL_UP), LOOP_DRAW);
	char *text = drawn(&picker, 100, 30), mark[32];
	int shown = picker.shown[picker.place.selected];
	snprintf(mark, sizeof mark, "\n>   %d ", choice[shown].pid);
	assert_non_null(strstr(text, mark));
	free(text);
	row.y = picker.place.list_y + picker.place.selected - picker.place.top;
	assert_int_equal(picker_input(&row, &picker), LOOP_END);
	assert_int_equal(picker.picked, shown);
	struct tui_input nowhere = {KEYMAP_CLICK, 30, 29};
	assert_int_equal(picker_input(&nowhere, &picker), LOOP_DRAW);
	picker_finish(&picker);
}

static void help_lies_over_the_list_until_a_key_takes_it_away(void **state)
{
	(void)state;
	struct picker picker = picker_of(choice, 3);
	assert_int_equal(press(&picker, '?'), LOOP_DRAW);
	char *text = drawn(&picker, 80, 24);
	assert_non_null(strstr(text, "Keys of the list of processes"));
	assert_null(strstr(text, "orders-api"));
	free(text);
	assert_int_equal(press(&picker, 'q'), LOOP_DRAW);
	text = drawn(&picker, 80, 24);
	assert_non_null(strstr(text, "orders-api"));
	free(text);
	picker_finish(&picker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_are_listed_with_what_is_known),
		cmocka_unit_test(a_wide_list_has_the_module_too),
		cmocka_unit_test(the_selection_stays_on_the_screen),
		cmocka_unit_test(an_empty_list_can_not_be_chosen_from),
		cmocka_unit_test(narrow_terminals_keep_pid_and_program),
		cmocka_unit_test(the_wheel_goes_on_by_rows),
		cmocka_unit_test(nothing_overlaps_or_leaves_the_screen),
		cmocka_unit_test(a_filter_leaves_rows_out_and_keeps_the_selection),
		cmocka_unit_test(rows_are_sorted_by_any_column_and_both_ways),
		cmocka_unit_test(the_mouse_sorts_selects_and_chooses),
		cmocka_unit_test(help_lies_over_the_list_until_a_key_takes_it_away),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("picker", tests, make_choices, NULL);
}

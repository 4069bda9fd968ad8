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
	struct picker picker = {.choice = choice, .n = 3};
	char *text = drawn(&picker, 80, 12);
	assert_string_equal(
		text, " schedtop  3 Go processes on this machine: which one?\n"
			  "\n"
			  "     PID  USER          GO          GOMAXPROCS     CPU  AGENT  PROGRAM\n"
			  ">   1000  user0         –                    –       –  no     orders-api\n"
			  "    1001  user1         go1.26.8             8   0.0 %  yes    evil?[2J日本語\n"
			  "    1002  user2         go1.26.8             8   1.0 %  no     orders-api\n"
			  "\n\n\n\n\n"
			  " Enter watch   ↑↓ select   q quit\n");
	free(text);
}

static void the_selection_stays_on_the_screen(void **state)
{
	(void)state;
	struct picker picker = {.choice = choice, .n = CHOICES};
	static const enum command keys[] = {COMMAND_LAST,     COMMAND_PAGE_UP, COMMAND_UP,
	                                    COMMAND_FIRST,    COMMAND_DOWN,    COMMAND_PAGE_DOWN,
	                                    COMMAND_PAGE_DOWN};
	static const int selected[] = {49, 43, 42, 0, 1, 7, 13};
	free(drawn(&picker, 80, 12));
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		assert_true(picker_command(keys[i], &picker));
		assert_int_equal(picker.selected, selected[i]);
		char *text = drawn(&picker, 80, 12), mark[32];
		snprintf(mark, sizeof mark, "\n>   %d ", choice[picker.selected].pid);
		assert_non_null(strstr(text, mark));
		free(text);
	}
	assert_false(picker.chosen);
	assert_false(picker_command(COMMAND_CHOOSE, &picker));
	assert_true(picker.chosen);
}

static void an_empty_list_can_not_be_chosen_from(void **state)
{
	(void)state;
	struct picker picker = {.choice = choice, .n = 0};
	free(drawn(&picker, 40, 10));
	assert_true(picker_command(COMMAND_DOWN, &picker));
	assert_true(picker_command(COMMAND_CHOOSE, &picker));
	assert_false(picker.chosen);
}

static void narrow_terminals_keep_pid_and_program(void **state)
{
	(void)state;
	struct picker picker = {.choice = choice, .n = CHOICES};
	char *text = drawn(&picker, 40, 10);
	assert_non_null(strstr(text, "PID"));
	assert_non_null(strstr(text, "orders-api"));
	assert_non_null(strstr(text, "1 to 5 of 50"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_are_listed_with_what_is_known),
		cmocka_unit_test(the_selection_stays_on_the_screen),
		cmocka_unit_test(an_empty_list_can_not_be_chosen_from),
		cmocka_unit_test(narrow_terminals_keep_pid_and_program),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("picker", tests, make_choices, NULL);
}

/* The Findings view, by keys on the screen of processes that never were. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/app.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tui_fixture.h"
#include "tui/findings.h"
#include "util/clock.h"

#define SECONDS 30

/* So that half a minute has something to show. */
static const char *const limits[] = {"goroutine-growth.time=20s",
                                     "channel-send-stuck.goroutines=1000000"};

static struct app *app_of(const struct fixture *fixture, int seconds)
{
	struct app *app = malloc(sizeof *app);
	struct error error = {0};
	assert_int_equal(app_init(app, NULL, NS_PER_S, &error), STATUS_OK);
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		assert_int_equal(limits_set_text(&app->limits, limits[i], &error), STATUS_OK);
	for (int second = 1; second <= seconds; second++) {
		app_tell_time(app, FIXTURE_START_NS + second * NS_PER_S + NS_PER_MS,
		              INT64_C(1700000000) * NS_PER_S + second * NS_PER_S);
		app_add(app, fixture_snapshot(fixture, second));
	}
	return app;
}

static void done(struct app *app)
{
	app_finish(app);
	free(app);
}

static char *draw(struct app *app, int width, int height, bool ascii)
{
	struct canvas *canvas = canvas_create(width, height, ascii);
	assert_non_null(canvas);
	app_draw(app, canvas);
	if (canvas->overdrawn > 0)
		fail_msg("%s at %dx%d: %d cells are drawn twice", views[app->view]->name, width, height,
		         canvas->overdrawn);
	char *text = fixture_text(canvas);
	canvas_destroy(canvas);
	return text;
}

static void assert_shows(struct app *app, const char *part)
{
	char *text = draw(app, 120, 40, false);
	fixture_shows(text, part);
	free(text);
}

static void assert_hides(struct app *app, const char *part)
{
	char *text = draw(app, 120, 40, false);
	if (strstr(text, part))
		fail_msg("shown: %s in\n%s", part, text);
	free(text);
}

/* Each key is pressed on what the one before has made. */
static void press(struct app *app, int key)
{
	struct tui_input input = {.key = key};
	free(draw(app, 120, 40, false));
	app_input(app, &input);
}

static const char *view_name(const struct app *app)
{
	return views[app->view]->name;
}

static size_t compare(struct app *app, const char *what, int width, int height, bool ascii)
{
	char name[96];
	snprintf(name, sizeof name, "findings%s-%dx%d%s", what, width, height, ascii ? "-ascii" : "");
	char *text = draw(app, width, height, ascii);
	bool good = fixture_is_golden(name, text);
	free(text);
	return !good;
}

static void pictures_equal_their_goldens(void **state)
{
	(void)state;
	static const int sizes[][2] = {{80, 24}, {120, 40}, {160, 50}};
	size_t wrong = 0;
	struct app *app = app_of(&fixture_busy, SECONDS);
	free(draw(app, 80, 24, false));
	for (size_t i = 0; i < 3; i++)
		wrong += compare(app, "-overview", sizes[i][0], sizes[i][1], i == 0);
	press(app, '5');
	for (int opened = 0; opened < 2; opened++) {
		for (size_t i = 0; i < 3; i++)
			wrong += compare(app, opened ? "-open" : "", sizes[i][0], sizes[i][1], false);
		wrong += compare(app, opened ? "-open" : "", 80, 24, true);
		press(app, KEYMAP_ENTER);
	}
	done(app);
	assert_int_equal(wrong, 0);
}

static void a_process_without_findings_is_told_so_with_what_is_known(void **state)
{
	(void)state;
	struct fixture calm = fixture_busy;
	calm.memory = calm.os = false;
	struct app *app = app_of(&calm, 5);
	press(app, '5');
	assert_shows(app, "The doctor sees nothing wrong in the 4 s that are known; slow growth shows");
	done(app);
}

static void enter_shows_the_evidence_and_then_the_group_that_it_is_of(void **state)
{
	(void)state;
	struct app *app = app_of(&fixture_busy, SECONDS);
	press(app, '5');
	assert_hides(app, "└");
	press(app, KEYMAP_ENTER);
	assert_shows(app, "└ 11,200 goroutines waiting: chan send at main.worker");
	assert_shows(app, "Where    main.worker");
	const struct evidence *e;
	const struct finding *f = finding_of_row(&app->findings, app->place[app->view].expanded, &e);
	assert_non_null(f);
	assert_int_equal(f->evidence[0].kind, EVIDENCE_GROUP);
	uint64_t key = f->evidence[0].group;
	press(app, KEYMAP_ENTER);
	assert_string_equal(view_name(app), "Goroutines");
	assert_true(app->place[app->view].expanded == (int64_t)key);
	assert_shows(app, "main.fanOut");
	done(app);
}

static void escape_closes_the_finding_that_is_open(void **state)
{
	(void)state;
	struct app *app = app_of(&fixture_busy, SECONDS);
	press(app, '5');
	assert_hides(app, "›");
	press(app, KEYMAP_ENTER);
	assert_shows(app, " Findings › goroutine-growth");
	press(app, KEYMAP_ESCAPE);
	assert_hides(app, "›");
	assert_hides(app, "└");
	assert_int_equal(app->place[app->view].expanded, 0);
	done(app);
}

static void the_overview_names_the_key_that_the_user_has_given(void **state)
{
	(void)state;
	static const struct keymap_origin file = {"config", 1};
	struct error error = {0};
	struct keymap keys = keymap_default;
	struct app *app = app_of(&fixture_busy, SECONDS);
	assert_shows(app, "  Enter\n");
	assert_int_equal(keymap_bind(&keys, "expand", "F7", &file, &error), STATUS_OK);
	app->keys = &keys;
	assert_shows(app, "  F7\n");
	assert_hides(app, "  Enter\n");
	done(app);
}

static void nothing_is_offered_for_rows_where_there_are_none(void **state)
{
	(void)state;
	struct fixture calm = fixture_busy;
	calm.memory = calm.os = false;
	struct app *app = app_of(&calm, 5);
	press(app, '5');
	assert_shows(app, "? help");
	assert_hides(app, " select");
	assert_hides(app, " sort");
	done(app);
}

static void the_filter_leaves_findings_that_have_its_text(void **state)
{
	(void)state;
	struct app *app = app_of(&fixture_busy, SECONDS);
	press(app, '5');
	assert_shows(app, "gomaxprocs-mismatch");
	app_line(app, "filter chan send");
	assert_hides(app, "gomaxprocs-mismatch");
	assert_shows(app, "goroutine-growth");
	app_line(app, "filter nothing has this");
	assert_shows(app, "No finding has what the filter asks for");
	done(app);
}

static void the_overview_names_the_worst_and_enter_opens_it(void **state)
{
	(void)state;
	struct app *app = app_of(&fixture_busy, SECONDS);
	assert_shows(app, "! goroutine-growth");
	assert_shows(app, "\n!Goroutines");
	press(app, KEYMAP_ENTER);
	assert_string_equal(view_name(app), "Findings");
	assert_shows(app, "└");
	done(app);
}

/* A finding is looked for in the past as it was then. */
static void the_past_has_the_findings_that_it_had(void **state)
{
	(void)state;
	struct app *app = app_of(&fixture_busy, SECONDS);
	press(app, '5');
	assert_shows(app, "goroutine-growth");
	app_jump(app, -25 * NS_PER_S);
	assert_hides(app, "goroutine-growth");
	app_pause(app, false);
	assert_shows(app, "goroutine-growth");
	done(app);
}

static void names_of_a_hostile_process_are_made_harmless(void **state)
{
	(void)state;
	struct fixture hostile = fixture_busy;
	hostile.hostile = true;
	struct app *app = app_of(&hostile, SECONDS);
	press(app, '5');
	press(app, KEYMAP_ENTER);
	char *text = draw(app, 160, 50, false);
	assert_null(strchr(text, 0x1b));
	assert_non_null(strstr(text, "goroutine-growth"));
	free(text);
	done(app);
}

/* draw() looks for cells that were drawn twice. */
static void at_every_size_all_stays_in_its_place(void **state)
{
	(void)state;
	struct app *app = app_of(&fixture_busy, SECONDS);
	for (size_t view = 0; view < 2; view++) {
		for (int width = 1; width < 200; width += 9)
			for (int height = 3; height < 60; height += 5)
				free(draw(app, width, height, width % 2));
		press(app, '5');
		press(app, KEYMAP_ENTER);
	}
	done(app);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_equal_their_goldens),
		cmocka_unit_test(a_process_without_findings_is_told_so_with_what_is_known),
		cmocka_unit_test(enter_shows_the_evidence_and_then_the_group_that_it_is_of),
		cmocka_unit_test(escape_closes_the_finding_that_is_open),
		cmocka_unit_test(the_overview_names_the_key_that_the_user_has_given),
		cmocka_unit_test(nothing_is_offered_for_rows_where_there_are_none),
		cmocka_unit_test(the_filter_leaves_findings_that_have_its_text),
		cmocka_unit_test(the_overview_names_the_worst_and_enter_opens_it),
		cmocka_unit_test(the_past_has_the_findings_that_it_had),
		cmocka_unit_test(names_of_a_hostile_process_are_made_harmless),
		cmocka_unit_test(at_every_size_all_stays_in_its_place),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("view_findings", tests, NULL, NULL);
}

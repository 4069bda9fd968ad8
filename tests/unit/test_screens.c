/*
 * Every view of the screen as a recording shows it. They were made with --record of real processes:
 * mixed.ndjson of `workload -agent -procs 4 -mode mixed`, every 2 s, and leak.ndjson of `workload
 * -procs 2 -mode leak -every 200ms`, every 6 s, for the goroutines. Snapshots go in as --replay
 * feeds them, and the time is told as its clock would.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collect/recording.h"
#include "metrics/json.h"
#include "tests/unit/tui_fixture.h"
#include "tui/app.h"
#include "util/clock.h"

#define LATE_NS (5 * NS_PER_MS) /* after the last snapshot */

static const char mixed[] = "mixed.ndjson", leak[] = "leak.ndjson";

static struct recording *open_recording(const char *name)
{
	struct recording *r;
	struct error error = {0};
	const char *root = getenv("srcdir");
	char path[512];
	snprintf(path, sizeof path, "%s/tests/data/%s", root ? root : ".", name);
	if (recording_open(&r, path, &error) != STATUS_OK)
		fail_msg("%s", error.text);
	return r;
}

/* The screen as it is when the recording has been played to its end. */
static struct app *play(const char *name)
{
	struct app *app = malloc(sizeof *app);
	struct recording *r = open_recording(name);
	struct error error = {0};
	struct snapshot *s;
	assert_int_equal(app_init(app, NULL, NS_PER_S, &error), STATUS_OK);
	while (recording_next(r, &s, &error) == STATUS_OK && s) {
		app_tell_playback(app, &(struct playback_state){.recorded = true,
		                                                .monotonic_ns = s->monotonic_ns + LATE_NS,
		                                                .wall_ns = s->wall_ns + LATE_NS,
		                                                .speed = 1});
		app_add(app, s);
	}
	assert_int_equal(recording_judge(r, &error), STATUS_OK);
	recording_close(r);
	assert_true(history_count(app->history) >= 10);
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
	char *text = fixture_text(canvas);
	assert_non_null(text);
	canvas_destroy(canvas);
	return text;
}

/* "screens-overview-80x24-ascii" */
static void name_picture(char *to, size_t size, const char *view, int width, int height, bool ascii)
{
	snprintf(to, size, "screens-%s-%dx%d%s", view, width, height, ascii ? "-ascii" : "");
	for (; *to; to++)
		*to = (char)tolower((unsigned char)*to);
}

static void every_view_of_the_recording_equals_its_golden(void **state)
{
	(void)state;
	static const int sizes[][2] = {{80, 24}, {120, 40}, {200, 50}};
	size_t wrong = 0;
	for (size_t view = 0; view < views_count; view++) {
		struct app *app =
			play(views[view] == &view_goroutines || views[view] == &view_findings ? leak : mixed);
		app->view = view;
		for (size_t i = 0; i < 6; i++) {
			int width = sizes[i / 2][0], height = sizes[i / 2][1];
			bool ascii = i % 2;
			char name[128];
			name_picture(name, sizeof name, views[app->view]->name, width, height, ascii);
			char *text = draw(app, width, height, ascii);
			wrong += !fixture_is_golden(name, text);
			free(text);
		}
		done(app);
	}
	assert_int_equal(wrong, 0);
}

static void the_clock_is_that_of_the_recording(void **state)
{
	(void)state;
	struct app *app = play(mixed);
	char expected[16];
	const struct snapshot *newest = history_get(app->history, 0);
	time_t seconds = (time_t)((newest->wall_ns + LATE_NS) / NS_PER_S);
	struct tm utc;
	assert_non_null(gmtime_r(&seconds, &utc));
	assert_true(strftime(expected, sizeof expected, "%H:%M:%S", &utc) > 0);
	char *text = draw(app, 120, 40, false);
	assert_non_null(strstr(text, expected));
	assert_non_null(strstr(text, " replay "));
	assert_null(strstr(text, "silent"));
	free(text);
	done(app);
}

/* Silent is what the recording's time says, and not how long ago it was made. */
static void silence_is_measured_in_the_time_of_the_recording(void **state)
{
	(void)state;
	struct app *app = play(mixed);
	const struct snapshot *newest = history_get(app->history, 0);
	app_tell_time(app, newest->monotonic_ns + 33 * NS_PER_S, newest->wall_ns + 33 * NS_PER_S);
	char *text = draw(app, 120, 40, false);
	assert_non_null(strstr(text, "silent 33 s"));
	free(text);
	done(app);
}

static void the_end_is_said_and_the_last_picture_stays(void **state)
{
	(void)state;
	struct app *app = play(mixed);
	const struct snapshot *newest = history_get(app->history, 0);
	struct playback_state end = {.recorded = true,
	                             .monotonic_ns = newest->monotonic_ns,
	                             .wall_ns = newest->wall_ns,
	                             .speed = 1};
	app_tell_playback(app, &end);
	char *before = draw(app, 120, 40, false);
	end.ended = true;
	app_tell_playback(app, &end);
	char *after = draw(app, 120, 40, false);
	assert_non_null(strstr(after, " end of the recording "));
	/* Below the header nothing has changed. */
	assert_string_equal(strchr(after, '\n'), strchr(before, '\n'));
	free(before);
	free(after);
	done(app);
}

/* The file holds what json_encode made of each snapshot with those before it. */
static void assert_same_when_encoded_again(const char *name)
{
	struct recording *r = open_recording(name);
	struct history *h = history_create(90 * NS_PER_S, SIZE_MAX);
	const char *root = getenv("srcdir");
	char path[512], *expected = NULL;
	size_t size = 0;
	snprintf(path, sizeof path, "%s/tests/data/%s", root ? root : ".", name);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	struct snapshot *s;
	while (recording_next(r, &s, NULL) == STATUS_OK && s) {
		assert_int_equal(history_add(h, s), STATUS_OK);
		char *line = json_encode(h);
		ssize_t length = getline(&expected, &size, file);
		assert_true(length > 0);
		expected[length - 1] = '\0';
		if (strcmp(line, expected) != 0)
			fail_msg("line %zu of the recording came back otherwise", history_count(h));
		free(line);
	}
	assert_int_equal(getline(&expected, &size, file), -1);
	free(expected);
	fclose(file);
	history_destroy(h);
	recording_close(r);
}

static void a_recording_encoded_again_is_the_same_file(void **state)
{
	(void)state;
	assert_same_when_encoded_again(mixed);
	assert_same_when_encoded_again(leak);
}

/* 5 a second: the view says so of the one group that leaks, and of no other. */
static void a_leak_is_told_with_its_evidence(void **state)
{
	(void)state;
	struct app *app = play(leak);
	app_line(app, "view goroutines");
	char *text = draw(app, 120, 40, false), *mark = strstr(text, " !\n");
	assert_non_null(mark);
	assert_null(strstr(mark + 1, " !\n"));
	assert_non_null(strstr(text, "! like a leak: +300 a minute and never fewer"));
	assert_non_null(strstr(text, "created by main.startLeak.func1"));
	free(text);
	done(app);
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_view_of_the_recording_equals_its_golden),
		cmocka_unit_test(the_clock_is_that_of_the_recording),
		cmocka_unit_test(silence_is_measured_in_the_time_of_the_recording),
		cmocka_unit_test(the_end_is_said_and_the_last_picture_stays),
		cmocka_unit_test(a_recording_encoded_again_is_the_same_file),
		cmocka_unit_test(a_leak_is_told_with_its_evidence),
	};
	return cmocka_run_group_tests_name("screens", tests, NULL, NULL);
}

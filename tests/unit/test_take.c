#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/take.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tui/app.h"
#include "tui/clip.h"

#include "tests/unit/tui_fixture.h"

#define THREADS 2 /* index of the view */

static struct app *app_of(const struct fixture *fixture, size_t view)
{
	struct error error;
	struct app *app = calloc(1, sizeof *app);
	assert_non_null(app);
	assert_int_equal(app_init(app, NULL, 1000000000, &error), STATUS_OK);
	struct history *history = fixture_history(fixture, 5);
	app_tell_time(app, history_get(history, 0)->monotonic_ns, 0);
	app_set_history(app, history);
	app->view = view;
	return app;
}

static void done(struct app *app)
{
	app_finish(app);
	free(app);
}

static char *picture(struct app *app)
{
	struct canvas *canvas = canvas_create(80, 24, false);
	assert_non_null(canvas);
	app_draw(app, canvas);
	char *text = fixture_text(canvas);
	canvas_destroy(canvas);
	return text;
}

static void press(struct app *app, const char *keys)
{
	free(picture(app));
	for (; *keys; keys++)
		app_input(app, &(struct tui_input){.key = *keys});
	free(picture(app));
}

static char *row_selected(struct app *app)
{
	char *text = picture(app), *line = strstr(text, "\n>");
	assert_non_null(line);
	line = strndup(line + 1, strcspn(line + 1, "\n"));
	free(text);
	return line;
}

static void assert_selected(struct app *app, const char *part)
{
	char *row = row_selected(app);
	fixture_shows(row, part);
	free(row);
}

static void a_search_goes_to_the_row_while_it_is_typed_and_on_with_n(void **state)
{
	(void)state;
	struct app *app = app_of(&fixture_busy, THREADS);
	press(app, "/M1");
	assert_selected(app, "M1");
	press(app, "\r");
	char *first = row_selected(app);
	press(app, "n");
	char *second = row_selected(app);
	assert_string_not_equal(first, second);
	fixture_shows(second, "M1");
	press(app, "N");
	char *back = row_selected(app);
	assert_string_equal(back, first);
	free(first);
	free(second);
	free(back);
	/* Nothing is left out. */
	assert_string_equal(app->place[THREADS].filter, "");
	press(app, "/nowhere to be found\r");
	assert_string_equal(app->notice, "no row has \"nowhere to be found\"");
	done(app);
}

static void a_search_that_is_taken_back_leaves_the_row(void **state)
{
	(void)state;
	struct app *app = app_of(&fixture_busy, THREADS);
	press(app, "jj");
	char *before = row_selected(app);
	press(app, "/M9");
	press(app, "\x1b");
	char *after = row_selected(app);
	assert_string_equal(before, after);
	free(before);
	free(after);
	done(app);
}

static void a_copy_is_the_selected_row_in_full_and_clean(void **state)
{
	(void)state;
	struct app *app = app_of(&fixture_busy, THREADS);
	press(app, "/M9\ry");
	char *copied = take_copied(&app->take);
	assert_non_null(copied);
	fixture_shows(copied, "M9");
	assert_null(strchr(copied, '\n'));
	assert_null(take_copied(&app->take));
	free(copied);
	app->take.copies_off = true;
	press(app, "y");
	assert_null(take_copied(&app->take));
	assert_string_equal(app->notice, "copying is off by the setting clipboard");
	done(app);
	struct fixture hostile = fixture_busy;
	hostile.hostile = true;
	app = app_of(&hostile, THREADS);
	for (size_t view = 0; view < views_count; view++) {
		app->view = view;
		press(app, "y");
		copied = take_copied(&app->take);
		for (const char *at = copied; at && *at; at++)
			assert_true((unsigned char)*at >= ' ' || *at == '\n');
		free(copied);
	}
	done(app);
}

/* What base64 is in there, and that no byte of it ends the sequence. */
static void a_copy_reaches_the_terminal_through_tmux_and_screen(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum clip_way way;
		const char *bytes;
	} cases[] = {
		{"", CLIP_PLAIN, "\033]52;c;\a"},
		{"f", CLIP_PLAIN, "\033]52;c;Zg==\a"},
		{"fo", CLIP_PLAIN, "\033]52;c;Zm8=\a"},
		{"\033]0;x\a", CLIP_PLAIN, "\033]52;c;G10wO3gH\a"},
		{"foo", CLIP_TMUX, "\033]52;c;Zm9v\a\033Ptmux;\033\033]52;c;Zm9v\a\033\\"},
		{"foo", CLIP_SCREEN, "\033P\033]52;c;Zm9v\a\033\\"},
	};
	size_t length;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *bytes = clip_sequence(cases[i].text, cases[i].way, &length);
		assert_non_null(bytes);
		assert_int_equal(length, strlen(cases[i].bytes));
		assert_string_equal(bytes, cases[i].bytes);
		free(bytes);
	}
	/* screen takes only short pieces. */
	char text[600];
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	char *bytes = clip_sequence(text, CLIP_SCREEN, &length);
	for (char *part = bytes, *end; (end = strstr(part, "\033\\")) != NULL; part = end + 2)
		assert_true(end - part < 100);
	free(bytes);
	assert_null(clip_sequence("x", CLIP_NOT, &length));
	assert_int_equal(clip_way("xterm", NULL, NULL), CLIP_PLAIN);
	assert_int_equal(clip_way("tmux-256color", "/tmp/tmux-0/default,1,0", NULL), CLIP_TMUX);
	assert_int_equal(clip_way("screen", "/tmp/tmux-0/default,1,0", NULL), CLIP_TMUX);
	assert_int_equal(clip_way("screen.xterm", "", "1.pts"), CLIP_SCREEN);
	assert_int_equal(clip_way("linux", NULL, NULL), CLIP_NOT);
	assert_int_equal(clip_way(NULL, NULL, NULL), CLIP_PLAIN);
}

/* --- saving --------------------------------------------------------------------------------- */

static char directory[] = "/tmp/schedtop-take-XXXXXX";

static char *slurp(const char *name)
{
	char path[256], *text = calloc(1, 1 << 20);
	assert_non_null(text);
	snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *in = fopen(path, "r");
	if (!in) {
		free(text);
		return NULL;
	}
	assert_true(fread(text, 1, (1 << 20) - 1, in) > 0);
	fclose(in);
	return text;
}

/* A disk may be slow. */
static void wait_for_disk(struct app *app)
{
	while (strstr(app->notice, "is being written")) {
		usleep(1000);
		app_tick(app);
	}
}

static void save(struct app *app, const char *command, const char *name)
{
	char line[256];
	free(picture(app));
	snprintf(line, sizeof line, "%s %s/%s", command, directory, name);
	app_line(app, line);
	wait_for_disk(app);
}

static int count(const char *text, const char *part)
{
	int n = 0;
	while ((text = strstr(text, part)) != NULL) {
		n++;
		text += strlen(part);
	}
	return n;
}

static void every_row_of_a_list_is_saved_in_every_form(void **state)
{
	(void)state;
	struct app *app = app_of(&fixture_busy, THREADS);
	char said[128];
	save(app, "save", "t.csv");
	int rows = app->place[THREADS].rows;
	assert_true(rows > 5);
	snprintf(said, sizeof said, "saved %d rows in %s/t.csv", rows, directory);
	assert_string_equal(app->notice, said);
	char *text = slurp("t.csv");
	assert_int_equal(count(text, "\r\n"), rows + 1);
	fixture_shows(text, ",TID,");
	free(text);
	save(app, "save", "t.json");
	text = slurp("t.json");
	assert_int_equal(strncmp(text, "{\"view\": \"Threads\", \"rows\": [", 29), 0);
	assert_int_equal(count(text, "\"TID\": "), rows);
	free(text);
	save(app, "save", "t.txt");
	text = slurp("t.txt");
	for (int i = 0; i < 5; i++) {
		char name[16];
		snprintf(name, sizeof name, " M%d ", i + 1);
		fixture_shows(text, name);
	}
	assert_null(strstr(text, "? help")); /* the keys are of no use there */
	free(text);
	done(app);
}

static void a_file_is_replaced_only_when_that_is_asked_for(void **state)
{
	(void)state;
	struct app *app = app_of(&fixture_busy, 0);
	save(app, "save", "o.txt");
	char *first = slurp("o.txt");
	assert_non_null(first);
	app->view = THREADS;
	save(app, "save", "o.txt");
	fixture_shows(app->notice, "is there already: save! replaces it");
	char *second = slurp("o.txt");
	assert_string_equal(first, second);
	free(second);
	save(app, "save!", "o.txt");
	second = slurp("o.txt");
	assert_string_not_equal(first, second);
	free(first);
	free(second);
	done(app);
}

static void what_can_not_be_saved_is_said_and_leaves_no_file(void **state)
{
	(void)state;
	struct app *app = app_of(&fixture_busy, 0);
	save(app, "save", "x.csv");
	fixture_shows(app->notice, "this view is no list");
	assert_null(slurp("x.csv"));
	save(app, "save", "x.pdf");
	fixture_shows(app->notice, "a file is to be called .txt, .csv or .json");
	app_line(app, "save");
	fixture_shows(app->notice, "that takes the name of a file");
	app_line(app, "save /nowhere/at/all.txt");
	wait_for_disk(app);
	assert_int_equal(app->notice_style, STYLE_WARNING);
	app_line(app, "quit!");
	fixture_shows(app->notice, "there is no command \"quit!\"");
	done(app);
}

static int open_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	char path[256];
	(void)state;
	static const char *const names[] = {"t.csv", "t.json", "t.txt", "o.txt"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

static void draw_its_own(struct canvas *canvas, struct view_place *place, void *arg)
{
	(void)arg;
	canvas_clear(canvas);
	place->top = 0;
	place->page = 3;
	place->rows = 10;
}

/* Whatever a view does, no key may hold the screen up for ever. */
static void a_view_that_does_not_show_what_it_is_asked_for_ends_a_search(void **state)
{
	(void)state;
	struct view_place place = {0};
	const struct listing listing = {.view = "x",
	                                .is_list = true,
	                                .width = 80,
	                                .height = 24,
	                                .place = &place,
	                                .draw = draw_its_own};
	assert_int_equal(listing_find(&listing, "text", -1, 1), -1);
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_view_that_does_not_show_what_it_is_asked_for_ends_a_search),
		cmocka_unit_test(a_search_goes_to_the_row_while_it_is_typed_and_on_with_n),
		cmocka_unit_test(a_search_that_is_taken_back_leaves_the_row),
		cmocka_unit_test(a_copy_is_the_selected_row_in_full_and_clean),
		cmocka_unit_test(a_copy_reaches_the_terminal_through_tmux_and_screen),
		cmocka_unit_test(every_row_of_a_list_is_saved_in_every_form),
		cmocka_unit_test(a_file_is_replaced_only_when_that_is_asked_for),
		cmocka_unit_test(what_can_not_be_saved_is_said_and_leaves_no_file),
	};
	return cmocka_run_group_tests(tests, open_directory, remove_directory);
}

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/view.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tui_fixture.h"
#include "tui/frame.h"
#include "util/clock.h"

#define SECONDS 30
#define THREADS 23 /* of fixture_busy: 8 Ps, 12 more Ms, 3 of C */

static struct canvas *draw(const struct history *h, int width, int height, bool ascii,
                           struct view_place *place)
{
	struct view_place top = {0};
	struct canvas *canvas = canvas_create(width, height, ascii);
	assert_non_null(canvas);
	struct view_data data = {.history = h,
	                         .state = TARGET_LIVE,
	                         .now_ns = history_get(h, 0)->monotonic_ns + NS_PER_MS,
	                         .clock = "12:31:07"};
	frame_draw(canvas, &view_threads, &data, place ? place : &top, 0);
	return canvas;
}

static char *text_of(const struct fixture *f, int width, int height, struct view_place *place)
{
	struct history *h = fixture_history(f, SECONDS);
	struct canvas *canvas = draw(h, width, height, false, place);
	char *text = fixture_text(canvas);
	assert_non_null(text);
	canvas_destroy(canvas);
	history_destroy(h);
	return text;
}

static void pictures_equal_their_goldens(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int width, height;
		bool ascii;
	} table[] = {
		{"threads-80x24", 80, 24, false},   {"threads-80x24-ascii", 80, 24, true},
		{"threads-120x40", 120, 40, false}, {"threads-120x40-ascii", 120, 40, true},
		{"threads-200x50", 200, 50, false}, {"threads-200x50-ascii", 200, 50, true},
	};
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct canvas *canvas = draw(h, table[i].width, table[i].height, table[i].ascii, NULL);
		char *text = fixture_text(canvas);
		assert_true(fixture_is_golden(table[i].name, text));
		free(text);
		canvas_destroy(canvas);
	}
	history_destroy(h);
}

/* How many rows there are whose first letter says a use. */
static int count_rows(const char *text, char letter)
{
	int n = 0;
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		n += (line[0] == ' ' || line[0] == '>') && line[1] == ' ' && line[2] == letter &&
		     line[3] == ' ';
	}
	return n;
}

static void every_thread_has_a_row_and_the_sum_is_the_kernels(void **state)
{
	(void)state;
	char *text = text_of(&fixture_busy, 120, 40, NULL);
	assert_int_equal(count_rows(text, 'R'), 8);
	assert_int_equal(count_rows(text, 'S'), 2);
	assert_int_equal(count_rows(text, 'C'), 1);
	assert_int_equal(count_rows(text, 'L'), 1);
	assert_int_equal(count_rows(text, '.'), 8);
	assert_int_equal(count_rows(text, '-'), 3);
	fixture_shows(text, "23 threads; /proc/4321/status says 23");
	fixture_shows(text, "idle, parked: the runtime keeps them; not a leak");
	fixture_shows(text, "a thread of C code");
	fixture_shows(text, "G109 in a syscall");
	free(text);
}

static void cpu_and_since_are_what_the_history_says(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	struct snapshot *s = fixture_snapshot(&fixture_busy, SECONDS + 1);
	fields_set(&s->m[9].f, M_CURG, 777); /* another call, just now */
	history_add(h, s);
	struct canvas *canvas = draw(h, 120, 40, true, NULL);
	char *text = fixture_text(canvas);
	fixture_shows(text, "99 %"); /* 990 ms a second */
	fixture_shows(text, "71 %"); /* 990 - 7 x 40 */
	fixture_shows(text, "> 30 s");
	char *row = strstr(text, "G777 in a syscall");
	assert_non_null(row);
	*strchr(row, '\n') = '\0';
	fixture_shows(row, " 0 s");
	free(text);
	canvas_destroy(canvas);
	history_destroy(h);
}

static void idle_threads_are_dim(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	struct canvas *canvas = draw(h, 120, 40, true, NULL);
	int found = 0;
	for (int y = 0; y < canvas->height; y++) {
		if (canvas_at(canvas, 2, y)->glyph != '.')
			continue;
		found++;
		for (int x = 1; x < canvas->width; x++)
			if (canvas_at(canvas, x, y)->glyph != ' ')
				assert_int_equal(canvas_at(canvas, x, y)->style, STYLE_DIM);
	}
	assert_int_equal(found, 8);
	canvas_destroy(canvas);
	history_destroy(h);
}

static void the_list_can_be_filtered_and_sorted(void **state)
{
	(void)state;
	struct view_place place = {.filter = "io-helper"};
	char *text = text_of(&fixture_busy, 120, 40, &place);
	assert_int_equal(place.rows, 3);
	fixture_shows(text, " 3 of 23 threads with \"io-helper\"");
	free(text);
	place = (struct view_place){.filter = "no such thing"};
	text = text_of(&fixture_busy, 120, 40, &place);
	assert_int_equal(place.rows, 0);
	free(text);
	/* Every column orders all rows, and turned around they are the same rows. */
	for (int sort = 0; view_threads.sorts[sort]; sort++)
		for (int reversed = 0; reversed < 2; reversed++) {
			place = (struct view_place){.sort = sort, .reversed = reversed};
			text = text_of(&fixture_busy, 200, 40, &place);
			assert_int_equal(place.rows, THREADS);
			fixture_shows(text, reversed ? "▲" : "▼");
			free(text);
		}
	place = (struct view_place){.sort = 4}; /* tid */
	text = text_of(&fixture_busy, 120, 40, &place);
	assert_true(strstr(text, " 4321 ") < strstr(text, " 4322 "));
	assert_true(strstr(text, " 4322 ") < strstr(text, " 4343 "));
	free(text);
}

static void the_selection_follows_its_thread(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	struct view_place place = {.sort = 4};
	canvas_destroy(draw(h, 80, 24, true, &place));
	view_move(&place, COMMAND_LAST);
	canvas_destroy(draw(h, 80, 24, true, &place));
	assert_int_equal(place.selected_id, 4321 + THREADS - 1);
	place.reversed = true;
	struct canvas *canvas = draw(h, 80, 24, true, &place);
	assert_int_equal(place.selected, 0);
	assert_int_equal(canvas_at(canvas, 0, place.list_y)->glyph, '>');
	canvas_destroy(canvas);
	history_destroy(h);
}

/* A cursor that nobody has moved does not wander about with the thread that once stood first. */
static void until_one_is_chosen_the_first_row_is_selected(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	struct view_place place = {.sort = 4};
	canvas_destroy(draw(h, 80, 24, true, &place));
	place.reversed = true;
	canvas_destroy(draw(h, 80, 24, true, &place));
	assert_int_equal(place.selected, 0);
	assert_int_equal(place.top, 0);
	assert_int_equal(place.selected_id, 4321 + THREADS - 1);
	/* A click on the same row chooses its thread. */
	view_click(&place, 20, place.list_y);
	canvas_destroy(draw(h, 80, 24, true, &place));
	place.reversed = false;
	canvas_destroy(draw(h, 80, 24, true, &place));
	assert_int_equal(place.selected, THREADS - 1);
	history_destroy(h);
}

/* Rows may move between what was drawn and a second click that opens it. */
static void clicks_mean_what_was_drawn(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	struct view_place place = {.sort = 4};
	canvas_destroy(draw(h, 80, 24, true, &place));
	assert_int_equal(view_click(&place, 20, place.list_y + 2), VIEW_HIT_ROW);
	canvas_destroy(draw(h, 80, 24, true, &place));
	assert_int_equal(view_click(&place, 20, place.list_y + 2), VIEW_HIT_SELECTED_ROW);
	const int64_t moved[] = {9999, 4321, 4322, 4323};
	assert_int_equal(view_selected_row(&place, moved, 4), 3);
	history_destroy(h);
}

static void without_the_runtime_the_kernels_part_is_shown(void **state)
{
	(void)state;
	struct fixture f = fixture_busy;
	f.memory = f.agent = false;
	char *text = text_of(&f, 120, 40, NULL);
	assert_int_equal(count_rows(text, '?'), THREADS);
	fixture_shows(text, "read anon_pipe_read");
	fixture_shows(text, "23 threads");
	free(text);
}

static void without_the_kernel_the_runtimes_part_is_shown(void **state)
{
	(void)state;
	struct fixture f = fixture_busy;
	f.os = false;
	char *text = text_of(&f, 120, 40, NULL);
	assert_int_equal(count_rows(text, 'R'), 8);
	fixture_shows(text, "20 threads");
	assert_null(strstr(text, "/proc"));
	free(text);
	f.memory = f.agent = false;
	text = text_of(&f, 120, 40, NULL);
	fixture_shows(text, "No threads: ");
	free(text);
}

static void every_size_and_name_stays_in_its_place(void **state)
{
	(void)state;
	struct fixture f = fixture_busy;
	f.hostile = true;
	f.procs = 64;
	f.hz = 5;
	struct history *h = fixture_history(&f, 5);
	for (int width = 40; width <= 300; width += 13)
		for (int height = 10; height <= 100; height += 9) {
			struct view_place place = {.top = width};
			struct canvas *canvas = draw(h, width, height, (width + height) % 2, &place);
			for (int y = 1; y < height - 1; y++)
				for (int x = 0; x < width; x++) {
					uint32_t glyph = canvas_at(canvas, x, y)->glyph;
					assert_true(glyph >= 0x20 && (glyph < 0x7f || glyph >= 0xa0));
					assert_true(!canvas->ascii || glyph < 0x7f);
				}
			assert_int_equal(place.rows, 64 + 15);
			assert_true(place.page >= 3);
			assert_true(place.top + place.page <= place.rows || place.top == 0);
			canvas_destroy(canvas);
		}
	history_destroy(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_equal_their_goldens),
		cmocka_unit_test(every_thread_has_a_row_and_the_sum_is_the_kernels),
		cmocka_unit_test(cpu_and_since_are_what_the_history_says),
		cmocka_unit_test(idle_threads_are_dim),
		cmocka_unit_test(the_list_can_be_filtered_and_sorted),
		cmocka_unit_test(the_selection_follows_its_thread),
		cmocka_unit_test(until_one_is_chosen_the_first_row_is_selected),
		cmocka_unit_test(clicks_mean_what_was_drawn),
		cmocka_unit_test(without_the_runtime_the_kernels_part_is_shown),
		cmocka_unit_test(without_the_kernel_the_runtimes_part_is_shown),
		cmocka_unit_test(every_size_and_name_stays_in_its_place),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("view_threads", tests, NULL, NULL);
}

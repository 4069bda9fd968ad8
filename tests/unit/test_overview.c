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

#define SECONDS 90

/* Draws the Overview as it would look `late_ns` after the newest snapshot. */
static struct canvas *draw_at(const struct history *h, enum target_state target, int64_t late_ns,
                              int width, int height, bool ascii, struct view_place *place)
{
	struct view_place top = {0};
	struct canvas *canvas = canvas_create(width, height, ascii);
	assert_non_null(canvas);
	const struct snapshot *newest = history_get(h, 0);
	int64_t now_ns = (newest ? newest->monotonic_ns : FIXTURE_START_NS) + late_ns;
	struct view_data data = {.history = h, .state = target, .now_ns = now_ns, .clock = "12:31:07"};
	frame_draw(canvas, &view_overview, &data, place ? place : &top, 0);
	return canvas;
}

static char *text_of(const struct fixture *f, int width, int height)
{
	struct history *h = fixture_history(f, SECONDS);
	struct canvas *canvas = draw_at(h, TARGET_LIVE, NS_PER_MS, width, height, false, NULL);
	char *text = fixture_text(canvas);
	assert_non_null(text);
	canvas_destroy(canvas);
	history_destroy(h);
	return text;
}

static void assert_shows(const struct fixture *f, int width, int height, const char *part)
{
	char *text = text_of(f, width, height);
	if (!strstr(text, part))
		print_error("not shown: \"%s\" in\n%s", part, text);
	assert_non_null(strstr(text, part));
	free(text);
}

static void assert_hides(const struct fixture *f, int width, int height, const char *part)
{
	char *text = text_of(f, width, height);
	if (strstr(text, part))
		print_error("shown: \"%s\" in\n%s", part, text);
	assert_null(strstr(text, part));
	free(text);
}

/* --- goldens -------------------------------------------------------------------------------- */

static void pictures_equal_their_goldens(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int width, height;
		bool ascii;
	} table[] = {
		{"overview-40x10", 40, 10, false},        {"overview-80x24", 80, 24, false},
		{"overview-80x24-ascii", 80, 24, true},   {"overview-120x40", 120, 40, false},
		{"overview-120x40-ascii", 120, 40, true}, {"overview-200x50", 200, 50, false},
	};
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct canvas *canvas = draw_at(h, TARGET_LIVE, NS_PER_MS, table[i].width, table[i].height,
		                                table[i].ascii, NULL);
		char *text = fixture_text(canvas);
		assert_true(fixture_is_golden(table[i].name, text));
		free(text);
		canvas_destroy(canvas);
	}
	history_destroy(h);
}

static void the_picture_of_an_exited_target_equals_its_golden(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	struct canvas *canvas = draw_at(h, TARGET_EXITED, 75 * NS_PER_S, 120, 24, false, NULL);
	char *text = fixture_text(canvas);
	assert_true(fixture_is_golden("overview-exited", text));
	free(text);
	canvas_destroy(canvas);
	history_destroy(h);
}

static void the_picture_of_a_stripped_target_equals_its_golden(void **state)
{
	(void)state;
	struct fixture f = fixture_busy;
	f.memory = f.agent = false;
	f.hz = 0;
	f.trouble = "it was linked with -s, so nothing says where its scheduler is: build it without "
				"-ldflags=-s, or add the agent";
	char *text = text_of(&f, 80, 24);
	assert_true(fixture_is_golden("overview-stripped", text));
	free(text);
}

/* --- layout --------------------------------------------------------------------------------- */

/* A picture is sound when no cell holds what a terminal would act on. */
static void assert_sound(const struct canvas *canvas)
{
	for (int y = 0; y < canvas->height; y++)
		for (int x = 0; x < canvas->width; x++) {
			const struct cell *cell = canvas_at(canvas, x, y);
			assert_true(cell->glyph >= 0x20 && (cell->glyph < 0x7f || cell->glyph >= 0xa0));
			assert_true(cell->style < STYLE_COUNT);
			assert_true(cell->width <= 2);
			assert_true(!canvas->ascii || cell->glyph < 0x7f);
		}
}

static bool starts_with(const struct canvas *canvas, int y, const char *text)
{
	for (int x = 0; text[x]; x++)
		if (canvas_at(canvas, x, y)->glyph != (uint32_t)text[x])
			return false;
	return true;
}

static int row_of(const struct canvas *canvas, const char *text)
{
	for (int y = 0; y < canvas->height; y++)
		if (starts_with(canvas, y, text))
			return y;
	return -1;
}

/* The last row says how to leave, whatever else works here. */
static bool ends_with_keys(const struct canvas *canvas)
{
	char *text = fixture_text(canvas), *row = text;
	for (int y = 0; y < canvas->height - 1; y++)
		row = strchr(row, '\n') + 1;
	bool found = strstr(row, " q quit") != NULL;
	free(text);
	return found;
}

/* From the smallest terminal to a wall, for one P and for hundreds: the answer is on the screen. */
static void every_size_shows_header_answer_lanes_and_keys(void **state)
{
	(void)state;
	static const size_t procs[] = {1, 2, 7, 8, 64, 256};
	static const int width[] = {40, 41, 59, 60, 79, 80, 99, 100, 119, 120, 160, 237, 300};
	static const int height[] = {10, 11, 13, 17, 24, 40, 100};
	for (size_t p = 0; p < sizeof procs / sizeof *procs; p++) {
		struct fixture f = fixture_busy;
		f.procs = procs[p];
		f.hz = 5;
		f.hostile = p % 2;
		if (f.hostile)
			f.program = "\x1b[2J日本\xff語\x07程序";
		struct history *h = fixture_history(&f, 30);
		for (size_t w = 0; w < sizeof width / sizeof *width; w++)
			for (size_t y = 0; y < sizeof height / sizeof *height; y++) {
				struct canvas *canvas =
					draw_at(h, TARGET_LIVE, NS_PER_MS, width[w], height[y], (w + y) % 2, NULL);
				assert_sound(canvas);
				assert_true(row_of(canvas, " CPU ") > 0);
				assert_true(row_of(canvas, " Goroutines ") > 0);
				assert_true(row_of(canvas, " Wait to run ") > 0);
				assert_true(row_of(canvas, " P   ") > 0);
				assert_true(row_of(canvas, " 0 ") > row_of(canvas, " P   "));
				assert_true(ends_with_keys(canvas));
				canvas_destroy(canvas);
			}
		history_destroy(h);
	}
}

/* Values change, labels stay: the columns of a line depend on the width alone. */
static void columns_stand_still_when_values_change(void **state)
{
	(void)state;
	static const char *const label[] = {"idle", "running", "runnable", "in Go", "p99", "util"};
	char *first = NULL;
	size_t at[sizeof label / sizeof *label];
	for (int seconds = 20; seconds < 80; seconds += 7) {
		struct history *h = fixture_history(&fixture_busy, seconds);
		struct canvas *canvas = draw_at(h, TARGET_LIVE, NS_PER_MS, 120, 24, true, NULL);
		char *text = fixture_text(canvas);
		for (size_t i = 0; i < sizeof label / sizeof *label; i++) {
			char *found = strstr(text, label[i]), *line = found;
			assert_non_null(found);
			while (line > text && line[-1] != '\n')
				line--;
			if (first)
				assert_int_equal(at[i], found - line);
			at[i] = (size_t)(found - line);
		}
		free(first);
		first = text;
		canvas_destroy(canvas);
		history_destroy(h);
	}
	free(first);
}

static void wider_terminals_show_more_and_no_bigger_gaps(void **state)
{
	(void)state;
	assert_hides(&fixture_busy, 80, 24, "timers  ");
	assert_shows(&fixture_busy, 80, 24, "last 65 s");
	assert_shows(&fixture_busy, 160, 50, "timers     M");
	assert_shows(&fixture_busy, 160, 50, "23 kernel");
	assert_shows(&fixture_busy, 200, 50, "last 9");
	assert_shows(&fixture_busy, 120, 40, "GOMAXPROCS 8, quota 4.0 !");
	assert_shows(&fixture_busy, 80, 24, "8 Ps on 4.0 !");
}

/* --- lanes ---------------------------------------------------------------------------------- */

static void lanes_that_do_not_fit_are_counted(void **state)
{
	(void)state;
	struct fixture f = fixture_busy;
	f.procs = 64;
	assert_shows(&f, 80, 24, "more Ps: P");
	assert_shows(&f, 80, 24, "to P63");
	assert_shows(&f, 120, 24, "more Ps   c compact");
	f.procs = 4;
	assert_hides(&f, 80, 24, "more Ps");
}

static void scrolling_ends_at_both_ends_of_the_lanes(void **state)
{
	(void)state;
	struct fixture f = fixture_busy;
	f.procs = 64;
	f.hz = 5;
	struct history *h = fixture_history(&f, 10);
	struct view_place place = {0};
	canvas_destroy(draw_at(h, TARGET_LIVE, 0, 80, 24, true, &place));
	view_scroll(&place, COMMAND_LAST);
	struct canvas *canvas = draw_at(h, TARGET_LIVE, 0, 80, 24, true, &place);
	assert_true(row_of(canvas, " 63 ") > 0);
	assert_int_equal(row_of(canvas, " 0 "), -1);
	canvas_destroy(canvas);
	view_scroll(&place, COMMAND_DOWN);
	int last = place.top;
	view_scroll(&place, COMMAND_UP);
	assert_int_equal(place.top, last - 1);
	view_scroll(&place, COMMAND_FIRST);
	view_scroll(&place, COMMAND_PAGE_UP);
	assert_int_equal(place.top, 0);
	history_destroy(h);
}

/* What groups of Ps say is what their Ps say: strip and utilization are means, queues are sums. */
static void compact_lanes_show_every_p(void **state)
{
	(void)state;
	static const size_t procs[] = {1, 7, 8, 64, 100, 256};
	for (size_t i = 0; i < sizeof procs / sizeof *procs; i++) {
		struct fixture f = fixture_busy;
		f.procs = procs[i];
		f.hz = 10;
		struct history *h = fixture_history(&f, 10);
		struct view_place place = {.compact = true};
		struct canvas *canvas = draw_at(h, TARGET_LIVE, 0, 120, 24, true, &place);
		char *text = fixture_text(canvas), last[32];
		assert_true(place.rows <= place.page);
		assert_null(strstr(text, "more P"));
		snprintf(last, sizeof last, "%zu  ", procs[i] - 1);
		assert_non_null(strstr(text, last));
		free(text);
		canvas_destroy(canvas);
		history_destroy(h);
	}
}

static void a_group_of_ps_tells_their_sum_and_mean(void **state)
{
	(void)state;
	struct fixture f = fixture_busy;
	f.procs = 16;
	f.hz = 10;
	struct history *h = fixture_history(&f, 10);
	struct snapshot *s = fixture_snapshot(&f, 11);
	int64_t queued = 0;
	for (size_t p = 0; p < s->np; p++) {
		fields_set(&s->p[p].f, P_RUNQSIZE, (int64_t)(p * p));
		fields_set(&s->p[p].f, P_RUNNEXT, p % 2);
		fields_set(&s->p[p].f, P_LANE, p < 3 ? LANE_RUNNING : LANE_IDLE);
		queued += p < 4 ? (int64_t)(p * p + p % 2) : 0;
		for (size_t i = 0; i < s->lanes.samples; i++) /* P0 … P3: 100, 60, 20 and 0 % */
			s->lanes.state[i * s->lanes.procs + p] =
				p == 0 || (p == 1 && i < 6) || (p == 2 && i < 2) ? LANE_RUNNING : LANE_IDLE;
	}
	history_add(h, s);
	struct view_place place = {.compact = true};
	struct canvas *canvas = draw_at(h, TARGET_LIVE, 0, 160, 15, true, &place);
	char *text = fixture_text(canvas), *row = strstr(text, "\n 0-3 ");
	assert_non_null(row);
	*strchr(row + 1, '\n') = '\0';
	char queue[32];
	snprintf(queue, sizeof queue, " %d ", (int)queued);
	assert_non_null(strstr(row, "  45 %"));
	assert_non_null(strstr(row, queue));
	assert_non_null(strstr(row, "3 of 4 Ps"));
	free(text);
	canvas_destroy(canvas);
	history_destroy(h);
}

/* GOMAXPROCS falls from 64 to 2 while the user looks at the last Ps. */
static void lanes_follow_gomaxprocs(void **state)
{
	(void)state;
	struct fixture f = fixture_busy;
	f.procs = 64;
	f.hz = 10;
	struct history *h = fixture_history(&f, 10);
	struct view_place place = {0};
	canvas_destroy(draw_at(h, TARGET_LIVE, 0, 80, 24, true, &place));
	view_scroll(&place, COMMAND_LAST);
	f.procs = 2;
	for (int second = 11; second < 20; second++)
		history_add(h, fixture_snapshot(&f, second));
	struct canvas *canvas = draw_at(h, TARGET_LIVE, 0, 80, 24, true, &place);
	assert_int_equal(place.top, 0);
	assert_true(row_of(canvas, " 1 ") > 0);
	assert_int_equal(row_of(canvas, " 2 "), -1);
	canvas_destroy(canvas);

	/* A lane that was not there a while ago has no history of then. */
	f.procs = 4;
	for (int second = 20; second < 23; second++)
		history_add(h, fixture_snapshot(&f, second));
	canvas = draw_at(h, TARGET_LIVE, 0, 160, 24, true, &place);
	int y = row_of(canvas, " 3 "), heads = row_of(canvas, " P   "), strip_end = 0;
	assert_true(y > 0);
	while (canvas_at(canvas, strip_end + 4, heads)->glyph != 'u') /* "util", two cells behind it */
		strip_end++;
	assert_int_not_equal(canvas_at(canvas, strip_end - 1, y)->glyph, ' ');
	assert_int_equal(canvas_at(canvas, strip_end - 6, y)->glyph, ' ');
	assert_int_not_equal(canvas_at(canvas, strip_end - 15, y)->glyph, ' ');
	canvas_destroy(canvas);
	history_destroy(h);
}

/* --- unknown, stale, troubled --------------------------------------------------------------- */

static void before_the_first_snapshot_the_screen_says_so(void **state)
{
	(void)state;
	struct history *h = history_create(NS_PER_S, 1 << 20);
	struct canvas *canvas = draw_at(h, TARGET_LIVE, 0, 80, 24, false, NULL);
	char *text = fixture_text(canvas);
	assert_non_null(strstr(text, "waiting for the first reading"));
	free(text);
	canvas_destroy(canvas);
	history_destroy(h);
}

static void one_snapshot_alone_knows_no_rates(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, 1);
	struct canvas *canvas = draw_at(h, TARGET_LIVE, 0, 80, 24, false, NULL);
	char *text = fixture_text(canvas);
	assert_non_null(strstr(text, "– idle"));
	assert_non_null(strstr(text, "p99            –"));
	assert_non_null(strstr(text, "12,453"));
	free(text);
	canvas_destroy(canvas);
	history_destroy(h);
}

static void nothing_known_shows_dashes_and_the_reason(void **state)
{
	(void)state;
	struct fixture f = {.program = "mystery", .procs = 4, .trouble = "it is stripped"};
	assert_shows(&f, 80, 24, "– idle");
	assert_shows(&f, 80, 24, "– running");
	assert_shows(&f, 80, 24, "– in Go");
	assert_shows(&f, 80, 24, "No lanes");
	assert_shows(&f, 80, 24, "memory: it is stripped");
	assert_hides(&f, 120, 40, " 0 ");
}

static void without_the_agent_queues_are_counted(void **state)
{
	(void)state;
	struct fixture f = fixture_busy;
	f.agent = false;
	assert_shows(&f, 120, 24, "queued");
	assert_hides(&f, 120, 24, "runnable");
	assert_shows(&f, 120, 24, "8 running");
	assert_shows(&f, 120, 24, "2 syscall");
	assert_shows(&f, 120, 24, "12,871 waiting");
	assert_shows(&f, 120, 24, "memory 100 Hz ");
	assert_shows(&f, 160, 24, "assist     –");
}

static void the_operating_systems_view_is_labelled(void **state)
{
	(void)state;
	struct fixture f = fixture_busy;
	f.memory = false;
	f.hz = 0;
	struct history *h = fixture_history(&f, 1);
	for (int second = 2; second < 10; second++) {
		struct snapshot *s = fixture_snapshot(&f, second);
		fields_set(&s->runtime, RUNTIME_GOMAXPROCS, 8);
		history_add(h, s);
	}
	struct canvas *canvas = draw_at(h, TARGET_LIVE, 0, 80, 24, false, NULL);
	char *text = fixture_text(canvas);
	assert_non_null(strstr(text, "20 % idle OS view"));
	free(text);
	canvas_destroy(canvas);
	history_destroy(h);
}

static void a_stale_value_is_dim_and_tells_its_age(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, 20);
	struct fixture silent = fixture_busy;
	silent.agent = false;
	silent.memory = false;
	silent.hz = 0;
	for (int second = 21; second < 31; second++)
		history_add(h, fixture_snapshot(&silent, second));
	struct canvas *canvas = draw_at(h, TARGET_LIVE, 0, 120, 24, false, NULL);
	char *text = fixture_text(canvas);
	assert_non_null(strstr(text, "live"));
	assert_non_null(strstr(text, "10 s old"));
	assert_non_null(strstr(text, "12,453"));
	int y = row_of(canvas, " Goroutines ");
	for (int x = 13; x < 120; x++)
		if (canvas_at(canvas, x, y)->glyph != ' ')
			assert_int_equal(canvas_at(canvas, x, y)->style, STYLE_DIM);
	y = row_of(canvas, " 0 ");
	for (int x = 4; x < 120; x++)
		if (canvas_at(canvas, x, y)->glyph != ' ')
			assert_int_equal(canvas_at(canvas, x, y)->style, STYLE_DIM);
	free(text);
	canvas_destroy(canvas);
	history_destroy(h);
}

static void the_header_says_what_became_of_the_target(void **state)
{
	(void)state;
	static const struct {
		enum target_state target;
		int late_s;
		const char *text;
	} table[] = {
		{TARGET_LIVE, 0, " live  "},
		{TARGET_LIVE, 2, " live  "},
		{TARGET_LIVE, 14, " silent 14 s  "},
		{TARGET_LIVE, 605, " silent 10m 05s  "},
		{TARGET_STOPPED, 0, " stopped  "},
		{TARGET_STOPPED, 9, " stopped, 9 s old  "},
		{TARGET_EXITED, 0, " exited 0 s ago  "},
		{TARGET_EXITED, 90, " exited 90 s ago  "},
	};
	struct history *h = fixture_history(&fixture_busy, 10);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct canvas *canvas =
			draw_at(h, table[i].target, table[i].late_s * NS_PER_S, 120, 24, false, NULL);
		char *text = fixture_text(canvas);
		*strchr(text, '\n') = '\0';
		assert_non_null(strstr(text, table[i].text));
		free(text);
		canvas_destroy(canvas);
	}
	history_destroy(h);
}

static void who_has_no_pid_is_named_by_where_it_is_seen(void **state)
{
	(void)state;
	struct history *h = history_create(600 * NS_PER_S, SIZE_MAX);
	struct snapshot *s = snapshot_create();
	s->monotonic_ns = 5 * NS_PER_S;
	s->interval_ns = NS_PER_S;
	strcpy(s->where, "http://api:6060");
	assert_int_equal(history_add(h, s), STATUS_OK);
	struct canvas *canvas = draw_at(h, TARGET_LIVE, 0, 80, 24, false, NULL);
	char *text = fixture_text(canvas);
	*strchr(text, '\n') = '\0';
	assert_non_null(strstr(text, " http://api:6060 "));
	assert_null(strstr(text, " 0 "));
	free(text);
	canvas_destroy(canvas);
	history_destroy(h);
}

/* Without an agent it is told by the last reading of all goroutines, which comes every other
 * second. */
static void those_who_wait_are_counted_by_the_reading_of_all(void **state)
{
	(void)state;
	struct fixture f = fixture_busy;
	f.agent = false;
	struct history *h = fixture_history(&f, SECONDS);
	for (int second = SECONDS; second < SECONDS + 4; second++) {
		if (second == SECONDS + 2)
			continue; /* the next reading is late */
		if (second > SECONDS)
			history_add(h, fixture_snapshot(&f, second));
		struct canvas *canvas = draw_at(h, TARGET_LIVE, NS_PER_MS, 120, 24, false, NULL);
		char *text = fixture_text(canvas);
		fixture_shows(text, " 12,871 waiting");
		if (second == SECONDS + 3)
			fixture_shows(text, "waiting: 3 s ago");
		else
			assert_null(strstr(text, "waiting: "));
		free(text);
		canvas_destroy(canvas);
	}
	history_destroy(h);
	f.memory = false; /* nobody reads them */
	assert_hides(&f, 120, 24, "12,871");
	assert_hides(&fixture_busy, 120, 24, "12,871"); /* an agent knows better */
}

static void phase_of_the_collector_is_shown_while_it_works(void **state)
{
	(void)state;
	static const struct {
		int64_t phase;
		int width;
		const char *shown; /* "GC" alone is in the legend */
	} table[] = {
		{GC_OFF, 120, NULL},
		{GC_MARK, 120, "timers 2,028 · GC marks"},
		{GC_MARK, 80, NULL}, /* no room beside the legend */
		{GC_MARK_TERMINATION, 120, "timers 2,028 · GC ends"},
		{GC_PHASE_COUNT, 120, NULL},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct history *h = fixture_history(&fixture_busy, SECONDS - 1);
		struct snapshot *s = fixture_snapshot(&fixture_busy, SECONDS - 1);
		fields_set(&s->sched, SCHED_GC_PHASE, table[i].phase);
		history_add(h, s);
		struct canvas *canvas = draw_at(h, TARGET_LIVE, 0, table[i].width, 40, false, NULL);
		char *text = fixture_text(canvas);
		if (table[i].shown)
			assert_non_null(strstr(text, table[i].shown));
		else
			assert_null(strstr(text, "· GC "));
		free(text);
		canvas_destroy(canvas);
		history_destroy(h);
	}
}

static void hostile_names_stay_in_their_columns(void **state)
{
	(void)state;
	struct fixture f = fixture_busy;
	f.hostile = true;
	f.program = "evil\x1b]52;c;aGk=\x07 \xe2\x80\xae\xff 日本語日本語日本語日本語日本語日本語";
	struct history *h = fixture_history(&f, 30);
	for (int width = 40; width < 200; width += 3) {
		struct canvas *canvas = draw_at(h, TARGET_LIVE, 0, width, 24, false, NULL);
		assert_sound(canvas);
		int y = row_of(canvas, " 0 ");
		assert_true(y > 0);
		/* The margins are nobody's. */
		for (int row = row_of(canvas, " P   "); row < y + 8; row++) {
			assert_int_equal(canvas_at(canvas, 0, row)->glyph, ' ');
			assert_int_equal(canvas_at(canvas, width - 1, row)->glyph, ' ');
		}
		canvas_destroy(canvas);
	}
	history_destroy(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_equal_their_goldens),
		cmocka_unit_test(the_picture_of_an_exited_target_equals_its_golden),
		cmocka_unit_test(the_picture_of_a_stripped_target_equals_its_golden),
		cmocka_unit_test(every_size_shows_header_answer_lanes_and_keys),
		cmocka_unit_test(columns_stand_still_when_values_change),
		cmocka_unit_test(wider_terminals_show_more_and_no_bigger_gaps),
		cmocka_unit_test(lanes_that_do_not_fit_are_counted),
		cmocka_unit_test(scrolling_ends_at_both_ends_of_the_lanes),
		cmocka_unit_test(compact_lanes_show_every_p),
		cmocka_unit_test(a_group_of_ps_tells_their_sum_and_mean),
		cmocka_unit_test(lanes_follow_gomaxprocs),
		cmocka_unit_test(before_the_first_snapshot_the_screen_says_so),
		cmocka_unit_test(one_snapshot_alone_knows_no_rates),
		cmocka_unit_test(nothing_known_shows_dashes_and_the_reason),
		cmocka_unit_test(without_the_agent_queues_are_counted),
		cmocka_unit_test(the_operating_systems_view_is_labelled),
		cmocka_unit_test(a_stale_value_is_dim_and_tells_its_age),
		cmocka_unit_test(the_header_says_what_became_of_the_target),
		cmocka_unit_test(who_has_no_pid_is_named_by_where_it_is_seen),
		cmocka_unit_test(those_who_wait_are_counted_by_the_reading_of_all),
		cmocka_unit_test(phase_of_the_collector_is_shown_while_it_works),
		cmocka_unit_test(hostile_names_stay_in_their_columns),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("overview", tests, NULL, NULL);
}

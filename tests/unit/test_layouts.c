/*
 * What holds for every view at every size, from the smallest terminal to a wall, for 1 to 256 Ps,
 * live, silent, paused or filtered, and with everything that can open over it: nothing overlaps,
 * nothing leaves the screen, and the header and the way out are there.
 */
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
#include "util/clock.h"

static const size_t procs[] = {1, 2, 3, 8, 17, 64, 256};
static const int widths[] = {40, 41, 57, 60, 79, 80, 99, 100, 119, 120, 163, 200, 237, 300};
static const int heights[] = {10, 11, 12, 15, 24, 33, 50, 100};
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* What the screen is like: one of these at each size, in turn. */
enum look {
	LOOK_LIVE,
	LOOK_ASCII,
	LOOK_PAUSED,
	LOOK_SILENT,
	LOOK_EXITED,
	LOOK_FILTERED,
	LOOK_NARROW_TIME,
	LOOK_WIDE_TIME,
	LOOK_COMPACT,
	LOOK_OPEN, /* a group of goroutines, in one way of grouping and in the other */
	LOOK_OPEN_TOP,
	LOOK_COUNT,
};

static int64_t key_of_largest(const struct app *app, enum goroutine_by by)
{
	const struct snapshot *s = history_get(app->history, 0);
	for (size_t i = 1; s && !s->goroutines; i++)
		s = history_get(app->history, i);
	return s ? (int64_t)s->goroutines->by[by].group[0].key : 0;
}

static void take_look(struct app *app, enum look look, size_t view)
{
	static const int64_t silence_ns = 45 * NS_PER_S;
	const struct snapshot *newest = history_get(app->history, 0);
	int64_t late_ns = look == LOOK_SILENT || look == LOOK_EXITED ? silence_ns : NS_PER_MS;
	app_tell_time(app, newest->monotonic_ns + late_ns, newest->wall_ns + late_ns);
	app->view = view;
	app->state = look == LOOK_EXITED ? TARGET_EXITED : TARGET_LIVE;
	app->span_ns = look == LOOK_NARROW_TIME ? 15 * NS_PER_S
	               : look == LOOK_WIDE_TIME ? 600 * NS_PER_S
	                                        : VIEW_SPAN_NS;
	snprintf(app->place[view].filter, sizeof app->place[view].filter, "%s",
	         look == LOOK_FILTERED ? "1" : "");
	app->place[view].expanded = look == LOOK_OPEN       ? key_of_largest(app, GOROUTINES_BY_CREATOR)
	                            : look == LOOK_OPEN_TOP ? key_of_largest(app, GOROUTINES_BY_TOP)
	                                                    : 0;
	app->place[view].grouping = look == LOOK_OPEN_TOP ? GOROUTINES_BY_TOP : GOROUTINES_BY_CREATOR;
	app->place[view].all = look == LOOK_OPEN;
	app->place[view].compact = look == LOOK_COMPACT;
	app_pause(app, false);
	if (look == LOOK_PAUSED)
		app_jump(app, -7 * NS_PER_S);
}

/* What stands over the view, and how the bottom line begins then. */
enum overlay {
	OVERLAY_NONE,
	OVERLAY_PROPOSED, /* the capture's panel: what it will cost, */
	OVERLAY_RUNNING,  /* how far it is, */
	OVERLAY_DONE,     /* where the trace lies, */
	OVERLAY_FAILED,   /* or why there is none */
	OVERLAY_HELP,
	OVERLAY_FILTER,
	OVERLAY_LINE,
	OVERLAY_NOTICE,
	OVERLAY_COUNT,
};

static void tell_capture(struct app *app, enum capture_phase phase)
{
	struct capture_state state = {
		.phase = phase,
		.duration_ns = 3 * NS_PER_S,
		.started_ns = app->now_ns - 4 * NS_PER_S,
		.bytes = 19594569,
		.go_version = "go1.26",
		.path = "/home/ann/.local/share/schedtop/traces/"
				"orders-api-4321-20261121T153121Z-go1.26.trace",
		.text = "process 4321 is traced already, by another tool or by itself: only one trace can "
				"be taken at a time",
	};
	if (phase >= CAPTURE_SAVING)
		state.ended_ns = app->now_ns - NS_PER_S;
	session_tell_capture(app->session, &state);
	app_tick(app);
}

static void press(struct app *app, int key)
{
	app_input(app, &(struct tui_input){.key = key});
}

static void open_overlay(struct app *app, enum overlay overlay)
{
	static const enum capture_phase phase[OVERLAY_COUNT] = {
		[OVERLAY_RUNNING] = CAPTURE_RUNNING,
		[OVERLAY_DONE] = CAPTURE_DONE,
		[OVERLAY_FAILED] = CAPTURE_FAILED,
	};
	if (overlay >= OVERLAY_PROPOSED && overlay <= OVERLAY_FAILED)
		press(app, 't');
	if (phase[overlay]) {
		press(app, KEYMAP_ENTER);
		while (session_take(app->session).kind != ORDER_NONE)
			;
		tell_capture(app, phase[overlay]);
	}
	if (overlay == OVERLAY_HELP)
		press(app, '?');
	else if (overlay == OVERLAY_FILTER)
		prompt_open(&app->prompt, '/', "main.(*Server)");
	else if (overlay == OVERLAY_LINE)
		app_command(app, COMMAND_LINE, "a line that is as long as lines ever are, or longer");
	else if (overlay == OVERLAY_NOTICE)
		app_line(app, "interval never");
}

static void close_overlay(struct app *app)
{
	app->panel = (struct capture_panel){0};
	app->help = false;
	app->prompt.lead = 0;
	app->notice[0] = '\0';
}

/* What a terminal would act on is not a character to be drawn. */
static bool is_drawable(const struct canvas *canvas, const struct cell *cell)
{
	return cell->glyph >= 0x20 && (cell->glyph < 0x7f || cell->glyph >= 0xa0) &&
	       cell->style < STYLE_COUNT && cell->width <= 2 && (!canvas->ascii || cell->glyph < 0x7f);
}

static bool is_sound(const struct canvas *canvas)
{
	for (int y = 0; y < canvas->height; y++)
		for (int x = 0; x < canvas->width; x++)
			if (!is_drawable(canvas, canvas_at(canvas, x, y)))
				return false;
	return canvas->overdrawn == 0;
}

/* The header names the process; the bottom line the way out, or what is typed or told. */
static bool is_framed(const char *text, const char *last, enum overlay overlay)
{
	static const char *const foot[OVERLAY_COUNT] = {
		[OVERLAY_HELP] = "q close",
		[OVERLAY_FILTER] = "main.(*Server)",
		[OVERLAY_LINE] = "lines ever are",
		[OVERLAY_NOTICE] = " interval: that takes a",
	};
	static const char *const panel[OVERLAY_COUNT] = {
		[OVERLAY_PROPOSED] = " trace of 3 s",
		[OVERLAY_RUNNING] = " Reading the rest",
		[OVERLAY_DONE] = " A trace was taken",
		[OVERLAY_FAILED] = " No trace was taken",
	};
	bool named = text[0] == ' ' && text[1] != ' ' && text[1] != '\n';
	return named && strstr(last, foot[overlay] ? foot[overlay] : "q quit") &&
	       (!panel[overlay] || strstr(text, panel[overlay]));
}

static void assert_right(const struct canvas *canvas, size_t view, size_t n, enum look look,
                         enum overlay overlay)
{
	char *text = fixture_text(canvas), *last = text;
	for (int y = 0; y < canvas->height - 1; y++)
		last = strchr(last, '\n') + 1;
	if (!is_sound(canvas) || !is_framed(text, last, overlay)) {
		print_error("%s at %dx%d with %zu Ps, look %d, overlay %d: %d cells overdrawn\n%s",
		            views[view]->name, canvas->width, canvas->height, n, look, overlay,
		            canvas->overdrawn, text);
		fail();
	}
	free(text);
}

/* Half a minute of a process that is a little stranger each time. */
static void fill(struct app *app, size_t n)
{
	struct error error = {0};
	struct session *session = session_create(NULL, NULL);
	assert_non_null(session);
	assert_int_equal(app_init(app, session, NS_PER_S, &error), STATUS_OK);
	struct fixture f = fixture_busy;
	f.procs = procs[n];
	f.hz = 5;
	f.hostile = n % 2;
	f.program = n % 2 ? "\x1b[2J日本\xff語\x07程序" : "orders-api";
	f.agent = n % 3 != 2;
	f.trouble = n % 3 == 1 ? "there is something in the way, and that takes a few words" : NULL;
	for (int second = 1; second <= 30; second++)
		app_add(app, fixture_snapshot(&f, second));
}

static void empty(struct app *app)
{
	session_destroy(app->session);
	app_finish(app);
}

static void draw_all(struct app *app, size_t n, int width, int height, enum look look)
{
	for (size_t view = 0; view < views_count; view++)
		for (int overlay = 0; overlay < OVERLAY_COUNT; overlay++) {
			take_look(app, look, view);
			open_overlay(app, (enum overlay)overlay);
			struct canvas *canvas = canvas_create(width, height, look == LOOK_ASCII);
			assert_non_null(canvas);
			app_draw(app, canvas);
			assert_right(canvas, view, procs[n], look, (enum overlay)overlay);
			canvas_destroy(canvas);
			close_overlay(app);
		}
}

static void nothing_overlaps_or_leaves_the_screen(void **state)
{
	(void)state;
	unsigned turn = 0;
	for (size_t n = 0; n < COUNT_OF(procs); n++) {
		struct app app;
		fill(&app, n);
		for (size_t w = 0; w < COUNT_OF(widths); w++)
			for (size_t h = 0; h < COUNT_OF(heights); h++)
				draw_all(&app, n, widths[w], heights[h], (enum look)(turn++ % LOOK_COUNT));
		empty(&app);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_overlaps_or_leaves_the_screen),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("layouts", tests, NULL, NULL);
}

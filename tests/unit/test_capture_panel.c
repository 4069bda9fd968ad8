#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/capture_panel.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tui_fixture.h"
#include "util/clock.h"

#define TRACE_NS (3 * NS_PER_S)
#define SECOND   60 /* of the fixture, when the key is pressed */

/* A panel, what it works with, and the time. */
struct bench {
	struct capture_panel panel;
	struct capture_panel_env env;
	struct history *history;
};

static int make_bench(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	b->history = fixture_history(&fixture_busy, SECOND + 1);
	b->env = (struct capture_panel_env){.session = session_create(NULL, NULL),
	                                    .history = b->history,
	                                    .now_ns = FIXTURE_START_NS + SECOND * NS_PER_S};
	*state = b;
	return b->env.session && b->history ? 0 : -1;
}

static int remove_bench(void **state)
{
	struct bench *b = *state;
	session_destroy(b->env.session);
	history_destroy(b->history);
	free(b);
	return 0;
}

static void press(struct bench *b)
{
	capture_panel_press(&b->panel, &b->env, TRACE_NS);
}

/* Lets a second go by, with a snapshot. */
static void wait_s(struct bench *b, int seconds)
{
	for (int i = 0; i < seconds; i++) {
		b->env.now_ns += NS_PER_S;
		int second = (int)((b->env.now_ns - FIXTURE_START_NS) / NS_PER_S);
		history_add(b->history, fixture_snapshot(&fixture_busy, second));
		capture_panel_update(&b->panel, &b->env);
	}
}

static void assert_ordered(struct bench *b, enum order_kind kind)
{
	struct order order = session_take(b->env.session);
	assert_int_equal(order.kind, kind);
	if (kind == ORDER_CAPTURE)
		assert_int_equal(order.value, TRACE_NS);
}

/* What a capture would tell. */
static struct capture_state told(const struct bench *b, enum capture_phase phase)
{
	struct capture_state s = {
		.phase = phase,
		.duration_ns = TRACE_NS,
		.started_ns = FIXTURE_START_NS + (SECOND + 2) * NS_PER_S,
		.bytes = 19594569,
		.go_version = "go1.26",
	};
	if (phase >= CAPTURE_SAVING)
		s.ended_ns = s.started_ns + TRACE_NS + 20 * NS_PER_MS;
	if (phase == CAPTURE_DONE)
		strcpy(s.path, "/home/ann/.local/share/schedtop/traces/"
		               "orders-api-4321-20261121T153121Z-go1.26.trace");
	session_tell_capture(b->env.session, &s);
	return s;
}

static char *drawn(const struct bench *b, int width, int height, bool ascii)
{
	struct canvas *canvas = canvas_create(width, height, ascii);
	assert_non_null(canvas);
	struct pane page = pane_of(canvas);
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			pane_glyph(page, x, y, STYLE_TEXT, '.');
	capture_panel_draw(pane_sub(page, 0, 1, width, height - 2), &b->panel, b->env.now_ns,
	                   &keymap_default, CONTEXT_OVERVIEW);
	char *text = fixture_text(canvas);
	canvas_destroy(canvas);
	return text;
}

static void assert_says(const struct bench *b, const char *words)
{
	char *text = drawn(b, 120, 24, false);
	if (!strstr(text, words))
		fail_msg("'%s' is not in\n%s", words, text);
	free(text);
}

static void one_key_proposes_and_after_a_moment_a_trace_begins(void **state)
{
	struct bench *b = *state;
	assert_false(capture_panel_update(&b->panel, &b->env));
	press(b);
	assert_int_equal(b->panel.stage, PANEL_PROPOSED);
	assert_says(b, "begins in 2 s");
	assert_ordered(b, ORDER_NONE);
	wait_s(b, 1);
	assert_says(b, "begins in 1 s");
	assert_ordered(b, ORDER_NONE);
	wait_s(b, 1);
	assert_ordered(b, ORDER_CAPTURE);
	assert_says(b, "Asking for a trace");
	wait_s(b, 2);
	assert_ordered(b, ORDER_NONE);
}

static void enter_begins_at_once(void **state)
{
	struct bench *b = *state;
	assert_false(capture_panel_enter(&b->panel, &b->env));
	press(b);
	assert_true(capture_panel_enter(&b->panel, &b->env));
	assert_ordered(b, ORDER_CAPTURE);
	assert_false(capture_panel_enter(&b->panel, &b->env));
	assert_ordered(b, ORDER_NONE);
}

static void the_same_key_takes_a_proposal_back(void **state)
{
	struct bench *b = *state;
	press(b);
	press(b);
	assert_int_equal(b->panel.stage, PANEL_CLOSED);
	wait_s(b, 3);
	assert_ordered(b, ORDER_NONE);
	press(b);
	assert_true(capture_panel_escape(&b->panel, &b->env));
	assert_int_equal(b->panel.stage, PANEL_CLOSED);
	assert_false(capture_panel_escape(&b->panel, &b->env));
	assert_ordered(b, ORDER_NONE);
}

static void the_same_key_cancels_what_runs(void **state)
{
	struct bench *b = *state;
	press(b);
	wait_s(b, 2);
	assert_ordered(b, ORDER_CAPTURE);
	told(b, CAPTURE_RUNNING);
	wait_s(b, 1);
	assert_says(b, "Tracing, 2 s left");
	press(b);
	assert_ordered(b, ORDER_CANCEL);
	assert_says(b, "cancelling");
	told(b, CAPTURE_CANCELLED);
	wait_s(b, 1);
	assert_int_equal(b->panel.stage, PANEL_ENDED);
	assert_says(b, "nothing was kept");
	assert_true(capture_panel_enter(&b->panel, &b->env));
	assert_int_equal(b->panel.stage, PANEL_CLOSED);
}

/* A program without an idle moment pays for the trace with its own work. */
static void a_saturated_target_is_asked_about_first(void **state)
{
	struct bench *b = *state;
	press(b);
	b->panel.cost.saturated = true;
	b->panel.begin_ns = INT64_MAX;
	wait_s(b, 10);
	assert_ordered(b, ORDER_NONE);
	assert_says(b, "Take a trace of 3 s?");
	assert_says(b, "saturated");
	assert_true(capture_panel_enter(&b->panel, &b->env));
	assert_ordered(b, ORDER_CAPTURE);
}

static void what_came_of_it_is_said(void **state)
{
	struct bench *b = *state;
	press(b);
	wait_s(b, 2);
	told(b, CAPTURE_RUNNING);
	wait_s(b, 4);
	told(b, CAPTURE_DONE);
	wait_s(b, 1);
	assert_int_equal(b->panel.stage, PANEL_ENDED);
	assert_true(b->panel.before.known && b->panel.during.known);
	assert_says(b, "orders-api-4321-20261121T153121Z-go1.26.trace");
	assert_says(b, "18.7 MiB, for Go 1.26 and newer");
	/* The next one is estimated from it. */
	press(b);
	assert_int_equal(b->panel.cost.basis, TRACE_BASIS_LAST);
	assert_says(b, "from the last trace");
}

static void what_has_been_is_fetched_at_once(void **state)
{
	struct bench *b = *state;
	assert_true(capture_panel_press_flight(&b->panel, &b->env));
	assert_int_equal(b->panel.stage, PANEL_ORDERED);
	assert_ordered(b, ORDER_FLIGHT);
	assert_says(b, "Asking the agent for what has been");
	struct capture_state done = told(b, CAPTURE_DONE);
	done.kind = CAPTURE_KIND_FLIGHT;
	done.reach_ns = 4 * NS_PER_S;
	strcpy(done.note, "16 MiB hold 4 s of this program");
	session_tell_capture(b->env.session, &done);
	wait_s(b, 1);
	assert_says(b, "What has been was written down");
	assert_says(b, "4.00 s back from when it was asked for");
	assert_says(b, "16 MiB hold 4 s of this program");
	/* The program was traced all the time: that tells nothing of what a trace costs. */
	press(b);
	assert_int_not_equal(b->panel.cost.basis, TRACE_BASIS_LAST);
}

static void the_key_for_what_has_been_cancels_that_and_nothing_else(void **state)
{
	struct bench *b = *state;
	assert_true(capture_panel_press_flight(&b->panel, &b->env));
	assert_ordered(b, ORDER_FLIGHT);
	assert_true(capture_panel_press_flight(&b->panel, &b->env));
	assert_ordered(b, ORDER_CANCEL);
	struct capture_state gone = {.phase = CAPTURE_CANCELLED, .kind = CAPTURE_KIND_FLIGHT};
	session_tell_capture(b->env.session, &gone);
	wait_s(b, 1);
	assert_says(b, "The flight recording was cancelled");
	press(b);
	wait_s(b, 2);
	assert_ordered(b, ORDER_CAPTURE);
	assert_false(capture_panel_press_flight(&b->panel, &b->env));
	assert_int_equal(session_take(b->env.session).kind, ORDER_NONE);
}

static void what_a_sampled_trace_can_not_tell_is_said_once(void **state)
{
	struct bench *b = *state;
	press(b);
	wait_s(b, 2);
	struct capture_state done = told(b, CAPTURE_DONE);
	done.kind = CAPTURE_KIND_SAMPLED;
	strcpy(done.note, "what happened between two looks is not in it");
	session_tell_capture(b->env.session, &done);
	wait_s(b, 1);
	assert_says(b, "A sampled trace was taken");
	assert_says(b, "what happened between two looks is not in it");
	char *text = drawn(b, 120, 24, false);
	const char *note = strstr(text, "Note ");
	assert_non_null(note);
	assert_null(strstr(note + 1, "Note "));
	free(text);
}

static void a_failure_is_one_sentence(void **state)
{
	struct bench *b = *state;
	press(b);
	wait_s(b, 2);
	struct capture_state failed = told(b, CAPTURE_FAILED);
	strcpy(failed.text, "no trace of process 1: a trace is being taken by PID 77 already");
	session_tell_capture(b->env.session, &failed);
	wait_s(b, 1);
	assert_says(b, "taken by PID 77 already");
	assert_says(b, "nothing was kept");
	press(b);
	assert_int_equal(b->panel.stage, PANEL_PROPOSED);
	assert_int_not_equal(b->panel.cost.basis, TRACE_BASIS_LAST);
}

static void the_end_of_the_capture_before_is_not_taken_for_this_one_s(void **state)
{
	struct bench *b = *state;
	told(b, CAPTURE_DONE);
	press(b);
	wait_s(b, 2);
	assert_int_equal(b->panel.stage, PANEL_ORDERED);
}

/* Every stage at every size: the panel stays in its part of the page. */
static void nothing_leaves_the_page(void **state)
{
	struct bench *b = *state;
	press(b);
	for (int stage = PANEL_PROPOSED; stage <= PANEL_ENDED; stage++) {
		b->panel.stage = (enum capture_panel_stage)stage;
		b->panel.capture = told(b, stage == PANEL_ENDED ? CAPTURE_DONE : CAPTURE_RUNNING);
		for (int width = 1; width <= 300; width += 1 + width / 10)
			for (int height = 3; height <= 40; height += 3) {
				char *text = drawn(b, width, height, false);
				assert_int_equal(strspn(text, "."), width);
				const char *last = strrchr(text, '\n') - width;
				assert_int_equal(strspn(last, "."), width);
				free(text);
			}
	}
}

static void pictures_equal_their_goldens(void **state)
{
	struct bench *b = *state;
	static const struct {
		const char *size;
		int width, height;
		bool ascii;
	} table[] = {{"40x10", 40, 10, false},
	             {"80x24", 80, 24, false},
	             {"120x40-ascii", 120, 40, true}};
	b->panel.can_open = true;
	for (int stage = PANEL_PROPOSED; stage <= PANEL_ENDED; stage++) {
		static const char *const stages[] = {"", "proposed", "ordered", "ended"};
		if (stage == PANEL_PROPOSED) {
			press(b);
		} else if (stage == PANEL_ORDERED) {
			wait_s(b, 2);
			told(b, CAPTURE_RUNNING);
			wait_s(b, 2);
		} else {
			told(b, CAPTURE_DONE);
			wait_s(b, 2);
		}
		for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
			char name[64];
			snprintf(name, sizeof name, "capture-%s-%s", stages[stage], table[i].size);
			char *text = drawn(b, table[i].width, table[i].height, table[i].ascii);
			assert_true(fixture_is_golden(name, text));
			free(text);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_bench, remove_bench)

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	const struct CMUnitTest tests[] = {
		TEST(one_key_proposes_and_after_a_moment_a_trace_begins),
		TEST(enter_begins_at_once),
		TEST(the_same_key_takes_a_proposal_back),
		TEST(the_same_key_cancels_what_runs),
		TEST(a_saturated_target_is_asked_about_first),
		TEST(what_came_of_it_is_said),
		TEST(what_has_been_is_fetched_at_once),
		TEST(the_key_for_what_has_been_cancels_that_and_nothing_else),
		TEST(what_a_sampled_trace_can_not_tell_is_said_once),
		TEST(a_failure_is_one_sentence),
		TEST(the_end_of_the_capture_before_is_not_taken_for_this_one_s),
		TEST(nothing_leaves_the_page),
		TEST(pictures_equal_their_goldens),
	};
	return cmocka_run_group_tests_name("capture_panel", tests, NULL, NULL);
}

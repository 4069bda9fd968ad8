#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "goproc/frames.h"
#include "tests/unit/goproc_world.h"
#include "util/clock.h"

/* Addresses in the code; as return addresses they stand for the call before them. */
#define WORKER (WORLD_TEXT + TABLES_WORKER)
#define PARKED (WORKER + TABLES_INNER_AT + 4) /* in main.inner, which was inlined */
#define CALL   (WORKER + 0x80)                /* in main.worker itself */
#define GOEXIT (WORLD_TEXT + TABLES_GOEXIT + 1)

static int setup(void **state)
{
	*state = world_create(26);
	return 0;
}

static int teardown(void **state)
{
	world_destroy(*state);
	return 0;
}

static uint64_t at_of[FAKE_GOROUTINES];

static enum memory_result place(void *arg, struct gs_row *row, size_t n)
{
	struct world *w = arg;
	enum memory_result result = gstacks_place(&w->stacks, row, n);
	for (size_t i = 0; i < n; i++)
		at_of[row[i].goroutine.goid - 100] = row[i].goroutine.at;
	return result;
}

static enum reader_result read_places(struct world *w, size_t budget)
{
	uint32_t dropped;
	memset(at_of, 0, sizeof at_of);
	gstacks_begin(&w->stacks, budget);
	return world_read(w, SIZE_MAX, clock_monotonic_ns(), place, w, &dropped);
}

static void expect_place(struct world *w, size_t i, const char *function, int line)
{
	struct pclntab_frame at;
	struct goproc_frame text;
	assert_true(at_of[i] > 0);
	assert_true(unwind_place(w->unwinder, (uint32_t)at_of[i], &at));
	frames_text(w->pclntab, &at, &text);
	assert_string_equal(text.function, function);
	assert_int_equal(text.line, line);
}

static size_t read_stack(struct world *w, size_t i, const uint32_t **site)
{
	size_t sites = 99;
	assert_int_equal(gstacks_read(&w->stacks, (uint32_t)i, (int64_t)(100 + i), site, &sites),
	                 MEMORY_OK);
	return sites;
}

static void expect_frames(struct world *w, uint32_t site, const char *const *function, size_t n)
{
	struct pclntab_frame frame[8];
	struct goproc_frame text;
	assert_int_equal(unwind_frames(w->unwinder, site, frame, 8), n);
	for (size_t i = 0; i < n; i++) {
		frames_text(w->pclntab, &frame[i], &text);
		assert_string_equal(text.function, function[i]);
	}
}

static void stack_is_followed_to_its_end_with_what_was_inlined(void **state)
{
	struct world *w = *state;
	const uint32_t *site;
	world_set_stack(w, 0, PARKED, (uint64_t[]){CALL, GOEXIT}, 2);
	assert_int_equal(read_places(w, 100), READER_OK);
	assert_int_equal(read_stack(w, 0, &site), 3);
	expect_frames(w, site[0], (const char *[]){"main.inner", "main.middle", "main.worker"}, 3);
	expect_frames(w, site[1], (const char *[]){"main.worker"}, 1);
	expect_frames(w, site[2], (const char *[]){"runtime.goexit"}, 1);
}

static void place_is_the_innermost_frame_that_is_no_plumbing(void **state)
{
	struct world *w = *state;
	world_set_stack(w, 0, PARKED, (uint64_t[]){CALL, GOEXIT}, 2);
	world_set_stack(w, 1, CALL, (uint64_t[]){GOEXIT}, 1);
	assert_int_equal(read_places(w, 100), READER_OK);
	expect_place(w, 0, "main.inner", TABLES_INNER);
	expect_place(w, 1, "main.worker", TABLES_WORKER_LINE + 1);
	/* Where there is nothing but plumbing, the function it began with. */
	expect_place(w, 2, "runtime.goexit", 1);
}

static void goroutine_that_has_not_run_is_not_read_again(void **state)
{
	struct world *w = *state;
	world_set_stack(w, 0, PARKED, (uint64_t[]){GOEXIT}, 1);
	read_places(w, 100);
	unsigned calls = w->fake->calls;
	read_places(w, 100);
	expect_place(w, 0, "main.inner", TABLES_INNER);
	assert_int_equal(w->fake->calls - calls, 2); /* the list's length, and all Gs */
	world_set_stack(w, 0, CALL, (uint64_t[]){GOEXIT}, 1);
	read_places(w, 100);
	expect_place(w, 0, "main.worker", TABLES_WORKER_LINE + 1);
}

static void budget_is_kept_and_nobody_is_forgotten(void **state)
{
	struct world *w = *state;
	fake_set_allglen(w->fake, 5);
	for (size_t i = 0; i < 5; i++)
		world_set_stack(w, i, PARKED, (uint64_t[]){GOEXIT}, 1);
	for (size_t known = 2; known <= 6; known += 2) {
		size_t n = 0;
		assert_int_equal(read_places(w, 2), READER_OK);
		for (size_t i = 0; i < 5; i++)
			n += at_of[i] != 0;
		assert_int_equal(n, known < 5 ? known : 5);
	}
}

/* Those at the front run all the time, and must not take the turns of the others. */
static void busy_ones_do_not_starve_the_others(void **state)
{
	struct world *w = *state;
	fake_set_allglen(w->fake, 4);
	for (size_t i = 0; i < 4; i++)
		world_set_stack(w, i, PARKED, (uint64_t[]){GOEXIT}, 1);
	for (unsigned round = 0; round < 3; round++) {
		fake_set_g(w->fake, 0, IN_G_SEQUENCE, round);
		fake_set_g(w->fake, 1, IN_G_SEQUENCE, round);
		read_places(w, 2);
	}
	assert_true(at_of[2] != 0);
	assert_true(at_of[3] != 0);
}

static void deep_stack_is_read_in_larger_pieces_up_to_a_limit(void **state)
{
	struct world *w = *state;
	enum { DEPTH = 100 };
	uint64_t returns[DEPTH];
	const uint32_t *site;
	for (size_t i = 0; i < DEPTH; i++)
		returns[i] = i + 1 < DEPTH ? CALL : GOEXIT;
	world_set_stack(w, 0, CALL, returns, DEPTH);
	read_places(w, 100);
	assert_int_equal(read_stack(w, 0, &site), DEPTH + 1);
}

static void stack_that_leads_nowhere_is_unknown(void **state)
{
	struct world *w = *state;
	const uint32_t *site;
	static const uint64_t bad[] = {8, WORLD_TEXT + TABLES_END, UINT64_MAX};
	for (size_t i = 0; i < 3; i++) {
		world_set_stack(w, 0, PARKED, (uint64_t[]){CALL, bad[i]}, 2);
		read_places(w, 100);
		assert_int_equal(read_stack(w, 0, &site), 0);
	}
	/* The frame would be larger than the rest of the stack. */
	world_set_stack(w, 0, PARKED, (uint64_t[]){CALL}, 1);
	read_places(w, 100);
	assert_int_equal(read_stack(w, 0, &site), 0);
	/* Its place is known all the same: what is innermost was whole. */
	expect_place(w, 0, "main.inner", TABLES_INNER);
}

static void goroutine_that_runs_or_is_another_one_has_no_stack(void **state)
{
	struct world *w = *state;
	const uint32_t *site;
	size_t sites;
	world_set_stack(w, 0, PARKED, (uint64_t[]){GOEXIT}, 1);
	read_places(w, 100);
	assert_int_equal(gstacks_read(&w->stacks, 0, 999, &site, &sites), MEMORY_OK);
	assert_int_equal(sites, 0);
	assert_int_equal(gstacks_read(&w->stacks, 77, 100, &site, &sites), MEMORY_OK);
	assert_int_equal(sites, 0);
	fake_set_g(w->fake, 0, IN_G_STATUS, 2);
	assert_int_equal(read_stack(w, 0, &site), 0);
}

/* Runs whenever it is looked at. */
static void run_a_little(struct fake *fake, unsigned call)
{
	fake_set_g(fake, 0, IN_G_SEQUENCE, call);
}

static void stack_of_a_goroutine_that_ran_meanwhile_is_unknown(void **state)
{
	struct world *w = *state;
	const uint32_t *site;
	world_set_stack(w, 0, PARKED, (uint64_t[]){GOEXIT}, 1);
	world_set_stack(w, 1, PARKED, (uint64_t[]){GOEXIT}, 1);
	w->fake->before_call = run_a_little;
	assert_int_equal(read_places(w, 100), READER_OK);
	assert_int_equal(at_of[0], 0);
	assert_true(at_of[1] != 0);
	assert_int_equal(read_stack(w, 0, &site), 0);
	w->fake->before_call = NULL;
	assert_int_equal(read_stack(w, 0, &site), 2);
	read_places(w, 100);
	assert_true(at_of[0] != 0);
}

static void stack_that_is_not_mapped_costs_no_other_one(void **state)
{
	struct world *w = *state;
	world_set_stack(w, 0, PARKED, (uint64_t[]){GOEXIT}, 1);
	world_set_stack(w, 1, PARKED, (uint64_t[]){GOEXIT}, 1);
	fake_set_g(w->fake, 0, IN_G_SP, 0xdead0000);
	fake_set_g(w->fake, 0, IN_G_STACK_LOW, 0xdead0000);
	fake_set_g(w->fake, 0, IN_G_STACK_HIGH, 0xdead8000);
	assert_int_equal(read_places(w, 100), READER_OK);
	assert_int_equal(at_of[0], 0);
	expect_place(w, 1, "main.inner", TABLES_INNER);
}

static void creator_and_start_have_names_and_lines(void **state)
{
	struct world *w = *state;
	struct goproc_frame frame;
	frames_creator(w->pclntab, WORLD_TEXT + TABLES_MAIN + 5, &frame);
	assert_string_equal(frame.function, "main.main");
	assert_string_equal(frame.file, "main.go");
	assert_int_equal(frame.line, TABLES_MAIN_LINE);
	/* The go statement was inlined: the function is the one that was compiled. */
	frames_creator(w->pclntab, PARKED, &frame);
	assert_string_equal(frame.function, "main.worker");
	assert_int_equal(frame.line, TABLES_INNER);
	frames_start(w->pclntab, WORKER, &frame);
	assert_string_equal(frame.function, "main.worker");
	assert_int_equal(frame.line, TABLES_WORKER_LINE);
	frames_start(w->pclntab, 8, &frame);
	assert_string_equal(frame.function, "");
	assert_int_equal(frame.line, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		WORLD(stack_is_followed_to_its_end_with_what_was_inlined),
		WORLD(place_is_the_innermost_frame_that_is_no_plumbing),
		WORLD(goroutine_that_has_not_run_is_not_read_again),
		WORLD(budget_is_kept_and_nobody_is_forgotten),
		WORLD(busy_ones_do_not_starve_the_others),
		WORLD(deep_stack_is_read_in_larger_pieces_up_to_a_limit),
		WORLD(stack_that_leads_nowhere_is_unknown),
		WORLD(goroutine_that_runs_or_is_another_one_has_no_stack),
		WORLD(stack_of_a_goroutine_that_ran_meanwhile_is_unknown),
		WORLD(stack_that_is_not_mapped_costs_no_other_one),
		WORLD(creator_and_start_have_names_and_lines),
	};
	return cmocka_run_group_tests_name("goproc stacks", tests, NULL, NULL);
}

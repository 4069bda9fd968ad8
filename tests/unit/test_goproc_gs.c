#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/goproc_world.h"
#include "util/clock.h"

enum {
	IDLE,
	RUNNABLE,
	RUNNING,
	SYSCALL,
	WAITING,
	DEAD = 6,
	COPYSTACK = 8,
	LEAKED = 10,
	SCAN = 0x1000
};
#define REASON 7

/* What a reading of the world told. */
struct reading {
	struct world *world;
	struct gs_row row[FAKE_GOROUTINES];
	size_t rows;
	uint32_t dropped;
	enum memory_result sink_says;
};

static int setup_minor(void **state, int minor)
{
	struct reading *r = calloc(1, sizeof *r);
	if (!r)
		return -1;
	r->world = world_create(minor);
	*state = r;
	return 0;
}

static int setup(void **state)
{
	return setup_minor(state, 26);
}

static int setup_old(void **state)
{
	return setup_minor(state, 18);
}

static int teardown(void **state)
{
	struct reading *r = *state;
	world_destroy(r->world);
	free(r);
	return 0;
}

static enum memory_result take(void *arg, struct gs_row *row, size_t n)
{
	struct reading *w = arg;
	for (size_t i = 0; i < n; i++)
		w->row[w->rows++] = row[i];
	return w->sink_says;
}

static enum reader_result read_at(struct reading *w, int64_t now_ns)
{
	w->rows = 0;
	return world_read(w->world, SIZE_MAX, now_ns, take, w, &w->dropped);
}

static const struct gs_row *row_of(const struct reading *w, size_t i)
{
	for (size_t k = 0; k < w->rows; k++) {
		if (w->row[k].goroutine.goid == (int64_t)(100 + i))
			return &w->row[k];
	}
	fail_msg("there is no goroutine %zu", 100 + i);
	return NULL;
}

static void expect_since(const struct reading *w, size_t i, int64_t since_ns, bool at_least)
{
	const struct goproc_goroutine *g = &row_of(w, i)->goroutine;
	assert_int_equal(g->since_ns, since_ns);
	assert_int_equal(g->is_at_least, at_least);
}

static void every_goroutine_is_read_with_one_call(void **state)
{
	struct reading *w = *state;
	fake_set_g(w->world->fake, 1, IN_G_LOCKEDM, fake_m(1));
	fake_set_g(w->world->fake, 2, IN_G_STATUS, SCAN | RUNNABLE);
	assert_int_equal(read_at(w, NS_PER_S), READER_OK);
	assert_int_equal(w->rows, 3);
	assert_int_equal(w->dropped, 0);
	const struct gs_row *row = row_of(w, 0);
	assert_int_equal(row->goroutine.status, WAITING);
	assert_int_equal(row->goroutine.reason, REASON);
	assert_int_equal(row->goroutine.start, WORLD_TEXT + TABLES_WORKER);
	assert_int_equal(row->goroutine.creator, WORLD_TEXT + TABLES_MAIN + 5);
	assert_int_equal(row->pc, WORLD_TEXT + TABLES_GOEXIT + 1);
	assert_int_equal(row->sp, world_stack_end(0));
	assert_int_equal(row->stack_end, world_stack_end(0));
	assert_false(row->goroutine.is_locked);
	assert_true(row_of(w, 1)->goroutine.is_locked);
	assert_int_equal(row_of(w, 2)->goroutine.status, RUNNABLE);
	/* The reason is what it waited for last. */
	assert_int_equal(row_of(w, 2)->goroutine.reason, 0);
	unsigned calls = w->world->fake->calls;
	read_at(w, 2 * NS_PER_S);
	assert_int_equal(w->world->fake->calls - calls, 2); /* the list's length, and all of them */
}

static void dead_ones_are_left_out_and_not_dropped(void **state)
{
	struct reading *w = *state;
	fake_set_g(w->world->fake, 0, IN_G_STATUS, DEAD);
	fake_set_g(w->world->fake, 1, IN_G_STATUS, IDLE);
	fake_set_g(w->world->fake, 2, IN_G_STATUS, 11); /* _Gdeadextra */
	assert_int_equal(read_at(w, NS_PER_S), READER_OK);
	assert_int_equal(w->rows, 0);
	assert_int_equal(w->dropped, 0);
}

static void goroutines_that_are_added_are_found(void **state)
{
	struct reading *w = *state;
	/* The list is in no order of addresses. */
	fake_list_g(w->world->fake, 0, fake_g(9));
	fake_list_g(w->world->fake, 1, fake_g(4));
	fake_list_g(w->world->fake, 2, fake_g(6));
	assert_int_equal(read_at(w, NS_PER_S), READER_OK);
	fake_list_g(w->world->fake, 3, fake_g(5));
	fake_list_g(w->world->fake, 4, fake_g(1));
	fake_list_g(w->world->fake, 5, fake_g(15));
	fake_set_allglen(w->world->fake, 6);
	assert_int_equal(read_at(w, 2 * NS_PER_S), READER_OK);
	assert_int_equal(w->rows, 6);
	for (size_t k = 1; k < w->rows; k++)
		assert_true(w->row[k].goroutine.goid > w->row[k - 1].goroutine.goid);
	expect_since(w, 4, NS_PER_S, true);
	expect_since(w, 5, 2 * NS_PER_S, false); /* began after the first reading */
}

static void reading_in_slices_tells_each_goroutine_once(void **state)
{
	struct reading *w = *state;
	struct gs *gs = &w->world->gs;
	bool more = true;
	for (size_t i = 0; i < 10; i++)
		fake_list_g(w->world->fake, i, fake_g(i));
	fake_set_allglen(w->world->fake, 10);
	w->rows = 0;
	w->dropped = 0;
	assert_int_equal(gs_begin(gs), READER_OK);
	for (size_t slice = 1; more; slice++) {
		size_t before = w->rows;
		assert_int_equal(gs_next(gs, 4, (int64_t)slice * NS_PER_S, take, w, &w->dropped, &more),
		                 READER_OK);
		assert_in_range(w->rows - before, 1, 4); /* no slice is longer than it may be */
		/* What begins meanwhile has its turn in the next reading. */
		fake_list_g(w->world->fake, 9 + slice, fake_g(9 + slice));
		fake_set_allglen(w->world->fake, 10 + slice);
	}
	assert_int_equal(w->rows, 10);
	expect_since(w, 0, NS_PER_S, true); /* as of its own slice */
	expect_since(w, 9, 3 * NS_PER_S, true);
	for (size_t i = 0; i < w->rows; i++) {
		struct gs_row row;
		enum gs_verdict verdict;
		gs_read_one(gs, w->row[i].goroutine.handle, &verdict, &row);
		assert_int_equal(verdict, GS_ALIVE);
		assert_int_equal(row.goroutine.goid, w->row[i].goroutine.goid);
	}
	assert_int_equal(read_at(w, 10 * NS_PER_S), READER_OK);
	assert_int_equal(w->rows, 13);
	expect_since(w, 0, NS_PER_S, true);
	expect_since(w, 9, 3 * NS_PER_S, true);
	expect_since(w, 10, 10 * NS_PER_S, false);
}

static void since_is_the_first_sight_of_the_same_wait(void **state)
{
	struct reading *w = *state;
	read_at(w, 10 * NS_PER_S);
	read_at(w, 20 * NS_PER_S);
	expect_since(w, 0, 10 * NS_PER_S, true);
	fake_set_g(w->world->fake, 0, IN_G_SEQUENCE, 1); /* it ran, and waits at the same place again */
	fake_set_g(w->world->fake, 1, IN_G_STATUS, RUNNABLE);
	read_at(w, 30 * NS_PER_S);
	expect_since(w, 0, 30 * NS_PER_S, false);
	expect_since(w, 1, 30 * NS_PER_S, false);
	expect_since(w, 2, 10 * NS_PER_S, true);
	read_at(w, 40 * NS_PER_S);
	expect_since(w, 0, 30 * NS_PER_S, false);
}

/* The collector shrinks stacks of those that wait, and looks for those that wait for ever. */
static void wait_goes_on_when_the_collector_moves_the_stack(void **state)
{
	struct reading *w = *state;
	read_at(w, 10 * NS_PER_S);
	fake_set_g(w->world->fake, 0, IN_G_STACK_LOW, world_stack_end(8) - WORLD_STACK / 2);
	fake_set_g(w->world->fake, 0, IN_G_STACK_HIGH, world_stack_end(8));
	fake_set_g(w->world->fake, 0, IN_G_SP, world_stack_end(8));
	fake_set_g(w->world->fake, 1, IN_G_STATUS, LEAKED);
	read_at(w, 20 * NS_PER_S);
	expect_since(w, 0, 10 * NS_PER_S, true);
	expect_since(w, 1, 10 * NS_PER_S, true);
}

static void goroutine_in_a_g_that_was_dead_is_new(void **state)
{
	struct reading *w = *state;
	fake_set_g(w->world->fake, 0, IN_G_STATUS, DEAD);
	read_at(w, 10 * NS_PER_S);
	fake_set_g(w->world->fake, 0, IN_G_STATUS, WAITING);
	read_at(w, 20 * NS_PER_S);
	expect_since(w, 0, 20 * NS_PER_S, false);
}

static void stamps_of_the_runtime_make_it_exact(void **state)
{
	struct reading *w = *state;
	fake_set_g(w->world->fake, 0, IN_G_STAMP, 7 * NS_PER_S);
	fake_set_g(w->world->fake, 1, IN_G_STAMP, 99 * NS_PER_S); /* after now: no stamp of ours */
	fake_set_g(w->world->fake, 2, IN_G_STATUS, RUNNING);
	fake_set_g(w->world->fake, 2, IN_G_STAMP, 7 * NS_PER_S);
	read_at(w, 10 * NS_PER_S);
	expect_since(w, 0, 7 * NS_PER_S, false);
	expect_since(w, 1, 10 * NS_PER_S, true);
	expect_since(w, 2, 10 * NS_PER_S, true);
}

static void collector_knows_of_waits_older_than_the_first_sight(void **state)
{
	struct reading *w = *state;
	fake_set_g(w->world->fake, 0, IN_G_WAITSINCE, 3 * NS_PER_S);
	read_at(w, 10 * NS_PER_S);
	expect_since(w, 0, 3 * NS_PER_S, true);
	/* Of one whose beginning was seen it can't know more. */
	fake_set_g(w->world->fake, 1, IN_G_SEQUENCE, 1);
	read_at(w, 20 * NS_PER_S);
	fake_set_g(w->world->fake, 1, IN_G_WAITSINCE, 15 * NS_PER_S);
	read_at(w, 30 * NS_PER_S);
	expect_since(w, 1, 20 * NS_PER_S, false);
}

static void system_calls_are_told_apart_by_the_count_of_their_m(void **state)
{
	struct reading *w = *state;
	uint8_t *tick = fake_bytes(w->world->fake, fake_m(1) + (uint64_t)w->world->gs.m_syscalltick, 4);
	fake_set_g(w->world->fake, 0, IN_G_STATUS, SYSCALL);
	fake_set_g(w->world->fake, 0, IN_G_M, fake_m(1));
	fake_set_g(w->world->fake, 0, IN_G_SYSCALLPC, 0x404000);
	fake_set_g(w->world->fake, 0, IN_G_SYSCALLSP, world_stack_end(0) - 64);
	read_at(w, 10 * NS_PER_S);
	assert_true(row_of(w, 0)->in_syscall);
	assert_int_equal(row_of(w, 0)->pc, 0x404000);
	read_at(w, 20 * NS_PER_S);
	expect_since(w, 0, 10 * NS_PER_S, true);
	tick[0]++;
	read_at(w, 30 * NS_PER_S);
	expect_since(w, 0, 30 * NS_PER_S, false);
	/* An M that is gone does no harm. */
	fake_set_g(w->world->fake, 0, IN_G_M, 0xdead0000);
	assert_int_equal(read_at(w, 40 * NS_PER_S), READER_OK);
	assert_int_equal(w->rows, 3);
}

static void goroutine_that_runs_has_no_stack(void **state)
{
	struct reading *w = *state;
	fake_set_g(w->world->fake, 0, IN_G_STATUS, RUNNING);
	fake_set_g(w->world->fake, 1, IN_G_STATUS, COPYSTACK);
	fake_set_g(w->world->fake, 2, IN_G_STATUS, SYSCALL); /* and has not begun it */
	read_at(w, NS_PER_S);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(row_of(w, i)->pc, 0);
}

static void what_can_not_be_is_dropped_and_counted(void **state)
{
	struct reading *w = *state;
	uint64_t end = world_stack_end(1);
	const struct {
		enum g_member member;
		uint64_t good, bad;
	} cases[] = {
		{IN_G_STATUS, WAITING, 5},      {IN_G_STATUS, WAITING, 12},
		{IN_G_STATUS, WAITING, 0x2004}, {IN_G_GOID, 101, 0},
		{IN_G_GOID, 101, 201}, /* goidgen is 200 */
		{IN_G_GOID, 101, (uint64_t)-1}, {IN_G_STACK_HIGH, end, end - WORLD_STACK},
		{IN_G_SP, end, end + 8},        {IN_G_SP, end, end - WORLD_STACK - 8},
		{IN_G_SP, end, end - 1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		fake_set_g(w->world->fake, 1, cases[i].member, cases[i].bad);
		assert_int_equal(read_at(w, NS_PER_S), READER_OK);
		assert_int_equal(w->rows, 2);
		assert_int_equal(w->dropped, 1);
		fake_set_g(w->world->fake, 1, cases[i].member, cases[i].good);
	}
	assert_int_equal(read_at(w, 2 * NS_PER_S), READER_OK);
	assert_int_equal(w->dropped, 0);
	/* For how long it waits by now nobody saw. */
	expect_since(w, 1, 2 * NS_PER_S, true);
}

static void settle(struct fake *fake, unsigned call)
{
	if (call == 4) /* length, the list, all at once: this is the second look */
		fake_set_g(fake, 1, IN_G_SP, world_stack_end(1));
}

static void torn_goroutine_is_read_again(void **state)
{
	struct reading *w = *state;
	fake_set_g(w->world->fake, 1, IN_G_SP, 0);
	w->world->fake->before_call = settle;
	assert_int_equal(read_at(w, NS_PER_S), READER_OK);
	assert_int_equal(w->rows, 3);
	assert_int_equal(w->dropped, 0);
}

static void g_that_is_not_mapped_costs_no_other_one(void **state)
{
	struct reading *w = *state;
	fake_list_g(w->world->fake, 1, 0xdead0000);
	assert_int_equal(read_at(w, NS_PER_S), READER_OK);
	assert_int_equal(w->rows, 2);
	assert_int_equal(w->dropped, 1);
}

static void list_that_makes_no_sense_is_torn(void **state)
{
	struct reading *w = *state;
	static const uint64_t bad[] = {0, 0x1001};
	for (size_t i = 0; i < 2; i++) {
		fake_list_g(w->world->fake, 1, bad[i]);
		assert_int_equal(read_at(w, NS_PER_S), READER_TORN);
	}
	fake_list_g(w->world->fake, 1, fake_g(0)); /* twice */
	assert_int_equal(read_at(w, NS_PER_S), READER_TORN);
	fake_list_g(w->world->fake, 1, fake_g(1));
	fake_set_allglen(w->world->fake, UINT64_MAX);
	assert_int_equal(read_at(w, NS_PER_S), READER_TORN);
	fake_set_allglen(w->world->fake, 3);
	assert_int_equal(read_at(w, NS_PER_S), READER_OK);
	fake_set_allglen(w->world->fake, 2); /* the runtime's never shrinks: another program's */
	assert_int_equal(read_at(w, NS_PER_S), READER_TORN);
	assert_int_equal(read_at(w, NS_PER_S), READER_OK);
	assert_int_equal(w->rows, 2);
}

static void failures_are_told_apart(void **state)
{
	struct reading *w = *state;
	struct gs_row row;
	enum gs_verdict verdict;
	read_at(w, NS_PER_S);
	w->world->fake->fail_with = ESRCH;
	assert_int_equal(read_at(w, NS_PER_S), READER_GONE);
	assert_int_equal(gs_read_one(&w->world->gs, 0, &verdict, &row), MEMORY_GONE);
	w->world->fake->fail_with = EPERM;
	assert_int_equal(read_at(w, NS_PER_S), READER_DENIED);
	w->world->fake->fail_with = 0;
	w->sink_says = MEMORY_FAILED;
	assert_int_equal(read_at(w, NS_PER_S), READER_FAILED);
}

static void one_goroutine_is_read_by_its_handle(void **state)
{
	struct reading *w = *state;
	struct gs_row row;
	enum gs_verdict verdict;
	read_at(w, NS_PER_S);
	uint32_t handle = row_of(w, 2)->goroutine.handle;
	assert_int_equal(gs_read_one(&w->world->gs, handle, &verdict, &row), MEMORY_OK);
	assert_int_equal(verdict, GS_ALIVE);
	assert_int_equal(row.goroutine.goid, 102);
	fake_set_g(w->world->fake, 2, IN_G_STATUS, DEAD);
	gs_read_one(&w->world->gs, handle, &verdict, &row);
	assert_int_equal(verdict, GS_DEAD);
	gs_read_one(&w->world->gs, 3, &verdict, &row);
	assert_int_equal(verdict, GS_TORN);
}

static void goroutine_that_ran_is_not_the_same(void **state)
{
	struct reading *w = *state;
	struct gs_row row;
	enum gs_verdict verdict;
	read_at(w, NS_PER_S);
	gs_read_one(&w->world->gs, 0, &verdict, &row);
	struct iovec span = gs_span(&w->world->gs, 0);
	const uint8_t *record = fake_bytes(w->world->fake, (uintptr_t)span.iov_base, span.iov_len);
	assert_true(gs_is_same(&w->world->gs, record, &row));
	fake_set_g(w->world->fake, 0, IN_G_STATUS,
	           SCAN | WAITING); /* only looked at by the collector */
	assert_true(gs_is_same(&w->world->gs, record, &row));
	fake_set_g(w->world->fake, 0, IN_G_SEQUENCE, 1);
	assert_false(gs_is_same(&w->world->gs, record, &row));
	fake_set_g(w->world->fake, 0, IN_G_SEQUENCE, 0);
	assert_true(gs_is_same(&w->world->gs, record, &row));
	/* As deep as it was, but elsewhere. */
	fake_set_g(w->world->fake, 0, IN_G_STACK_HIGH, world_stack_end(1));
	fake_set_g(w->world->fake, 0, IN_G_SP, world_stack_end(1));
	assert_false(gs_is_same(&w->world->gs, record, &row));
}

static void old_versions_have_no_leaked_goroutines(void **state)
{
	struct reading *w = *state;
	fake_set_g(w->world->fake, 1, IN_G_STATUS, LEAKED);
	assert_int_equal(read_at(w, NS_PER_S), READER_OK);
	assert_int_equal(w->rows, 2);
	assert_int_equal(w->dropped, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		WORLD(every_goroutine_is_read_with_one_call),
		WORLD(dead_ones_are_left_out_and_not_dropped),
		WORLD(goroutines_that_are_added_are_found),
		WORLD(reading_in_slices_tells_each_goroutine_once),
		WORLD(since_is_the_first_sight_of_the_same_wait),
		WORLD(wait_goes_on_when_the_collector_moves_the_stack),
		WORLD(goroutine_in_a_g_that_was_dead_is_new),
		WORLD(stamps_of_the_runtime_make_it_exact),
		WORLD(collector_knows_of_waits_older_than_the_first_sight),
		WORLD(system_calls_are_told_apart_by_the_count_of_their_m),
		WORLD(goroutine_that_runs_has_no_stack),
		WORLD(what_can_not_be_is_dropped_and_counted),
		WORLD(torn_goroutine_is_read_again),
		WORLD(g_that_is_not_mapped_costs_no_other_one),
		WORLD(list_that_makes_no_sense_is_torn),
		WORLD(failures_are_told_apart),
		WORLD(one_goroutine_is_read_by_its_handle),
		WORLD(goroutine_that_ran_is_not_the_same),
		cmocka_unit_test_setup_teardown(old_versions_have_no_leaked_goroutines, setup_old,
	                                    teardown),
	};
	return cmocka_run_group_tests_name("goproc goroutines", tests, NULL, NULL);
}

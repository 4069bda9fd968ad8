#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect/lane_sink.h"

#include <stdlib.h>

static void lanes_finish(struct lanes *lanes)
{
	free(lanes->at_ns);
	free(lanes->state);
}

static void samples_arrive_in_order_and_the_next_batch_continues(void **state)
{
	(void)state;
	struct lane_sink sink;
	struct lanes out = {0};
	lane_sink_init(&sink, 10, 100);
	lane_sink_add(&sink, ORIGIN_MEMORY, 110, (uint8_t[]){LANE_IDLE, LANE_RUNNING}, 2);
	lane_sink_add(&sink, ORIGIN_MEMORY, 120, (uint8_t[]){LANE_GC, LANE_RUNNING}, 2);
	lane_sink_add(&sink, ORIGIN_MEMORY, 120, (uint8_t[]){LANE_IDLE, LANE_IDLE}, 2); /* not later */
	lane_sink_take(&sink, 125, &out);
	assert_int_equal(out.samples, 2);
	assert_int_equal(out.procs, 2);
	assert_int_equal(out.start_ns, 100);
	assert_int_equal(out.state[2], LANE_GC);
	lane_sink_add(&sink, ORIGIN_MEMORY, 130, (uint8_t[]){LANE_IDLE}, 1);
	lane_sink_take(&sink, 135, &out);
	assert_int_equal(out.start_ns, 120);
	assert_int_equal(out.samples, 1);
	lanes_finish(&out);
	lane_sink_finish(&sink);
}

static void more_procs_leave_the_past_of_the_new_ones_unknown(void **state)
{
	(void)state;
	struct lane_sink sink;
	struct lanes out = {0};
	lane_sink_init(&sink, 10, 0);
	lane_sink_add(&sink, ORIGIN_MEMORY, 10, (uint8_t[]){LANE_RUNNING}, 1);
	lane_sink_add(&sink, ORIGIN_MEMORY, 20, (uint8_t[]){LANE_RUNNING, LANE_IDLE, LANE_GC}, 3);
	lane_sink_add(&sink, ORIGIN_MEMORY, 30, (uint8_t[]){LANE_RUNNING, LANE_IDLE}, 2);
	lane_sink_take(&sink, 30, &out);
	assert_int_equal(out.procs, 3);
	const uint8_t want[] = {LANE_RUNNING, LANE_UNKNOWN, LANE_UNKNOWN, LANE_RUNNING, LANE_IDLE,
	                        LANE_GC,      LANE_RUNNING, LANE_IDLE,    LANE_UNKNOWN};
	assert_memory_equal(out.state, want, sizeof want);
	lanes_finish(&out);
	lane_sink_finish(&sink);
}

static void a_long_gap_is_unknown_but_for_its_last_period(void **state)
{
	(void)state;
	struct lane_sink sink;
	struct lanes out = {0};
	lane_sink_init(&sink, 10, 0);
	lane_sink_add(&sink, ORIGIN_MEMORY, 10, (uint8_t[]){LANE_RUNNING}, 1);
	lane_sink_add(&sink, ORIGIN_MEMORY, 1000, (uint8_t[]){LANE_RUNNING}, 1);
	lane_sink_take(&sink, 1000, &out);
	assert_int_equal(out.samples, 3);
	assert_int_equal(out.at_ns[1], 990);
	assert_int_equal(out.state[1], LANE_UNKNOWN);
	assert_int_equal(out.state[2], LANE_RUNNING);
	lanes_finish(&out);
	lane_sink_finish(&sink);
}

static void samples_are_bounded(void **state)
{
	(void)state;
	struct lane_sink sink;
	struct lanes out = {0};
	lane_sink_init(&sink, 10, 0);
	for (int64_t i = 1; i < 3 * LANE_SAMPLES_MAX; i++)
		lane_sink_add(&sink, ORIGIN_AGENT, i * 10, (uint8_t[]){LANE_IDLE, LANE_GC}, 2);
	lane_sink_take(&sink, 0, &out);
	assert_int_equal(out.samples, LANE_SAMPLES_MAX);
	assert_int_equal(out.origin, ORIGIN_AGENT);
	lanes_finish(&out);
	lane_sink_finish(&sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_arrive_in_order_and_the_next_batch_continues),
		cmocka_unit_test(more_procs_leave_the_past_of_the_new_ones_unknown),
		cmocka_unit_test(a_long_gap_is_unknown_but_for_its_last_period),
		cmocka_unit_test(samples_are_bounded),
	};
	return cmocka_run_group_tests_name("lane_sink", tests, NULL, NULL);
}

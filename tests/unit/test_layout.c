#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/layout.h"

#include <string.h>

static void slots_get_what_they_want_when_there_is_room(void **state)
{
	(void)state;
	struct slot slot[] = {{.min = 3, .want = 5},
	                      {.min = 2, .want = 4, .gap = 2},
	                      {.min = 1, .want = 1, .gap = 1}};
	assert_int_equal(layout(slot, 3, 100), 13);
	assert_int_equal(slot[0].size, 5);
	assert_int_equal(slot[1].at, 7);
	assert_int_equal(slot[2].at, 12);
}

static void the_highest_drop_goes_first(void **state)
{
	(void)state;
	struct slot slot[] = {{.min = 4, .want = 4, .drop = 1},
	                      {.min = 4, .want = 4, .drop = 3},
	                      {.min = 4, .want = 4, .drop = 2}};
	layout(slot, 3, 9);
	assert_int_equal(slot[1].size, 0);
	assert_int_equal(slot[2].at, 4);
	layout(slot, 3, 7);
	assert_int_equal(slot[2].size, 0);
	assert_int_equal(slot[0].size, 4);
}

static void the_last_slot_is_cut_to_the_room(void **state)
{
	(void)state;
	struct slot slot[] = {{.min = 10, .want = 10, .drop = 1}, {.min = 20, .want = 30}};
	assert_int_equal(layout(slot, 2, 6), 6);
	assert_int_equal(slot[0].size, 0);
	assert_int_equal(slot[1].size, 6);
	assert_int_equal(layout(slot, 2, 0), 0);
	assert_int_equal(slot[1].size, 0);
}

static void what_is_left_is_shared_by_growth(void **state)
{
	(void)state;
	struct slot slot[] = {{.min = 10, .want = 10, .grow = 2},
	                      {.min = 10, .want = 10},
	                      {.min = 10, .want = 10, .grow = 1}};
	assert_int_equal(layout(slot, 3, 61), 61);
	assert_int_equal(slot[0].size, 30);
	assert_int_equal(slot[1].size, 10);
	assert_int_equal(slot[2].size, 21);
}

static void slots_never_overlap_or_leave_the_room(void **state)
{
	(void)state;
	uint32_t seed = 7;
	for (int round = 0; round < 20000; round++) {
		struct slot slot[8];
		memset(slot, 0, sizeof slot);
		for (int i = 0; i < 8; i++) {
			seed = seed * 1664525 + 1013904223;
			slot[i].min = (int)(seed >> 28);
			slot[i].want = slot[i].min + (int)(seed >> 24 & 15);
			slot[i].drop = (int)(seed >> 20 & 7);
			slot[i].grow = (int)(seed >> 18 & 3);
			slot[i].gap = (int)(seed >> 16 & 3);
		}
		int room = (int)(seed >> 8 & 127), end = 0;
		int taken = layout(slot, 8, room);
		assert_true(taken <= room);
		for (int i = 0; i < 8; i++) {
			assert_true(slot[i].size >= 0);
			if (!slot[i].size)
				continue;
			assert_true(slot[i].at >= end);
			end = slot[i].at + slot[i].size;
			assert_true(end <= room);
		}
		assert_true(end <= taken);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_get_what_they_want_when_there_is_room),
		cmocka_unit_test(the_highest_drop_goes_first),
		cmocka_unit_test(the_last_slot_is_cut_to_the_room),
		cmocka_unit_test(what_is_left_is_shared_by_growth),
		cmocka_unit_test(slots_never_overlap_or_leave_the_room),
	};
	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}

#include "tests/unit/metrics_fixture.h"

#include <stdlib.h>
#include <string.h>

static void a_new_snapshot_knows_nothing(void **state)
{
	(void)state;
	struct snapshot *s = snapshot_create();
	assert_non_null(s);
	assert_int_equal(s->sched.valid | s->runtime.valid | s->os.valid, 0);
	assert_int_equal(s->np + s->nm + s->lanes.samples, 0);
	assert_int_equal(s->sched_at.origin, ORIGIN_NONE);
	for (int id = 0; id < HISTOGRAM_COUNT; id++)
		assert_null(s->histogram[id].bounds);
	snapshot_unref(s);
	snapshot_unref(NULL);
}

static void rows_and_samples_begin_unknown_and_may_be_reserved_again(void **state)
{
	(void)state;
	struct snapshot *s = snapshot_create();
	for (size_t n = 3; n-- > 0;) {
		assert_int_equal(snapshot_reserve(s, n, n * 2), STATUS_OK);
		assert_int_equal(lanes_reserve(&s->lanes, n, 4), STATUS_OK);
		assert_int_equal(s->np, n);
		assert_int_equal(s->nm, n * 2);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(s->p[i].f.valid, 0);
			assert_int_equal(s->lanes.state[i * 4], LANE_UNKNOWN);
		}
	}
	assert_int_equal(lanes_reserve(&s->lanes, SIZE_MAX / 2, 4), STATUS_FAILED);
	snapshot_unref(s);
}

static void a_delta_needs_both_sides_and_a_counter_that_did_not_fall(void **state)
{
	(void)state;
	struct fields before = {0}, now = {0};
	int64_t delta = 77;
	assert_false(fields_delta(&now, &before, 3, &delta));
	fields_set(&now, 3, 10);
	assert_false(fields_delta(&now, &before, 3, &delta));
	fields_set(&before, 3, 11);
	assert_false(fields_delta(&now, &before, 3, &delta));
	assert_int_equal(delta, 77);
	fields_set(&before, 3, 4);
	assert_true(fields_delta(&now, &before, 3, &delta));
	assert_int_equal(delta, 6);
	fields_set(&before, 3, INT64_MIN);
	fields_set(&now, 3, INT64_MAX);
	assert_false(fields_delta(&now, &before, 3, &delta));
}

/* Keys are what the agent, --json and the log are read by: two alike would hide one another. */
static void every_field_has_a_name_of_its_own_in_its_table(void **state)
{
	(void)state;
	const struct {
		const struct field_info *info;
		int count;
	} tables[] = {
		{sched_field_info, SCHED_FIELD_COUNT}, {p_field_info, P_FIELD_COUNT},
		{m_field_info, M_FIELD_COUNT},         {runtime_field_info, RUNTIME_FIELD_COUNT},
		{os_field_info, OS_FIELD_COUNT},
	};
	for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
		for (int i = 0; i < tables[t].count; i++) {
			assert_non_null(tables[t].info[i].name);
			for (int j = 0; j < i; j++)
				assert_string_not_equal(tables[t].info[i].name, tables[t].info[j].name);
		}
	}
	for (int i = 0; i < ORIGIN_COUNT; i++)
		assert_non_null(origin_name[i]);
	for (int i = 0; i < LANE_STATE_COUNT; i++)
		assert_non_null(lane_state_name[i]);
	for (int i = 0; i < HISTOGRAM_COUNT; i++)
		assert_non_null(histogram_name[i]);
	for (int i = 0; i < TARGET_STATE_COUNT; i++)
		assert_non_null(target_state_name[i]);
}

/* Ten minutes of one a second, with the rest of the program, are to fit into 20 MiB. */
static void a_typical_snapshot_is_small(void **state)
{
	(void)state;
	struct snapshot *s = make_full_snapshot(1, 8, 20);
	size_t bytes = snapshot_bytes(s);
	print_message("8 Ps, 20 Ms, 5 groups, 5 histograms, 100 samples: %zu bytes\n", bytes);
	assert_true(bytes < 20000);
	snapshot_unref(s);
}

static void without_memory_there_is_no_snapshot_and_no_leak(void **state)
{
	(void)state;
	fail_allocation(0);
	assert_null(snapshot_create());
	fail_allocation(-1);
	struct snapshot *s = make_full_snapshot(1, 2, 3);
	for (long n = 0; n < 2; n++) {
		fail_allocation(n);
		enum status rows = snapshot_reserve(s, 4, 4);
		fail_allocation(n);
		enum status samples = lanes_reserve(&s->lanes, 4, 4);
		fail_allocation(-1);
		assert_int_equal(rows, STATUS_FAILED);
		assert_int_equal(samples, STATUS_FAILED);
		assert_int_equal(s->np, 2); /* what was there still is */
		assert_int_equal(s->lanes.samples, 100);
	}
	snapshot_unref(s);
}

static void another_number_place_or_life_is_another_process(void **state)
{
	(void)state;
	struct snapshot *a = snapshot_create(), *b = snapshot_create();
	char name[64];
	assert_true(snapshot_same_process(a, b));
	a->pid = 5;
	assert_false(snapshot_same_process(a, b));
	snapshot_name(a, name, sizeof name);
	assert_string_equal(name, "process 5");
	a->pid = 0;
	strcpy(a->where, "standard input");
	assert_false(snapshot_same_process(a, b));
	strcpy(b->where, a->where);
	assert_true(snapshot_same_process(a, b));
	snapshot_name(a, name, sizeof name);
	assert_string_equal(name, "standard input");
	a->life = 1;
	assert_false(snapshot_same_process(a, b));
	snapshot_unref(a);
	snapshot_unref(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_snapshot_knows_nothing),
		cmocka_unit_test(rows_and_samples_begin_unknown_and_may_be_reserved_again),
		cmocka_unit_test(a_delta_needs_both_sides_and_a_counter_that_did_not_fall),
		cmocka_unit_test(every_field_has_a_name_of_its_own_in_its_table),
		cmocka_unit_test(another_number_place_or_life_is_another_process),
		cmocka_unit_test(a_typical_snapshot_is_small),
		cmocka_unit_test(without_memory_there_is_no_snapshot_and_no_leak),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/unit/metrics_fixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "metrics/goroutine_table.h"
#include "tests/unit/goroutine_fixture.h"

#define SECOND NS_PER_S

static struct goroutine_kinds waiting(uint32_t count, const char *reason, int64_t longest_ns)
{
	return (struct goroutine_kinds){count,         GOROUTINE_WAITING, reason,     "main.fanOut",
	                                "main.worker", "main.worker",     longest_ns, false,
	                                false};
}

static void add(struct history *h, int64_t second, const struct goroutine_kinds *kind, size_t kinds)
{
	struct snapshot *s = make_snapshot(second * SECOND);
	s->goroutines = make_goroutines(kind, kinds, -1);
	assert_non_null(s->goroutines);
	s->goroutines_at = (struct stamp){ORIGIN_MEMORY, second * SECOND};
	assert_int_equal(snapshot_reserve(s, 2, 0), STATUS_OK);
	fields_set(&s->p[0].f, P_TIMERSLEN, 0);
	fields_set(&s->p[1].f, P_TIMERSLEN, 1);
	assert_int_equal(history_add(h, s), STATUS_OK);
}

static struct history *make_history(void)
{
	return history_create_whole(600 * SECOND, SIZE_MAX);
}

static struct goroutine_table derive(const struct history *h, enum goroutine_by by)
{
	struct goroutine_table table;
	assert_int_equal(derive_goroutine_table(h, by, &table), STATUS_OK);
	return table;
}

/* The only group of the table, in both ways of grouping. */
static struct goroutine_stat only(const struct history *h, enum goroutine_by by)
{
	struct goroutine_table table = derive(h, by);
	assert_int_equal(table.n, 1);
	struct goroutine_stat stat = table.row[0];
	goroutine_table_finish(&table);
	return stat;
}

static void growth_is_per_minute_over_the_last_minute(void **state)
{
	(void)state;
	struct history *h = make_history();
	for (uint32_t i = 0; i <= 60; i++) {
		struct goroutine_kinds kind = waiting(100 + (i < 30 ? 0 : i - 30), "sleep", SECOND);
		add(h, 1 + 2 * i, &kind, 1);
		struct goroutine_stat stat = only(h, GOROUTINES_BY_CREATOR);
		assert_int_equal(stat.growth_known, i >= 5);
		if (i == 30)
			assert_true(stat.growth_per_min == 0);
	}
	/* One in 2 s for 60 s, of the last 60 s. */
	assert_true(fabs(only(h, GOROUTINES_BY_CREATOR).growth_per_min - 30) < 1e-9);
	history_destroy(h);
}

static void a_group_that_is_new_had_nobody_before(void **state)
{
	(void)state;
	struct history *h = make_history();
	struct goroutine_kinds old = waiting(7, "sleep", SECOND), fresh = waiting(5, "select", SECOND);
	add(h, 1, &old, 1);
	add(h, 31, &fresh, 1);
	assert_true(fabs(only(h, GOROUTINES_BY_CREATOR).growth_per_min - 10) < 1e-9);
	history_destroy(h);
}

/* Of 300 equal groups a hundred are not told: any of them may be the one. */
static void a_group_that_may_have_been_among_the_others_has_no_growth(void **state)
{
	(void)state;
	static struct goroutine_kinds many[300];
	static char name[300][16];
	struct history *h = make_history();
	for (int i = 0; i < 300; i++) {
		snprintf(name[i], sizeof name[i], "main.f%d", i);
		many[i] = waiting(2, "sleep", SECOND);
		many[i].creator = many[i].start = name[i];
	}
	struct goroutine_kinds one = waiting(5, "select", SECOND);
	add(h, 1, many, 300);
	add(h, 31, &one, 1);
	assert_false(only(h, GOROUTINES_BY_CREATOR).growth_known);
	history_destroy(h);
}

static void growth_by_frame_waits_until_frames_are_read(void **state)
{
	(void)state;
	struct history *h = make_history();
	struct goroutine_kinds kind[] = {waiting(100, "sleep", SECOND), waiting(100, "sleep", SECOND)};
	kind[1].at = NULL;
	for (int i = 0; i < 20; i++)
		add(h, 1 + 2 * i, kind, 2);
	struct goroutine_table table = derive(h, GOROUTINES_BY_TOP);
	assert_int_equal(table.n, 2);
	assert_false(table.row[0].growth_known);
	assert_false(table.row[1].growth_known);
	goroutine_table_finish(&table);
	/* Now all are read, but what they are compared with was not. */
	kind[1].at = kind[0].at;
	add(h, 41, kind, 2);
	assert_false(only(h, GOROUTINES_BY_TOP).growth_known);
	assert_true(only(h, GOROUTINES_BY_CREATOR).growth_known);
	history_destroy(h);
}

static void a_group_that_only_grows_and_waits_is_like_a_leak(void **state)
{
	(void)state;
	struct history *h = make_history();
	for (uint32_t i = 0; i < 40; i++) {
		struct goroutine_kinds kind = waiting(10 + i, "chan send", 2 * i * SECOND);
		add(h, 1 + 2 * i, &kind, 1);
		struct goroutine_stat stat = only(h, GOROUTINES_BY_CREATOR);
		assert_int_equal(stat.mark, i >= 30 ? GOROUTINE_MARK_LEAK : GOROUTINE_MARK_NONE);
	}
	assert_int_equal(only(h, GOROUTINES_BY_TOP).mark, GOROUTINE_MARK_LEAK);
	/* One goes: no leak, for a minute from then on. */
	struct goroutine_kinds fewer = waiting(48, "chan send", 80 * SECOND);
	add(h, 81, &fewer, 1);
	assert_int_equal(only(h, GOROUTINES_BY_CREATOR).mark, GOROUTINE_MARK_NONE);
	history_destroy(h);
}

static void what_grows_and_does_not_wait_long_is_no_leak(void **state)
{
	(void)state;
	struct history *h = make_history();
	for (uint32_t i = 0; i < 60; i++) {
		struct goroutine_kinds kind[] = {waiting(10 + i, "chan send", 59 * SECOND),
		                                 waiting(10 + i, "sleep", 90 * SECOND),
		                                 waiting(10, "select", 500 * SECOND)};
		kind[1].system = true;
		add(h, 1 + 2 * i, kind, 3);
	}
	struct goroutine_table table = derive(h, GOROUTINES_BY_CREATOR);
	for (size_t i = 0; i < table.n; i++)
		assert_int_equal(table.row[i].mark, GOROUTINE_MARK_NONE);
	goroutine_table_finish(&table);
	history_destroy(h);
}

static void what_the_runtime_found_to_leak_is_marked_at_once(void **state)
{
	(void)state;
	struct history *h = make_history();
	struct goroutine_kinds kind = waiting(3, "chan receive", -1);
	kind.state = GOROUTINE_LEAKED;
	add(h, 1, &kind, 1);
	assert_int_equal(only(h, GOROUTINES_BY_CREATOR).mark, GOROUTINE_MARK_LEAKED);
	history_destroy(h);
}

static void a_lock_that_half_a_group_awaits_for_a_minute_is_marked(void **state)
{
	(void)state;
	struct history *h = make_history();
	struct goroutine_kinds kind[] = {waiting(9, "sync.Mutex.Lock", 200 * SECOND),
	                                 waiting(8, "sync.RWMutex.RLock", 100 * SECOND),
	                                 waiting(7, "semacquire", 200 * SECOND),
	                                 waiting(6, "IO wait", 200 * SECOND)};
	add(h, 1, kind, 4);
	struct goroutine_table table = derive(h, GOROUTINES_BY_CREATOR);
	assert_int_equal(table.row[0].mark, GOROUTINE_MARK_LOCK);
	assert_int_equal(table.row[1].mark, GOROUTINE_MARK_NONE); /* the median is 50 s */
	assert_int_equal(table.row[2].mark, GOROUTINE_MARK_NONE);
	assert_int_equal(table.row[3].mark, GOROUTINE_MARK_NONE);
	goroutine_table_finish(&table);
	history_destroy(h);
}

static enum goroutine_mark mark_after(const struct goroutine_kinds *kind, size_t kinds,
                                      int64_t timers)
{
	struct history *h = make_history();
	for (int i = 0; i < 3; i++) {
		add(h, 1 + 2 * i, kind, kinds);
		fields_set(&((struct snapshot *)history_get(h, 0))->p[1].f, P_TIMERSLEN, timers);
		struct goroutine_table early = derive(h, GOROUTINES_BY_CREATOR);
		assert_true(i == 2 || early.row[0].mark != GOROUTINE_MARK_DEADLOCK);
		goroutine_table_finish(&early);
	}
	struct goroutine_table table = derive(h, GOROUTINES_BY_CREATOR);
	enum goroutine_mark mark = table.row[0].mark;
	goroutine_table_finish(&table);
	history_destroy(h);
	return mark;
}

static void a_program_that_only_waits_for_itself_is_like_a_deadlock(void **state)
{
	(void)state;
	struct goroutine_kinds kind[] = {waiting(9, "chan receive", SECOND),
	                                 waiting(1, "sync.WaitGroup.Wait", SECOND),
	                                 waiting(1, "select (no cases)", SECOND),
	                                 waiting(2, "GC worker (idle)", SECOND)};
	kind[3].system = true;
	assert_int_equal(mark_after(kind, 4, 0), GOROUTINE_MARK_DEADLOCK);
	/* A timer, the network or a call that returns may wake somebody. */
	assert_int_equal(mark_after(kind, 4, 1), GOROUTINE_MARK_NONE);
	static const char *const alive[] = {"IO wait", "sleep", "GC assist wait"};
	for (int i = 0; i < 3; i++) {
		kind[1].reason = alive[i];
		assert_int_equal(mark_after(kind, 4, 0), GOROUTINE_MARK_NONE);
	}
	kind[1] = waiting(1, NULL, SECOND);
	kind[1].state = GOROUTINE_SYSCALL;
	assert_int_equal(mark_after(kind, 4, 0), GOROUTINE_MARK_NONE);
}

static void a_reading_that_is_carried_on_counts_once(void **state)
{
	(void)state;
	struct history *h = make_history();
	for (uint32_t i = 0; i < 20; i++) {
		struct goroutine_kinds kind = waiting(10 + i / 10, "chan send", 100 * SECOND);
		add(h, 1 + 2 * i, &kind, 1);
		struct snapshot *s = make_snapshot((2 + 2 * i) * SECOND);
		const struct snapshot *read = history_get(h, 0);
		s->goroutines = goroutine_set_ref(read->goroutines);
		s->goroutines_at = read->goroutines_at;
		assert_int_equal(history_add(h, s), STATUS_OK);
	}
	assert_int_equal(only(h, GOROUTINES_BY_CREATOR).rises, 1);
	history_destroy(h);
}

static void without_readings_or_memory_the_table_is_empty(void **state)
{
	(void)state;
	struct history *h = make_history();
	struct goroutine_table table = derive(h, GOROUTINES_BY_CREATOR);
	assert_null(table.s);
	assert_int_equal(table.n, 0);
	goroutine_table_finish(&table);
	struct goroutine_kinds kind = waiting(9, "sleep", SECOND);
	add(h, 1, &kind, 1);
	add(h, 2, &kind, 1);
	enum status status = STATUS_FAILED;
	for (long n = 0; status != STATUS_OK; n++) {
		fail_allocation(n);
		status = derive_goroutine_table(h, GOROUTINES_BY_TOP, &table);
		fail_allocation(-1);
		assert_true(status == STATUS_OK || (!table.s && table.n == 0));
		goroutine_table_finish(&table);
		assert_true(n < 100);
	}
	history_destroy(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(growth_is_per_minute_over_the_last_minute),
		cmocka_unit_test(a_group_that_is_new_had_nobody_before),
		cmocka_unit_test(a_group_that_may_have_been_among_the_others_has_no_growth),
		cmocka_unit_test(growth_by_frame_waits_until_frames_are_read),
		cmocka_unit_test(a_group_that_only_grows_and_waits_is_like_a_leak),
		cmocka_unit_test(what_grows_and_does_not_wait_long_is_no_leak),
		cmocka_unit_test(what_the_runtime_found_to_leak_is_marked_at_once),
		cmocka_unit_test(a_lock_that_half_a_group_awaits_for_a_minute_is_marked),
		cmocka_unit_test(a_program_that_only_waits_for_itself_is_like_a_deadlock),
		cmocka_unit_test(a_reading_that_is_carried_on_counts_once),
		cmocka_unit_test(without_readings_or_memory_the_table_is_empty),
	};
	return cmocka_run_group_tests_name("goroutine_table", tests, NULL, NULL);
}

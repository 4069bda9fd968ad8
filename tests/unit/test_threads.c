#include "tests/unit/metrics_fixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "metrics/syscalls.h"
#include "metrics/threads.h"

#define SECOND NS_PER_S

/* --- counting ------------------------------------------------------------------------------- */

struct m_row {
	int64_t p, curg, spinning, incgo, status, lockedg; /* -1: nil; -2: unknown */
};

static struct snapshot *make_threads(const struct m_row *rows, size_t n, int64_t idlethreads)
{
	struct snapshot *s = make_snapshot(SECOND);
	assert_int_equal(snapshot_reserve(s, 0, n), STATUS_OK);
	fields_set(&s->sched, SCHED_IDLETHREADS, idlethreads);
	for (size_t i = 0; i < n; i++) {
		const struct {
			int field;
			int64_t value;
		} values[] = {
			{M_P, rows[i].p},
			{M_CURG, rows[i].curg},
			{M_SPINNING, rows[i].spinning},
			{M_INCGO, rows[i].incgo},
			{M_CURG_STATUS, rows[i].status},
			{M_LOCKEDG, rows[i].lockedg},
		};
		for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
			if (values[v].value > -2)
				fields_set(&s->m[i].f, values[v].field, values[v].value);
		}
	}
	return s;
}

static int64_t sum_of(const struct thread_split *t)
{
	return t->running + t->syscall + t->cgo + t->spinning + t->idle + t->locked + t->other;
}

static void every_thread_is_counted_once_and_for_what_it_does(void **state)
{
	(void)state;
	static const struct m_row rows[] = {
		{0, 7, 0, 0, 2, -1},    /* runs a goroutine */
		{1, 8, 0, 0, 4, -1},    /* a GC worker: its goroutine waits while the M marks */
		{2, 9, 0, 0, -2, -1},   /* runs; an agent of old tells no status */
		{3, 10, 0, 0, 3, -1},   /* in a system call, still with its P */
		{-1, 11, 0, 0, 3, -1},  /* in a system call, its P was taken */
		{-1, 12, 0, 1, 3, -1},  /* in cgo */
		{-1, 13, 0, 1, 3, 13},  /* in cgo and locked */
		{4, -1, 1, 0, -2, -1},  /* looks for work */
		{-1, -1, 0, 0, -2, 14}, /* waits for its goroutine */
		{-1, 15, 0, 0, 4, 15},  /* the same, seen a moment earlier */
		{-1, -1, 0, 0, -2, -1}, /* parked */
		{-1, -1, 0, 0, -2, -1}, /* parked */
		{-1, -1, 0, 0, -2, -1}, /* sysmon */
		{5, -1, 0, 0, -2, -1},  /* between two goroutines */
	};
	struct snapshot *s = make_threads(rows, sizeof rows / sizeof *rows, 2);
	fields_set(&s->os, OS_THREADS, 17);
	struct thread_split split = derive_threads(s);
	assert_true(split.known);
	assert_int_equal(split.running, 3);
	assert_int_equal(split.syscall, 2);
	assert_int_equal(split.cgo, 2);
	assert_int_equal(split.spinning, 1);
	assert_int_equal(split.locked, 2);
	assert_int_equal(split.idle, 2);
	assert_int_equal(split.other, 5); /* sysmon, the one in between, three of C */
	assert_int_equal(split.total, 17);
	snapshot_unref(s);
}

static void threads_without_rows_or_the_parked_count_are_unknown(void **state)
{
	(void)state;
	static const struct m_row rows[] = {{-1, -1, 0, 0, -2, -1}};
	struct snapshot *s = make_threads(rows, 1, 1);
	s->sched.valid = 0;
	assert_false(derive_threads(s).known);
	snapshot_unref(s);
	s = make_threads(rows, 0, 1);
	assert_false(derive_threads(s).known);
	snapshot_unref(s);
}

/* Or a count that is left out would look like one that is unknown. */
static void threads_are_counted_without_memory(void **state)
{
	(void)state;
	static const struct m_row rows[] = {{0, 7, 0, 0, 2, -1}, {-1, -1, 0, 0, -2, -1}};
	struct snapshot *s = make_threads(rows, sizeof rows / sizeof *rows, 1);
	fail_allocation(0);
	struct thread_split split = derive_threads(s);
	fail_allocation(-1);
	assert_true(split.known);
	assert_int_equal(split.running, 1);
	assert_int_equal(split.idle, 1);
	snapshot_unref(s);
}

static int64_t pick(uint32_t *random, uint32_t n)
{
	*random = *random * 1664525 + 1013904223;
	return (*random >> 16) % n;
}

enum { ROWS = 20 };

static size_t pick_rows(uint32_t *random, struct m_row row[static ROWS])
{
	size_t n = 1 + (size_t)pick(random, ROWS);
	for (size_t i = 0; i < n; i++) {
		int64_t *value[] = {&row[i].p,     &row[i].curg,   &row[i].spinning,
		                    &row[i].incgo, &row[i].status, &row[i].lockedg};
		for (size_t v = 0; v < 6; v++)
			*value[v] = pick(random, 7) - 2;
	}
	return n;
}

/* Parts of one snapshot are not read at one moment: whatever they say, the sum holds. */
static void thread_parts_sum_up_whatever_the_rows_say(void **state)
{
	(void)state;
	uint32_t random = 4711;
	for (int round = 0; round < 20000; round++) {
		struct m_row rows[ROWS] = {0};
		size_t n = pick_rows(&random, rows);
		int64_t parked = pick(&random, 25) - 2;
		struct snapshot *s = make_threads(rows, n, parked);
		int64_t kernel = pick(&random, 30);
		bool kernel_known = pick(&random, 3) != 0;
		if (kernel_known)
			fields_set(&s->os, OS_THREADS, kernel);
		struct thread_split t = derive_threads(s);
		assert_true(t.known);
		assert_int_equal(sum_of(&t), t.total);
		assert_true(t.running >= 0 && t.syscall >= 0 && t.cgo >= 0 && t.spinning >= 0 &&
		            t.idle >= 0 && t.locked >= 0 && t.other >= 0);
		assert_true(t.total == (int64_t)n || (kernel_known && t.total == kernel));
		snapshot_unref(s);
	}
}

/* Counting has no place for each M, and finds the same. */
static void threads_are_counted_for_what_each_is_told_to_do(void **state)
{
	(void)state;
	uint32_t random = 815;
	for (int round = 0; round < 2000; round++) {
		struct m_row rows[ROWS] = {0};
		uint8_t use[ROWS];
		size_t n = pick_rows(&random, rows), count[THREAD_USE_COUNT] = {0};
		struct snapshot *s = make_threads(rows, n, pick(&random, 25) - 2);
		for (size_t i = 0; i < n; i++) {
			fields_set(&s->m[i].f, M_ID, (int64_t)i);
			fields_set(&s->m[i].f, M_TID, pick(&random, 3));
		}
		derive_thread_uses(s, use);
		for (size_t i = 0; i < n; i++)
			count[use[i]]++;
		struct thread_split t = derive_threads(s);
		assert_int_equal(t.running, count[THREAD_RUNNING]);
		assert_int_equal(t.syscall, count[THREAD_SYSCALL]);
		assert_int_equal(t.cgo, count[THREAD_CGO]);
		assert_int_equal(t.spinning, count[THREAD_SPINNING]);
		assert_int_equal(t.locked, count[THREAD_LOCKED]);
		assert_int_equal(t.idle, count[THREAD_IDLE]);
		assert_int_equal(t.other, count[THREAD_SYSMON] + count[THREAD_OTHER]);
		snapshot_unref(s);
	}
}

/* sysmon sleeps like a parked M, when the whole process does; it is none of them. */
static void the_oldest_m_but_the_first_is_parked_last(void **state)
{
	(void)state;
	static const struct m_row parked = {-1, -1, 0, 0, -2, -1};
	struct m_row rows[4];
	uint8_t use[4];
	for (size_t i = 0; i < 4; i++)
		rows[i] = parked;
	struct snapshot *s = make_threads(rows, 4, 2);
	static const int64_t id[] = {3, 1, 2, 0}, tid[] = {33, 0, 32, 30};
	for (size_t i = 0; i < 4; i++) {
		fields_set(&s->m[i].f, M_ID, id[i]);
		fields_set(&s->m[i].f, M_TID, tid[i]);
		fields_set(&s->m[i].f, M_BLOCKED, 1);
	}
	derive_thread_uses(s, use);
	assert_int_equal(use[0], THREAD_IDLE);
	assert_int_equal(use[1], THREAD_OTHER); /* cgo's spare M has no thread */
	assert_int_equal(use[2], THREAD_SYSMON);
	assert_int_equal(use[3], THREAD_IDLE);
	snapshot_unref(s);
}

/* --- one by one ----------------------------------------------------------------------------- */

/* A thread of the process: what the kernel and the runtime say of it in one snapshot. */
struct thread {
	int32_t tid;
	int64_t cpu_ms;          /* -1: the kernel has no such thread */
	int64_t p, curg, status; /* of its M; curg -2: it has none */
};

static void add_threads(struct history *h, int64_t second, const struct thread *thread, size_t n,
                        int64_t idle)
{
	struct snapshot *s = make_snapshot(second * SECOND);
	size_t ntasks = 0, nm = 0;
	for (size_t i = 0; i < n; i++) {
		ntasks += thread[i].cpu_ms >= 0;
		nm += thread[i].curg > -2;
	}
	assert_int_equal(snapshot_reserve(s, 2, nm), STATUS_OK);
	assert_int_equal(snapshot_reserve_tasks(s, ntasks), STATUS_OK);
	fields_set(&s->sched, SCHED_IDLETHREADS, idle);
	s->tasks_at = (struct stamp){ORIGIN_OS, s->monotonic_ns};
	ntasks = nm = 0;
	for (size_t i = 0; i < n; i++) {
		if (thread[i].cpu_ms >= 0)
			s->task[ntasks++] = (struct snapshot_task){
				.tid = thread[i].tid,
				.inner_tid = thread[i].tid,
				.read_ns = s->monotonic_ns,
				.cpu_ns = thread[i].cpu_ms * NS_PER_MS,
				.state = 'S',
				.syscall = TASK_SYSCALL_UNKNOWN,
			};
		if (thread[i].curg == -2)
			continue;
		struct fields *m = &s->m[nm++].f;
		fields_set(m, M_ID, (int64_t)i);
		fields_set(m, M_TID, thread[i].tid);
		fields_set(m, M_P, thread[i].p);
		fields_set(m, M_CURG, thread[i].curg);
		fields_set(m, M_CURG_STATUS, thread[i].status);
		fields_set(m, M_BLOCKED, thread[i].curg < 0);
	}
	assert_int_equal(history_add(h, s), STATUS_OK);
}

static struct history *new_history(void)
{
	struct history *h = history_create(600 * SECOND, 8 << 20);
	assert_non_null(h);
	return h;
}

#define ADD(h, second, idle, ...)                                          \
	do {                                                                   \
		static const struct thread rows_[] = {__VA_ARGS__};                \
		add_threads(h, second, rows_, sizeof rows_ / sizeof *rows_, idle); \
	} while (0)

static const struct thread_row *row_of(const struct thread_table *table, int64_t tid)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->row[i].tid == tid)
			return &table->row[i];
	fail_msg("no row of thread %d", (int)tid);
	return NULL;
}

static void every_thread_of_the_kernel_has_a_row(void **state)
{
	(void)state;
	struct history *h = new_history();
	struct thread_table table;
	ADD(h, 1, 1, {10, 5, 0, 7, 2}, {11, 5, -1, 8, 3}, {12, 0, -1, -1, -1}, {13, 9, 0, -2, 0},
	    {14, -1, -1, -1, -1});
	assert_int_equal(derive_thread_table(h, &table), STATUS_OK);
	assert_int_equal(table.n, 4); /* the M of thread 14 has none yet, or has lost it */
	assert_int_equal(row_of(&table, 10)->use, THREAD_RUNNING);
	assert_int_equal(row_of(&table, 11)->use, THREAD_SYSCALL);
	assert_int_equal(row_of(&table, 12)->use, THREAD_IDLE);
	assert_int_equal(row_of(&table, 13)->use, THREAD_OTHER);
	assert_null(row_of(&table, 13)->m);
	assert_true(isnan(row_of(&table, 10)->cpu_ratio)); /* one reading is no rate */
	thread_table_finish(&table);
	history_destroy(h);
}

/* What is told one by one adds up to what is counted, whatever is running. */
static void rows_add_up_to_the_split(void **state)
{
	(void)state;
	uint32_t random = 99;
	for (int round = 0; round < 500; round++) {
		struct history *h = new_history();
		struct thread thread[20];
		struct thread_table table;
		int64_t count[THREAD_USE_COUNT] = {0};
		size_t n = 1 + (size_t)pick(&random, 20);
		for (size_t i = 0; i < n; i++)
			thread[i] = (struct thread){(int32_t)(100 + i), 1, pick(&random, 4) - 1,
			                            pick(&random, 4) - 1, pick(&random, 5)};
		add_threads(h, 1, thread, n, pick(&random, 20));
		struct snapshot *s = (struct snapshot *)(uintptr_t)history_get(h, 0);
		fields_set(&s->os, OS_THREADS, (int64_t)n);
		struct thread_split split = derive_threads(s);
		assert_int_equal(derive_thread_table(h, &table), STATUS_OK);
		for (size_t i = 0; i < table.n; i++)
			count[table.row[i].use]++;
		assert_int_equal(count[THREAD_RUNNING], split.running);
		assert_int_equal(count[THREAD_SYSCALL], split.syscall);
		assert_int_equal(count[THREAD_CGO], split.cgo);
		assert_int_equal(count[THREAD_SPINNING], split.spinning);
		assert_int_equal(count[THREAD_LOCKED], split.locked);
		assert_int_equal(count[THREAD_IDLE], split.idle);
		assert_int_equal(count[THREAD_SYSMON] + count[THREAD_OTHER], split.other);
		assert_int_equal(table.n, split.total);
		thread_table_finish(&table);
		history_destroy(h);
	}
}

static void cpu_is_a_share_of_the_time_between_two_readings(void **state)
{
	(void)state;
	struct history *h = new_history();
	struct thread_table table;
	ADD(h, 1, 0, {10, 0, 0, 7, 2}, {11, 900, 0, 7, 2});
	ADD(h, 2, 0, {10, 100, 0, 7, 2}, {11, 950, 0, 7, 2});
	ADD(h, 3, 0, {10, 900, 0, 7, 2}, {11, 10, 0, 7, 2});
	ADD(h, 4, 0, {10, 1100, 0, 7, 2}, {11, 20, 0, 7, 2});
	assert_int_equal(derive_thread_table(h, &table), STATUS_OK);
	/* 1000 ms in the last two seconds. */
	assert_true(fabs(row_of(&table, 10)->cpu_ratio - 0.5) < 1e-9);
	/* Its CPU time fell: another thread has got the number, and is a second old. */
	assert_true(fabs(row_of(&table, 11)->cpu_ratio - 0.01) < 1e-9);
	thread_table_finish(&table);
	history_destroy(h);
}

static void since_is_when_a_thread_began_what_it_does(void **state)
{
	(void)state;
	struct history *h = new_history();
	struct thread_table table;
	/* 10 idles all the time; 11 goes into a call for G8 at 2; 12 is in calls for different Gs; 13
	   comes at 3; 14 is parked, but used the CPU before 4: it did something in between. */
	ADD(h, 1, 2, {10, 0, -1, -1, -1}, {11, 0, 0, 8, 2}, {12, 0, -1, 4, 3}, {14, 0, -1, -1, -1});
	ADD(h, 2, 2, {10, 0, -1, -1, -1}, {11, 5, -1, 8, 3}, {12, 0, -1, 5, 3}, {14, 0, -1, -1, -1});
	ADD(h, 3, 2, {10, 0, -1, -1, -1}, {11, 5, -1, 8, 3}, {12, 0, -1, 5, 3}, {13, 0, 0, 9, 2},
	    {14, 0, -1, -1, -1});
	ADD(h, 4, 2, {10, 0, -1, -1, -1}, {11, 5, -1, 8, 3}, {12, 0, -1, 6, 3}, {13, 50, 0, 9, 2},
	    {14, 10, -1, -1, -1});
	assert_int_equal(derive_thread_table(h, &table), STATUS_OK);
	static const struct {
		int64_t tid, since;
		bool at_least;
	} expected[] = {{10, 1, true}, {11, 2, false}, {12, 4, false}, {13, 3, false}, {14, 4, false}};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		const struct thread_row *row = row_of(&table, expected[i].tid);
		assert_int_equal(row->since_ns, expected[i].since * SECOND);
		assert_int_equal(row->at_least, expected[i].at_least);
	}
	thread_table_finish(&table);
	history_destroy(h);
}

/* An agent that is late once does not make everything look new. */
static void a_snapshot_that_knows_nothing_is_no_break(void **state)
{
	(void)state;
	struct history *h = new_history();
	struct thread_table table;
	ADD(h, 1, 1, {10, 0, -1, -1, -1});
	assert_int_equal(history_add(h, make_snapshot(2 * SECOND)), STATUS_OK);
	ADD(h, 3, 1, {10, 0, -1, -1, -1});
	assert_int_equal(history_add(h, make_snapshot(4 * SECOND)), STATUS_OK);
	assert_int_equal(derive_thread_table(h, &table), STATUS_OK);
	assert_int_equal(row_of(&table, 10)->since_ns, SECOND);
	thread_table_finish(&table);
	history_destroy(h);
}

static void without_the_kernel_every_m_with_a_thread_has_a_row(void **state)
{
	(void)state;
	struct history *h = new_history();
	struct thread_table table;
	ADD(h, 1, 1, {0, -1, -1, -1, -1}, {12, -1, -1, -1, -1}, {10, -1, 0, 7, 2});
	assert_int_equal(derive_thread_table(h, &table), STATUS_OK);
	assert_int_equal(table.n, 2);
	assert_int_equal(table.row[0].tid, 10);
	assert_int_equal(table.row[0].use, THREAD_RUNNING);
	assert_null(table.row[0].task);
	assert_true(isnan(table.row[0].cpu_ratio));
	thread_table_finish(&table);
	history_destroy(h);
}

static void without_the_runtime_nobody_knows_what_threads_are_for(void **state)
{
	(void)state;
	struct history *h = new_history();
	struct thread_table table;
	ADD(h, 1, 1, {10, 100, 0, -2, 0});
	ADD(h, 3, 1, {10, 400, 0, -2, 0});
	assert_int_equal(derive_thread_table(h, &table), STATUS_OK);
	assert_int_equal(table.n, 1);
	assert_int_equal(table.row[0].use, THREAD_UNKNOWN);
	assert_int_equal(table.row[0].since_ns, -1);
	assert_true(fabs(table.row[0].cpu_ratio - 0.15) < 1e-9);
	thread_table_finish(&table);
	history_destroy(h);

	h = new_history();
	assert_int_equal(derive_thread_table(h, &table), STATUS_OK);
	assert_int_equal(table.n, 0);
	thread_table_finish(&table);
	history_destroy(h);
}

/* In a container the runtime knows its threads by other numbers than we do. */
static void threads_are_matched_by_the_numbers_of_their_own_namespace(void **state)
{
	(void)state;
	struct history *h = new_history();
	struct thread_table table;
	ADD(h, 1, 0, {10, 0, -1, 7, 3}, {11, 0, 0, 8, 2});
	struct snapshot *s = (struct snapshot *)(uintptr_t)history_get(h, 0);
	for (size_t i = 0; i < 2; i++) {
		s->task[i].tid = (int32_t)(7001 - (int32_t)i);
	}
	struct snapshot_task swap = s->task[0]; /* rows are by our numbers */
	s->task[0] = s->task[1];
	s->task[1] = swap;
	assert_int_equal(derive_thread_table(h, &table), STATUS_OK);
	assert_int_equal(row_of(&table, 7001)->use, THREAD_SYSCALL);
	assert_int_equal(row_of(&table, 7000)->use, THREAD_RUNNING);
	thread_table_finish(&table);
	history_destroy(h);
}

static void without_memory_there_is_no_table_and_no_leak(void **state)
{
	(void)state;
	struct history *h = new_history();
	struct thread_table table;
	ADD(h, 1, 1, {10, 0, -1, -1, -1});
	ADD(h, 2, 1, {10, 0, -1, -1, -1});
	enum status status = STATUS_FAILED;
	long n = 0;
	for (; status; n++) {
		fail_allocation(n);
		status = derive_thread_table(h, &table);
		fail_allocation(-1);
		assert_true(n < 50);
		assert_int_equal(table.n, status ? 0 : 1);
	}
	assert_true(n > 4);
	thread_table_finish(&table);
	history_destroy(h);
}

static void system_calls_have_the_names_of_amd64(void **state)
{
	(void)state;
	assert_string_equal(syscall_name(0), "read");
	assert_string_equal(syscall_name(202), "futex");
	assert_string_equal(syscall_name(281), "epoll_pwait");
	assert_string_equal(syscall_name(424), "pidfd_send_signal");
	assert_null(syscall_name(-1));
	assert_null(syscall_name(400));
	assert_null(syscall_name(100000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_thread_is_counted_once_and_for_what_it_does),
		cmocka_unit_test(threads_without_rows_or_the_parked_count_are_unknown),
		cmocka_unit_test(threads_are_counted_without_memory),
		cmocka_unit_test(thread_parts_sum_up_whatever_the_rows_say),
		cmocka_unit_test(threads_are_counted_for_what_each_is_told_to_do),
		cmocka_unit_test(the_oldest_m_but_the_first_is_parked_last),
		cmocka_unit_test(every_thread_of_the_kernel_has_a_row),
		cmocka_unit_test(rows_add_up_to_the_split),
		cmocka_unit_test(cpu_is_a_share_of_the_time_between_two_readings),
		cmocka_unit_test(since_is_when_a_thread_began_what_it_does),
		cmocka_unit_test(a_snapshot_that_knows_nothing_is_no_break),
		cmocka_unit_test(without_the_kernel_every_m_with_a_thread_has_a_row),
		cmocka_unit_test(without_the_runtime_nobody_knows_what_threads_are_for),
		cmocka_unit_test(threads_are_matched_by_the_numbers_of_their_own_namespace),
		cmocka_unit_test(without_memory_there_is_no_table_and_no_leak),
		cmocka_unit_test(system_calls_have_the_names_of_amd64),
	};
	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "collect/tasks.h"
#include "tests/unit/file_tree.h"

#define PLENTY INT64_C(10000000) /* of allowance: all threads are read */

/* Thread `tid` of process 40; NULL: no such file. */
static void put_thread(const char *root, int tid, const char *stat, const char *syscall,
                       const char *wchan)
{
	char path[64];
	snprintf(path, sizeof path, "/40/task/%d/stat", tid);
	file_tree_put(root, path, stat);
	snprintf(path, sizeof path, "/40/task/%d/syscall", tid);
	if (syscall)
		file_tree_put(root, path, syscall);
	snprintf(path, sizeof path, "/40/task/%d/wchan", tid);
	if (wchan)
		file_tree_put(root, path, wchan);
}

#define STAT(name, state, user, system) \
	"7 (" name ") " state " 1 1 1 0 -1 4194368 1 0 0 0 " user " " system " 0 0 20 0 3 0 99 0 0\n"

static struct snapshot *fill(struct tasks *t, int64_t allowed_ns)
{
	struct snapshot *s = snapshot_create();
	assert_non_null(s);
	assert_int_equal(tasks_fill(t, allowed_ns, s), STATUS_OK);
	return s;
}

static struct tasks *open_tasks(const char *root)
{
	struct tasks *t = tasks_create(root, 40);
	assert_non_null(t);
	return t;
}

static void threads_are_told_by_number_with_what_they_wait_in(void **state)
{
	put_thread(*state, 42, STAT("api", "S", "3", "4"), "202 0x1 0x2 0x3\n", "futex_wait_queue");
	put_thread(*state, 7, STAT("api", "R", "100", "1"), "running\n", "0");
	put_thread(*state, 8, STAT("api", "D", "0", "0"), "-1 0x7ffd 0x7f00\n", "io_schedule");
	struct tasks *t = open_tasks(*state);
	struct snapshot *s = fill(t, PLENTY);
	int64_t tick = 1000000000 / sysconf(_SC_CLK_TCK);
	assert_int_equal(s->ntasks, 3);
	assert_int_equal(s->tasks_at.origin, ORIGIN_OS);
	assert_int_equal(s->task[0].tid, 7);
	assert_int_equal(s->task[0].state, 'R');
	assert_int_equal(s->task[0].cpu_ns, 101 * tick);
	assert_int_equal(s->task[0].syscall, TASK_SYSCALL_NONE);
	assert_string_equal(s->task[0].wait, "");
	assert_int_equal(s->task[1].tid, 8);
	assert_int_equal(s->task[1].syscall, TASK_SYSCALL_NONE);
	assert_string_equal(s->task[1].wait, "io_schedule");
	assert_int_equal(s->task[2].tid, 42);
	assert_int_equal(s->task[2].inner_tid, 42);
	assert_int_equal(s->task[2].syscall, 202);
	assert_string_equal(s->task[2].wait, "futex_wait_queue");
	assert_string_equal(s->task[2].name, "api");
	assert_true(s->task[2].read_ns > 0);
	snapshot_unref(s);
	tasks_destroy(t);
}

static void threads_come_and_go(void **state)
{
	put_thread(*state, 7, STAT("a", "S", "1", "0"), NULL, NULL);
	put_thread(*state, 9, STAT("b", "S", "1", "0"), NULL, NULL);
	struct tasks *t = open_tasks(*state);
	snapshot_unref(fill(t, PLENTY));
	char path[128];
	snprintf(path, sizeof path, "%s/40/task/7", (char *)*state);
	assert_int_equal(file_tree_delete(path), 0);
	put_thread(*state, 8, STAT("c", "S", "1", "0"), NULL, NULL);
	struct snapshot *s = fill(t, PLENTY);
	assert_int_equal(s->ntasks, 2);
	assert_string_equal(s->task[0].name, "c");
	assert_string_equal(s->task[1].name, "b");
	assert_int_equal(s->task[1].syscall, TASK_SYSCALL_UNKNOWN); /* this kernel does not tell */
	assert_string_equal(s->task[1].wait, "");
	snapshot_unref(s);
	tasks_destroy(t);
}

/* It may have ended between two of its files, or there is no descriptor at this moment. */
static void one_thread_that_can_not_be_asked_speaks_for_no_other(void **state)
{
	put_thread(*state, 7, STAT("a", "S", "1", "0"), NULL, NULL);
	file_tree_put(*state, "/40/task/7/syscall/is-no-file", "");
	put_thread(*state, 9, STAT("b", "S", "1", "0"), "202 0x1\n", NULL);
	struct tasks *t = open_tasks(*state);
	struct snapshot *s = fill(t, PLENTY);
	assert_int_equal(s->task[0].syscall, TASK_SYSCALL_UNKNOWN);
	assert_int_equal(s->task[1].syscall, 202);
	snapshot_unref(s);
	tasks_destroy(t);
}

/* Without allowance nothing is read, what is known stays; then reading goes on where it stopped. */
static void what_the_allowance_does_not_cover_waits(void **state)
{
	for (int tid = 1; tid <= 60; tid++)
		put_thread(*state, tid, STAT("a", "S", "1", "0"), "0 0x1\n", "pipe_read");
	struct tasks *t = open_tasks(*state);
	struct snapshot *s = fill(t, 0);
	assert_int_equal(s->ntasks, 0); /* not even listed */
	snapshot_unref(s);
	size_t read = 0, last = 0;
	for (int calls = 0; read < 60; calls++) {
		assert_true(calls < 100000);
		s = fill(t, 20000);
		for (last = read, read = 0; read < s->ntasks && s->task[read].read_ns > 0;)
			read++;
		assert_true(read >= last); /* nobody is read twice while others wait */
		for (size_t i = read; i < s->ntasks; i++) {
			assert_int_equal(s->task[i].read_ns, 0);
			assert_int_equal(s->task[i].cpu_ns, -1);
			assert_int_equal(s->task[i].state, '\0');
		}
		snapshot_unref(s);
	}
	tasks_destroy(t);
}

static void hostile_files_leave_the_thread_unknown(void **state)
{
	static const char *const stat[] = {
		"",
		"7",
		"7 (",
		"7 (x",
		") 7 (",
		"7 () S",
		"7 (a) S 1 1 1 0 -1 4 1 0 0 0 x y",
		"7 (a) S 1 1 1 0 -1 4 1 0 0 0 18446744073709551615 1 0\n",
	};
	for (size_t i = 0; i < sizeof stat / sizeof *stat; i++) {
		put_thread(*state, 7, stat[i], "99999999999999999999 x\n", "\x1b[2J");
		struct tasks *t = open_tasks(*state);
		struct snapshot *s = fill(t, PLENTY);
		assert_int_equal(s->ntasks, 1);
		assert_int_equal(s->task[0].read_ns, 0);
		assert_int_equal(s->task[0].cpu_ns, -1);
		snapshot_unref(s);
		tasks_destroy(t);
	}
	put_thread(*state, 7, STAT(") S (\x1b[2J\xff", "\x07", "1", "2"), "70000 0x1\n",
	           "\x1b[2Jaaaaaaaaa"
	           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	file_tree_put(*state, "/40/task/not-a-number/stat", "");
	struct tasks *t = open_tasks(*state);
	struct snapshot *s = fill(t, PLENTY);
	assert_int_equal(s->ntasks, 1);
	assert_string_equal(s->task[0].name, ") S (?[2J?");
	assert_int_equal(s->task[0].state, '\0');
	assert_int_equal(s->task[0].syscall, TASK_SYSCALL_UNKNOWN);
	assert_int_equal(strlen(s->task[0].wait), TASK_WAIT_MAX - 1);
	assert_int_equal(s->task[0].wait[0], '?');
	snapshot_unref(s);
	tasks_destroy(t);
}

static void a_process_that_is_gone_has_no_threads(void **state)
{
	struct tasks *t = open_tasks(*state);
	struct snapshot *s = fill(t, PLENTY);
	assert_int_equal(s->ntasks, 0);
	snapshot_unref(s);
	tasks_destroy(t);
	tasks_destroy(NULL);
}

/* The runtime in a container knows its threads by the last number of NSpid. */
static void threads_of_another_namespace_have_a_number_of_their_own(void **state)
{
	char link[128];
	file_tree_put(*state, "/self/ns/other", "");
	file_tree_put(*state, "/40/ns/other", "");
	snprintf(link, sizeof link, "%s/self/ns/pid", (char *)*state);
	assert_int_equal(symlink("pid:[1]", link), 0);
	snprintf(link, sizeof link, "%s/40/ns/pid", (char *)*state);
	assert_int_equal(symlink("pid:[2]", link), 0);
	put_thread(*state, 41, STAT("a", "S", "1", "0"), NULL, NULL);
	file_tree_put(*state, "/40/task/41/status",
	              "Name:\ta\nPid:\t41\nNSpid:\t41\t17\t5\nThreads:\t1\n");
	put_thread(*state, 43, STAT("a", "S", "1", "0"), NULL, NULL);
	file_tree_put(*state, "/40/task/43/status", "Name:\ta\nNSpid:\tx\n");
	struct tasks *t = open_tasks(*state);
	struct snapshot *s = fill(t, PLENTY);
	assert_int_equal(s->task[0].inner_tid, 5);
	assert_int_equal(s->task[1].inner_tid, 0);
	snapshot_unref(s);
	tasks_destroy(t);
}

/* Our own threads, as the real kernel tells them. */
static void the_real_kernel_is_understood(void **state)
{
	(void)state;
	struct tasks *t = tasks_create("/proc", getpid());
	struct snapshot *s = fill(t, PLENTY);
	bool found = false;
	for (size_t i = 0; i < s->ntasks; i++) {
		found = found || s->task[i].tid == getpid();
		assert_true(s->task[i].state != '\0');
		assert_true(s->task[i].cpu_ns >= 0);
		assert_true(s->task[i].name[0] != '\0');
	}
	assert_true(found);
	snapshot_unref(s);
	tasks_destroy(t);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, file_tree_make, file_tree_remove)
	const struct CMUnitTest tests[] = {
		TEST(threads_are_told_by_number_with_what_they_wait_in),
		TEST(threads_come_and_go),
		TEST(one_thread_that_can_not_be_asked_speaks_for_no_other),
		TEST(what_the_allowance_does_not_cover_waits),
		TEST(hostile_files_leave_the_thread_unknown),
		TEST(a_process_that_is_gone_has_no_threads),
		TEST(threads_of_another_namespace_have_a_number_of_their_own),
		TEST(the_real_kernel_is_understood),
	};
	return cmocka_run_group_tests_name("tasks", tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tui/aside.h"
#include "util/clock.h"

/* Work that waits for a byte, as it would for a disk. */
struct job {
	int pipe[2];
	int result;
	atomic_int *released;
};

static void work(void *arg)
{
	struct job *job = arg;
	char byte = 0;
	job->result = read(job->pipe[0], &byte, 1) == 1 ? byte : -1;
}

static void release(void *arg)
{
	struct job *job = arg;
	close(job->pipe[0]);
	atomic_fetch_add(job->released, 1);
	free(job);
}

static struct job *make_job(atomic_int *released)
{
	struct job *job = calloc(1, sizeof *job);
	assert_non_null(job);
	assert_int_equal(pipe(job->pipe), 0);
	job->released = released;
	return job;
}

static void go_on(int fd)
{
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
}

static void who_waits_learns_what_has_become_of_it(void **state)
{
	(void)state;
	atomic_int released = 0;
	struct job *job = make_job(&released);
	struct aside *a = aside_begin(work, release, job);
	assert_non_null(a);
	assert_false(aside_wait(a, 0));
	assert_false(aside_wait(a, NS_PER_MS));
	go_on(job->pipe[1]);
	while (!aside_wait(a, 100 * NS_PER_MS))
		;
	assert_int_equal(job->result, 'x');
	assert_int_equal(released, 0);
	aside_leave(a);
	assert_int_equal(released, 1);
	aside_leave(NULL);
}

static void who_leaves_does_not_end_it(void **state)
{
	(void)state;
	atomic_int released = 0;
	struct job *job = make_job(&released);
	int fd = job->pipe[1];
	struct aside *a = aside_begin(work, release, job);
	assert_non_null(a);
	aside_leave(a);
	assert_int_equal(released, 0);
	go_on(fd);
	while (!released)
		usleep(1000);
	assert_int_equal(released, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_waits_learns_what_has_become_of_it),
		cmocka_unit_test(who_leaves_does_not_end_it),
	};
	return cmocka_run_group_tests_name("aside", tests, NULL, NULL);
}
